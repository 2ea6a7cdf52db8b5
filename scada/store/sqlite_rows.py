"""Rows of the SQLite store as records, and SQLite's errors as the store's own."""

from __future__ import annotations

import contextlib
import dataclasses
import sqlite3
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import zstandard

from scada.samples import SampleBatch
from scada.store.blocks import Summary
from scada.store.port import BlockSpan, StoreError, StoreFullError
from scada.store.sealing import SealedBlock

JOURNAL_LEVEL = 1
JOURNAL_FORMAT = 1
BLOCK_COLUMNS = "?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?"

Row = tuple[Any, ...]


def journal_data(batch: SampleBatch, compressor: zstandard.ZstdCompressor) -> bytes:
    """A batch as the journal holds it: a format byte and the compressed arrays."""
    return bytes([JOURNAL_FORMAT]) + compressor.compress(batch.to_bytes())


def journal_batch(data: bytes) -> SampleBatch:
    """The batch of a journal row; StoreError when another release wrote it."""
    if data[0] != JOURNAL_FORMAT:
        raise StoreError(f"a journal row of format {data[0]} was written by another release")
    return SampleBatch.from_bytes(zstandard.ZstdDecompressor().decompress(data[1:]))


def block_row(block: SealedBlock, part: int) -> Row:
    """A block as a row of `block`."""
    key = (block.hour, block.handle, block.origin, part)
    return (*key, *dataclasses.astuple(block.summary), block.data)


def span(row: Row) -> BlockSpan:
    """A block's hour, part and summary from its columns."""
    hour, part, n, first_ns, last_ns, low, low_ns, high, high_ns, bad_ns, bad = row
    summary = Summary(
        n=n,
        first_ns=first_ns,
        last_ns=last_ns,
        low=np.nan if low is None else low,
        low_ns=low_ns,
        high=np.nan if high is None else high,
        high_ns=high_ns,
        bad_ns=bad_ns,
        bad=bad,
    )
    return BlockSpan(hour, part, summary)


def last_rows(origin: int, newest: SampleBatch) -> Iterable[Row]:
    """Samples as rows of `last_value`; NaN becomes NULL."""
    return zip(
        [origin] * len(newest),
        newest.point.tolist(),
        newest.value.tolist(),
        newest.quality.tolist(),
        newest.source_time_ns.tolist(),
        newest.arrival_time_ns.tolist(),
        strict=True,
    )


def last_batch(rows: list[Row]) -> SampleBatch:
    """(handle, value, quality, source_ns, arrival_ns) rows as samples."""
    return SampleBatch(
        np.array([r[0] for r in rows], dtype=np.uint32),
        np.array([np.nan if r[1] is None else r[1] for r in rows], dtype=np.float64),
        np.array([r[2] for r in rows], dtype=np.uint32),
        np.array([r[3] for r in rows], dtype=np.int64),
        np.array([r[4] for r in rows], dtype=np.int64),
    )


@contextlib.contextmanager
def told(what: str) -> Iterator[None]:
    """SQLite's errors as the store's own."""
    try:
        yield
    except sqlite3.OperationalError as problem:
        kind = StoreFullError if "full" in str(problem) else StoreError
        raise kind(f"{what}: {problem}") from problem
    except sqlite3.Error as problem:
        raise StoreError(f"{what}: {problem}") from problem
