"""How a process of the virtual field lives: configuration in, "ready" out, never an orphan.

A child gets one line of JSON on its standard input, which then stays open as its lifeline: when it
closes, the parent has stopped or died, and the child ends. It prints `ready` when it serves.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
import threading
from collections.abc import Awaitable, Callable
from typing import TypeVar

import msgspec

from scada.point import Point
from scenarios.virtual_field.config import FieldConfig, FieldDriver, FieldError

READY = "ready"
GRACE_S = 5.0
_Order = TypeVar("_Order")


class ServerOrder(msgspec.Struct):
    """What a server process is told: its driver, its points and the plant's socket file."""

    socket: str
    driver: FieldDriver
    points: tuple[Point, ...]


class PlantOrder(msgspec.Struct):
    """What the plant process is told."""

    socket: str
    config: FieldConfig


def run_child(kind: type[_Order], serve: Callable[[_Order, asyncio.Event], Awaitable[None]]) -> int:
    """Read the order, run `serve(order, stop)` until `stop` is set; the process' exit code."""
    # Ctrl-C reaches every process of a terminal; the parent alone decides when children end.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    logging.basicConfig(level=logging.ERROR, format="%(name)s: %(message)s")
    order = msgspec.json.decode(sys.stdin.buffer.readline(), type=kind)

    async def live() -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTERM, stop.set)
        threading.Thread(target=_watch_lifeline, args=(loop, stop), daemon=True).start()
        await serve(order, stop)

    try:
        asyncio.run(live())
    except (OSError, FieldError) as error:
        print(error, file=sys.stderr, flush=True)  # noqa: T201  # the parent's log
        return 1
    return 0


def say_ready() -> None:
    """Tell the parent that clients can connect."""
    sys.stdout.write(READY + "\n")
    sys.stdout.flush()


def _watch_lifeline(loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
    while os.read(0, 4096):
        pass
    loop.call_soon_threadsafe(stop.set)
    # A loop that is busy (compiling, solving) may not see the event; do not outlive the parent.
    threading.Event().wait(GRACE_S)
    os._exit(1)
