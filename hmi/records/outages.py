"""Proposed outages: stored whole, found by time and status."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Engine, select, update

from hmi.records.database import upsert
from hmi.records.tables import outage_proposal

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class SqlOutages:
    """Proposals by id in a migrated database."""

    def __init__(self, records: Engine) -> None:
        self._records = records

    def save(self, proposal: Mapping[str, Any], *, status: str = "proposed") -> str:
        """Store a proposal (its `as_dict()`), replacing one of the same id; the id.

        Raises ValueError when a time carries no offset: which instant it means is not known here.
        """
        row = {
            "id": str(proposal["id"]),
            "created_ns": _ns(proposal["created"], "created"),
            "element": str(proposal["element"]),
            "start_ns": _ns(proposal["start"], "start"),
            "end_ns": _ns(proposal["end"], "end"),
            "status": status,
            "json": dict(proposal),
        }
        with self._records.begin() as connection:
            upsert(connection, outage_proposal, [row])
        return str(row["id"])

    def set_status(self, proposal_id: str, status: str) -> None:
        """Note what became of a proposal; KeyError when there is none of that id."""
        change = (
            update(outage_proposal).where(outage_proposal.c.id == proposal_id).values(status=status)
        )
        with self._records.begin() as connection:
            if connection.execute(change).rowcount == 0:
                raise KeyError(proposal_id)

    def get(self, proposal_id: str) -> dict[str, Any]:
        """The proposal as saved, with its `status`; KeyError when there is none of that id."""
        query = select(outage_proposal.c.json, outage_proposal.c.status).where(
            outage_proposal.c.id == proposal_id
        )
        with self._records.connect() as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            raise KeyError(proposal_id)
        return {**row.json, "status": row.status}

    def list(self, *, limit: int = 200, from_ns: int = 0) -> list[dict[str, Any]]:
        """Proposals that end at or after `from_ns`, the latest start first, without their body.

        Keys: id, element, status, created_ns, start_ns, end_ns.
        """
        table = outage_proposal.c
        query = (
            select(
                table.id,
                table.element,
                table.status,
                table.created_ns,
                table.start_ns,
                table.end_ns,
            )
            .where(table.end_ns >= from_ns)
            .order_by(table.start_ns.desc(), table.id)
            .limit(limit)
        )
        with self._records.connect() as connection:
            return [dict(row) for row in connection.execute(query).mappings()]


def _ns(value: str | datetime, field: str) -> int:
    """An ISO time with offset, or an aware datetime, as nanoseconds since 1970."""
    when = datetime.fromisoformat(value) if isinstance(value, str) else value
    if when.tzinfo is None:
        raise ValueError(f"{field}: found {value}, expected a time with its offset from UTC")
    return (when - _EPOCH) // timedelta(microseconds=1) * 1000
