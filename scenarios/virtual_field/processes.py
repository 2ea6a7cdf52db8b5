"""Keeping child processes alive: started, watched, started again, stopped together."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, field

import msgspec

from scenarios.virtual_field.child import READY
from scenarios.virtual_field.config import FieldError

log = logging.getLogger(__name__)
START_TIMEOUT_S = 180.0
BACK_OFF_S = (0.2, 0.5, 1.0, 2.0, 5.0)
STOP_S = 6.0
_THREADS = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "NUMBA_NUM_THREADS": "1"}


@dataclass(slots=True)
class Child:
    """One process to keep: a module run with an order (see `child`)."""

    name: str
    module: str
    order: msgspec.Struct
    ready: asyncio.Event = field(default_factory=asyncio.Event)
    pid: int = 0
    restarts: int = 0


class Keeper:
    """Keeps children; `on_change` is called whenever one of them is ready again."""

    def __init__(self, children: list[Child], on_change: Callable[[], None]) -> None:
        self.children = children
        self._on_change = on_change
        self._processes: dict[str, asyncio.subprocess.Process] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._stopping = False

    async def start(self) -> None:
        """Start all; FieldError when one ends before it was ever ready."""
        self._tasks = [asyncio.create_task(self._keep(child)) for child in self.children]
        ready = asyncio.create_task(self._all_ready())
        try:
            await asyncio.wait(
                {ready, *self._tasks}, timeout=START_TIMEOUT_S, return_when=asyncio.FIRST_COMPLETED
            )
        finally:
            ready.cancel()
        if ready.done():
            return
        for task in self._tasks:
            if task.done():
                task.result()
        late = ", ".join(c.name for c in self.children if not c.ready.is_set())
        raise FieldError(f"not ready after {START_TIMEOUT_S:.0f} s: {late}")

    async def watch(self) -> None:
        """Wait for ever; whatever ends a keeping task is raised."""
        await asyncio.gather(*self._tasks)

    async def stop(self) -> None:
        """Close every lifeline, wait, and end whatever is left."""
        self._stopping = True
        for process in self._processes.values():
            if process.stdin is not None:
                process.stdin.close()
        for process in self._processes.values():
            try:
                async with asyncio.timeout(STOP_S):
                    await process.wait()
            except TimeoutError:
                process.kill()
                await process.wait()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _all_ready(self) -> None:
        for child in self.children:
            await child.ready.wait()

    async def _keep(self, child: Child) -> None:
        failures = 0
        while True:
            code = await self._run_once(child)
            if self._stopping:
                return
            if child.restarts == 0 and not child.ready.is_set():
                raise FieldError(f"{child.name} ended before it was ready (exit code {code})")
            failures = 0 if child.ready.is_set() else failures + 1
            log.warning("%s ended (exit code %d) and is started again", child.name, code)
            child.ready.clear()
            child.restarts += 1
            await asyncio.sleep(BACK_OFF_S[min(failures, len(BACK_OFF_S) - 1)])

    async def _run_once(self, child: Child) -> int:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-P",
            "-m",
            child.module,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env={**os.environ, **_THREADS},
        )
        self._processes[child.name] = process
        child.pid = process.pid
        assert process.stdin is not None
        assert process.stdout is not None
        with contextlib.suppress(ConnectionError):
            process.stdin.write(msgspec.json.encode(child.order) + b"\n")
            await process.stdin.drain()
        while line := await process.stdout.readline():
            if line.decode(errors="replace").strip() == READY:
                child.ready.set()
                self._on_change()
        return await process.wait()
