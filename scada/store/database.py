"""What a store needs of a database: one transaction for writing, a few ways to read."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import zstandard

from scada.samples import SampleBatch
from scada.store.pages import Page, PageKey
from scada.store.port import Mark, StoreError

JOURNAL_LEVEL = 1
JOURNAL_FORMAT = 1
KEPT_BOOTS = 8
"""Boots of a gateway before the last few never send again."""

Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class JournalRow:
    """A batch of one origin as the journal holds it."""

    origin: int
    samples: int
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What one transaction does, all or nothing.

    With a `mark` that is not higher than the one stored nothing is done at all: the batch was
    committed before, and only its acknowledgement was lost.
    """

    journal: Sequence[JournalRow] = ()
    mark: Mark | None = None
    drop_journal_to: int | None = None
    drop_pages: Sequence[PageKey] = ()
    pages: Sequence[Page] = ()
    last: Sequence[tuple[int, SampleBatch]] = field(default=())


@dataclass(frozen=True, slots=True)
class SpanRow:
    """How many samples the pages of one first hour and length hold."""

    hour: int
    hours: int
    samples: int


class Database(Protocol):
    """One writer, any readers. Every method raises StoreError when the database fails."""

    name: str

    def handles(self, ids: Sequence[str]) -> dict[str, int]:
        """The handles of all ids ever seen, after giving one to each that has none."""
        ...

    def ids(self) -> dict[str, int]:
        """The handles of all ids ever seen."""
        ...

    def adopt(self, handles: Mapping[str, int]) -> None:
        """Take the handles of another database; this one has none yet."""
        ...

    def apply(self, change: Change) -> tuple[bool, list[int]]:
        """Commit a change; whether it was done (see `Change`), and its journal numbers."""
        ...

    def journal(self) -> Iterable[tuple[int, int, bytes]]:
        """(number, origin, data) of every journal row, in order."""
        ...

    def marks(self) -> list[Mark]:
        """The highest number committed for each gateway and boot."""
        ...

    def last(self, origin: int) -> list[Row]:
        """(handle, value or None, quality, source_ns, arrival_ns) rows of an origin."""
        ...

    def page_rows(
        self, handle: int, origin: int, from_hour: int, to_hour: int
    ) -> list[tuple[PageKey, bytes, bool]]:
        """(key, hours, whether there are samples) of a point's pages in hours from..to."""
        ...

    def page_data(self, keys: Sequence[PageKey]) -> list[bytes | None]:
        """The samples of pages; None for one that is not there any more."""
        ...

    def pages_between(self, hours: int, from_hour: int, to_hour: int) -> list[PageKey]:
        """Keys of the pages of a length whose first hour is in from <= hour < to."""
        ...

    def page_of(self, key: PageKey) -> Page | None:
        """A page; None when it is not there."""
        ...

    def spans(self) -> list[SpanRow]:
        """What there is, by first hour and length, in that order."""
        ...

    def drop_span(self, span: SpanRow) -> int:
        """Delete all pages of a span; how many."""
        ...

    def thin_span(self, span: SpanRow) -> int:
        """Delete the samples of a span's pages and keep their hours; how many pages."""
        ...

    def size_bytes(self) -> int:
        """The size of what is stored, without room that can be used again."""
        ...

    def give_back(self) -> None:
        """Let the operating system have room that was freed."""
        ...

    def close(self) -> None:
        """Write what is pending and close."""
        ...


def journal_row(batch: SampleBatch, origin: int) -> JournalRow:
    """A batch as the journal holds it: a format byte and the compressed arrays."""
    packed = zstandard.ZstdCompressor(level=JOURNAL_LEVEL).compress(batch.to_bytes())
    return JournalRow(origin, len(batch), bytes([JOURNAL_FORMAT]) + packed)


def journal_batch(data: bytes) -> SampleBatch:
    """The batch of a journal row; StoreError when another release wrote it."""
    if not data or data[0] != JOURNAL_FORMAT:
        raise StoreError(f"a journal row of format {data[:1].hex()} was written by another release")
    return SampleBatch.from_bytes(zstandard.ZstdDecompressor().decompress(data[1:]))


def last_rows(origin: int, newest: SampleBatch) -> list[Row]:
    """Samples as (origin, handle, value, quality, source_ns, arrival_ns); NaN becomes None."""
    value = [None if math.isnan(v) else v for v in newest.value.tolist()]
    return list(
        zip(
            [origin] * len(newest),
            newest.point.tolist(),
            value,
            newest.quality.tolist(),
            newest.source_time_ns.tolist(),
            newest.arrival_time_ns.tolist(),
            strict=True,
        )
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
