"""The core of the control room: last values, alarms, history and commands behind one bus."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from typing import Any

import numpy as np

from scada.alarm_book import PRIORITIES
from scada.alarm_desk import AlarmDesk
from scada.alarm_setting import Settings
from scada.commands import Commands
from scada.core_answers import Answers, Points, origin_of
from scada.historian import Historian, Retention
from scada.intake import Intake
from scada.live_table import LiveTable
from scada.own_points import MemoryState, OwnPoints, State
from scada.ports import (
    AlarmJournal,
    AuditTrail,
    Bus,
    BusError,
    Clock,
    Handler,
    Header,
    Interlock,
)
from scada.samples import SampleBatch, taken
from scada.store.port import Mark, SampleStore, StoreError
from scada.substitutes import Substitute

log = logging.getLogger(__name__)

TICK_S = 0.2
"""Values are published and delays re-checked this often: at most 5 times a second."""
MAINTAIN_S = 30.0
BACKFILL_NS = 30 * 1_000_000_000
"""Samples that arrived at the gateway longer ago are history, not news: they raise no alarm."""
CLOCK_JUMP_NS = 1_000_000_000
SETTLE_NS = 1_000_000_000


class Core:
    """Serves the `core.*` services and publishes `values` and `alarm`; see `run`."""

    def __init__(
        self,
        table: Points,
        store: SampleStore,
        journal: AlarmJournal,
        bus: Bus,
        clock: Clock,
        scan: Mapping[str, float],
        *,
        heartbeat_s: Mapping[str, float] | None = None,
        again_s: float = 0.0,
        retention: Retention | None = None,
        free_bytes: Callable[[], int | None] = lambda: None,
        settings: Settings | None = None,
        audit: AuditTrail | None = None,
        interlocks: Sequence[Interlock] = (),
        two_person: Collection[str] = (),
        drill: bool = False,
        kept: State | None = None,
    ) -> None:
        """`scan`: seconds of each scan class; `heartbeat_s`: of each driver, see `LiveTable`;
        `settings`: what the site decides of its alarms; `audit` to `drill`: see
        `Commands`; `kept`: where totals, counters and substitutes outlive a restart (default:
        nowhere).

        The core closes `store`; `journal`, `bus` and `clock` are its owner's. Blocking.
        """
        points = table.points
        self.live = LiveTable(points, scan, clock.now_ns(), heartbeat_s=heartbeat_s)
        self.desk = AlarmDesk(
            points,
            journal,
            bus,
            clock,
            again_s=again_s,
            settings=settings,
            live=self.live,
            audit=audit,
        )
        self.historian = Historian(points, store, retention=retention, free_bytes=free_bytes)
        self.commands = Commands(
            points,
            self.live,
            self.desk,
            bus,
            clock,
            scan,
            audit=audit,
            interlocks=interlocks,
            two_person=two_person,
            drill=drill,
        )
        self._table = table
        self._bus = bus
        self._clock = clock
        self._of_model = np.array([p.driver == "model" for p in points], dtype=bool)
        self.own = OwnPoints(points, kept or MemoryState())
        self._moved = np.ones(len(points), dtype=bool)
        """What changed since calculated points were computed."""
        self._changed = np.zeros(len(points), dtype=bool)
        self._changed_model = np.zeros(len(points), dtype=bool)
        self._revisit = np.zeros(len(points), dtype=bool)
        self._last_backfill_ns = 0
        self._sequence = 0
        self._started_ns = clock.now_ns()
        self._received = self._back_filled = self._repeated = 0
        self._intake = Intake(store.marks(), [point.id for point in points])
        self._gateways: dict[str, dict[str, Any]] = {}
        self._clock_at: tuple[int, float] | None = None
        self.clock_jumps = 0
        self._rate = 0.0
        self._closed = False

    async def run(self) -> None:
        """Restore what the last run left, serve, and work until cancelled."""
        await self._start()
        links = await self._bus.subscribe("links", size=16)
        answers = Answers(self._table, self.live, self.desk, self.historian, self._clock)
        services: dict[str, Handler] = {
            "core.samples": self._samples,
            "core.live": self._live,
            "core.substitute": self._substitute,
            "core.release": self._release,
            "core.substitutes": self._substitutes,
            "core.model": self._model,
            "core.snapshot": answers.snapshot,
            "core.alarms": answers.alarms,
            "core.acknowledge": answers.acknowledge,
            "core.alarm_action": answers.alarm_action,
            "core.alarm_report": answers.alarm_report,
            "core.events": answers.events,
            "core.history": answers.history,
            "core.means": answers.means,
            "core.raw": answers.raw,
            "core.write": _asking(self.commands.write),
            "core.select": _asking(self.commands.select),
            "core.approve": _asking(self.commands.approve),
            "core.cancel": _asking(self.commands.cancel),
            "core.operate": _asking(self.commands.operate),
            "core.selections": _asking(self.commands.waiting),
            "core.status": self._status,
        }
        for name, handler in services.items():
            await self._bus.serve(name, handler)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._hear_links(links), name="links")
            tasks.create_task(self._ticks(), name="ticks")
            tasks.create_task(self._maintain(), name="maintain")

    async def close(self) -> None:
        """Store what is pending and close the store; to be called after `run` has ended."""
        if not self._closed:
            self._closed = True
            self.own.keep()
            await self.historian.close()

    # what goes on by itself

    async def _start(self) -> None:
        for origin in ("measured", "model"):
            stored = await self.historian.last(origin)
            mine = self._of_model[stored.point] == (origin == "model")
            self.live.apply(taken(stored, np.flatnonzero(mine)))
            # Limits may be others than when these came: still values would wait for their next.
            self._revisit[stored.point[mine]] = True
        self.own.restore()
        await self.commands.note_unknown(await self.desk.restore())

    async def _hear_links(self, messages: Any) -> None:
        async for message in messages:
            header = message.header
            links = header.get("links")
            if isinstance(links, list):
                self.desk.links.take_links(links, self._clock.now_ns())
                self._gateways[str(header.get("gateway"))] = {
                    key: value for key, value in header.items() if key not in ("links", "gateway")
                }
                if isinstance(told_ns := header.get("time_ns"), int):
                    skew = (told_ns - self._clock.now_ns()) / 1e9
                    self._gateways[str(header.get("gateway"))]["time_skew_s"] = round(skew, 3)

    async def _ticks(self) -> None:
        due = self._clock.monotonic_s()
        received = self._received
        while True:
            due = max(due + TICK_S, self._clock.monotonic_s())
            await self._clock.sleep(due - self._clock.monotonic_s())
            self._rate += 0.1 * ((self._received - received) / TICK_S - self._rate)
            received = self._received
            await self.tick()

    async def tick(self) -> None:
        """Age values, let delays run out, and publish what changed."""
        now_ns = self._clock.now_ns()
        self._watch_clock(now_ns)
        watch = self.desk.links
        silent = np.append(watch.silent(now_ns), False)[watch.driver_of]
        aged = self.live.tick(now_ns, silent)
        self._changed[aged] = True
        self._moved[aged] = True
        await self._compute(now_ns)
        if now_ns - self._last_backfill_ns > SETTLE_NS:
            # After a backlog only the present counts for alarms.
            self._revisit[aged] = True
            again = np.flatnonzero(self._revisit)
            self._revisit[:] = False
            if len(again):
                await self.desk.step(self.live.measured(again))
        await self.desk.tick(self.live.quality, bool(self.historian.problem))
        with contextlib.suppress(BusError):  # without a bus nobody listens; the table goes on
            await self._publish_values()

    async def _compute(self, now_ns: int) -> None:
        """Calculated points, frozen ones, and substitutes that have run out."""
        watch = self.desk.links
        watch.take_links([{"name": name, "state": "up"} for name in self.own.names], now_ns)
        batch = self.own.step(now_ns, self.live, self._moved)
        self._moved[:] = False
        await self._take_own(batch)
        for handle, over in self.own.expired(now_ns):
            await self._take_own(self.own.substitutes.samples([handle], now_ns))
            with contextlib.suppress(BusError):  # it has run out, whether that can be noted or not
                await self._note_substitute(over, "expired", "")

    async def _take_own(self, batch: SampleBatch) -> None:
        """Samples of the core's own making; history that cannot store them goes without."""
        if not len(batch):
            return
        await self._take(batch)
        self._moved[self.own.calc.handles] = False  # `step` has computed what depends on them
        with contextlib.suppress(StoreError):
            await self.historian.store(batch, "measured")

    async def _note_substitute(self, one: Substitute, event: str, user: str) -> None:
        """Store and publish that a value was set by hand, released or has run out."""
        await self.desk.record(
            {
                "id": f"{one.point}.substitute",
                "source": one.point,
                "kind": "substitution",
                "value": one.value,
                "unit": self._table.points[self._table.handle(one.point)].unit,
                "user": user,
                "comment": one.reason,
                "origin": "manual",
                "event": event,
                "state": "normal",
                "time_ns": self._clock.now_ns(),
                "until_ns": one.until_ns,
            }
        )

    async def _substitute(self, header: Header, _payload: bytes) -> tuple[Header, bytes]:
        """{point, value (SI), seconds, user, reason} -> {until_ns}, noted before it shows."""
        now_ns = self._clock.now_ns()
        wanted = Substitute(
            point=str(header["point"]),
            value=float(header["value"]),
            until_ns=now_ns + round(float(header["seconds"]) * 1e9),
            user=str(header.get("user") or ""),
            reason=str(header.get("reason") or ""),
            since_ns=now_ns,
        )
        handle = self.own.substitutes.check(wanted, now_ns)
        await self._note_substitute(wanted, "substituted", wanted.user)
        real = (
            float(self.live.value[handle]),
            int(self.live.quality[handle]),
            int(self.live.source_time_ns[handle]),
        )
        self.own.substitute(handle, wanted, real)
        await self._take_own(self.own.substitutes.samples([handle], now_ns))
        return {"until_ns": wanted.until_ns}, b""

    async def _release(self, header: Header, _payload: bytes) -> tuple[Header, bytes]:
        """{point, user} -> {}: the real value shows again."""
        if not header.get("user"):
            raise BusError("a release needs the name of its user")
        handle, over = self.own.release(str(header["point"]))
        await self._take_own(self.own.substitutes.samples([handle], self._clock.now_ns()))
        await self._note_substitute(over, "released", str(header["user"]))
        return {}, b""

    async def _substitutes(self, _header: Header, _payload: bytes) -> tuple[Header, bytes]:
        """{} -> {substitutes}: what is set by hand now."""
        return {"substitutes": self.own.substitutes.state()}, b""

    def _watch_clock(self, now_ns: int) -> None:
        """A wall clock that was set must neither age values nor make new ones look old."""
        monotonic_s = self._clock.monotonic_s()
        if self._clock_at is not None:
            wall_ns, before_s = self._clock_at
            jump_ns = now_ns - wall_ns - round((monotonic_s - before_s) * 1e9)
            if abs(jump_ns) > CLOCK_JUMP_NS:
                log.warning("the clock was set by %+.1f s", jump_ns / 1e9)
                self.clock_jumps += 1
                self.live.shift(jump_ns)
        self._clock_at = (now_ns, monotonic_s)

    async def _publish_values(self) -> None:
        for origin, flags in (("measured", self._changed), ("model", self._changed_model)):
            handles = np.flatnonzero(flags)
            if not len(handles):
                continue
            flags[:] = False
            self._sequence += 1
            batch = (
                self.live.measured(handles) if origin == "measured" else self.live.modelled(handles)
            )
            header = {"seq": self._sequence, "origin": origin}
            await self._bus.publish("values", header, batch.to_bytes())

    async def _maintain(self) -> None:
        while True:
            await self._clock.sleep(MAINTAIN_S)
            self.own.keep()
            try:
                await self.historian.maintain(self._clock.now_ns())
            except StoreError as problem:
                self.historian.problem = str(problem)
                log.error("history: %s", problem)

    # services

    async def _samples(self, header: Header, payload: bytes) -> tuple[Header, bytes]:
        """{gateway, epoch, first, number, origin} + samples -> {number}, after the commit."""
        self._intake.check_list(header)
        batch = SampleBatch.from_bytes(payload)
        origin = origin_of(header)
        mark = Mark(
            gateway=str(header["gateway"]),
            epoch=int(header["epoch"]),
            number=int(header["number"]),
        )
        async with self._intake.turn(mark.gateway):
            fresh = self._intake.fresh(mark, int(header.get("first", mark.number)), batch)
            given = len(fresh)
            fresh = self.own.judged(fresh)
            self._repeated += given < len(batch)
            if len(fresh):
                await self._take(fresh)
                await self.historian.store(fresh, origin, mark)
                self._intake.done(mark)
        return {"number": mark.number}, b""

    async def _live(self, header: Header, payload: bytes) -> tuple[Header, bytes]:
        """{gateway} + present samples of a gateway whose history waits -> {}; not stored."""
        self._intake.check_list(header)
        present = self._intake.known(SampleBatch.from_bytes(payload))
        await self._take(self.own.judged(present))
        return {}, b""

    async def _take(self, batch: SampleBatch) -> None:
        """Samples into the live table, and those that are news to the alarms."""
        self._watch_clock(self._clock.now_ns())
        taken_in = self.live.apply(batch, self._clock.now_ns())
        self._moved[taken_in.point] = True
        self._received += len(batch)
        self._changed[taken_in.point] = True
        now_ns = self._clock.now_ns()
        old = taken_in.arrival_time_ns < now_ns - BACKFILL_NS
        if old.any():
            self._last_backfill_ns = now_ns
            self._back_filled += int(old.sum())
            self._revisit[taken_in.point[old]] = True
        self.commands.samples_arrived()
        await self.desk.step(taken(taken_in, np.flatnonzero(~old)))

    async def _model(self, header: Header, payload: bytes) -> tuple[Header, bytes]:
        """{time_ns, utility, outlook} + the model's values beside measured points -> {}.

        `outlook`: what the model says will come if nothing is done (None: it cannot say).
        """
        if header.get("utility"):
            said = header.get("outlook")
            await self.desk.foresee(str(header["utility"]), int(header["time_ns"]), said)
        batch = SampleBatch.from_bytes(payload)
        self.live.apply_model(batch)
        self._changed_model[batch.point] = True
        await self.historian.store(batch, "model")
        return {}, b""

    async def _status(self, _header: Header, _payload: bytes) -> tuple[Header, bytes]:
        """{} -> figures of the core."""
        return {
            "points": len(self.live),
            **self.live.counts(),
            "samples_received": self._received,
            "samples_per_s": round(self._rate, 1),
            "samples_stored": self.historian.stored,
            "samples_back_filled": self._back_filled,
            "batches_repeated": self._repeated,
            "gateways": self._gateways,
            "points_digest": self._intake.digest,
            "clock_jumps": self.clock_jumps,
            "history_rows": await self.historian.rows(),
            "history_problem": self.historian.problem,
            "alarms_standing": sum(self.desk.book.counts()[p] for p in PRIORITIES),
            "alarms_raised": self.desk.book.raised,
            "alarm_problem": self.desk.problem,
            "alarms_held": self.desk.book.counts()["held"],
            **self.desk.flood.figures(),
            "alarm_events_lost": self.desk.lost,
            "started_ns": self._started_ns,
            "time_ns": self._clock.now_ns(),
        }, b""


def _asking(answer: Callable[[Header], Awaitable[Header]]) -> Handler:
    async def handler(header: Header, _payload: bytes) -> tuple[Header, bytes]:
        return await answer(header), b""

    return handler
