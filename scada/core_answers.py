"""What the core answers when it is asked: present values, alarms, events, trends."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Protocol

from scada import alarm_actions
from scada.alarm_actions import Action
from scada.alarm_desk import AlarmDesk
from scada.alarm_holds import LONGEST_SHELF_S, ShelfKind
from scada.alarm_kpi import report
from scada.historian import Historian
from scada.live_table import LiveTable
from scada.point import Origin, Point
from scada.ports import BusError, Clock, Header
from scada.store.blocks import Series
from scada.store.port import ORIGINS

MAX_TREND = 100_000
MAX_LISTED = 5000
"""Alarms or events in one answer."""


class Points(Protocol):
    """A point list: a point's handle is its place in `points`."""

    @property
    def points(self) -> Sequence[Point]:
        """All points."""
        ...

    def handle(self, point_id: str, /) -> int:
        """The handle of a point; KeyError when there is no such id."""
        ...


class Answers:
    """Handlers of the services that only read, and of acknowledging."""

    def __init__(
        self,
        table: Points,
        live: LiveTable,
        desk: AlarmDesk,
        historian: Historian,
        clock: Clock,
    ) -> None:
        self.live = live
        self.desk = desk
        self.historian = historian
        self._table = table
        self._clock = clock
        self._of_model = [p.driver == "model" for p in table.points]

    async def snapshot(self, _header: Header, _payload: bytes) -> tuple[Header, bytes]:
        """{} -> {measured_bytes, model_bytes, time_ns} + both as samples."""
        measured, model = self.live.measured().to_bytes(), self.live.modelled().to_bytes()
        sizes = {"measured_bytes": len(measured), "model_bytes": len(model)}
        return {**sizes, "time_ns": self._clock.now_ns()}, measured + model

    async def alarms(self, header: Header, _payload: bytes) -> tuple[Header, bytes]:
        """{limit} -> {alarms, counts}; beyond the limit the least pressing are left out.

        An alarm that stands has `outlook`, where the model can say what comes of its utility's
        present state: people below the limit, in how many minutes, which tank is empty when.
        """
        limit = min(int(header.get("limit") or MAX_LISTED), MAX_LISTED)
        now_ns = self._clock.now_ns()
        found = self.desk.book.alarms()[:limit]
        alarms = [self.desk.outlooks.shown(alarm, now_ns) for alarm in found]
        return {"alarms": alarms, "counts": self.desk.book.counts()}, b""

    async def acknowledge(self, header: Header, _payload: bytes) -> tuple[Header, bytes]:
        """{ids: [...] | "all", user, comment} -> {acknowledged, refused}."""
        ids, user = header["ids"], str(header.get("user") or "")
        if not user:
            raise BusError("an acknowledgement needs the name of its user")
        done, refused = await self.desk.acknowledge(
            None if ids == "all" else [str(i) for i in ids], user, str(header.get("comment") or "")
        )
        return {"acknowledged": done, "refused": refused}, b""

    async def alarm_action(self, header: Header, _payload: bytes) -> tuple[Header, bytes]:
        """{action, ids, user, comment, kind, seconds, permit} -> {done, refused}.

        `action`: shelve, unshelve, out_of_service, into_service, reset.
        """
        user, comment = str(header.get("user") or ""), str(header.get("comment") or "")
        if not user:
            raise BusError("an action needs the name of its user")
        done: list[str] = []
        refused: list[dict[str, str]] = []
        for alarm_id in dict.fromkeys(str(i) for i in header["ids"]):
            action = self._action(header, alarm_id, user, comment)
            told = {k: header[k] for k in ("comment", "kind", "seconds", "permit") if header.get(k)}
            note = (f"alarm-{header.get('action')}", {"alarm": alarm_id, **told})
            one, not_done = await self.desk.act([alarm_id], action, user, note)
            done, refused = done + one, refused + not_done
        return {"done": done, "refused": refused}, b""

    def _action(self, header: Header, alarm_id: str, user: str, comment: str) -> Action:
        name = header.get("action")
        if name == "shelve":
            setting = self.desk.settings.get(alarm_id)
            kind: ShelfKind = "one-shot" if header.get("kind") == "one-shot" else "timed"
            longest_s = setting.longest_shelf_s if setting else LONGEST_SHELF_S
            seconds = float(header.get("seconds") or 0.0)
            return alarm_actions.shelve(user, comment, kind, seconds, longest_s)
        if name == "out_of_service":
            permit = str(header.get("permit") or "")
            return alarm_actions.out_of_service(user, comment, permit)
        simple = {
            "unshelve": alarm_actions.unshelve,
            "into_service": alarm_actions.into_service,
            "reset": alarm_actions.reset,
        }
        if name not in simple:
            raise BusError(f"{name!r} is no action on alarms")
        return simple[str(name)](user, comment)

    async def alarm_report(self, header: Header, _payload: bytes) -> tuple[Header, bytes]:
        """{from_ns, to_ns} -> figures by EEMUA 191, from the journal."""
        from_ns, to_ns = int(header["from_ns"]), int(header["to_ns"])
        events = await self.desk.span(from_ns, to_ns)
        try:
            return await asyncio.to_thread(report, events, from_ns, to_ns), b""
        except ValueError as error:
            raise BusError(str(error)) from error

    async def events(self, header: Header, _payload: bytes) -> tuple[Header, bytes]:
        """{from_ns, to_ns, limit, before} -> {events}, newest first."""
        to_ns = header.get("to_ns")
        events = await self.desk.events(
            int(header.get("from_ns") or 0),
            None if to_ns is None else int(to_ns),
            min(int(header.get("limit") or 1000), MAX_LISTED),
            int(header.get("before") or 0),
        )
        return {"events": [dict(event) for event in events]}, b""

    async def history(self, header: Header, _payload: bytes) -> tuple[Header, bytes]:
        """{point, from_ns, to_ns, max_points, origin} -> {n} + time i8, value f8, quality u4."""
        handle = self._handle(header.get("point"))
        to_ns = header.get("to_ns")
        series = await self.historian.trend(
            handle,
            "model" if self._of_model[handle] else origin_of(header),
            int(header.get("from_ns") or 0),
            self._clock.now_ns() + 1 if to_ns is None else int(to_ns),
            min(max(int(header.get("max_points") or 1000), 3), MAX_TREND),
        )
        return {"n": len(series)}, _columns(series)

    async def raw(self, header: Header, _payload: bytes) -> tuple[Header, bytes]:
        """{point, from_ns, to_ns, limit, backwards, origin} -> as `history`, none left out."""
        handle = self._handle(header.get("point"))
        series = await self.historian.raw(
            handle,
            "model" if self._of_model[handle] else origin_of(header),
            int(header["from_ns"]),
            int(header["to_ns"]),
            min(max(int(header["limit"]), 1), MAX_TREND),
            backwards=bool(header.get("backwards")),
        )
        return {"n": len(series)}, _columns(series)

    async def means(self, header: Header, _payload: bytes) -> tuple[Header, bytes]:
        """{point, from_ns, to_ns, step_ns, origin} -> {n} + start i8, n i8, held i8, low, high,
        mean f8 by step."""
        handle = self._handle(header.get("point"))
        try:
            found = await self.historian.means(
                handle,
                "model" if self._of_model[handle] else origin_of(header),
                int(header["from_ns"]),
                int(header["to_ns"]),
                int(header["step_ns"]),
            )
        except ValueError as problem:
            raise BusError(str(problem)) from problem
        whole = (found.start_ns, found.n, found.held_ns)
        real = (found.low, found.high, found.mean)
        payload = b"".join(c.astype("<i8").tobytes() for c in whole)
        payload += b"".join(c.astype("<f8").tobytes() for c in real)
        return {"n": len(found.start_ns)}, payload

    def _handle(self, point_id: object) -> int:
        try:
            return self._table.handle(str(point_id))
        except KeyError:
            raise BusError(f"there is no point {point_id!r}") from None


def _columns(series: Series) -> bytes:
    return (
        series.time_ns.astype("<i8").tobytes()
        + series.value.astype("<f8").tobytes()
        + series.quality.astype("<u4").tobytes()
    )


def origin_of(header: Header) -> Origin:
    """The origin a header names, `measured` if none; BusError for an unknown one."""
    origin = header.get("origin") or "measured"
    if origin not in ORIGINS:
        raise BusError(f"{origin!r} is not an origin; expected one of {', '.join(ORIGINS)}")
    return origin
