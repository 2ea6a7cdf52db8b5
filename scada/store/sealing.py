"""Recent samples cut into pages of an hour, and pages of hours joined into pages of a day."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from scada.samples import SampleBatch, joined, taken
from scada.store.door import LONGEST_NS, bounds_of, corners
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


NO_DOORS: Mapping[int, float] = {}


def hour_pages(
    batch: SampleBatch, origin: int, part: int, doors: Mapping[int, float] = NO_DOORS
) -> Iterator[Page]:
    """The pages of one origin's samples; of the points of `doors` what their bound needs."""
    hour = batch.source_time_ns // BLOCK_NS
    bucket = batch.point // HOUR_POINTS
    order = np.lexsort((batch.arrival_time_ns, batch.source_time_ns, batch.point, hour))
    hour, bucket = hour[order], bucket[order]
    for a, b in _groups(hour, bucket):
        key = PageKey(int(hour[a]), 1, int(bucket[a]), origin, part)
        yield encode_page(key, _thinned(taken(batch, order[a:b]), doors), HOUR_LEVEL, doors)


def _thinned(batch: SampleBatch, doors: Mapping[int, float]) -> SampleBatch:
    """The samples of an hour, by point and time, without those that a line tells as well."""
    if not doors:
        return batch
    bound = bounds_of(batch.point, doors)
    runs = np.flatnonzero(np.concatenate(([True], np.diff(batch.point) != 0)))
    keep = corners(runs, bound[runs], batch.source_time_ns, batch.value, batch.quality, LONGEST_NS)
    return batch if keep.all() else taken(batch, np.flatnonzero(keep))


def day_pages(
    batches: Sequence[SampleBatch],
    day: int,
    origin: int,
    part: int,
    doors: Mapping[int, float] = NO_DOORS,
) -> Iterator[Page]:
    """The pages of a day (of UTC, counted since 1970) from the samples of all its pages."""
    batch = joined(batches)
    order = np.lexsort((batch.arrival_time_ns, batch.source_time_ns, batch.point))
    bucket = batch.point[order] // DAY_POINTS
    for a, b in _groups(bucket):
        key = PageKey(day * DAY_HOURS, DAY_HOURS, int(bucket[a]), origin, part)
        yield encode_page(key, taken(batch, order[a:b]), DAY_LEVEL, doors)


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
