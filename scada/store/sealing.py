"""Recent samples cut into pages of an hour, and pages of hours joined into pages of a day."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from scada.samples import SampleBatch, joined, taken
from scada.store.hours import BLOCK_NS
from scada.store.pages import DAY_HOURS, DAY_POINTS, HOUR_POINTS, Page, PageKey, encode_page

HOUR_LEVEL = 3
DAY_LEVEL = 9
"""A day is packed once and kept for years."""


def split(batch: SampleBatch, before_ns: int | None) -> tuple[SampleBatch, SampleBatch]:
    """What is to be sealed, and what may still get company.

    Samples of the hour of `before_ns` and of the next stay; those further ahead come from a
    device whose clock is wrong and will not be joined by others soon.
    """
    if before_ns is None:
        return batch, taken(batch, np.zeros(0, dtype=np.intp))
    ahead = batch.source_time_ns // BLOCK_NS - before_ns // BLOCK_NS
    stays = (ahead >= 0) & (ahead <= 1)
    return taken(batch, np.flatnonzero(~stays)), taken(batch, np.flatnonzero(stays))


def hour_pages(batch: SampleBatch, origin: int, part: int) -> Iterator[Page]:
    """The pages of one origin's samples."""
    hour = batch.source_time_ns // BLOCK_NS
    bucket = batch.point // HOUR_POINTS
    order = np.lexsort((batch.arrival_time_ns, batch.source_time_ns, batch.point, hour))
    hour, bucket = hour[order], bucket[order]
    for a, b in _groups(hour, bucket):
        key = PageKey(int(hour[a]), 1, int(bucket[a]), origin, part)
        yield encode_page(key, taken(batch, order[a:b]), HOUR_LEVEL)


def day_pages(batches: Sequence[SampleBatch], day: int, origin: int, part: int) -> Iterator[Page]:
    """The pages of a day (of UTC, counted since 1970) from the samples of all its pages."""
    batch = joined(batches)
    order = np.lexsort((batch.arrival_time_ns, batch.source_time_ns, batch.point))
    bucket = batch.point[order] // DAY_POINTS
    for a, b in _groups(bucket):
        key = PageKey(day * DAY_HOURS, DAY_HOURS, int(bucket[a]), origin, part)
        yield encode_page(key, taken(batch, order[a:b]), DAY_LEVEL)


def _groups(*columns: np.ndarray) -> Iterator[tuple[int, int]]:
    """Where the columns do not change: (first, end) of each stretch."""
    n = len(columns[0])
    if not n:
        return
    new = np.zeros(n - 1, dtype=bool)
    for column in columns:
        new |= column[1:] != column[:-1]
    starts = np.flatnonzero(np.concatenate(([True], new)))
    yield from zip(starts.tolist(), [*starts[1:].tolist(), n], strict=True)
