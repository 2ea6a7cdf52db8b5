"""What is known of each hour of a point without opening its samples: the hourly aggregates.

Columns, one row a point and hour. They find samples, draw wide trends, give means over hours and
days, and stay when the samples themselves have passed their retention.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from scada.samples import F64, I64, U32
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

BLOCK_NS = 3600 * 1_000_000_000
"""An hour (UTC, by source time)."""
HOLD_NS = 600 * 1_000_000_000
"""A value counts as known for ten minutes after its sample: an unchanged one is stored more often.

Beyond that, or after a bad sample, there is a gap, and no mean claims to cover it.
"""
FORMAT = 2
_HEAD = struct.Struct("<BIq")
_ROW_BYTES = 16 * INT_BYTES


@dataclass(frozen=True, slots=True)
class Hours:
    """Rows by point and hour. Values are SI; NaN and time 0 where there is none.

    `low` and `high` are the extremes of usable samples (finite, not bad) and their times;
    `bad_ns` the first bad sample, of quality `bad`. `last` is the last value (NaN when it is not
    usable). `held_ns` is the time covered by usable values held from one sample of the hour to
    the next (`HOLD_NS` at most), and `mean` their mean over that time.
    """

    handle: U32
    hour: I64
    n: I64
    first_ns: I64
    last_ns: I64
    low: F64
    low_ns: I64
    high: F64
    high_ns: I64
    bad_ns: I64
    bad: I64
    last: F64
    mean: F64
    held_ns: I64

    def __len__(self) -> int:
        return len(self.handle)

    def take(self, rows: NDArray[np.intp] | NDArray[np.bool_] | slice) -> Hours:
        """Some of the rows."""
        return Hours(*[getattr(self, name)[rows] for name in self.__slots__])

    def of(self, handle: int) -> Hours:
        """The rows of one point, of rows that are in the order of points; nothing is copied."""
        a, b = self.handle.searchsorted((handle, handle + 1)).tolist()
        return self.take(slice(a, b))


def no_hours() -> Hours:
    """No rows."""
    kinds = {"handle": np.uint32, "low": np.float64, "high": np.float64}
    kinds |= {"last": np.float64, "mean": np.float64}
    return Hours(*(np.zeros(0, dtype=kinds.get(f.name, np.int64)) for f in fields(Hours)))


def join_hours(parts: list[Hours]) -> Hours:
    """Rows one after another."""
    if not parts:
        return no_hours()
    if len(parts) == 1:
        return parts[0]
    return Hours(*(np.concatenate([getattr(p, f.name) for p in parts]) for f in fields(Hours)))


def usable(value: F64, quality: U32) -> NDArray[np.bool_]:
    """Whether a sample counts: finite, and not of bad quality."""
    return np.asarray(np.isfinite(value) & (quality >> 31 == 0))


def summarise(handle: U32, series: Series, sloped: NDArray[np.bool_] | None = None) -> Hours:
    """The rows of samples that are in the order of point, then source time; not empty.

    Of `sloped` samples (their point's, see `door`) the value goes in a line to the next one.
    """
    time, value = series.time_ns, series.value
    hour = time // BLOCK_NS
    new = (np.diff(hour) != 0) | (np.diff(handle) != 0)
    starts = np.flatnonzero(np.concatenate(([True], new)))
    n = np.diff(np.append(starts, len(time)))
    ends = starts + n - 1
    good = usable(value, series.quality)
    low, low_at = _extreme(np.minimum, np.where(good, value, np.inf), starts, n)
    high, high_at = _extreme(np.maximum, np.where(good, value, -np.inf), starts, n)
    none = low == np.inf
    first_bad = np.minimum.reduceat(np.where(good, len(time), np.arange(len(time))), starts)
    any_bad = first_bad < len(time)
    first_bad = np.where(any_bad, first_bad, starts)
    held = np.minimum(np.diff(time, append=time[-1:]), HOLD_NS)
    held[ends] = 0
    held[~good] = 0
    held_ns = np.add.reduceat(held, starts)
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        level = value if sloped is None else np.where(sloped, halfway(time, value, good), value)
        area = np.add.reduceat(np.where(good, level, 0.0) * held, starts)
        mean = (area / held_ns).astype(np.float32).astype(np.float64)
    return Hours(
        handle=handle[starts],
        hour=hour[starts],
        n=n.astype(np.int64),
        first_ns=time[starts],
        last_ns=time[ends],
        low=np.where(none, np.nan, low),
        low_ns=np.where(none, 0, time[low_at]),
        high=np.where(none, np.nan, high),
        high_ns=np.where(none, 0, time[high_at]),
        bad_ns=np.where(any_bad, time[first_bad], 0),
        bad=np.where(any_bad, series.quality[first_bad], 0).astype(np.int64),
        last=np.where(good[ends], value[ends], np.nan),
        mean=np.where(held_ns > 0, mean, np.nan),
        held_ns=held_ns.astype(np.int64),
    )


def halfway(time_ns: I64, value: F64, good: NDArray[np.bool_]) -> F64:
    """The mean on the line to the next sample, where there is one not too late; else the value."""
    line = good & np.append(good[1:], False) & (np.diff(time_ns, append=time_ns[-1:]) <= HOLD_NS)
    return np.where(line, (value + np.append(value[1:], value[-1:])) / 2, value)


def encode_hours(rows: Hours, level: int) -> bytes:
    """The rows as bytes; times are kept in steps of what they have in common."""
    start = rows.hour * BLOCK_NS
    times = (rows.first_ns, rows.last_ns, rows.low_ns, rows.high_ns, rows.bad_ns, rows.held_ns)
    step = common_step(np.concatenate(times) % BLOCK_NS)
    columns = [rows.handle.astype(np.int64), rows.hour, rows.n]
    columns.append((rows.first_ns - start) // step)
    columns.append((rows.last_ns - rows.first_ns) // step)
    # -1: there is none
    for at in (rows.low_ns, rows.high_ns, rows.bad_ns):
        columns.append(np.where(at == 0, -1, (at - rows.first_ns) // step))
    columns.append(rows.bad)
    # Of time without gaps the two ends say all.
    covered = rows.held_ns == rows.last_ns - rows.first_ns
    columns.append(np.where(covered, -1, rows.held_ns // step))
    # All numbers in one go: a page of a day is opened for each day of a year.
    values = np.concatenate([rows.low, rows.high, rows.last, rows.mean])
    parts = (pack_ints(np.concatenate(columns)), pack_values(values, _runs(rows.handle, 4)))
    return _HEAD.pack(FORMAT, len(rows), step) + squeeze(level, *parts)


def decode_hours(data: bytes) -> Hours:
    """The rows of `encode_hours`; ValueError for another release's or damaged ones."""
    if len(data) < _HEAD.size:
        raise ValueError("a damaged page: too short")
    form, n, step = _HEAD.unpack_from(data)
    if form != FORMAT:
        raise ValueError(f"a page of format {form} was written by another release")
    raw = unsqueeze(data[_HEAD.size :], 1000 + 4 * _ROW_BYTES * n)
    ints = unpack_ints(raw, 10 * n).reshape(10, n)
    handle, hour, count, first, last, low_at, high_at, bad_at, bad, held = ints
    values, _ = unpack_values(raw[10 * INT_BYTES * n :], _runs(handle, 4), 4 * n)
    low, high, last_value, mean = values.reshape(4, n)
    first_ns = hour * BLOCK_NS + first * step
    last_ns = first_ns + last * step
    return Hours(
        handle=handle.astype(np.uint32),
        hour=hour,
        n=count,
        first_ns=first_ns,
        last_ns=last_ns,
        low=low,
        low_ns=np.where(low_at < 0, 0, first_ns + low_at * step),
        high=high,
        high_ns=np.where(high_at < 0, 0, first_ns + high_at * step),
        bad_ns=np.where(bad_at < 0, 0, first_ns + bad_at * step),
        bad=bad,
        last=last_value,
        mean=mean,
        held_ns=np.where(held < 0, last_ns - first_ns, held * step),
    )


def _runs(handle: NDArray[np.integer], times: int) -> NDArray[np.intp]:
    """Where the rows of each point begin, in several columns one after another."""
    starts = np.flatnonzero(np.concatenate(([True], np.diff(handle) != 0)))[: len(handle)]
    return (starts + len(handle) * np.arange(times)[:, None]).ravel()


def _extreme(
    kind: np.ufunc, value: F64, starts: NDArray[np.intp], n: NDArray[np.intp]
) -> tuple[F64, NDArray[np.intp]]:
    """The extreme of each run and the place of its first occurrence."""
    best = kind.reduceat(value, starts)
    here = np.flatnonzero(value == np.repeat(best, n))
    return best, here[np.searchsorted(here, starts)]


def common_step(times: I64) -> int:
    """The largest step of which all times are multiples."""
    return int(np.gcd.reduce(times)) or 1
