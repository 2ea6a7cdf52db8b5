"""The tables of the records database, for SQLite and PostgreSQL alike.

Times are int64 nanoseconds since 1970, UTC. `json` columns hold the record as it was given, so
that a field added later is not lost; the other columns are what is searched by.
Every change of this file needs a new migration; a test compares the two.
"""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Float,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    false,
)

# SQLite gives row numbers only to columns of the exact type INTEGER.
Sequence64 = BigInteger().with_variant(Integer, "sqlite")

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

alarm_event = Table(
    "alarm_event",
    metadata,
    Column("sequence", Sequence64, primary_key=True, autoincrement=True),
    Column("alarm", String, nullable=False),
    Column("point", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("event", String, nullable=False),
    Column("state", String, nullable=False),
    Column("value", Float),
    Column("limit", Float),
    Column("quality", BigInteger),
    Column("time_ns", BigInteger, nullable=False),
    Column("user", String, nullable=False),
    Column("comment", Text, nullable=False),
    Column("json", JSON, nullable=False),
    Index(None, "time_ns"),
    Index(None, "alarm", "sequence"),
    sqlite_autoincrement=True,  # a sequence number is never given twice
)
"""Every alarm event, in the order of its storing."""

alarm_state = Table(
    "alarm_state",
    metadata,
    Column("alarm", String, primary_key=True),
    Column("sequence", BigInteger, nullable=False),
    Column("state", String, nullable=False),
    Column("time_ns", BigInteger, nullable=False),
    Column("json", JSON, nullable=False),
    Column("held", Boolean, nullable=False, server_default=false()),
    Index(None, "state"),
    Index(None, "held"),
)
"""The last event of every alarm that ever was; `held`: shelved, suppressed or out of service."""

audit = Table(
    "audit",
    metadata,
    Column("sequence", Sequence64, primary_key=True, autoincrement=True),
    Column("time_ns", BigInteger, nullable=False),
    Column("user", String, nullable=False),
    Column("action", String, nullable=False),
    Column("origin", String, nullable=False),
    Column("json", JSON, nullable=False),
    Column("digest", String, nullable=False, server_default=""),
    Index(None, "time_ns"),
    sqlite_autoincrement=True,
)
"""Who did what, when and from where; rows are only ever added, chained by `digest`."""

account = Table(
    "account",
    metadata,
    Column("name", String, primary_key=True),
    Column("password", String, nullable=False),
    Column("grants", JSON, nullable=False),
    Column("disabled", Boolean, nullable=False),
    Column("must_change", Boolean, nullable=False),
    Column("created_ns", BigInteger, nullable=False),
    Column("changed_ns", BigInteger, nullable=False),
)
"""People who may log in; `password` is an Argon2id hash, `grants` a role by utility."""

session = Table(
    "session",
    metadata,
    Column("digest", String, primary_key=True),
    Column("account", String, nullable=False),
    Column("address", String, nullable=False),
    Column("created_ns", BigInteger, nullable=False),
    Column("expires_ns", BigInteger, nullable=False),
    Index(None, "account"),
)
"""Who is logged in; only the SHA-256 of a session's token is kept."""

api_token = Table(
    "api_token",
    metadata,
    Column("id", String, primary_key=True),
    Column("digest", String, nullable=False),
    Column("label", String, nullable=False),
    Column("grants", JSON, nullable=False),
    Column("created_by", String, nullable=False),
    Column("created_ns", BigInteger, nullable=False),
    Column("expires_ns", BigInteger, nullable=False),
    Column("revoked_ns", BigInteger),
    Index(None, "digest", unique=True),
)
"""Tokens of programs; only the SHA-256 of a token is kept."""

login_failure = Table(
    "login_failure",
    metadata,
    Column("account", String, primary_key=True),
    Column("address", String, primary_key=True),
    Column("count", Integer, nullable=False),
    Column("last_ns", BigInteger, nullable=False),
    Column("locked_until_ns", BigInteger, nullable=False),
)
"""Failed logins in a row, by account and address (`*`: from anywhere)."""

outage_proposal = Table(
    "outage_proposal",
    metadata,
    Column("id", String, primary_key=True),
    Column("created_ns", BigInteger, nullable=False),
    Column("element", String, nullable=False),
    Column("start_ns", BigInteger, nullable=False),
    Column("end_ns", BigInteger, nullable=False),
    Column("status", String, nullable=False),
    Column("json", JSON, nullable=False),
    Index(None, "start_ns"),
)
"""Planned outages as they were proposed, with what became of them."""

truck_plan = Table(
    "truck_plan",
    metadata,
    Column("proposal_id", String, primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("entered_ns", BigInteger, nullable=False),
    Column("user", String, nullable=False),
    Column("json", JSON, nullable=False),
)
"""Water trucks of a proposal planned anew while they run; rows are only ever added."""

setting = Table(
    "setting",
    metadata,
    Column("key", String, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("time_ns", BigInteger, nullable=False),
    Column("user", String, nullable=False),
    Column("json", JSON, nullable=False),
)
"""Settings changed at run time; `version` grows by one with each change."""
