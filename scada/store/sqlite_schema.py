"""The tables of the SQLite store, how its connections are opened, and files of format 1."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from scada.store.port import StoreError

VERSION = 2

# `span` says which hours have any pages, so that a trend of a point seeks only there.
TABLES = """
CREATE TABLE point_handle (
    handle INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE
);
CREATE TABLE mark (
    gateway TEXT NOT NULL,
    epoch INTEGER NOT NULL,
    number INTEGER NOT NULL,
    PRIMARY KEY (gateway, epoch)
) WITHOUT ROWID;
CREATE TABLE journal (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    origin INTEGER NOT NULL,
    samples INTEGER NOT NULL,
    data BLOB NOT NULL
);
CREATE TABLE last_value (
    origin INTEGER NOT NULL,
    handle INTEGER NOT NULL,
    value REAL,
    quality INTEGER NOT NULL,
    source_ns INTEGER NOT NULL,
    arrival_ns INTEGER NOT NULL,
    PRIMARY KEY (origin, handle)
) WITHOUT ROWID;
"""
PAGES = """
CREATE TABLE span (
    hour INTEGER NOT NULL,
    hours INTEGER NOT NULL,
    samples INTEGER NOT NULL,
    PRIMARY KEY (hour, hours)
) WITHOUT ROWID;
CREATE TABLE page (
    hour INTEGER NOT NULL,
    hours INTEGER NOT NULL,
    bucket INTEGER NOT NULL,
    origin INTEGER NOT NULL,
    part INTEGER NOT NULL,
    samples INTEGER NOT NULL,
    rows BLOB NOT NULL,
    data BLOB NOT NULL,
    UNIQUE (hour, hours, bucket, origin, part)
);
"""


def open_writer(path: Path) -> sqlite3.Connection:
    """The writing connection; makes the tables of a new file, refuses one of a newer release.

    `synchronous=NORMAL` in WAL mode survives the death of the process at any instant; a loss of
    power may cost the latest commits, never the file.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    connection = _connect(path)
    version = check_version(path, connection)
    if version == 0:
        connection.execute("PRAGMA auto_vacuum=INCREMENTAL")
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")
    connection.execute("PRAGMA wal_autocheckpoint=4000")
    if version == 0:
        connection.executescript(f"BEGIN; {TABLES} {PAGES} PRAGMA user_version={VERSION}; COMMIT;")
    elif version == 1:
        connection.executescript(f"BEGIN; {PAGES} PRAGMA user_version={VERSION}; COMMIT;")
    return connection


def check_version(path: Path, connection: sqlite3.Connection) -> int:
    """The format of a file; StoreError when a newer release wrote it."""
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version > VERSION:
        connection.close()
        raise StoreError(f"{path} was written by a newer release (format {version})")
    return int(version)


def open_reader(path: Path) -> sqlite3.Connection:
    """A connection that only reads."""
    connection = _connect(path)
    connection.execute("PRAGMA query_only=ON")
    return connection


def _connect(path: Path) -> sqlite3.Connection:
    # Transactions are begun by hand; threads are kept apart by the store's own locks.
    return sqlite3.connect(path, timeout=30.0, isolation_level=None, check_same_thread=False)
