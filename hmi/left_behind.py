"""Processes that a killed supervisor has left: waited for, and ended if they do not end.

The kernel tells them to end when their supervisor dies, and they take a while to. Beside them the
new ones would find the bus, the spool and the page's port taken, fail, and be started again later
and later.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import time
from pathlib import Path

LOOK_S = 0.05


async def until_gone(folder: Path, listed: Path, patience_s: float) -> list[str]:
    """Wait for those of a site that its list of processes names; who had to be killed."""
    left = _left(folder, listed)
    end = time.monotonic() + patience_s
    while left and time.monotonic() < end:
        await asyncio.sleep(LOOK_S)
        left = [one for one in left if _runs(folder, *one)]
    for _, pid in left:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    return [role for role, _ in left]


def _left(folder: Path, listed: Path) -> list[tuple[str, int]]:
    """(role, process id) of what runs still."""
    try:
        rows = json.loads(listed.read_text("utf-8"))["processes"]
        found = [(str(row["role"]), int(row["pid"])) for row in rows]
    except (OSError, ValueError, KeyError, TypeError):
        return []
    return [one for one in found if _runs(folder, *one)]


def _runs(folder: Path, role: str, pid: int) -> bool:
    """Whether that process is still the site's: its number may have gone to another one since."""
    place = Path("/proc") / str(pid)
    try:
        words = (place / "cmdline").read_bytes().decode(errors="replace").split("\0")
        at = words.index("hmi.processes")
        its = (place / "cwd").resolve() / words[at + 2]
    except (OSError, ValueError, IndexError):
        return False
    return words[at + 1] == role and its.resolve() == folder.resolve()
