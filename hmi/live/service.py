"""The model process: keeps the last values, solves every cycle, publishes, plans outages.

The cycle itself is pure (`hmi.live.twin`); this file is its edge: the bus, the clock, the worker
process that plans outages so that a long plan never holds up a cycle. Gas and heat have cycles of
their own beside water's (`hmi.live.medium_service`).
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from dispatch.check import END_PRESSURE
from dispatch.ends import end_nodes
from dispatch.pattern_time import pattern_time_s
from dispatch.rulebook import RuleSet
from hmi.indicators import indicators_in_worker
from hmi.live.frames import StateFrame
from hmi.live.gas_twin import GasTwin
from hmi.live.heat_twin import HeatTwin
from hmi.live.medium_service import MediumService, Twin
from hmi.live.outlook import Forecaster, Outlook
from hmi.live.plan_desk import PlanDesk
from hmi.live.publishing import OwnPoints, model_batch, worst_residuals
from hmi.live.twin import LiveTwin, TwinFrame
from hmi.planning import advice_in_worker, windows_in_worker
from hmi.rules_today import rules_today
from hmi.truck_replanning import replan_in_worker
from hydraulics import SolveError
from scada.ports import Bus, BusError, Header
from scada.samples import SampleBatch
from scenarios.site import Site
from scenarios.subject import marked_ends
from scenarios.whatif_people import USUAL_LITRES, people_of

log = logging.getLogger(__name__)

AGAIN_S = 0.5

MODEL_GATEWAY = "model"


class LiveModel:
    """Runs the live model of a site's water network on the bus."""

    def __init__(self, site: Site, bus: Bus) -> None:
        self.site = site
        self.bus = bus
        self.points = site.points.points
        self.value = np.full(len(self.points), np.nan)
        self.usable = np.zeros(len(self.points), dtype=bool)
        self.solves = 0
        self.failures = 0
        self.last_error = ""
        self._own = OwnPoints(bus, MODEL_GATEWAY)
        self._zone = ZoneInfo(site.timezone)
        self._desk = PlanDesk(site.path)
        net = site.networks["water"]
        rules = rules_today(site.profile)
        limit_pa = rules.limit_si(END_PRESSURE)
        self.twin = LiveTwin(
            net,
            self.points,
            end_nodes=end_nodes(net, rules, marked_ends(self.points)),
            end_limit_pa=limit_pa,
        )
        self.ahead: Forecaster | None = None
        if limit_pa is not None:
            people = people_of(net, site.customers, USUAL_LITRES)
            self.ahead = Forecaster(net, self.twin.model, people, limit_pa)
        self.unsolved: dict[str, str] = {}
        """Why a medium has no live model."""
        self.media = {
            twin.utility: MediumService(
                self.points,
                bus,
                twin,
                self._present,
                period_s=site.live_cycle_s,
                zone=self._zone,
            )
            for twin in self._twins(rules)
        }

    def _twins(self, rules: RuleSet) -> Iterator[Twin]:
        """A twin of each other medium that can be solved."""
        for utility, make in (("gas", GasTwin), ("heat", HeatTwin)):
            net = self.site.networks.get(utility)
            if net is None:
                continue
            try:
                yield make(net, self.points, rules)
            except SolveError as error:
                self.unsolved[utility] = str(error)
                log.warning("%s has no live model: %s", utility, error)

    def _present(self) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        return self.value.copy(), self.usable.copy()

    async def run(self) -> None:
        """Work until cancelled."""
        messages = await self.bus.subscribe("values")
        await self._take_snapshot()
        listen = asyncio.create_task(self._listen(messages))
        await self.bus.serve("model.status", self._status)
        await self.bus.serve("model.plan_outage", self._plan_outage)
        await self.bus.serve("model.best_window", self._best_window)
        await self.bus.serve("model.replan_trucks", self._replan_trucks)
        await self.bus.serve("model.advise", self._advise)
        await self.bus.serve("model.indicators", self._indicators)
        # Spread over the period, so that the media do not ask for the processor together.
        share = self.site.live_cycle_s / (1 + len(self.media))
        try:
            # A fault in any of them ends the process, which its supervisor then starts afresh.
            async with asyncio.TaskGroup() as group:
                for place, medium in enumerate(self.media.values(), start=1):
                    group.create_task(medium.cycles(share * place))
                group.create_task(self._cycles())
        finally:
            listen.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await listen
            self._desk.close()

    async def _take_snapshot(self) -> None:
        """The present values, as soon as core is there."""
        while True:
            try:
                header, payload = await self.bus.call("core.snapshot", {}, timeout_s=30.0)
                break
            except BusError as problem:  # core may take longer to start than we do
                log.info("no values yet: %s", problem)
                await asyncio.sleep(AGAIN_S)
        self._take(SampleBatch.from_bytes(payload[: int(header["measured_bytes"])]))

    async def _listen(self, messages: Any) -> None:
        async for message in messages:
            if message.header.get("origin") != "model":
                self._take(SampleBatch.from_bytes(message.payload))

    def _take(self, batch: SampleBatch) -> None:
        self.value[batch.point] = batch.value
        self.usable[batch.point] = (batch.quality >> 30 == 0) & np.isfinite(batch.value)

    async def _cycles(self) -> None:
        period = self.site.live_cycle_s
        due = time.monotonic()
        while True:
            if self.usable.any():
                await self._cycle()
            due += period
            wait = due - time.monotonic()
            if wait < 0.0:
                # A slow cycle is not caught up: the present is what counts.
                due, wait = time.monotonic(), 0.0
            await asyncio.sleep(wait)

    async def _cycle(self) -> None:
        now_ns = time.time_ns()
        at = datetime.fromtimestamp(now_ns / 1e9, UTC)
        began = time.perf_counter()
        try:
            frame, outlook = await asyncio.to_thread(
                self._solve,
                self.value.copy(),
                self.usable.copy(),
                pattern_time_s(at, self._zone, self.twin.net.times),
            )
        except SolveError as error:
            self.failures += 1
            self.last_error = str(error)
            log.warning("no solved state this cycle: %s", error)
            return
        self.solves += 1
        try:
            await self._publish(frame, outlook, now_ns, 1e3 * (time.perf_counter() - began))
        except BusError as error:
            log.warning("the state of this cycle was not delivered: %s", error)

    def _solve(
        self, value: NDArray[np.float64], usable: NDArray[np.bool_], time_s: float
    ) -> tuple[TwinFrame, Outlook | None]:
        """The present, and what comes of it where that can be solved."""
        frame = self.twin.cycle(value, usable, time_s)
        if self.ahead is None:
            return frame, None
        try:
            return frame, self.twin.outlook(self.ahead, frame, value, usable, time_s)
        except SolveError as error:
            log.warning("no outlook this cycle: %s", error)
            return frame, None

    async def _publish(
        self, frame: TwinFrame, outlook: Outlook | None, now_ns: int, solve_ms: float
    ) -> None:
        solution = frame.solution
        header: Header = {
            "network_version": 1,
            "time_ns": now_ns,
            "n_nodes": len(solution.head_m),
            "n_links": len(solution.flow_m3s),
            "solve_ms": round(solve_ms, 2),
            "solves": frame.estimate.solves,
            "factors": [round(float(f), 4) for f in frame.estimate.factor],
            "low_end_nodes": list(frame.low_end_nodes),
            "worst_residuals": worst_residuals(
                self.points, self.value, frame.handle, frame.value, frame.normalised
            ),
            "report": solution.report.as_dict(),
            "outlook": None if outlook is None else outlook.as_dict(),
        }
        await self.bus.publish("state.water", header, StateFrame.of(solution).payload())
        beside = model_batch(frame.handle, frame.value, now_ns)
        told = {"time_ns": now_ns, "utility": "water", "outlook": header["outlook"]}
        await self.bus.call("core.model", told, beside.to_bytes())
        figures = self.twin.mapping.figures
        names = [name for name in figures if name in frame.figures]
        if names:
            handles = np.array([figures[n] for n in names], dtype=np.int64)
            values = np.array([frame.figures[n] for n in names])
            await self._own.tell(handles, values, now_ns)

    async def _status(self, _header: Header, _payload: bytes) -> tuple[Header, bytes]:
        return {
            "solves": self.solves,
            "failures": self.failures,
            "last_error": self.last_error,
            "groups": int(self.twin.group.max(initial=-1)) + 1,
            "media": {utility: medium.status() for utility, medium in self.media.items()},
            "unsolved": self.unsolved,
        }, b""

    async def _plan_outage(self, header: Header, _payload: bytes) -> tuple[Header, bytes]:
        return await self._desk.plan(header), b""

    async def _advise(self, header: Header, _payload: bytes) -> tuple[Header, bytes]:
        return await self._desk.plan(header, advice_in_worker), b""

    async def _indicators(self, header: Header, _payload: bytes) -> tuple[Header, bytes]:
        return await self._desk.plan(header, indicators_in_worker), b""

    async def _best_window(self, header: Header, _payload: bytes) -> tuple[Header, bytes]:
        return await self._desk.plan(header, windows_in_worker), b""

    async def _replan_trucks(self, header: Header, _payload: bytes) -> tuple[Header, bytes]:
        return await self._desk.plan(header, replan_in_worker), b""
