"""Orders in SQL: a step, the order it leads to and its messages in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Engine, insert, select, update
from sqlalchemy.exc import IntegrityError

from hmi.records.database import BEGIN_OPTION
from hmi.records.order_tables import desk_order, desk_step, outbox

TRIES = 5


class ChangedMeanwhileError(RuntimeError):
    """Somebody else took a step on the order; look again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """Something to send once; `channel` names an adapter."""

    channel: str
    audience: str
    content: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A step to store: what it was, the order after it, and the messages that go with it."""

    order_id: str
    book: str
    number: int
    state: str
    action: str
    at_ns: int
    user: str
    role: str
    order: Mapping[str, Any]
    details: Mapping[str, Any] = field(default_factory=dict)
    messages: Sequence[Message] = ()


Work = Callable[[Mapping[str, Any] | None], Entry]


class SqlOrderBook:
    """Orders, steps and the outbox in a migrated database."""

    def __init__(self, records: Engine) -> None:
        self._records = records

    def take(self, order_id: str, work: Work, *, entered_ns: int) -> Entry:
        """Take a step: `work` gets the order as it stands (None: there is none) and gives it.

        Everything is stored, or nothing is. ChangedMeanwhileError when another's step came first;
        whatever `work` raises passes through, with nothing stored.
        """
        begin = self._records.execution_options(**{BEGIN_OPTION: "BEGIN IMMEDIATE"})
        try:
            with begin.begin() as connection:
                query = select(desk_order.c.json).where(desk_order.c.id == order_id)
                row = connection.execute(query.with_for_update()).one_or_none()
                entry = work(None if row is None else row.json)
                self._store(connection, entry, entered_ns)
        except IntegrityError as error:
            raise ChangedMeanwhileError(order_id) from error
        return entry

    def get(self, order_id: str) -> dict[str, Any]:
        """An order as it stands; KeyError when there is none of that id."""
        query = select(desk_order.c.json).where(desk_order.c.id == order_id)
        with self._records.connect() as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            raise KeyError(order_id)
        found: dict[str, Any] = row.json
        return found

    def orders(self, book: str, *, state: str | None = None, limit: int = 200) -> list[Any]:
        """Orders of a book, the last changed first."""
        query = select(desk_order.c.json).where(desk_order.c.book == book)
        if state is not None:
            query = query.where(desk_order.c.state == state)
        query = query.order_by(desk_order.c.changed_ns.desc(), desk_order.c.id).limit(limit)
        with self._records.connect() as connection:
            return list(connection.execute(query).scalars())

    def steps(self, order_id: str) -> list[dict[str, Any]]:
        """Every step of an order in its order, corrections among them."""
        query = select(desk_step).where(desk_step.c.order_id == order_id).order_by("number")
        with self._records.connect() as connection:
            rows = connection.execute(query).mappings().all()
        return [
            {**{k: v for k, v in row.items() if k != "json"}, "details": row["json"]}
            for row in rows
        ]

    def _store(self, connection: Connection, entry: Entry, entered_ns: int) -> None:
        row = {
            "id": entry.order_id,
            "book": entry.book,
            "state": entry.state,
            "version": entry.number,
            "changed_ns": entered_ns,
            "json": dict(entry.order),
        }
        if entry.number == 1:
            connection.execute(insert(desk_order), {**row, "opened_ns": entered_ns})
        else:
            before = (desk_order.c.id == entry.order_id) & (
                desk_order.c.version == entry.number - 1
            )
            if connection.execute(update(desk_order).where(before).values(**row)).rowcount != 1:
                raise ChangedMeanwhileError(entry.order_id)
        connection.execute(
            insert(desk_step),
            {
                "order_id": entry.order_id,
                "number": entry.number,
                "action": entry.action,
                "at_ns": entry.at_ns,
                "entered_ns": entered_ns,
                "user": entry.user,
                "role": entry.role,
                "json": dict(entry.details),
            },
        )
        for message in entry.messages:
            connection.execute(
                insert(outbox),
                {
                    "id": f"{entry.order_id}:{entry.number}:{message.channel}:{message.audience}",
                    "order_id": entry.order_id,
                    "channel": message.channel,
                    "audience": message.audience,
                    "state": "waiting",
                    "attempts": 0,
                    "due_ns": entered_ns,
                    "created_ns": entered_ns,
                    "receipt": "",
                    "json": dict(message.content),
                },
            )
