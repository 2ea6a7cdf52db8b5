"""A trend of one point from a store: opens only the hours whose samples can be seen."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import numpy as np

from scada.downsample import POINTS_A_BUCKET, downsample
from scada.point import Origin
from scada.store.blocks import Series, between, in_order
from scada.store.hours import BLOCK_NS, Hours
from scada.store.port import MovedError, SampleStore

T = TypeVar("T")
VIEWS = 5
"""How often a view is taken anew when what it names was packed or pruned meanwhile."""


def read_trend(
    store: SampleStore, handle: int, origin: Origin, from_ns: int, to_ns: int, max_points: int
) -> Series:
    """Samples with from <= source time < to, at most `max_points` (extremes and gaps stay).

    Of hours whose samples are past their retention the extremes are given.
    """
    return steady(lambda: _read(store, handle, origin, from_ns, to_ns, max_points))


def read_raw(
    store: SampleStore,
    handle: int,
    origin: Origin,
    from_ns: int,
    to_ns: int,
    limit: int,
    *,
    backwards: bool = False,
) -> Series:
    """The first `limit` samples with from <= source time < to; backwards: the last, last first."""
    return steady(lambda: _raw(store, handle, origin, (from_ns, to_ns), limit, backwards))


def _raw(
    store: SampleStore,
    handle: int,
    origin: Origin,
    span: tuple[int, int],
    limit: int,
    backwards: bool,
) -> Series:
    spans = store.spans(handle, origin, *span)
    hours = spans.hours
    sign = -1 if backwards else 1
    order = np.argsort(sign * hours.hour, kind="stable")
    # Whole hours until there are enough; the first and last may lie partly outside.
    inside = (hours.first_ns >= span[0]) & (hours.last_ns < span[1]) & ~spans.thin
    before = np.cumsum(np.where(inside, hours.n, 0)[order]) - np.where(inside, hours.n, 0)[order]
    far = hours.hour[order][before < limit]
    last = far[-1] if len(far) else 0
    chosen = sign * hours.hour <= sign * last
    parts = [between(p, *span) for p in (spans.recent, *spans.open(chosen & ~spans.thin))]
    all_ = in_order(parts)
    if not chosen.all():  # what is not sealed yet may lie beyond the hours left closed
        edge = (last + 1) * BLOCK_NS if sign > 0 else last * BLOCK_NS
        all_ = between(all_, span[0], edge) if sign > 0 else between(all_, edge, span[1])
    keep = slice(0, limit) if sign > 0 else slice(-1, -limit - 1, -1)
    return Series(all_.time_ns[keep], all_.value[keep], all_.quality[keep], all_.arrival_ns[keep])


def steady(read: Callable[[], T]) -> T:
    """What `read` gives, tried again when its view was out of date; MovedError if it stays so."""
    for _ in range(VIEWS - 1):
        try:
            return read()
        except MovedError:
            continue
    return read()


def _read(
    store: SampleStore, handle: int, origin: Origin, from_ns: int, to_ns: int, max_points: int
) -> Series:
    spans = store.spans(handle, origin, from_ns, to_ns)
    hours, recent = spans.hours, spans.recent
    # Time before the first sample and after the last is no part of the picture.
    firsts = hours.first_ns.tolist() + recent.time_ns[:1].tolist()
    lasts = hours.last_ns.tolist() + recent.time_ns[-1:].tolist()
    from_ns, to_ns = max(from_ns, min(firsts, default=0)), min(to_ns, max(lasts, default=0) + 1)
    total = len(recent) + int(hours.n.sum())
    width_ns = (to_ns - from_ns) * POINTS_A_BUCKET // max(max_points, 1)
    closed = spans.thin
    if total > max_points and width_ns >= BLOCK_NS:
        # A stretch on the page is longer than an hour: its row holds all that can be seen.
        closed = closed | ((hours.first_ns >= from_ns) & (hours.last_ns < to_ns))
    parts = [recent]
    if closed.any():
        parts.append(_extremes(hours.take(closed)))
    parts += spans.open(~closed)
    return downsample(
        in_order([between(p, from_ns, to_ns) for p in parts]), from_ns, to_ns, max_points
    )


def _extremes(hours: Hours) -> Series:
    """The lowest, the highest and the first bad sample of each hour, in order."""
    some = np.isfinite(hours.low)
    apart = some & (hours.high_ns != hours.low_ns)
    bad = hours.bad_ns != 0
    time = np.concatenate((hours.low_ns[some], hours.high_ns[apart], hours.bad_ns[bad]))
    value = np.concatenate((hours.low[some], hours.high[apart], np.full(int(bad.sum()), np.nan)))
    quality = np.concatenate((np.zeros(int(some.sum() + apart.sum())), hours.bad[bad]))
    order = np.argsort(time, kind="stable")
    time = time[order]
    return Series(time, value[order], quality[order].astype(np.uint32), time)
