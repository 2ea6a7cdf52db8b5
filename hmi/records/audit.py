"""The audit trail: who did what, when and from where. Rows are added, never changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Engine, insert, select

from hmi.records.tables import audit


class Audit:
    """Appends to and reads the audit table of a migrated database."""

    def __init__(self, records: Engine) -> None:
        self._records = records

    def append(
        self,
        *,
        time_ns: int,
        user: str,
        action: str,
        origin: str,
        details: Mapping[str, Any] | None = None,
    ) -> int:
        """Store one entry; its sequence number, given after the commit.

        `origin` is where the action came from (`web`, `cli`, `drill`, an address); `details` is
        anything JSON can hold.
        """
        row = {
            "time_ns": time_ns,
            "user": user,
            "action": action,
            "origin": origin,
            "json": dict(details or {}),
        }
        with self._records.begin() as connection:
            added = connection.execute(insert(audit).returning(audit.c.sequence), row)
            return int(added.scalar_one())

    def entries(self, *, limit: int = 1000, before: int = 0) -> list[dict[str, Any]]:
        """Entries newest first; `before` is a sequence number for the next page (0: newest)."""
        query = select(audit).order_by(audit.c.sequence.desc()).limit(limit)
        if before:
            query = query.where(audit.c.sequence < before)
        with self._records.connect() as connection:
            rows = connection.execute(query).mappings().all()
        return [
            {**{k: v for k, v in row.items() if k != "json"}, "details": row["json"]}
            for row in rows
        ]
