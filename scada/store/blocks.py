"""Samples of one point as arrays, and the blocks of format 1, which earlier releases wrote.

Such a block is one format byte, the count, and a zstd frame. The frame holds four arrays one after
another (source time, arrival minus source, value, quality), each as differences to the sample
before (values: exclusive or of their bits) with the bytes of equal weight side by side.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

import numpy as np
import zstandard
from numpy.typing import NDArray

from scada.samples import F64, I64, U32

FORMAT = 1
_HEAD = struct.Struct("<BI")


@dataclass(frozen=True, slots=True)
class Series:
    """Samples of one point in the order of source time; values SI, NaN where there is none."""

    time_ns: I64
    value: F64
    quality: U32
    arrival_ns: I64

    def __len__(self) -> int:
        return len(self.time_ns)


def decode_block(data: bytes) -> Series:
    """The samples of a block; ValueError when its format is not known or it is damaged."""
    form, n = _HEAD.unpack_from(data)
    if form != FORMAT:
        raise ValueError(f"a block of format {form} was written by another release")
    try:
        raw = zstandard.ZstdDecompressor().decompress(data[_HEAD.size :], max_output_size=28 * n)
    except zstandard.ZstdError as problem:
        raise ValueError(f"a damaged block: {problem}") from problem
    if len(raw) != 28 * n:
        raise ValueError("a damaged block: wrong length")
    time = np.cumsum(_words(raw, 0, n, np.uint64), dtype=np.uint64).view(np.int64)
    lag = np.cumsum(_words(raw, 8 * n, n, np.uint64), dtype=np.uint64).view(np.int64)
    bits = np.bitwise_xor.accumulate(_words(raw, 16 * n, n, np.uint64))
    quality = np.cumsum(_words(raw, 24 * n, n, np.uint32), dtype=np.uint32)
    return Series(time, bits.view(np.float64), quality, time + lag)


def in_order(parts: list[Series]) -> Series:
    """Several series of one point as one, by source time, then by arrival."""
    if not parts:
        none = np.zeros(0)
        return Series(none.astype(np.int64), none, none.astype(np.uint32), none.astype(np.int64))
    some = [p for p in parts if len(p)]
    if len(some) == 1 and bool((some[0].time_ns[1:] > some[0].time_ns[:-1]).all()):
        return some[0]
    time = np.concatenate([p.time_ns for p in parts])
    arrival = np.concatenate([p.arrival_ns for p in parts])
    order = np.lexsort((arrival, time))
    return Series(
        time[order],
        np.concatenate([p.value for p in parts])[order],
        np.concatenate([p.quality for p in parts])[order],
        arrival[order],
    )


def between(series: Series, from_ns: int, to_ns: int) -> Series:
    """The part with from <= time < to of an ordered series."""
    a, b = np.searchsorted(series.time_ns, [from_ns, to_ns])
    return Series(
        series.time_ns[a:b], series.value[a:b], series.quality[a:b], series.arrival_ns[a:b]
    )


def _words(raw: bytes, at: int, n: int, kind: type[np.unsignedinteger]) -> NDArray[np.uint64]:
    size = np.dtype(kind).itemsize
    planes = np.frombuffer(raw, np.uint8, size * n, at).reshape(size, n)
    return np.ascontiguousarray(planes.T).view(np.dtype(kind).newbyteorder("<")).reshape(n)
