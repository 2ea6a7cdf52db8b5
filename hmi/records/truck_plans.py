"""Plans of water trucks made anew while they run: added to a proposal, never changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Engine, insert, select
from sqlalchemy.exc import IntegrityError

from hmi.records.order_book import ChangedMeanwhileError
from hmi.records.tables import truck_plan


class SqlTruckPlans:
    """The plans of each proposal in their order, in a migrated database."""

    def __init__(self, records: Engine) -> None:
        self._records = records

    def add(
        self, proposal_id: str, number: int, plan: Mapping[str, Any], *, user: str, entered_ns: int
    ) -> None:
        """Keep a plan that was made from the `number - 1` before it.

        ChangedMeanwhileError when another plan was kept meanwhile.
        """
        row = {
            "proposal_id": proposal_id,
            "number": number,
            "entered_ns": entered_ns,
            "user": user,
            "json": dict(plan),
        }
        try:
            with self._records.begin() as connection:
                connection.execute(insert(truck_plan), row)
        except IntegrityError as error:
            raise ChangedMeanwhileError(proposal_id) from error

    def of(self, proposal_id: str) -> list[dict[str, Any]]:
        """The plans made anew, the first one first, each with who kept it and when."""
        query = (
            select(truck_plan)
            .where(truck_plan.c.proposal_id == proposal_id)
            .order_by(truck_plan.c.number)
        )
        with self._records.connect() as connection:
            rows = connection.execute(query).mappings().all()
        return [
            {
                **row["json"],
                "number": row["number"],
                "user": row["user"],
                "entered_ns": row["entered_ns"],
            }
            for row in rows
        ]
