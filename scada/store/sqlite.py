"""Samples in one SQLite file: a journal of recent batches, sealed blocks, last values."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import zstandard

from scada.point import Origin
from scada.samples import U32, SampleBatch, joined, latest
from scada.store.blocks import Series, decode_block
from scada.store.port import BLOCK_NS, ORIGINS, BlockSpan, Mark
from scada.store.recent import Chunk, Recent, series_of
from scada.store.sealing import SealedBlock, cut, split
from scada.store.sqlite_rows import (
    BLOCK_COLUMNS,
    JOURNAL_LEVEL,
    Row,
    block_row,
    journal_batch,
    journal_data,
    last_batch,
    last_rows,
    span,
    told,
)
from scada.store.sqlite_schema import open_reader, open_writer


class SqliteStore:
    """`SampleStore` on a file. A batch is one row of the journal until its hour is sealed.

    The journal's samples are kept in memory too, for reading; opening reads them back.
    """

    def __init__(self, path: Path, *, max_pages: int | None = None) -> None:
        """Open or make the file. `max_pages` bounds its size (beyond it: StoreFullError)."""
        self.path = path
        with told(f"{path} cannot be opened"):
            self._writer = open_writer(path)
            if max_pages is not None:
                self._writer.execute(f"PRAGMA max_page_count={max_pages:d}")
            self._reader = open_reader(path)
        self._write_lock = threading.RLock()
        self._read_lock = threading.Lock()
        self._swap = threading.Lock()
        self._recent = Recent()
        self._journal_end = 0
        self._compressor = zstandard.ZstdCompressor(level=JOURNAL_LEVEL)
        with told(f"{path} cannot be read"):
            self._load()

    # writing

    def handles(self, ids: Sequence[str]) -> U32:
        """The stored handle of each point id, given when first asked for and never reused."""
        with self._write_lock, self._transaction() as sql:
            sql.executemany(
                "INSERT INTO point_handle (id) VALUES (?) ON CONFLICT DO NOTHING",
                [(i,) for i in ids],
            )
            known = dict(sql.execute("SELECT id, handle FROM point_handle"))
        return np.array([known[i] for i in ids], dtype=np.uint32)

    def append(self, batch: SampleBatch, origin: Origin, mark: Mark | None) -> None:
        """Store samples and their mark in one transaction; StoreError when nothing was stored."""
        number = ORIGINS.index(origin)
        with self._write_lock:
            with self._transaction() as sql:
                if len(batch):
                    self._journal_end = self._put_journal(sql, number, batch)
                if mark is not None:
                    # Boots before the last few never send again.
                    sql.execute(
                        "INSERT INTO mark VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET "
                        "number = max(number, excluded.number)",
                        (mark.gateway, mark.epoch, mark.number),
                    )
                    sql.execute(
                        "DELETE FROM mark WHERE gateway = ? AND epoch NOT IN (SELECT epoch FROM "
                        "mark WHERE gateway = ? ORDER BY epoch DESC LIMIT 8)",
                        (mark.gateway, mark.gateway),
                    )
            if len(batch):
                with self._swap:
                    self._recent.add(number, batch)

    def seal(self, before_ns: int | None) -> Iterator[None]:
        """Turn recent samples of hours before a time (None: all) into blocks, bit by bit."""
        with self._write_lock:
            frozen, end = self._recent.freeze(), self._journal_end
        blocks: list[SealedBlock] = []
        keep: list[Chunk] = []
        for origin in sorted({chunk.origin for chunk in frozen}):
            batch = joined([c.batch for c in frozen if c.origin == origin])
            past, present = split(batch, before_ns)
            if len(present):
                keep.append(Chunk(origin, present))
            for some in cut(past, origin):
                blocks += some
                yield
        if not blocks:
            with self._swap:
                self._recent.thaw(keep)
            return
        # Readers take what is recent and their view of the file under the same lock.
        with self._write_lock, self._swap:
            with self._transaction() as sql:
                self._put_blocks(sql, blocks, end)
                sql.execute("DELETE FROM journal WHERE id <= ?", (end,))
                for chunk in keep:
                    self._journal_end = self._put_journal(sql, chunk.origin, chunk.batch)
                for origin in {chunk.origin for chunk in frozen}:
                    self._put_last(sql, origin, [c.batch for c in frozen if c.origin == origin])
            self._recent.thaw(keep)

    def prune(self, before_ns: int, max_bytes: int | None) -> int:
        """Delete blocks of hours before a time, and the oldest beyond a size; rows deleted."""
        deleted = 0
        with self._write_lock:
            hours = [h for (h,) in self._writer.execute("SELECT hour FROM block_hour ORDER BY 1")]
            for hour in hours:
                too_old = hour < before_ns // BLOCK_NS
                if not too_old and (max_bytes is None or self.size_bytes() <= max_bytes):
                    break
                with self._transaction() as sql:
                    deleted += sql.execute("DELETE FROM block WHERE hour = ?", (hour,)).rowcount
                    sql.execute("DELETE FROM block_hour WHERE hour = ?", (hour,))
        return deleted

    def close(self) -> None:
        """Fold the write-ahead log into the file and close it."""
        with self._write_lock, self._read_lock:
            self._reader.close()
            with contextlib.suppress(sqlite3.OperationalError):  # a full disk: the log stays
                self._writer.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            self._writer.close()

    # reading

    def marks(self) -> list[Mark]:
        """The highest number committed for each gateway and boot."""
        rows = self._read("SELECT gateway, epoch, number FROM mark")
        return [Mark(gateway=g, epoch=e, number=n) for g, e, n in rows]

    def last(self, origin: Origin) -> SampleBatch:
        """The latest stored sample of every point of an origin."""
        number = ORIGINS.index(origin)
        query = (
            "SELECT handle, value, quality, source_ns, arrival_ns FROM last_value WHERE origin = ?"
        )
        with self._read_lock, self._swap, told(f"{self.path} cannot be read"):
            chunks = self._recent.chunks()
            rows = self._reader.execute(query, (number,)).fetchall()
        return latest(joined([last_batch(rows), *(c.batch for c in chunks if c.origin == number)]))

    def spans(self, handle: int, origin: Origin, from_ns: int, to_ns: int) -> SqliteSpans:
        """What there is of one point with from <= source time < to, as of one moment."""
        return SqliteSpans(self, handle, ORIGINS.index(origin), from_ns, to_ns)

    def view(
        self, handle: int, origin: int, from_ns: int, to_ns: int
    ) -> tuple[list[Row], list[Chunk]]:
        """Rows of a point's blocks and the recent chunks, as of one moment."""
        query = (
            "SELECT b.hour, part, n, first_ns, last_ns, low, low_ns, high, high_ns, bad_ns, bad "
            "FROM block_hour AS h CROSS JOIN block AS b "
            "ON b.hour = h.hour AND b.handle = ? AND b.origin = ? "
            "WHERE h.hour BETWEEN ? AND ? AND last_ns >= ? AND first_ns < ?"
        )
        hours = (from_ns // BLOCK_NS, to_ns // BLOCK_NS)
        values = (handle, origin, *hours, from_ns, to_ns)
        with self._read_lock, self._swap, told(f"{self.path} cannot be read"):
            return self._reader.execute(query, values).fetchall(), self._recent.chunks()

    def block_data(self, keys: Sequence[tuple[int, int, int, int]]) -> list[bytes]:
        """The bytes of blocks by (hour, handle, origin, part)."""
        query = "SELECT data FROM block WHERE hour = ? AND handle = ? AND origin = ? AND part = ?"
        with self._read_lock, told(f"{self.path} cannot be read"):
            found = [self._reader.execute(query, key).fetchone() for key in keys]
        return [row[0] for row in found if row is not None]

    def recent(self) -> int:
        """How many samples wait to be sealed."""
        with self._swap:
            return len(self._recent)

    def rows(self) -> int:
        """How many samples are stored."""
        ((sealed,),) = self._read("SELECT coalesce(sum(samples), 0) FROM block_hour")
        return int(sealed) + self.recent()

    def size_bytes(self) -> int:
        """The size of what is stored, without room that can be used again."""
        ((pages,),) = self._read("PRAGMA page_count")
        ((free,),) = self._read("PRAGMA freelist_count")
        ((size,),) = self._read("PRAGMA page_size")
        return (int(pages) - int(free)) * int(size)

    # inside

    def _load(self) -> None:
        for row in self._writer.execute("SELECT id, origin, data FROM journal ORDER BY id"):
            self._journal_end, origin, data = row
            self._recent.add(int(origin), journal_batch(data))

    def _read(self, query: str, values: tuple[object, ...] = ()) -> list[Row]:
        with self._read_lock, told(f"{self.path} cannot be read"):
            return self._reader.execute(query, values).fetchall()

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        sql = self._writer
        with told(f"{self.path} cannot be written"):
            sql.execute("BEGIN IMMEDIATE")
            try:
                yield sql
                sql.execute("COMMIT")
            except BaseException:
                if sql.in_transaction:
                    sql.execute("ROLLBACK")
                raise

    def _put_journal(self, sql: sqlite3.Connection, origin: int, batch: SampleBatch) -> int:
        data = journal_data(batch, self._compressor)
        row = sql.execute(
            "INSERT INTO journal (origin, samples, data) VALUES (?, ?, ?)",
            (origin, len(batch), data),
        )
        assert row.lastrowid is not None
        return row.lastrowid

    def _put_blocks(self, sql: sqlite3.Connection, blocks: list[SealedBlock], part: int) -> None:
        """Store blocks; `part` tells them from blocks of late samples of the same hour."""
        sql.executemany(
            f"INSERT INTO block VALUES ({BLOCK_COLUMNS})",  # noqa: S608  only marks for values
            [block_row(b, part) for b in blocks],
        )
        samples: dict[int, int] = {}
        for b in blocks:
            samples[b.hour] = samples.get(b.hour, 0) + b.summary.n
        sql.executemany(
            "INSERT INTO block_hour VALUES (?, ?) ON CONFLICT DO UPDATE SET "
            "samples = samples + excluded.samples",
            list(samples.items()),
        )

    def _put_last(self, sql: sqlite3.Connection, origin: int, batches: list[SampleBatch]) -> None:
        newest = latest(joined(batches))
        sql.executemany(
            "INSERT INTO last_value VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET "
            "value = excluded.value, quality = excluded.quality, source_ns = excluded.source_ns, "
            "arrival_ns = excluded.arrival_ns WHERE excluded.arrival_ns >= arrival_ns",
            last_rows(origin, newest),
        )


class SqliteSpans:
    """One point's samples as of one moment; sealed blocks never change, so they open later."""

    def __init__(
        self, store: SqliteStore, handle: int, origin: int, from_ns: int, to_ns: int
    ) -> None:
        self._store = store
        self._handle = handle
        self._origin = origin
        rows, chunks = store.view(handle, origin, from_ns, to_ns)
        self.recent = series_of(chunks, handle, origin, from_ns, to_ns)
        self.blocks = [span(row) for row in rows]

    def open(self, blocks: Sequence[BlockSpan]) -> list[Series]:
        """The samples of some of the blocks; what was pruned meanwhile is left out."""
        keys = [(b.hour, self._handle, self._origin, b.part) for b in blocks]
        return [decode_block(data) for data in self._store.block_data(keys)]
