"""Writing to the field: checked, recorded before it is sent, confirmed by what is read back."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Mapping, Sequence
from typing import Any

from scada.alarm_desk import AlarmDesk
from scada.live_table import LiveTable
from scada.point import Point
from scada.ports import Bus, BusError, Clock, Header
from scada.quality import is_good

READBACK_S = 10.0
SCANS = 5.0
GATEWAY_S = 10.0


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
    ) -> None:
        self._points = points
        self._handle = {point.id: handle for handle, point in enumerate(points)}
        self._live = live
        self._desk = desk
        self._bus = bus
        self._clock = clock
        self._scan = scan
        self._readback_s = readback_s
        self._under_way: set[int] = set()
        self._news = asyncio.Event()

    def samples_arrived(self) -> None:
        """The live table changed: readbacks may be there."""
        self._news.set()
        self._news = asyncio.Event()

    async def write(self, header: Header) -> Header:
        """{point, value (SI), user, reason, origin} -> {state, message, readback}."""
        try:
            handle, value = self._check(header)
        except CommandError as problem:
            return {"state": "failed", "message": str(problem), "readback": None}
        self._under_way.add(handle)
        try:
            return await self._carry_out(handle, value, header)
        finally:
            self._under_way.discard(handle)

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
        origin = str(header.get("origin") or "manual")
        record = {
            "id": f"{point.id}.command",
            "source": point.id,
            "kind": "command",
            "value": value,
            "unit": point.unit,
            "user": str(header["user"]),
            "comment": str(header.get("reason") or ""),
            "origin": origin,
            "before": _number(self._live.value[handle]),
        }
        try:
            await self._desk.record(self._event(record, "requested", "pending"))
        except BusError as problem:
            # What cannot be recorded is not sent.
            return {"state": "failed", "message": str(problem), "readback": None}
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
            await self._desk.record(self._event(end, state, "normal"))
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


def _number(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
