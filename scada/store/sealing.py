"""Recent samples cut into blocks: one a point, origin and hour."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import zstandard

from scada.samples import SampleBatch, taken
from scada.store.blocks import LEVEL, Series, Summary, encode_block, summarise
from scada.store.port import BLOCK_NS

STEP = 500


@dataclass(frozen=True, slots=True)
class SealedBlock:
    """A block to be stored."""

    hour: int
    handle: int
    origin: int
    summary: Summary
    data: bytes


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


def cut(batch: SampleBatch, origin: int) -> Iterator[list[SealedBlock]]:
    """The blocks of one origin's samples, up to `STEP` at a time."""
    if not len(batch):
        return
    hour = batch.source_time_ns // BLOCK_NS
    order = np.lexsort((batch.arrival_time_ns, batch.source_time_ns, batch.point, hour))
    hour, point = hour[order], batch.point[order]
    time, value = batch.source_time_ns[order], batch.value[order]
    quality, arrival = batch.quality[order], batch.arrival_time_ns[order]
    starts = np.flatnonzero(np.concatenate(([True], (np.diff(hour) != 0) | (np.diff(point) != 0))))
    ends = np.append(starts[1:], len(order))
    compressor = zstandard.ZstdCompressor(level=LEVEL, write_checksum=True)
    blocks: list[SealedBlock] = []
    for a, b in zip(starts.tolist(), ends.tolist(), strict=True):
        series = Series(time[a:b], value[a:b], quality[a:b], arrival[a:b])
        data = encode_block(series, compressor)
        blocks.append(SealedBlock(int(hour[a]), int(point[a]), origin, summarise(series), data))
        if len(blocks) == STEP:
            yield blocks
            blocks = []
    yield blocks
