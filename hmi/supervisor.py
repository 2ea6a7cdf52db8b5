"""Starts the room's processes, restarts one that dies, and stops them all together.

Each role is a process of its own: `field` (simulated PLCs and RTUs), `core`, `gateway`, `model`
and `web`. They find each other through the site's data folder. A process that ends is started
again after a delay that doubles up to ten seconds; everything it prints goes to
`data/logs/<role>.log`, and `data/processes.json` says which process is which.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from hmi.left_behind import until_gone

FIRST_RESTART_S = 0.5
LONGEST_RESTART_S = 10.0
CALM_S = 30.0
"""A process that ran this long is healthy: its restart delay starts from the beginning."""
STOP_PATIENCE_S = 8.0
LOG_BYTES = 5_000_000
WAIT_S = 90.0


@dataclass(slots=True)
class _Child:
    role: str
    process: asyncio.subprocess.Process | None = None
    restarts: int = 0
    task: asyncio.Task[None] | None = field(default=None, repr=False)


class Supervisor:
    """Keeps the processes of one site running until `stop` is called."""

    def __init__(
        self,
        folder: Path,
        data: Path,
        roles: Sequence[str],
        *,
        waits: Mapping[str, Callable[[], bool]] | None = None,
        say: Callable[[str], None] = lambda _text: None,
    ) -> None:
        """`waits`: a role first starts when its condition holds, or `WAIT_S` later."""
        self.folder = folder
        self.data = data
        self._say = say
        self._waits = dict(waits or {})
        self._children = [_Child(role) for role in roles]
        self._stopping = asyncio.Event()

    async def start(self) -> None:
        """Start every process, once those of a supervisor that was killed here have ended."""
        (self.data / "logs").mkdir(parents=True, exist_ok=True)
        killed = await until_gone(self.folder, self.data / "processes.json", 2 * STOP_PATIENCE_S)
        for role in killed:
            self._say(f"{role} of an earlier run did not end and was killed")
        for child in self._children:
            child.task = asyncio.create_task(self._keep(child))

    async def stop(self) -> None:
        """Ask every process to end, then insist."""
        self._stopping.set()
        running = [c.process for c in self._children if c.process and c.process.returncode is None]
        for process in running:
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(signal.SIGTERM)
        tasks = [c.task for c in self._children if c.task]
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=STOP_PATIENCE_S)
            if late:
                for child in self._children:
                    if child.process and child.process.returncode is None:
                        with contextlib.suppress(ProcessLookupError):
                            child.process.kill()
                await asyncio.wait(late)
        (self.data / "processes.json").unlink(missing_ok=True)

    async def _keep(self, child: _Child) -> None:
        await self._wait(child.role)
        delay = FIRST_RESTART_S
        while not self._stopping.is_set():
            started = time.monotonic()
            code = await self._run_once(child)
            if self._stopping.is_set():
                return
            if time.monotonic() - started > CALM_S:
                delay = FIRST_RESTART_S
            child.restarts += 1
            self._say(
                f"{child.role} ended with code {code}; again in {delay:.1f} s "
                f"(see {self.data / 'logs' / (child.role + '.log')})"
            )
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(delay):
                    await self._stopping.wait()
            delay = min(2 * delay, LONGEST_RESTART_S)

    async def _wait(self, role: str) -> None:
        """A gateway that starts before its field would report every link as lost."""
        holds = self._waits.get(role)
        end = time.monotonic() + WAIT_S
        while holds and not holds() and time.monotonic() < end:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(0.1):
                    await self._stopping.wait()
                return

    async def _run_once(self, child: _Child) -> int:
        log_path = self.data / "logs" / f"{child.role}.log"
        if log_path.exists() and log_path.stat().st_size > LOG_BYTES:
            log_path.replace(log_path.with_suffix(".log.1"))
        with log_path.open("ab") as log:
            child.process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "hmi.processes",
                child.role,
                str(self.folder),
                str(os.getpid()),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=_service_environment(),
            )
        self._write_list()
        return await child.process.wait()

    def _write_list(self) -> None:
        rows = [
            {"role": c.role, "pid": c.process.pid, "restarts": c.restarts}
            for c in self._children
            if c.process is not None
        ]
        write_json(self.data / "processes.json", {"supervisor": os.getpid(), "processes": rows})


def _service_environment() -> dict[str, str]:
    """Services use one numeric thread each; studies bring their own pool."""
    env = dict(os.environ)
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
        env.setdefault(name, "1")
    env["PYTHONUNBUFFERED"] = "1"
    return env


def write_json(path: Path, value: object) -> None:
    """Write a small JSON file so that a reader sees the old one or the new one, never half."""
    aside = path.with_suffix(path.suffix + ".part")
    aside.write_text(json.dumps(value, indent=1) + "\n", encoding="utf-8")
    aside.replace(path)
