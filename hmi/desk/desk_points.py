"""Points that the desk counts, by utility: clocks that run, are near their end, or late."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

import numpy as np

from dispatch.incidents.clocks import Timer
from scada.point import Point
from scada.point_check import DESK_DRIVER
from scada.ports import Bus, Clock
from scada.samples import SampleBatch

AGAIN_S = 10.0
"""What has not changed is told again so often: the live table takes silence for a fault."""


class DeskPoints:
    """Tells core the figures whenever one changes; nothing where a site has no such point."""

    def __init__(self, points: Sequence[Point], bus: Bus, clock: Clock) -> None:
        self._mine = [(i, p) for i, p in enumerate(points) if p.driver == DESK_DRIVER]
        self._bus, self._clock = bus, clock
        self._epoch, self._number = clock.now_ns(), 0
        self._told: list[int] = []
        self._told_s = -AGAIN_S

    async def tell(self, running: Iterable[tuple[str, Timer]], now: datetime) -> None:
        """Count the clocks that run, each with its utility, and send what core should know."""
        if not self._mine:
            return
        await self._bus.publish("links", {"gateway": DESK_DRIVER, "links": [UP]})
        clocks = [(utility, timer.stands(now)) for utility, timer in running]
        counts = [_count(point, clocks) for _, point in self._mine]
        at_s = self._clock.monotonic_s()
        if counts == self._told and at_s - self._told_s < AGAIN_S:
            return
        n = len(counts)
        times = np.full(n, self._clock.now_ns(), dtype=np.int64)
        batch = SampleBatch(
            np.array([handle for handle, _ in self._mine], dtype=np.uint32),
            np.array(counts, dtype=np.float64),
            np.zeros(n, dtype=np.uint32),
            times,
            times,
        )
        mark = {"gateway": DESK_DRIVER, "epoch": self._epoch, "number": self._number + 1}
        await self._bus.call("core.samples", {**mark, "origin": "measured"}, batch.to_bytes())
        self._number += 1
        self._told, self._told_s = counts, at_s


UP = {"name": DESK_DRIVER, "kind": DESK_DRIVER, "state": "up"}


def _count(point: Point, clocks: Sequence[tuple[str, str]]) -> int:
    mine = [stands for utility, stands in clocks if utility == point.utility]
    wanted = point.address.removeprefix("clocks_")
    return len(mine) if wanted == "running" else mine.count(wanted)
