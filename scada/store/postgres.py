"""Samples in PostgreSQL: the same journal, pages and last values as in the embedded store.

Pages lie in partitions, one a day, so that pruning drops whole tables. Needs the extra `postgres`.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from scada.store.database import Change, Row, SpanRow
from scada.store.pages import DAY_HOURS, DAY_POINTS, HOUR_POINTS, Page, PageKey
from scada.store.plain_reads import PlainReads
from scada.store.port import FencedError, StoreError, StoreFullError
from scada.store.postgres_rows import (
    arrays,
    drop_pages,
    make_day,
    partition,
    put_last,
    put_mark,
    put_pages,
)
from scada.store.postgres_schema import (
    EPOCH_KEY,
    FENCE,
    LOCK_KEY,
    SCHEMA,
    TABLES,
    VERSION,
    connect,
    need_psycopg,
    without_password,
)
from scada.store.sql_store import SqlStore

if TYPE_CHECKING:
    from scada.store.postgres_schema import Connection


class PostgresStore(SqlStore):
    """`SampleStore` in a database of a PostgreSQL server; its tables are made when missing."""

    def __init__(self, url: str, *, fence: int | None = None) -> None:
        """`fence`: the epoch of a leader; once another has a higher one, writing is refused."""
        super().__init__(PostgresDatabase(url, fence=fence))


class PostgresDatabase(PlainReads):
    """`Database` in PostgreSQL. A lost connection is made again at the next use.

    As a `snapshot` it only reads, and sees the database as it was when opened.
    """

    def __init__(self, url: str, *, fence: int | None = None, snapshot: bool = False) -> None:
        self.name = without_password(url)
        self._url = url
        self._fence = fence
        self._snapshot = snapshot
        self._write_lock = threading.RLock()
        self._read_lock = threading.Lock()
        self._writer: Connection | None = None
        self._reader: Connection | None = None
        self._days: set[int] = set()
        if snapshot:
            with self._told("opened"):
                self._reader = connect(url, autocommit=False)
                self._reader.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
                self._reader.execute("SELECT 1 FROM span")
            return
        with self._transaction(fenced=False) as sql:
            sql.execute("SELECT pg_advisory_xact_lock(%s)", (LOCK_KEY,))
            if sql.execute(f"SELECT to_regclass('{SCHEMA}.version')").fetchone() == (None,):
                sql.execute(TABLES)
            if sql.execute(f"SELECT to_regclass('{SCHEMA}.leader_epoch')").fetchone() == (None,):
                sql.execute(EPOCH_KEY)  # earlier releases made none
            (version,) = sql.execute(f"SELECT version FROM {SCHEMA}.version").fetchone() or (0,)  # noqa: S608
        if version > VERSION:
            raise StoreError(f"{self.name} was written by a newer release (format {version})")

    # writing

    def handles(self, ids: Sequence[str]) -> dict[str, int]:
        """The handles of all ids ever seen, after giving one to each that has none."""
        with self._transaction() as sql:
            sql.execute("LOCK TABLE point_handle IN SHARE ROW EXCLUSIVE MODE")
            sql.execute(
                "INSERT INTO point_handle (id) SELECT DISTINCT n FROM unnest(%s::text[]) AS n "
                "WHERE NOT EXISTS (SELECT 1 FROM point_handle WHERE id = n)",
                (list(ids),),
            )
            return {i: int(h) for i, h in sql.execute("SELECT id, handle FROM point_handle")}

    def ids(self) -> dict[str, int]:
        """The handles of all ids ever seen."""
        return {i: int(h) for i, h in self._read("SELECT id, handle FROM point_handle")}

    def adopt(self, handles: Mapping[str, int]) -> None:
        """Take the handles of another database; this one has none yet."""
        with self._transaction() as sql, sql.cursor() as cursor:
            cursor.executemany(
                "INSERT INTO point_handle (id, handle) OVERRIDING SYSTEM VALUE VALUES (%s, %s)",
                list(handles.items()),
            )
            cursor.execute(
                "SELECT setval(pg_get_serial_sequence('point_handle', 'handle'), "
                "(SELECT coalesce(max(handle), 0) + 1 FROM point_handle), false)"
            )

    def apply(self, change: Change) -> tuple[bool, list[int]]:
        """Commit a change; whether it was done, and the numbers of its journal rows."""
        days: set[int] = set()
        with self._transaction() as sql:
            if change.mark is not None and not put_mark(sql, change.mark):
                return False, []
            if change.drop_journal_to is not None:
                sql.execute("DELETE FROM journal WHERE id <= %s", (change.drop_journal_to,))
            drop_pages(sql, change.drop_pages)
            days = {page.key.hour // DAY_HOURS for page in change.pages} - self._days
            for day in days:
                make_day(sql, day)
            put_pages(sql, change.pages)
            for origin, newest in change.last:
                put_last(sql, origin, newest)
            numbers = [
                int(
                    sql.execute(
                        "INSERT INTO journal (origin, samples, data) VALUES (%s, %s, %s) "
                        "RETURNING id",
                        (row.origin, row.samples, row.data),
                    ).fetchall()[0][0]
                )
                for row in change.journal
            ]
        self._days |= days
        return True, numbers

    def drop_span(self, span: SpanRow) -> int:
        """Delete all pages of a span; how many. A day left without any loses its partition."""
        key = (span.hour, span.hours)
        day = span.hour // DAY_HOURS
        with self._transaction() as sql:
            sql.execute("DELETE FROM span WHERE hour = %s AND hours = %s", key)
            left = sql.execute(
                "SELECT 1 FROM span WHERE hour >= %s AND hour < %s LIMIT 1",
                (day * DAY_HOURS, (day + 1) * DAY_HOURS),
            ).fetchone()
            if left:
                done = sql.execute("DELETE FROM page WHERE hour = %s AND hours = %s", key)
                return done.rowcount
            ((count,),) = sql.execute(
                "SELECT count(*) FROM page WHERE hour = %s AND hours = %s", key
            ).fetchall()
            sql.execute(f"DROP TABLE IF EXISTS {partition(day)}")
        self._days.discard(day)
        return int(count)

    def thin_span(self, span: SpanRow) -> int:
        """Delete the samples of a span's pages and keep their hours; how many pages."""
        key = (span.hour, span.hours)
        with self._transaction() as sql:
            done = sql.execute(
                "UPDATE page SET data = '', samples = 0 WHERE hour = %s AND hours = %s", key
            )
            sql.execute(
                "UPDATE span SET samples = 0, bytes = (SELECT sum(octet_length(rows)) FROM page "
                "WHERE hour = span.hour AND hours = span.hours) WHERE hour = %s AND hours = %s",
                key,
            )
            return done.rowcount

    def give_back(self) -> None:
        """Partitions give their room back by themselves; the server cleans the rest."""

    def close(self) -> None:
        """Close the connections."""
        with self._write_lock, self._read_lock:
            for connection in (self._writer, self._reader):
                if connection is not None:
                    connection.close()

    # reading

    def last(self, origin: int) -> list[Row]:
        """(handle, value or None, quality, source_ns, arrival_ns) rows of an origin."""
        return self._read(
            "SELECT handle, value, quality, source_ns, arrival_ns FROM last_value "
            "WHERE origin = %s",
            (origin,),
        )

    def page_rows(
        self, handle: int, origin: int, from_hour: int, to_hour: int
    ) -> list[tuple[PageKey, bytes, bool]]:
        """(key, hours, whether there are samples) of a point's pages in hours from..to."""
        found = self._read(
            "SELECT hour, hours, bucket, origin, part, rows, samples FROM page "
            "WHERE hour BETWEEN %s AND %s AND hour + hours > %s AND origin = %s "
            "AND ((hours = 1 AND bucket = %s) OR (hours = 24 AND bucket = %s)) ORDER BY hour",
            (
                from_hour // DAY_HOURS * DAY_HOURS,
                to_hour,
                from_hour,
                origin,
                handle // HOUR_POINTS,
                handle // DAY_POINTS,
            ),
        )
        return [(PageKey(*row[:5]), row[5], row[6] > 0) for row in found]

    def page_data(self, keys: Sequence[PageKey]) -> list[bytes | None]:
        """The samples of pages; None for one that is not there any more."""
        if not keys:
            return []
        rows = self._read(
            "SELECT k.n, p.data FROM unnest(%s::bigint[], %s::smallint[], %s::bigint[], "
            "%s::smallint[], %s::bigint[]) WITH ORDINALITY AS k (hour, hours, bucket, origin, "
            "part, n) JOIN page AS p USING (hour, hours, bucket, origin, part) "
            "WHERE p.hour BETWEEN %s AND %s",
            (*arrays(keys), min(k.hour for k in keys), max(k.hour for k in keys)),
        )
        data = {int(n) - 1: bytes(d) for n, d in rows}
        return [data.get(n) for n in range(len(keys))]

    def pages_between(self, hours: int, from_hour: int, to_hour: int) -> list[PageKey]:
        """Keys of the pages of a length whose first hour is in from <= hour < to."""
        rows = self._read(
            "SELECT hour, hours, bucket, origin, part FROM page "
            "WHERE hour >= %s AND hour < %s AND hours = %s",
            (from_hour, to_hour, hours),
        )
        return [PageKey(*row) for row in rows]

    def page_of(self, key: PageKey) -> Page | None:
        """A page; None when it is not there."""
        rows = self._read(
            "SELECT samples, rows, data FROM page WHERE hour = %s AND hours = %s AND bucket = %s "
            "AND origin = %s AND part = %s",
            (key.hour, key.hours, key.bucket, key.origin, key.part),
        )
        return Page(key, *rows[0]) if rows else None

    def size_bytes(self) -> int:
        """The bytes of pages and journal; what the server needs beside them is its own."""
        ((size,),) = self._read(
            "SELECT (SELECT coalesce(sum(bytes), 0) FROM span)::bigint + "
            "(SELECT coalesce(sum(octet_length(data)), 0) FROM journal)::bigint"
        )
        return int(size)

    # inside

    def _read(self, query: str, values: tuple[object, ...] = ()) -> list[Row]:
        with self._read_lock, self._told("read"):
            psycopg = need_psycopg()
            for again in (True, False):
                if self._reader is None or self._reader.closed:
                    self._reader = connect(self._url, autocommit=True)
                try:
                    return self._reader.execute(query, values, binary=True).fetchall()
                except psycopg.OperationalError:
                    # A server that was started again leaves a dead connection: once more.
                    if not (again and self._reader.closed and not self._snapshot):
                        raise
        raise AssertionError("unreachable")

    @contextlib.contextmanager
    def _transaction(self, *, fenced: bool = True) -> Iterator[Connection]:
        with self._write_lock, self._told("written"):
            if self._writer is None or self._writer.closed:
                self._writer = connect(self._url, autocommit=False)
            try:
                if fenced and self._fence is not None:
                    self._check_fence(self._writer)
                yield self._writer
                self._writer.commit()
            except BaseException:
                with contextlib.suppress(Exception):
                    self._writer.rollback()
                raise

    def _check_fence(self, sql: Connection) -> None:
        """Refuse to write under an old epoch; the row stays locked until the commit."""
        ((epoch, _),) = sql.execute(FENCE).fetchall()
        if epoch != self._fence:
            raise FencedError(f"another core has taken over (epoch {epoch}, ours {self._fence})")

    @contextlib.contextmanager
    def _told(self, verb: str) -> Iterator[None]:
        """PostgreSQL's errors as the store's own."""
        import psycopg

        try:
            yield
        except psycopg.errors.DiskFull as problem:
            raise StoreFullError(f"{self.name} cannot be {verb}: {problem}") from problem
        except psycopg.Error as problem:
            raise StoreError(f"{self.name} cannot be {verb}: {problem}") from problem
