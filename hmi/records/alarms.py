"""The alarm journal in SQL: events and the last state of every alarm, in one transaction."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Engine, insert, select

from hmi.records.database import upsert
from hmi.records.tables import alarm_event, alarm_state


class SqlAlarmJournal:
    """`scada.ports.AlarmJournal` on a migrated database.

    An event is a mapping with at least `id` (the alarm's), `state` and `time_ns`, and `held` when
    the alarm is shelved, suppressed or out of service; it is kept whole, and `event`, `kind`,
    `source`, `value`, `limit`, `quality`, `user` and `comment` are columns to search by, too.
    """

    def __init__(self, records: Engine) -> None:
        self._records = records

    def append(self, events: list[Mapping[str, Any]]) -> list[int]:
        """Store events and the states they lead to; their sequence numbers, after the commit."""
        if not events:
            return []
        rows = [_row(event) for event in events]
        add = insert(alarm_event).returning(alarm_event.c.sequence, sort_by_parameter_order=True)
        with self._records.begin() as connection:
            numbers = [int(n) for n in connection.execute(add, rows).scalars()]
            # The last event of an alarm wins: one statement may not name a key twice.
            last = {
                row["alarm"]: {
                    "alarm": row["alarm"],
                    "sequence": number,
                    "state": row["state"],
                    "time_ns": row["time_ns"],
                    "json": row["json"],
                    "held": bool(row["json"].get("held")),
                }
                for number, row in zip(numbers, rows, strict=True)
            }
            upsert(connection, alarm_state, list(last.values()))
        return numbers

    def states(self) -> list[Mapping[str, Any]]:
        """The last stored event of every alarm that is not normal or held, with its `sequence`."""
        query = (
            select(alarm_state.c.sequence, alarm_state.c.json)
            .where((alarm_state.c.state != "normal") | alarm_state.c.held)
            .order_by(alarm_state.c.sequence)
        )
        with self._records.connect() as connection:
            return [{**row.json, "sequence": row.sequence} for row in connection.execute(query)]

    def events(
        self, *, from_ns: int = 0, to_ns: int | None = None, limit: int = 1000, before: int = 0
    ) -> list[Mapping[str, Any]]:
        """Events newest first, with `sequence`; `before` is a sequence number for the next page."""
        table = alarm_event.c
        query = select(table.sequence, table.json).where(table.time_ns >= from_ns)
        if to_ns is not None:
            query = query.where(table.time_ns <= to_ns)
        if before:
            query = query.where(table.sequence < before)
        query = query.order_by(table.sequence.desc()).limit(limit)
        with self._records.connect() as connection:
            return [{**row.json, "sequence": row.sequence} for row in connection.execute(query)]


def _row(event: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of one event; KeyError when it does not say which alarm, state and time."""
    return {
        "alarm": str(event["id"]),
        "point": str(event.get("source", "")),
        "kind": str(event.get("kind", "")),
        "event": str(event.get("event", "")),
        "state": str(event["state"]),
        "value": _number(event.get("value")),
        "limit": _number(event.get("limit")),
        "quality": None if event.get("quality") is None else int(event["quality"]),
        "time_ns": int(event["time_ns"]),
        "user": str(event.get("user", "")),
        "comment": str(event.get("comment", "")),
        "json": dict(event),
    }


def _number(value: Any) -> float | None:
    """A finite number, or None: a bad value has no number to store."""
    return None if value is None or not math.isfinite(value) else float(value)
