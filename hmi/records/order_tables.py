"""The tables of the desk's orders: where each stands, every step it took, what is to be sent.

A step and its messages are stored in one transaction; steps are only ever added.
"""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from hmi.records.tables import Sequence64, metadata

desk_order = Table(
    "desk_order",
    metadata,
    Column("id", String, primary_key=True),
    Column("book", String, nullable=False),
    Column("state", String, nullable=False),
    Column("version", Integer, nullable=False),
    Column("opened_ns", BigInteger, nullable=False),
    Column("changed_ns", BigInteger, nullable=False),
    Column("json", JSON, nullable=False),
    Index(None, "book", "state"),
)
"""Every order as it stands after its last step; `book` is outage, incident or work."""

desk_step = Table(
    "desk_step",
    metadata,
    Column("sequence", Sequence64, primary_key=True, autoincrement=True),
    Column("order_id", String, nullable=False),
    Column("number", Integer, nullable=False),
    Column("action", String, nullable=False),
    Column("at_ns", BigInteger, nullable=False),
    Column("entered_ns", BigInteger, nullable=False),
    Column("user", String, nullable=False),
    Column("role", String, nullable=False),
    Column("json", JSON, nullable=False),
    UniqueConstraint("order_id", "number", name="uq_desk_step_order_id_number"),
    sqlite_autoincrement=True,
)
"""Every step: what, when it was, when it was entered, by whom."""

outbox = Table(
    "outbox",
    metadata,
    Column("id", String, primary_key=True),
    Column("order_id", String, nullable=False),
    Column("channel", String, nullable=False),
    Column("audience", String, nullable=False),
    Column("state", String, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("due_ns", BigInteger, nullable=False),
    Column("created_ns", BigInteger, nullable=False),
    Column("sent_ns", BigInteger),
    Column("receipt", Text, nullable=False),
    Column("json", JSON, nullable=False),
    Index(None, "state", "due_ns"),
)
"""Messages to send: `waiting` until a receipt makes them `sent`, or too many tries `failed`."""
