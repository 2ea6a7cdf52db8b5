"""A point over equal steps of time: mean, extremes, and how much of each step is known.

A value holds until the next sample (of points of the swinging door it goes there in a line), but
for ten minutes at most and never past a bad sample: what is beyond is a gap, counted in no mean.
Whole hours come from what the store knows of its hours; everything else from samples.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scada.point import Origin
from scada.samples import F64, I64
from scada.store.blocks import Series, between, in_order
from scada.store.hours import BLOCK_NS, HOLD_NS, Hours, usable
from scada.store.port import SampleStore
from scada.trend import steady

MAX_STEPS = 200_000


@dataclass(frozen=True, slots=True)
class Aggregates:
    """One row a step: `start_ns`, number of samples, SI values (NaN: none), time known in ns."""

    start_ns: I64
    n: I64
    low: F64
    high: F64
    mean: F64
    held_ns: I64


def read_aggregates(
    store: SampleStore, handle: int, origin: Origin, from_ns: int, to_ns: int, step_ns: int
) -> Aggregates:
    """Steps that begin at multiples of `step_ns` since 1970 and touch from <= time < to.

    ValueError when there would be more than `MAX_STEPS`.
    """
    first, last = from_ns // step_ns, -(-to_ns // step_ns)
    if step_ns <= 0 or last - first > MAX_STEPS:
        raise ValueError(f"at most {MAX_STEPS} steps can be asked for at once")
    edges = np.arange(first, last + 1, dtype=np.int64) * step_ns
    return steady(lambda: _read(store, handle, origin, edges))


def _read(store: SampleStore, handle: int, origin: Origin, edges: I64) -> Aggregates:
    start, end = int(edges[0]), int(edges[-1])
    spans = store.spans(handle, origin, start - HOLD_NS, end)
    hours = spans.hours
    whole = spans.thin.copy()
    if int(edges[1] - edges[0]) % BLOCK_NS == 0:
        inside = (hours.hour * BLOCK_NS >= start) & ((hours.hour + 1) * BLOCK_NS <= end)
        whole |= inside & ~_shared(hours, spans.recent)
    samples = in_order([spans.recent, *spans.open(~whole)])
    return _combine(samples, hours.take(whole), edges, sloped=handle in store.doors)


def _shared(hours: Hours, recent: Series) -> np.ndarray:
    """Hours of which there is more than one row, or more samples that are not sealed yet."""
    _, place, count = np.unique(hours.hour, return_inverse=True, return_counts=True)
    return (count[place] > 1) | np.isin(hours.hour, recent.time_ns // BLOCK_NS)


def _combine(samples: Series, whole: Hours, edges: I64, *, sloped: bool) -> Aggregates:
    """Samples and whole hours, both in parts of the same line of time."""
    steps = len(edges) - 1
    n = np.zeros(steps, dtype=np.int64)
    low, high = np.full(steps, np.inf), np.full(steps, -np.inf)
    area, held = np.zeros(steps), np.zeros(steps, dtype=np.int64)
    mine = between(samples, int(edges[0]), int(edges[-1]))
    good = usable(mine.value, mine.quality)
    at = np.searchsorted(edges, mine.time_ns, side="right") - 1
    np.add.at(n, at, 1)
    np.minimum.at(low, at[good], mine.value[good])
    np.maximum.at(high, at[good], mine.value[good])
    order = np.argsort(whole.first_ns, kind="stable")
    hours = whole.take(order)
    inside = (hours.first_ns >= edges[0]) & (hours.last_ns < edges[-1])
    rows = hours.take(inside)
    at = np.searchsorted(edges, rows.first_ns, side="right") - 1
    np.add.at(n, at, rows.n)
    some = np.isfinite(rows.low)
    np.minimum.at(low, at[some], rows.low[some])
    np.maximum.at(high, at[some], rows.high[some])
    np.add.at(area, at, np.where(rows.held_ns > 0, rows.mean, 0.0) * rows.held_ns)
    np.add.at(held, at, rows.held_ns)
    # What holds from one to the next: samples one by one, hours from their last sample on.
    begin = np.concatenate((samples.time_ns, hours.last_ns))
    next_at = np.concatenate((samples.time_ns, hours.first_ns))
    value = np.concatenate(
        (np.where(usable(samples.value, samples.quality), samples.value, np.nan), hours.last)
    )
    order = np.lexsort((begin, next_at))
    begin, next_at, value = begin[order], next_at[order], value[order]
    until = np.minimum(np.append(next_at[1:], edges[-1]), begin + HOLD_NS)
    slope = _slopes(samples, order) if sloped else np.zeros(len(begin))
    _spread(begin, np.minimum(until, edges[-1]), (value, slope), edges, area, held)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(held > 0, area / held, np.nan)
    none = ~np.isfinite(low)
    return Aggregates(
        edges[:-1], n, np.where(none, np.nan, low), np.where(none, np.nan, high), mean, held
    )


def _slopes(samples: Series, order: NDArray[np.intp]) -> F64:
    """The change a ns from each sample to the next one; 0 where no line goes there."""
    good = usable(samples.value, samples.quality)
    step = np.diff(samples.time_ns)
    line = good[:-1] & good[1:] & (step > 0) & (step <= HOLD_NS)
    slope = np.zeros(len(order))
    with np.errstate(invalid="ignore"):
        rise = np.diff(samples.value)
    slope[: max(len(step), 0)] = np.where(line, rise, 0.0) / np.where(line, step, 1)
    return slope[order]


def _spread(
    begin: I64, until: I64, line: tuple[F64, F64], edges: I64, area: F64, held: I64
) -> None:
    """Add what each value, changing by a slope, holds to every step it touches."""
    value, slope = line
    known = np.isfinite(value) & (until > begin) & (until > edges[0])
    start = np.maximum(begin[known], edges[0])
    slope, until = slope[known], until[known]
    value = value[known] + slope * (start - begin[known])
    begin = start
    while len(begin):
        at = np.searchsorted(edges, begin, side="right") - 1
        end = np.minimum(until, edges[at + 1])
        np.add.at(area, at, (value + slope * (end - begin) / 2) * (end - begin))
        np.add.at(held, at, end - begin)
        more = until > end
        value = value + slope * (end - begin)
        begin, until, value, slope = end[more], until[more], value[more], slope[more]
