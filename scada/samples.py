"""Samples in bulk: parallel arrays, and their bytes on the bus and in the spool."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

F64 = NDArray[np.float64]
U32 = NDArray[np.uint32]
I64 = NDArray[np.int64]

NO_POINT = 0xFFFFFFFF
"""The handle of a sample whose point is no longer in the list; who stores samples leaves it out."""


@dataclass(frozen=True, slots=True)
class SampleBatch:
    """n samples: point handles, SI values, qualities (OPC UA codes) and times (ns, UTC)."""

    point: U32
    value: F64
    quality: U32
    source_time_ns: I64
    arrival_time_ns: I64

    ITEM_BYTES: ClassVar[int] = 32

    def __len__(self) -> int:
        return len(self.point)

    def to_bytes(self) -> bytes:
        """Little-endian arrays one after another, the 8-byte ones first."""
        return b"".join(
            (
                self.value.astype("<f8", copy=False).tobytes(),
                self.source_time_ns.astype("<i8", copy=False).tobytes(),
                self.arrival_time_ns.astype("<i8", copy=False).tobytes(),
                self.point.astype("<u4", copy=False).tobytes(),
                self.quality.astype("<u4", copy=False).tobytes(),
            )
        )

    @classmethod
    def from_bytes(cls, data: bytes | memoryview) -> SampleBatch:
        """The batch written by `to_bytes`; ValueError when the length is not a whole batch."""
        n, rest = divmod(len(data), cls.ITEM_BYTES)
        if rest:
            raise ValueError(f"{len(data)} bytes are not a whole number of samples")
        value = np.frombuffer(data, "<f8", n)
        source = np.frombuffer(data, "<i8", n, 8 * n)
        arrival = np.frombuffer(data, "<i8", n, 16 * n)
        point = np.frombuffer(data, "<u4", n, 24 * n)
        quality = np.frombuffer(data, "<u4", n, 28 * n)
        return cls(point, value, quality, source, arrival)


def taken(batch: SampleBatch, places: NDArray[np.intp]) -> SampleBatch:
    """Some samples of a batch, in the order given."""
    return SampleBatch(
        batch.point[places],
        batch.value[places],
        batch.quality[places],
        batch.source_time_ns[places],
        batch.arrival_time_ns[places],
    )


def joined(batches: Sequence[SampleBatch]) -> SampleBatch:
    """Several batches as one; ValueError when there are none."""
    return SampleBatch(
        np.concatenate([b.point for b in batches]),
        np.concatenate([b.value for b in batches]),
        np.concatenate([b.quality for b in batches]),
        np.concatenate([b.source_time_ns for b in batches]),
        np.concatenate([b.arrival_time_ns for b in batches]),
    )


def renumbered(batch: SampleBatch, handles: U32) -> SampleBatch:
    """The batch with `handles[h]` in place of each handle h; `NO_POINT` beyond their end."""
    known = batch.point < len(handles)
    point = np.full(len(batch), NO_POINT, dtype=np.uint32)
    point[known] = handles[batch.point[known]]
    return replace(batch, point=point)


def latest(batch: SampleBatch) -> SampleBatch:
    """The last sample of each point by arrival (of equal ones the later in the batch)."""
    order = np.lexsort((batch.arrival_time_ns, batch.point))
    point = batch.point[order]
    ends = np.flatnonzero(np.append(point[1:] != point[:-1], len(point) > 0))
    return taken(batch, order[ends])
