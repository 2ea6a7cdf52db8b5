"""A trend of one point from a store: opens only the blocks whose samples can be seen."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from scada.downsample import POINTS_A_BUCKET, downsample
from scada.point import Origin
from scada.store.blocks import Series, between, in_order
from scada.store.port import BLOCK_NS, BlockSpan, SampleStore


def read_trend(
    store: SampleStore, handle: int, origin: Origin, from_ns: int, to_ns: int, max_points: int
) -> Series:
    """Samples with from <= source time < to, at most `max_points` (extremes and gaps stay)."""
    spans = store.spans(handle, origin, from_ns, to_ns)
    # Time before the first sample and after the last is no part of the picture.
    firsts = [b.summary.first_ns for b in spans.blocks] + spans.recent.time_ns[:1].tolist()
    lasts = [b.summary.last_ns for b in spans.blocks] + spans.recent.time_ns[-1:].tolist()
    from_ns, to_ns = max(from_ns, min(firsts, default=0)), min(to_ns, max(lasts, default=0) + 1)
    total = len(spans.recent) + sum(b.summary.n for b in spans.blocks)
    width_ns = (to_ns - from_ns) * POINTS_A_BUCKET // max(max_points, 1)
    parts = [spans.recent]
    blocks = spans.blocks
    if total > max_points and width_ns >= BLOCK_NS:
        # A stretch on the page is longer than a block: its summary holds all that can be seen.
        whole = [b for b in blocks if b.summary.first_ns >= from_ns and b.summary.last_ns < to_ns]
        parts.append(_summaries(whole))
        inside = {(b.hour, b.part) for b in whole}
        blocks = [b for b in blocks if (b.hour, b.part) not in inside]
    parts += [between(series, from_ns, to_ns) for series in spans.open(blocks)]
    return downsample(in_order(parts), from_ns, to_ns, max_points)


def _summaries(blocks: Sequence[BlockSpan]) -> Series:
    """The lowest, the highest and the first bad sample of each block."""
    low = [(b.summary.low_ns, b.summary.low, 0) for b in blocks if np.isfinite(b.summary.low)]
    high = [(b.summary.high_ns, b.summary.high, 0) for b in blocks if np.isfinite(b.summary.high)]
    bad = [(b.summary.bad_ns, np.nan, b.summary.bad) for b in blocks if b.summary.bad_ns]
    rows = [*low, *high, *bad]
    time = np.array([r[0] for r in rows], dtype=np.int64)
    return Series(
        time,
        np.array([r[1] for r in rows], dtype=np.float64),
        np.array([r[2] for r in rows], dtype=np.uint32),
        time,
    )
