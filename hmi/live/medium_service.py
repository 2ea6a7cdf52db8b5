"""The cycles of the live gas and heat models beside water's: the edge of `gas_twin`, `heat_twin`.

Each medium has a task of its own, so that water never waits for one. A cycle that finds no state
says so: its model values become bad, and so alarm like any lost measurement.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, Protocol
from zoneinfo import ZoneInfo

import numpy as np

from dispatch.pattern_time import pattern_time_s
from hmi.live.medium import F64, MediumFrame, Usable
from hmi.live.publishing import OwnPoints, model_batch, worst_residuals
from hmi.state_layout import pack_state
from hydraulics import SolveError
from network_models.network import Network
from scada.point import Point
from scada.ports import Bus, BusError, Header

log = logging.getLogger(__name__)

GATEWAY = "model-{utility}"
LISTED = 20


class Twin(Protocol):
    """A live model of one medium."""

    utility: str
    net: Network
    figures: dict[str, int]

    def cycle(
        self, value: F64, usable: Usable, pattern_time_s: float, seconds: float
    ) -> MediumFrame:
        """Solve the present, `seconds` after the last cycle."""
        ...


Values = Callable[[], tuple[F64, Usable]]
"""The last values of all points and whether they may be trusted, as copies."""


class MediumService:
    """Runs one twin on the bus."""

    def __init__(
        self,
        points: Sequence[Point],
        bus: Bus,
        twin: Twin,
        values: Values,
        *,
        period_s: float,
        zone: ZoneInfo,
    ) -> None:
        self._points = points
        self._bus, self._twin, self._values = bus, twin, values
        self._period_s, self._zone = period_s, zone
        self._own = OwnPoints(bus, GATEWAY.format(utility=twin.utility))
        self._known: tuple[int, ...] = ()
        self._solved_at: float | None = None
        self.solves = 0
        self.failures = 0
        self.last_error = ""
        self.kept: tuple[str, ...] = ()
        self.remarks: tuple[str, ...] = ()

    def status(self) -> dict[str, Any]:
        """Figures for the system page: how the model does, and what it goes without."""
        return {
            "solves": self.solves,
            "failures": self.failures,
            "last_error": self.last_error,
            "kept_points": list(self.kept[:LISTED]),
            "kept_count": len(self.kept),
            "remarks": list(self.remarks),
        }

    async def cycles(self, delay_s: float) -> None:
        """Work until cancelled; the first cycle `delay_s` from now."""
        due = time.monotonic() + delay_s
        while True:
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            await self._cycle()
            # A slow cycle is not caught up: the present is what counts.
            due = max(due + self._period_s, time.monotonic())

    async def _cycle(self) -> None:
        value, usable = self._values()
        if not usable.any():
            return
        now_ns, began = time.time_ns(), time.perf_counter()
        at = datetime.fromtimestamp(now_ns / 1e9, UTC)
        mono = time.monotonic()
        seconds = 0.0 if self._solved_at is None else mono - self._solved_at
        try:
            frame = await asyncio.to_thread(
                self._twin.cycle,
                value,
                usable,
                pattern_time_s(at, self._zone, self._twin.net.times),
                seconds,
            )
        except SolveError as error:
            self.failures += 1
            self.last_error = str(error)
            self._solved_at = None
            log.warning("%s: no solved state this cycle: %s", self._twin.utility, error)
            await self._deliver(self._nothing(now_ns))
            return
        self._solved_at = mono
        self.solves += 1
        self.last_error = ""
        self.kept = tuple(self._points[h].id for h in frame.kept)
        self.remarks = frame.remarks
        self._known = tuple(int(h) for h in frame.handle)
        solve_ms = 1e3 * (time.perf_counter() - began)
        await self._deliver(self._publish(frame, value, now_ns, solve_ms))

    async def _deliver(self, saying: Any) -> None:
        try:
            await saying
        except BusError as error:
            log.warning("%s: this cycle was not delivered: %s", self._twin.utility, error)

    async def _publish(
        self, frame: MediumFrame, measured: F64, now_ns: int, solve_ms: float
    ) -> None:
        utility = self._twin.utility
        header: Header = {
            "network_version": 1,
            "time_ns": now_ns,
            "n_nodes": len(self._twin.net.nodes),
            "n_links": len(self._twin.net.links),
            "solve_ms": round(solve_ms, 2),
            "solves": frame.solves,
            "factors": [round(f, 4) for f in frame.factors],
            "low_end_nodes": list(frame.low_end_nodes),
            "worst_residuals": worst_residuals(
                self._points, measured, frame.handle, frame.value, frame.normalised
            ),
            "kept_points": list(self.kept[:LISTED]),
            "remarks": list(frame.remarks),
            "figures": {k: round(v, 4) for k, v in frame.figures.items()},
            "report": frame.report,
            **frame.more,
        }
        await self._bus.publish(f"state.{utility}", header, pack_state(utility, frame.state))
        await self._tell(now_ns, frame.handle, frame.value, frame.figures)

    async def _nothing(self, now_ns: int) -> None:
        """Nothing is known this cycle: what the model said before stands no longer."""
        handles = np.array(self._known, dtype=np.int64)
        await self._tell(now_ns, handles, np.full(len(handles), np.nan), {})

    async def _tell(self, now_ns: int, handle: Any, value: F64, figures: dict[str, float]) -> None:
        """The model's values beside the measured points, and the points it fills."""
        if len(handle):
            batch = model_batch(handle, value, now_ns)
            await self._bus.call("core.model", {"time_ns": now_ns}, batch.to_bytes())
        filled = self._twin.figures
        if not filled:
            return
        prefix = f"{self._twin.utility}_"
        own = np.array([figures.get(name.removeprefix(prefix), np.nan) for name in filled])
        await self._own.tell(np.array(list(filled.values())), own, now_ns)
