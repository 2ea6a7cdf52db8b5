"""Plans outages in one worker process, so that a long plan never holds up the live model."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from hmi.parent import end_with_parent
from hmi.planning import plan_in_worker
from network_models.problems import Problem

MOST_WAITING = 4
"""Plans asked for at one time; more are told to try again."""

Work = Callable[[str, Mapping[str, Any], int], dict[str, Any]]


class PlanDesk:
    """Takes planning requests of one site."""

    def __init__(self, folder: Path, *, work: Work = plan_in_worker) -> None:
        self._folder = str(folder)
        self._work = work
        self._pool: ProcessPoolExecutor | None = None
        self._asked = 0

    async def plan(self, request: Mapping[str, Any], work: Work | None = None) -> dict[str, Any]:
        """What `work` (planning, if none is named) answers, or `{"problems"}`.

        BrokenProcessPool when the worker was lost."""
        if self._asked >= MOST_WAITING:
            busy = Problem(
                file="request",
                line=None,
                field="outage",
                found=f"{self._asked} plans being made",
                expected="fewer; try again in a minute",
            )
            return {"problems": [busy.as_dict()]}
        if self._pool is None:
            self._pool = ProcessPoolExecutor(
                1,
                mp_context=get_context("spawn"),
                initializer=_prepare,
                initargs=(os.getpid(),),
            )
        pool = self._pool
        self._asked += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(
                pool, work or self._work, self._folder, request, time.time_ns()
            )
        except BrokenProcessPool:
            # A pool that lost its worker takes no more work: the next plan gets a new one.
            if self._pool is pool:
                self._pool = None
            pool.shutdown(wait=False)
            raise
        finally:
            self._asked -= 1

    def close(self) -> None:
        """End the worker, whatever it is doing."""
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)


def _prepare(parent: int) -> None:
    """A worker ends with the model process and gives way to the live ones."""
    end_with_parent(parent)
    os.nice(10)
