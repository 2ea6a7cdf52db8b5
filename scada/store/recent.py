"""Samples that are committed but not yet sealed, kept for reading."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scada.samples import SampleBatch, joined
from scada.store.blocks import Series, in_order


@dataclass(frozen=True, slots=True)
class Chunk:
    """Samples of one origin."""

    origin: int
    batch: SampleBatch


class Recent:
    """Chunks in the order of commits; small ones are joined, so that there are few.

    Chunks are never changed: a reader that holds the list of them may go on reading.
    """

    def __init__(self) -> None:
        self._chunks: list[Chunk] = []
        self._frozen: list[Chunk] = []

    def __len__(self) -> int:
        return sum(len(c.batch) for c in self.chunks())

    def add(self, origin: int, batch: SampleBatch) -> None:
        """Take a committed batch."""
        chunk = Chunk(origin, batch)
        # Like carrying in binary: each sample is copied only a logarithmic number of times.
        while self._chunks and self._chunks[-1].origin == origin:
            if len(self._chunks[-1].batch) > 2 * len(chunk.batch):
                break
            chunk = Chunk(origin, joined([self._chunks.pop().batch, chunk.batch]))
        self._chunks.append(chunk)

    def chunks(self) -> list[Chunk]:
        """All chunks, the oldest first."""
        return [*self._frozen, *self._chunks]

    def freeze(self) -> list[Chunk]:
        """What there is now, to be sealed; it stays readable until `thaw`."""
        self._frozen += self._chunks
        self._chunks = []
        return list(self._frozen)

    def thaw(self, keep: list[Chunk]) -> None:
        """The frozen chunks were sealed, but for `keep`."""
        self._frozen = []
        self._chunks = [*keep, *self._chunks]


def series_of(chunks: list[Chunk], handle: int, origin: int, from_ns: int, to_ns: int) -> Series:
    """The samples of one point with from <= source time < to, in order."""
    parts: list[Series] = []
    for chunk in chunks:
        if chunk.origin != origin:
            continue
        batch = chunk.batch
        at = np.flatnonzero(batch.point == handle)
        if not len(at):
            continue
        time = batch.source_time_ns[at]
        at = at[(time >= from_ns) & (time < to_ns)]
        parts.append(
            Series(
                batch.source_time_ns[at],
                batch.value[at],
                batch.quality[at],
                batch.arrival_time_ns[at],
            )
        )
    return in_order(parts)
