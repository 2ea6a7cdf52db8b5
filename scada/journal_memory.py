"""The alarm journal in memory: the twin of the one in the records database."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any


class MemoryAlarmJournal:
    """`scada.ports.AlarmJournal` without a database; `failing` makes it refuse like a full disk."""

    def __init__(self) -> None:
        self.failing = False
        self._events: list[dict[str, Any]] = []
        self._last: dict[str, dict[str, Any]] = {}

    def append(self, events: list[Mapping[str, Any]]) -> list[int]:
        """Store events and the states they lead to; their sequence numbers.

        OSError if failing, KeyError when an event lacks its alarm, state or time.
        """
        if self.failing:
            raise OSError("the journal cannot be written")
        rows = [
            {**copy.deepcopy(dict(event)), "sequence": len(self._events) + n}
            for n, event in enumerate(events, start=1)
        ]
        last = {str(row["id"]): row for row in rows}
        if any(key not in row for row in rows for key in ("state", "time_ns")):
            raise KeyError("an event needs id, state and time_ns")
        self._events += rows
        self._last.update(last)
        return [row["sequence"] for row in rows]

    def states(self) -> list[Mapping[str, Any]]:
        """The last stored event of every alarm that is not normal or held."""
        last = self._last.values()
        standing = [row for row in last if row["state"] != "normal" or row.get("held")]
        return sorted(standing, key=lambda row: int(row["sequence"]))

    def events(
        self, *, from_ns: int = 0, to_ns: int | None = None, limit: int = 1000, before: int = 0
    ) -> list[Mapping[str, Any]]:
        """Events newest first; `before` is a sequence number for the next page (0: newest)."""
        found = [
            row
            for row in reversed(self._events)
            if row["time_ns"] >= from_ns
            and (to_ns is None or row["time_ns"] <= to_ns)
            and (not before or row["sequence"] < before)
        ]
        return list(found[:limit])
