"""Writing to the field: selected, checked, recorded before it is sent, confirmed by readback.

Every step stands in the journal and in the audit trail before it is taken; what cannot be recorded
or checked is not sent. The interlocks are asked when a point is selected and again before the wire.
"""

from __future__ import annotations

import asyncio
import logging
import math
import secrets
from collections.abc import Collection, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

from scada.alarm_desk import AlarmDesk
from scada.command_selection import (
    APPROVAL_FOR_S,
    SELECTED_FOR_S,
    Selection,
    SelectionError,
    Selections,
)
from scada.live_table import LiveTable
from scada.point import Point
from scada.ports import AuditTrail, Bus, BusError, Clock, Header, Interlock
from scada.quality import is_good

log = logging.getLogger(__name__)

READBACK_S = 10.0
SCANS = 5.0
GATEWAY_S = 10.0
ENDS = ("confirmed", "failed")


class CommandError(ValueError):
    """A command that may not be sent."""


class Commands:
    """At most one command a point at a time, never sent twice.

    A command is `pending` in the journal before it goes to the gateway, then `confirmed` when the
    point's samples show the value, or `failed`. One that a crash interrupts becomes `unknown`.
    """

    def __init__(
        self,
        points: Sequence[Point],
        live: LiveTable,
        desk: AlarmDesk,
        bus: Bus,
        clock: Clock,
        scan: Mapping[str, float],
        *,
        readback_s: float = READBACK_S,
        audit: AuditTrail | None = None,
        interlocks: Sequence[Interlock] = (),
        two_person: Collection[str] = (),
        drill: bool = False,
    ) -> None:
        """`two_person`: patterns of point ids whose commands need a second person.

        `drill`: every command of this core was born in a drill, whatever the request says.
        """
        self._points = points
        self._handle = {point.id: handle for handle, point in enumerate(points)}
        self._live = live
        self._desk = desk
        self._bus = bus
        self._clock = clock
        self._scan = scan
        self._readback_s = readback_s
        self._audit = audit
        self._interlocks = tuple(interlocks)
        self._two_person = tuple(two_person)
        self._drill = drill
        self._selections = Selections()
        self._under_way: set[int] = set()
        self._news = asyncio.Event()

    def samples_arrived(self) -> None:
        """The live table changed: readbacks may be there."""
        self._news.set()
        self._news = asyncio.Event()

    async def select(self, header: Header) -> Header:
        """{point, value (SI), user, order} -> {token, expires_s, two_person} or {message}.

        Nothing is sent. Objections of interlocks are told now, and refuse.
        """
        try:
            handle, value = self._check(header)
            user, order = str(header["user"]), str(header.get("order") or "")
            await self._ask_interlocks(handle, value, header)
            two = any(fnmatchcase(self._points[handle].id, p) for p in self._two_person)
            expires_s = APPROVAL_FOR_S if two else SELECTED_FOR_S
            now_s = self._clock.monotonic_s()
            selection = Selection(
                token=secrets.token_urlsafe(16),
                handle=handle,
                value=value,
                user=user,
                origin=self._origin(header),
                order=order,
                until_s=now_s + expires_s,
                two_person=two,
            )
            self._selections.add(selection, now_s)
        except (CommandError, SelectionError) as problem:
            return {"token": "", "message": str(problem)}
        try:
            await self._note("selected", selection, user)
        except BusError as problem:
            self._selections.drop(selection.token)
            return {"token": "", "message": str(problem)}
        return {
            "token": selection.token,
            "message": "",
            "expires_s": expires_s,
            "two_person": two,
        }

    async def approve(self, header: Header) -> Header:
        """{token, user} -> {message}: the second person agrees; "" when it is so."""
        token, user = str(header.get("token")), str(header.get("user") or "")
        try:
            # Recorded first: an approval that does not stand in the trail is none.
            would = self._selections.approved(token, user, self._clock.monotonic_s())
            await self._note("approved", would, user)
            self._selections.approve(token, user, self._clock.monotonic_s())
        except (SelectionError, BusError) as problem:
            return {"message": str(problem)}
        return {"message": ""}

    async def cancel(self, header: Header) -> Header:
        """{token, user} -> {message}: the selection is let go."""
        now_s, user = self._clock.monotonic_s(), str(header.get("user") or "")
        try:
            selection = self._selections.cancel(str(header.get("token")), user, now_s)
            await self._note("cancelled", selection, user)
        except (SelectionError, BusError) as problem:
            return {"message": str(problem)}
        return {"message": ""}

    async def waiting(self, _header: Header) -> Header:
        """{} -> {selections}: what waits to be approved or operated."""
        now_s = self._clock.monotonic_s()
        kept = self._selections.all(now_s)
        return {"selections": [s.as_dict(self._points[s.handle].id, now_s) for s in kept]}

    async def operate(self, header: Header) -> Header:
        """{token, user, reason} -> {state, message, readback}: the selection is sent, once.

        `state` is `not-selected` when there is nothing to operate.
        """
        now_s, user = self._clock.monotonic_s(), str(header.get("user") or "")
        try:
            selection = self._selections.take(str(header.get("token")), user, now_s)
        except SelectionError as problem:
            return {**_failed(str(problem)), "state": "not-selected"}
        order = {
            "point": self._points[selection.handle].id,
            "value": selection.value,
            "user": user,
            "reason": header.get("reason"),
            "origin": selection.origin,
            "order": selection.order,
            "approved_by": selection.approved_by,
        }
        return await self._write(order)

    async def write(self, header: Header) -> Header:
        """{point, value (SI), user, reason, origin} -> {state, message, readback}, in one step.

        For programs; a point that needs two persons is refused here.
        """
        name = str(header.get("point"))
        if any(fnmatchcase(name, pattern) for pattern in self._two_person):
            return _failed(f"{name} needs two persons: select it")
        return await self._write({**header, "approved_by": ""})

    async def _write(self, header: Header) -> Header:
        try:
            handle, value = self._check(header)
            self._under_way.add(handle)  # before anything is awaited: one command a point
        except CommandError as problem:
            return _failed(str(problem))
        try:
            await self._ask_interlocks(handle, value, header)
            return await self._carry_out(handle, value, header)
        except CommandError as problem:
            return _failed(str(problem))
        finally:
            self._under_way.discard(handle)

    async def _ask_interlocks(self, handle: int, value: float, header: Header) -> None:
        """CommandError with every objection; also when an interlock cannot be asked."""
        point = self._points[handle]
        command = {
            "point": point.id,
            "utility": point.utility,
            "element": point.element,
            "quantity": point.quantity,
            "value": value,
            "user": header.get("user"),
            "order": str(header.get("order") or ""),
        }
        found: list[str] = []
        for interlock in self._interlocks:
            try:
                found += await interlock.objections(command)
            except Exception as problem:  # whatever it is: what cannot be checked is not sent
                log.error("an interlock failed: %s", problem)
                found.append(f"an interlock cannot be asked: {problem}")
        if found:
            raise CommandError("; ".join(found))

    def _origin(self, header: Header) -> str:
        return "drill" if self._drill else str(header.get("origin") or "manual")

    async def _note(self, event: str, selection: Selection, user: str) -> None:
        """A step that moves nothing yet, in the journal and the trail. BusError if not stored."""
        point = self._points[selection.handle]
        record = {
            "id": f"{point.id}.command",
            "source": point.id,
            "kind": "command",
            "value": selection.value,
            "unit": point.unit,
            "user": user,
            "comment": "",
            "origin": selection.origin,
            "order": selection.order,
            "approved_by": selection.approved_by,
            "before": _number(self._live.value[selection.handle]),
        }
        await self._record(self._event(record, event, "normal"))

    async def _record(self, event: dict[str, Any]) -> None:
        """Into the audit trail first, then into the journal. BusError if either fails.

        What has happened stands in the journal even when the trail cannot be written.
        """
        trouble: BusError | None = None
        if self._audit is not None:
            told = ("source", "value", "unit", "before", "readback", "comment", "order")
            details = {k: event[k] for k in (*told, "approved_by", "message") if event.get(k)}
            details["value"] = event["value"]
            try:
                await asyncio.to_thread(
                    self._audit.append,
                    time_ns=event["time_ns"],
                    user=event["user"],
                    action=f"command-{event['event']}",
                    origin=event["origin"],
                    details=details,
                )
            except Exception as problem:  # a database has its own errors
                trouble = BusError(f"the audit trail cannot be written: {problem}")
                if event["event"] not in ENDS:
                    raise trouble from problem
        await self._desk.record(event)
        if trouble is not None:
            raise trouble

    async def note_unknown(self, events: Sequence[Mapping[str, Any]]) -> None:
        """Commands a crash interrupted, as the desk ended them: into the trail too."""
        for event in events:
            if self._audit is None:
                return
            details = {"source": event["source"], "value": event.get("value")}
            try:
                await asyncio.to_thread(
                    self._audit.append,
                    time_ns=event["time_ns"],
                    user=str(event.get("user")),
                    action="command-unknown",
                    origin=str(event.get("origin")),
                    details=details,
                )
            except Exception:
                log.exception("an interrupted command is not in the audit trail")

    def _check(self, header: Header) -> tuple[int, float]:
        """The handle and value of a command; CommandError says why it may not be sent."""
        name, value = header.get("point"), header.get("value")
        handle = self._handle.get(name) if isinstance(name, str) else None
        if handle is None:
            raise CommandError(f"there is no point {name!r}")
        point = self._points[handle]
        if not point.writable:
            raise CommandError(f"{point.id} is not writable")
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise CommandError(f"{value!r} is not a number")
        if not math.isfinite(value):
            raise CommandError(f"{value} is not a finite number")
        low, high = point.limits.low_low, point.limits.high_high
        if (low is not None and value < low) or (high is not None and value > high):
            raise CommandError(f"{value:g} is beyond the outer limits of {point.id}")
        if point.type == "bool" and value not in (0, 1):
            raise CommandError(f"{point.id} takes 0 or 1")
        if not header.get("user"):
            raise CommandError("a command needs the name of its user")
        if handle in self._under_way:
            raise CommandError(f"another command to {point.id} is under way")
        return handle, float(value)

    async def _carry_out(self, handle: int, value: float, header: Header) -> Header:
        point = self._points[handle]
        origin = self._origin(header)
        record = {
            "id": f"{point.id}.command",
            "source": point.id,
            "kind": "command",
            "value": value,
            "unit": point.unit,
            "user": str(header["user"]),
            "comment": str(header.get("reason") or ""),
            "origin": origin,
            "order": str(header.get("order") or ""),
            "approved_by": str(header.get("approved_by") or ""),
            "before": _number(self._live.value[handle]),
        }
        try:
            await self._record(self._event(record, "requested", "pending"))
        except BusError as problem:
            # What cannot be recorded is not sent.
            return _failed(str(problem))
        state, message = "failed", ""
        try:
            message = await self._send(handle, value, origin)
            if not message:
                message = await self._wait(handle, value)
            state = "failed" if message else "confirmed"
        except BusError as problem:
            # The gateway may have written it before it went away: it is not sent again.
            message = f"not confirmed: {problem}"
        readback = _number(self._live.value[handle])
        end = {**record, "message": message, "readback": readback}
        try:
            await self._record(self._event(end, state, "normal"))
        except BusError as problem:
            message = f"{message} ({problem})".strip()
        return {"state": state, "message": message, "readback": readback}

    def _event(self, record: dict[str, Any], event: str, state: str) -> dict[str, Any]:
        return {**record, "event": event, "state": state, "time_ns": self._clock.now_ns()}

    async def _send(self, handle: int, value: float, origin: str) -> str:
        """Hand the command to the gateway; why it refused, or nothing."""
        answer, _ = await self._bus.call(
            "gateway.write",
            {
                "point": handle,
                "id": self._points[handle].id,
                "value": value,
                "origin": origin,
            },
            timeout_s=GATEWAY_S,
        )
        if answer.get("ok"):
            return ""
        return str(answer.get("message") or "the gateway refused it")

    async def _wait(self, handle: int, value: float) -> str:
        """Wait until the point's samples show the value; what they show when they do not."""
        point = self._points[handle]
        patience = max(self._readback_s, SCANS * self._scan.get(point.scan, 0.0))
        end = self._clock.monotonic_s() + patience
        while not self._shows(handle, value):
            left = end - self._clock.monotonic_s()
            if left <= 0.0:
                reads = f"{self._live.value[handle]:g}"
                return f"not confirmed within {patience:g} s: {point.id} reads {reads}"
            news = asyncio.create_task(self._news.wait())
            pause = asyncio.ensure_future(self._clock.sleep(left))
            await asyncio.wait({news, pause}, return_when=asyncio.FIRST_COMPLETED)
            news.cancel()
            pause.cancel()
        return ""

    def _shows(self, handle: int, value: float) -> bool:
        read = float(self._live.value[handle])
        if not is_good(int(self._live.quality[handle])) or not math.isfinite(read):
            return False
        # An integer register rounds to the nearest step of its scale; float32 holds seven digits.
        half_step = 0.5 * float(self._live.step[handle])
        return abs(read - value) <= max(half_step * (1.0 + 1e-6), 1e-6 * abs(value))


def _failed(message: str) -> Header:
    return {"state": "failed", "message": message, "readback": None}


def _number(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
