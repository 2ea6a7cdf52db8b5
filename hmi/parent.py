"""A process that must not outlive the one that started it, nor its own work."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import sys
import threading

SET_PARENT_DEATH_SIGNAL = 1
"""Linux: prctl(PR_SET_PDEATHSIG, ...)."""


def end_with_parent(parent: int | None = None) -> None:
    """Ask the kernel for SIGTERM when the parent dies; end at once when it is gone already.

    `parent` is its process id, where the caller knows it from before the start: who died while
    this process was still starting cannot be told from who never was.
    """
    parent = parent or os.getppid()
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None, use_errno=True).prctl(SET_PARENT_DEATH_SIGNAL, signal.SIGTERM)
    if os.getppid() != parent:
        sys.exit(1)


def end_within(seconds: float) -> None:
    """End the process after a time whatever still holds it: it keeps a port from its successor.

    A library's idle thread was seen to do so when a supervisor had died, and nobody was there to
    insist.
    """
    last = threading.Timer(seconds, os._exit, (1,))
    last.daemon = True
    last.start()
