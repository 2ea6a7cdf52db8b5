"""Samples in one SQLite file."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from scada.samples import SampleBatch
from scada.store.blocks import decode_block
from scada.store.database import KEPT_BOOTS, Change, Row, SpanRow, last_rows
from scada.store.pages import DAY_HOURS, DAY_POINTS, HOUR_POINTS, Page, PageKey
from scada.store.plain_reads import PlainReads
from scada.store.port import Mark, StoreError, StoreFullError
from scada.store.sealing import hour_pages
from scada.store.sql_store import SqlStore
from scada.store.sqlite_schema import VERSION, check_version, open_reader, open_writer

_KEY = "hour = ? AND hours = ? AND bucket = ? AND origin = ? AND part = ?"


class SqliteStore(SqlStore):
    """`SampleStore` on a file, which is made when it is not there."""

    def __init__(self, path: Path, *, max_pages: int | None = None) -> None:
        """`max_pages` bounds the size of the file (beyond it: StoreFullError)."""
        self.path = path
        super().__init__(SqliteDatabase(path, max_pages=max_pages))


class SqliteDatabase(PlainReads):
    """`Database` on a file.

    As a `snapshot` it only reads, and sees the file as it was when opened, whoever writes on.
    """

    def __init__(self, path: Path, *, max_pages: int | None = None, snapshot: bool = False) -> None:
        self.name = str(path)
        self._read_lock = threading.Lock()
        self._write_lock = threading.RLock()
        if snapshot and not path.is_file():
            raise StoreError(f"{path} cannot be opened: there is no such file")
        with self._told("opened"):
            if snapshot:
                self._writer = self._reader = open_reader(path)
                if check_version(path, self._reader) < VERSION:
                    raise StoreError(f"{path} is of an earlier release: start its room once")
                self._reader.execute("BEGIN")
                self._reader.execute("SELECT 1 FROM span").fetchone()
                return
            self._writer = open_writer(path)
            if max_pages is not None:
                self._writer.execute(f"PRAGMA max_page_count={max_pages:d}")
            self._convert()
            self._reader = open_reader(path)

    # writing

    def handles(self, ids: Sequence[str]) -> dict[str, int]:
        """The handles of all ids ever seen, after giving one to each that has none."""
        with self._transaction() as sql:
            sql.executemany(
                "INSERT INTO point_handle (id) VALUES (?) ON CONFLICT DO NOTHING",
                [(i,) for i in ids],
            )
            return dict(sql.execute("SELECT id, handle FROM point_handle"))

    def ids(self) -> dict[str, int]:
        """The handles of all ids ever seen."""
        return dict(self._read("SELECT id, handle FROM point_handle"))

    def adopt(self, handles: Mapping[str, int]) -> None:
        """Take the handles of another database; this one has none yet."""
        with self._transaction() as sql:
            sql.executemany(
                "INSERT INTO point_handle (id, handle) VALUES (?, ?)", list(handles.items())
            )

    def apply(self, change: Change) -> tuple[bool, list[int]]:
        """Commit a change; whether it was done, and the numbers of its journal rows."""
        with self._transaction() as sql:
            if change.mark is not None and not _put_mark(sql, change.mark):
                return False, []
            if change.drop_journal_to is not None:
                sql.execute("DELETE FROM journal WHERE id <= ?", (change.drop_journal_to,))
            for key in change.drop_pages:
                _drop_page(sql, key)
            for page in change.pages:
                _put_page(sql, page)
            for origin, newest in change.last:
                _put_last(sql, origin, newest)
            numbers = [
                sql.execute(
                    "INSERT INTO journal (origin, samples, data) VALUES (?, ?, ?)",
                    (row.origin, row.samples, row.data),
                ).lastrowid
                or 0
                for row in change.journal
            ]
        return True, numbers

    def drop_span(self, span: SpanRow) -> int:
        """Delete all pages of a span; how many."""
        key = (span.hour, span.hours)
        with self._transaction() as sql:
            sql.execute("DELETE FROM span WHERE hour = ? AND hours = ?", key)
            return sql.execute("DELETE FROM page WHERE hour = ? AND hours = ?", key).rowcount

    def thin_span(self, span: SpanRow) -> int:
        """Delete the samples of a span's pages and keep their hours; how many pages."""
        key = (span.hour, span.hours)
        with self._transaction() as sql:
            sql.execute("UPDATE span SET samples = 0 WHERE hour = ? AND hours = ?", key)
            return sql.execute(
                "UPDATE page SET data = x'', samples = 0 WHERE hour = ? AND hours = ?", key
            ).rowcount

    def give_back(self) -> None:
        """Let the operating system have room that was freed."""
        with self._write_lock, self._told("written"):
            self._writer.execute("PRAGMA incremental_vacuum").fetchall()

    def close(self) -> None:
        """Fold the write-ahead log into the file and close it."""
        with self._write_lock, self._read_lock:
            self._reader.close()
            if self._writer is self._reader:
                return
            with contextlib.suppress(sqlite3.OperationalError):  # a full disk: the log stays
                self._writer.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            self._writer.close()

    # reading

    def last(self, origin: int) -> list[Row]:
        """(handle, value or None, quality, source_ns, arrival_ns) rows of an origin."""
        return self._read(
            "SELECT handle, value, quality, source_ns, arrival_ns FROM last_value WHERE origin = ?",
            (origin,),
        )

    def page_rows(
        self, handle: int, origin: int, from_hour: int, to_hour: int
    ) -> list[tuple[PageKey, bytes, bool]]:
        """(key, hours, whether there are samples) of a point's pages in hours from..to."""
        found = self._read(
            "SELECT p.hour, p.hours, p.bucket, p.origin, p.part, p.rows, p.samples "
            "FROM span AS s CROSS JOIN page AS p ON p.hour = s.hour AND p.hours = s.hours "
            "AND p.bucket = CASE s.hours WHEN 1 THEN ? ELSE ? END AND p.origin = ? "
            "WHERE s.hour BETWEEN ? AND ? AND s.hour + s.hours > ?",
            (
                handle // HOUR_POINTS,
                handle // DAY_POINTS,
                origin,
                from_hour - DAY_HOURS,
                to_hour,
                from_hour,
            ),
        )
        return [(PageKey(*row[:5]), row[5], row[6] > 0) for row in found]

    def page_data(self, keys: Sequence[PageKey]) -> list[bytes | None]:
        """The samples of pages; None for one that is not there any more."""
        query = f"SELECT data FROM page WHERE {_KEY}"  # noqa: S608  a constant
        with self._read_lock, self._told("read"):
            rows = [self._reader.execute(query, _columns(key)).fetchone() for key in keys]
        return [None if row is None else row[0] for row in rows]

    def pages_between(self, hours: int, from_hour: int, to_hour: int) -> list[PageKey]:
        """Keys of the pages of a length whose first hour is in from <= hour < to."""
        rows = self._read(
            "SELECT hour, hours, bucket, origin, part FROM page "
            "WHERE hour >= ? AND hour < ? AND hours = ?",
            (from_hour, to_hour, hours),
        )
        return [PageKey(*row) for row in rows]

    def page_of(self, key: PageKey) -> Page | None:
        """A page; None when it is not there."""
        query = f"SELECT samples, rows, data FROM page WHERE {_KEY}"  # noqa: S608  a constant
        rows = self._read(query, _columns(key))
        return Page(key, *rows[0]) if rows else None

    def size_bytes(self) -> int:
        """The size of what is stored, without room that can be used again."""
        ((pages,),) = self._read("PRAGMA page_count")
        ((free,),) = self._read("PRAGMA freelist_count")
        ((size,),) = self._read("PRAGMA page_size")
        return (int(pages) - int(free)) * int(size)

    def backup(self, to: Path) -> None:
        """A copy of the file as of one moment, while others write; StoreError when it fails."""
        with self._told("copied"), contextlib.closing(sqlite3.connect(to)) as copy:
            self._reader.backup(copy)

    # inside

    def _convert(self) -> None:
        """Blocks of format 1, hour by hour, as pages."""
        sql = self._writer
        if not sql.execute("SELECT 1 FROM sqlite_master WHERE name = 'block'").fetchone():
            return
        for (hour,) in sql.execute("SELECT hour FROM block_hour ORDER BY hour").fetchall():
            with self._transaction():
                old = sql.execute(
                    "SELECT handle, origin, part, data FROM block WHERE hour = ? "
                    "ORDER BY origin, part, handle",
                    (hour,),
                ).fetchall()
                for origin, part in sorted({(row[1], row[2]) for row in old}):
                    mine = [(h, decode_block(d)) for h, o, p, d in old if (o, p) == (origin, part)]
                    batch = SampleBatch(
                        np.repeat([h for h, _ in mine], [len(s) for _, s in mine]).astype(
                            np.uint32
                        ),
                        np.concatenate([s.value for _, s in mine]),
                        np.concatenate([s.quality for _, s in mine]),
                        np.concatenate([s.time_ns for _, s in mine]),
                        np.concatenate([s.arrival_ns for _, s in mine]),
                    )
                    for page in hour_pages(batch, origin, part):
                        _put_page(sql, page)
                sql.execute("DELETE FROM block WHERE hour = ?", (hour,))
                sql.execute("DELETE FROM block_hour WHERE hour = ?", (hour,))
        sql.executescript("BEGIN; DROP TABLE block; DROP TABLE block_hour; COMMIT;")

    def _read(self, query: str, values: tuple[object, ...] = ()) -> list[Row]:
        with self._read_lock, self._told("read"):
            return self._reader.execute(query, values).fetchall()

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._write_lock, self._told("written"):
            sql = self._writer
            sql.execute("BEGIN IMMEDIATE")
            try:
                yield sql
                sql.execute("COMMIT")
            except BaseException:
                if sql.in_transaction:
                    sql.execute("ROLLBACK")
                raise

    @contextlib.contextmanager
    def _told(self, verb: str) -> Iterator[None]:
        """SQLite's errors as the store's own."""
        try:
            yield
        except sqlite3.OperationalError as problem:
            kind = StoreFullError if "full" in str(problem) else StoreError
            raise kind(f"{self.name} cannot be {verb}: {problem}") from problem
        except sqlite3.Error as problem:
            raise StoreError(f"{self.name} cannot be {verb}: {problem}") from problem


def _put_mark(sql: sqlite3.Connection, mark: Mark) -> bool:
    """Whether the mark is news; it is stored then."""
    done = sql.execute(
        "INSERT INTO mark VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET number = excluded.number "
        "WHERE excluded.number > number",
        (mark.gateway, mark.epoch, mark.number),
    )
    if done.rowcount < 1:
        return False
    sql.execute(
        "DELETE FROM mark WHERE gateway = ? AND epoch NOT IN (SELECT epoch FROM mark "
        "WHERE gateway = ? ORDER BY epoch DESC LIMIT ?)",
        (mark.gateway, mark.gateway, KEPT_BOOTS),
    )
    return True


def _put_page(sql: sqlite3.Connection, page: Page) -> None:
    sql.execute(
        "INSERT INTO page VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (*_columns(page.key), page.samples, page.hours, page.data),
    )
    sql.execute(
        "INSERT INTO span VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET "
        "samples = samples + excluded.samples",
        (page.key.hour, page.key.hours, page.samples),
    )


def _drop_page(sql: sqlite3.Connection, key: PageKey) -> None:
    query = f"DELETE FROM page WHERE {_KEY} RETURNING samples"  # noqa: S608  a constant
    for (samples,) in sql.execute(query, _columns(key)).fetchall():
        place = (key.hour, key.hours)
        sql.execute(
            "UPDATE span SET samples = samples - ? WHERE hour = ? AND hours = ?",
            (samples, *place),
        )
        sql.execute(
            "DELETE FROM span WHERE hour = ? AND hours = ? AND NOT EXISTS "
            "(SELECT 1 FROM page WHERE page.hour = span.hour AND page.hours = span.hours)",
            place,
        )


def _put_last(sql: sqlite3.Connection, origin: int, newest: SampleBatch) -> None:
    sql.executemany(
        "INSERT INTO last_value VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET "
        "value = excluded.value, quality = excluded.quality, source_ns = excluded.source_ns, "
        "arrival_ns = excluded.arrival_ns WHERE excluded.arrival_ns >= arrival_ns",
        last_rows(origin, newest),
    )


def _columns(key: PageKey) -> tuple[int, int, int, int, int]:
    return key.hour, key.hours, key.bucket, key.origin, key.part
