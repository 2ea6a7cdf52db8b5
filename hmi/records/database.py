"""Opening the records database: a SQLite file by its path, or any server by its URL."""

from __future__ import annotations

import json
import math
import re
import sqlite3
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from numbers import Integral, Real
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Table, create_engine, event, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine.interfaces import DBAPIConnection, DBAPICursor
from sqlalchemy.pool import ConnectionPoolEntry

BUSY_TIMEOUT_MS = 10_000
RETRY_S = 0.02
BEGIN_OPTION = "ringmain_begin"
"""Execution option naming the statement that begins a SQLite transaction."""


def engine(target: Path | str) -> Engine:
    """An engine on a SQLite file (a path; its folder is made) or on a database URL.

    SQLite runs in WAL mode with `synchronous=FULL`: a committed record survives a killed process
    and a power cut. Nothing is created inside the database; that is `migrate`'s part.
    """
    url = str(target)
    if "://" not in url:
        Path(url).parent.mkdir(parents=True, exist_ok=True)
        url = f"sqlite:///{url}"
    url = re.sub(r"^postgresql://", "postgresql+psycopg://", url)
    made = create_engine(url, json_serializer=_dumps, pool_pre_ping=not url.startswith("sqlite"))
    if made.dialect.name == "sqlite":
        event.listen(made, "connect", _prepare_sqlite)
        event.listen(made, "begin", _begin_sqlite)
    return made


def sqlite_file(records: Engine) -> Path | None:
    """The file of a SQLite engine; None for a server or a database in memory."""
    name = records.url.database
    if records.dialect.name != "sqlite" or not name or name == ":memory:":
        return None
    return Path(name)


@contextmanager
def alone(records: Engine, lock: int) -> Iterator[Connection]:
    """A transaction no other holder of the same `lock` is in; committed when the block ends well.

    SQLite takes its write lock at once, PostgreSQL an advisory lock.
    """
    begin = records.connect().execution_options(**{BEGIN_OPTION: "BEGIN IMMEDIATE"})
    with begin as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": lock})
        yield connection
        connection.commit()


def upsert(connection: Connection, table: Table, rows: list[dict[str, Any]]) -> None:
    """Insert rows; a row whose primary key exists replaces the old one."""
    make = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    keys = [c.name for c in table.primary_key]
    statement = make(table)
    statement = statement.on_conflict_do_update(
        index_elements=keys,
        set_={c.name: statement.excluded[c.name] for c in table.columns if c.name not in keys},
    )
    connection.execute(statement, rows)


def _prepare_sqlite(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    # The driver's own transaction handling commits behind our back before DDL; with None it
    # leaves BEGIN to the listener below.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
    _into_wal(cursor)
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


def _into_wal(cursor: DBAPICursor) -> None:
    """The change to WAL needs the file alone, and SQLite does not wait for that by itself."""
    end = time.monotonic() + BUSY_TIMEOUT_MS / 1000.0
    while True:
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError:
            if time.monotonic() > end:
                raise
            time.sleep(RETRY_S)


def _begin_sqlite(connection: Connection) -> None:
    connection.exec_driver_sql(connection.get_execution_options().get(BEGIN_OPTION, "BEGIN"))


def _dumps(value: object) -> str:
    return json.dumps(plain(value), ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def plain(value: Any) -> Any:
    """`value` as JSON can hold it: numpy numbers as Python's, NaN and infinity as None."""
    if isinstance(value, bool | str) or value is None:
        return value
    if isinstance(value, Integral):
        return int(value)
    if isinstance(value, Real):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [plain(v) for v in value]
    return value
