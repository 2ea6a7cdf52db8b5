"""The outbox: what waits to be sent, and what became of it.

A message is sent again until a receipt is stored. A crash between sending and storing the receipt
sends it again with the same id: adapters hand the id on (file name, Message-ID, Idempotency-Key),
so that the receiver takes it once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy import Engine, insert, select, update

from hmi.records.order_tables import outbox

FIRST_WAIT_S = 2
MOST_WAIT_S = 300
MOST_TRIES = 20
DAY_NS = 86_400 * 1_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A message to send now."""

    id: str
    channel: str
    audience: str
    attempts: int
    content: Mapping[str, Any]


class Adapter(Protocol):
    """Sends a message by its id; the receipt, or any exception when it did not go."""

    def send(self, message: Waiting) -> str:
        """The receiver's receipt."""
        ...


class SqlOutbox:
    """Reads and marks the outbox of a migrated database."""

    def __init__(self, records: Engine) -> None:
        self._records = records

    def due(self, now_ns: int, *, limit: int = 100) -> list[Waiting]:
        """Messages whose time has come, the oldest first."""
        table = outbox.c
        query = (
            select(table.id, table.channel, table.audience, table.attempts, table.json)
            .where((table.state == "waiting") & (table.due_ns <= now_ns))
            .order_by(table.created_ns, table.id)
            .limit(limit)
        )
        with self._records.connect() as connection:
            return [
                Waiting(
                    id=row.id,
                    channel=row.channel,
                    audience=row.audience,
                    attempts=row.attempts,
                    content=row.json,
                )
                for row in connection.execute(query)
            ]

    def sent(self, message_id: str, receipt: str, now_ns: int) -> None:
        """Note a receipt; one that is there already stays."""
        change = update(outbox).where((outbox.c.id == message_id) & (outbox.c.state != "sent"))
        values = {"state": "sent", "sent_ns": now_ns, "receipt": receipt}
        with self._records.begin() as connection:
            connection.execute(change.values(**values, attempts=outbox.c.attempts + 1))

    def failed(self, message: Waiting, reason: str, now_ns: int) -> None:
        """Note a try that failed: again after a wait that doubles, or never after many."""
        tries = message.attempts + 1
        wait_s = min(FIRST_WAIT_S * 2 ** min(tries - 1, 10), MOST_WAIT_S)
        values = {
            "state": "failed" if tries >= MOST_TRIES else "waiting",
            "attempts": tries,
            "due_ns": now_ns + wait_s * 1_000_000_000,
            "receipt": reason,
        }
        change = update(outbox).where((outbox.c.id == message.id) & (outbox.c.state != "sent"))
        with self._records.begin() as connection:
            connection.execute(change.values(**values))

    def put(self, messages: Iterable[tuple[str, str, str, Mapping[str, Any]]], now_ns: int) -> None:
        """Add messages (id, channel, audience, content); an id that is there already stays."""
        rows = [
            {
                "id": id_,
                "order_id": "",
                "channel": channel,
                "audience": audience,
                "state": "waiting",
                "attempts": 0,
                "due_ns": now_ns,
                "created_ns": now_ns,
                "receipt": "",
                "json": dict(content),
            }
            for id_, channel, audience, content in messages
        ]
        if not rows:
            return
        with self._records.begin() as connection:
            known = select(outbox.c.id).where(outbox.c.id.in_([row["id"] for row in rows]))
            there = set(connection.execute(known).scalars())
            new = [row for row in rows if row["id"] not in there]
            if new:
                connection.execute(insert(outbox), new)

    def failing(self, tries: int, now_ns: int) -> set[str]:
        """Channels with a message that waits after so many tries, or was given up within a day."""
        table = outbox.c
        waits = (table.state == "waiting") & (table.attempts >= tries)
        given_up = (table.state == "failed") & (table.due_ns > now_ns - DAY_NS)
        query = select(table.channel).where(waits | given_up).distinct()
        with self._records.connect() as connection:
            return set(connection.execute(query).scalars())

    def of_order(self, order_id: str) -> list[dict[str, Any]]:
        """Every message of an order with its state and receipt."""
        query = select(outbox).where(outbox.c.order_id == order_id).order_by("created_ns", "id")
        with self._records.connect() as connection:
            rows = connection.execute(query).mappings().all()
        return [
            {**{k: v for k, v in row.items() if k != "json"}, "content": row["json"]}
            for row in rows
        ]


def send_due(box: SqlOutbox, adapters: Mapping[str, Adapter], now_ns: int) -> int:
    """Try every message that is due, once; how many went."""
    went = 0
    for message in box.due(now_ns):
        adapter = adapters.get(message.channel)
        try:
            if adapter is None:
                raise LookupError(f"no adapter for {message.channel}")
            receipt = adapter.send(message)
        except Exception as error:
            box.failed(message, f"{type(error).__name__}: {error}", now_ns)
            continue
        box.sent(message.id, receipt, now_ns)
        went += 1
    return went
