"""Pages: the samples of several points over an hour or a day, packed together.

A page is two byte strings: its hours (see `hours`), and frames of samples, each compressed by
itself, so that a trend of one point opens one frame. Both begin with a format byte.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scada.samples import I64, SampleBatch, joined
from scada.store.blocks import Series
from scada.store.coding import (
    INT_BYTES,
    pack_ints,
    pack_values,
    squeeze,
    unpack_ints,
    unpack_values,
    unsqueeze,
)
from scada.store.hours import BLOCK_NS, Hours, common_step, encode_hours, summarise

FORMAT = 2
FRAME_SAMPLES = 8192
"""A frame ends with the first point that brings it to this size."""
HOUR_POINTS = 64
"""Points in a page of an hour: `handle // 64` names it."""
DAY_POINTS = 16
"""Points in a page of a day."""
DAY_HOURS = 24
_HEAD = struct.Struct("<BI")
_FRAME = struct.Struct("<IIqq")


@dataclass(frozen=True, slots=True, order=True)
class PageKey:
    """Which page: its first hour, how many hours, bucket of points, origin, and part.

    Parts tell pages of late samples from the first page of the same hour.
    """

    hour: int
    hours: int
    bucket: int
    origin: int
    part: int


@dataclass(frozen=True, slots=True)
class Page:
    """A page to be stored."""

    key: PageKey
    samples: int
    hours: bytes
    data: bytes


def bucket_points(hours: int) -> int:
    """How many points share a page of that many hours."""
    return HOUR_POINTS if hours == 1 else DAY_POINTS


def encode_page(
    key: PageKey, batch: SampleBatch, level: int, doors: Mapping[int, float] | None = None
) -> Page:
    """A page of samples that are in the order of point and source time; not empty.

    Of the points of `doors` the values between two samples lie on a line.
    """
    series = Series(batch.source_time_ns, batch.value, batch.quality, batch.arrival_time_ns)
    sloped = np.isin(batch.point, list(doors)) if doors else None
    rows = summarise(batch.point, series, sloped)
    base = key.hour * BLOCK_NS
    frames: list[bytes] = []
    heads: list[bytes] = []
    for a, b, starts in _frames(*_runs(rows)):
        one = Series(*(getattr(series, c)[a:b] for c in Series.__slots__))
        step, lag_step, data = _encode_frame(one, starts, base, level)
        heads.append(_FRAME.pack(b - a, len(data), step, lag_step))
        frames.append(data)
    head = _HEAD.pack(FORMAT, len(frames))
    data = b"".join((head, *heads, *frames))
    return Page(key, len(batch), encode_hours(rows, level), data)


def decode_page(key: PageKey, rows: Hours, data: bytes) -> SampleBatch:
    """All samples of a page; ValueError when it is damaged."""
    return joined([decode_frame(key, rows, data, n) for n in range(frame_count(rows))])


def frame_count(rows: Hours) -> int:
    """How many frames a page of these hours has."""
    return len(_frames(*_runs(rows)))


def frame_of(rows: Hours, handle: int) -> int:
    """The number of the frame that holds a point; ValueError when the page has it not."""
    handles, lengths = _runs(rows)
    place = int(np.searchsorted(handles, handle))
    if place == len(handles) or handles[place] != handle:
        raise ValueError(f"the page holds no point {handle}")
    firsts = [a for a, _, _ in _frames(handles, lengths)]
    at = int(lengths[:place].sum())
    return int(np.searchsorted(firsts, at, side="right")) - 1


def decode_frame(key: PageKey, rows: Hours, data: bytes, number: int) -> SampleBatch:
    """The samples of one frame, by point and time; ValueError when it is damaged."""
    if len(data) < _HEAD.size:
        raise ValueError("a damaged page: too short")
    form, count = _HEAD.unpack_from(data)
    if form != FORMAT:
        raise ValueError(f"a page of format {form} was written by another release")
    handles, lengths = _runs(rows)
    frames = _frames(handles, lengths)
    at = _HEAD.size + count * _FRAME.size
    if len(frames) != count or len(data) < at:
        raise ValueError("a damaged page: it does not fit its hours")
    heads = [_FRAME.unpack_from(data, _HEAD.size + k * _FRAME.size) for k in range(number + 1)]
    n, size, step, lag_step = heads[number]
    a, b, starts = frames[number]
    if n != b - a:
        raise ValueError("a damaged page: it does not fit its hours")
    at += sum(head[1] for head in heads[:number])
    one = _decode_frame(data[at : at + size], n, starts, key.hour * BLOCK_NS, step, lag_step)
    first = int(np.searchsorted(np.cumsum(lengths), a, side="right"))
    mine = handles[first : first + len(starts)]
    point = np.repeat(mine, np.diff(np.append(starts, n))).astype(np.uint32)
    return SampleBatch(point, one.value, one.quality, one.time_ns, one.arrival_ns)


def _runs(rows: Hours) -> tuple[I64, I64]:
    """The points of a page and how many samples each has."""
    starts = np.flatnonzero(np.concatenate(([True], np.diff(rows.handle) != 0)))
    return rows.handle[starts].astype(np.int64), np.add.reduceat(rows.n, starts)


def _frames(handles: I64, lengths: I64) -> list[tuple[int, int, NDArray[np.intp]]]:
    """(first sample, end, where its points start) of each frame of a page."""
    found: list[tuple[int, int, NDArray[np.intp]]] = []
    starts: list[int] = []
    a = at = 0
    for length in lengths.tolist():
        starts.append(at - a)
        at += length
        if at - a >= FRAME_SAMPLES:
            found.append((a, at, np.array(starts, dtype=np.intp)))
            a, starts = at, []
    if starts:
        found.append((a, at, np.array(starts, dtype=np.intp)))
    return found


def _encode_frame(
    one: Series, starts: NDArray[np.intp], base: int, level: int
) -> tuple[int, int, bytes]:
    time, lag = one.time_ns - base, one.arrival_ns - one.time_ns
    step, lag_step = common_step(time), common_step(lag)
    parts = (
        pack_ints(time // step),
        pack_ints(lag // lag_step),
        pack_ints(one.quality.astype(np.int64)),
        pack_values(one.value, starts),
    )
    return step, lag_step, squeeze(level, *parts)


def _decode_frame(
    data: bytes, n: int, starts: NDArray[np.intp], base: int, step: int, lag_step: int
) -> Series:
    raw = unsqueeze(data, 64 * n + 64 * len(starts) + 64)
    size = INT_BYTES * n
    time = unpack_ints(raw, n) * step + base
    lag = unpack_ints(raw[size:], n) * lag_step
    quality = unpack_ints(raw[2 * size :], n).astype(np.uint32)
    value, _ = unpack_values(raw[3 * size :], starts, n)
    return Series(time, value, quality, time + lag)
