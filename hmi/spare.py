"""Two rooms for one site, one of them working: who leads, told to every process of a machine.

The core holds the lease (`scada/leading.py`) and writes the end of its term into the data folder;
the other processes of its machine work only up to that moment. Time is the machine's monotonic
clock, which all its processes share. So a room stops by itself when its core dies or its link to
the database is cut, before the other one may begin.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import socket
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from hmi.supervisor import write_json
from scada.clock import SystemClock
from scada.leading import Leader, Terms
from scenarios.site import Site

log = logging.getLogger(__name__)

LEASE_FILE = "lease.json"
LOOK_S = 0.05
TERMS = Terms()


async def lead(site: Site, work: Callable[[int], Awaitable[None]]) -> None:
    """Do the core's work, with its epoch, whenever this room holds the lease."""
    from scada.store.lease_postgres import PostgresLease

    site.data.mkdir(parents=True, exist_ok=True)
    file = site.data / LEASE_FILE
    holder = f"{socket.gethostname()}:{os.getpid()}"
    lease = PostgresLease(site.history_url, holder, TERMS.lease_s)

    def told(until_s: float) -> None:
        write_json(file, {"until_s": until_s})

    await Leader(lease, SystemClock(), TERMS, told=told).run(work)


def may_act(site: Site) -> bool:
    """Whether this machine's room may act at this instant; always, when it has no spare."""
    return not site.spare or time.monotonic() < _until_s(site.data / LEASE_FILE)


async def while_leading(site: Site, work: Callable[[], Awaitable[None]]) -> None:
    """Do the work of a process other than the core while its room leads."""
    while True:
        while not may_act(site):  # noqa: ASYNC110  another process writes the file
            await asyncio.sleep(LOOK_S)
        task = asyncio.ensure_future(work())
        try:
            while may_act(site) and not task.done():
                await asyncio.wait({task}, timeout=LOOK_S)
        finally:
            ended = task.done()
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        if ended:
            return
        log.warning("this room leads no more")


def _until_s(file: Path) -> float:
    try:
        return float(json.loads(file.read_text("utf-8"))["until_s"])
    except (OSError, ValueError, KeyError, TypeError):
        return 0.0
