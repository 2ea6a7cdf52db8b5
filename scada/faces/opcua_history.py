"""OPC UA history reads answered by the core's historian."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from asyncua import ua

from scada.faces.feed import Feed
from scada.point import Point
from scada.ports import Bus

MOST = 10_000
"""Samples in one answer; the client asks on with the continuation point."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class HistoryOfCore:
    """asyncua's `HistoryStorageInterface`; nothing is stored through it."""

    def __init__(self, points: Sequence[Point], bus: Bus, feed: Feed, index: int) -> None:
        self._handle = {ua.NodeId(p.id, index): i for i, p in enumerate(points)}
        self._points = points
        self._bus = bus
        self._feed = feed

    async def init(self) -> None:
        """Nothing to prepare."""

    async def read_node_history(
        self, node_id: ua.NodeId, start: Any, end: Any, nb_values: int
    ) -> tuple[list[ua.DataValue], datetime | None]:
        """Raw samples, backwards when the end is before the start or only the end is given."""
        handle = self._handle.get(node_id)
        if handle is None:
            return [], None
        first, last = _ns(start), _ns(end)
        backwards = (first is None and last is not None) or (
            first is not None and last is not None and last < first
        )
        a = last if backwards else first
        b = first if backwards else last
        most = min(nb_values or MOST, MOST)
        ask = {
            "point": self._points[handle].id,
            "from_ns": 0 if a is None else a,
            "to_ns": 2**62 if b is None else b + 1,
            "limit": most + 1,
            "backwards": backwards,
        }
        header, payload = await self._bus.call("core.raw", ask)
        n = int(header["n"])
        time = np.frombuffer(payload, "<i8", n)
        shown = np.frombuffer(payload, "<f8", n, 8 * n)
        quality = np.frombuffer(payload, "<u4", n, 16 * n)
        more = n > most
        found = [
            self._value(handle, t, v, q)
            for t, v, q in zip(time.tolist(), shown.tolist(), quality.tolist(), strict=True)
        ]
        return found[:most], _time(int(time[most])) if more else None

    def _value(self, handle: int, time_ns: int, value: float, quality: int) -> ua.DataValue:
        missing = value != value  # noqa: PLR0124  NaN
        at = _time(time_ns)
        number = 0.0 if missing else self._feed.in_unit(handle, value)
        code = ua.StatusCodes.BadNoData if missing and quality >> 31 == 0 else quality
        return ua.DataValue(
            ua.Variant(number, ua.VariantType.Double),
            StatusCode=ua.StatusCode(code),
            SourceTimestamp=at,
            ServerTimestamp=at,
        )

    async def read_event_history(self, *_: Any) -> tuple[list[Any], None]:
        """Alarm events are read over the room's own interface."""
        return [], None

    async def new_historized_node(self, *_: Any) -> None:
        """All points are kept already."""

    async def save_node_value(self, *_: Any) -> None:
        """All points are kept already."""

    async def new_historized_event(self, *_: Any) -> None:
        """All alarms are kept already."""

    async def save_event(self, *_: Any) -> None:
        """All alarms are kept already."""

    async def stop(self) -> None:
        """Nothing to stop."""


def _ns(when: Any) -> int | None:
    """Nanoseconds of a time; OPC UA's beginning of time (1601) means none is given."""
    if when is None or when.year <= 1601:
        return None
    aware = when if when.tzinfo is not None else when.replace(tzinfo=UTC)
    return int((aware - _EPOCH) // timedelta(microseconds=1)) * 1000


def _time(ns: int) -> datetime:
    return _EPOCH + timedelta(microseconds=ns // 1000)
