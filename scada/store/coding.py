"""Columns of numbers as few bytes: exact integers, differences, bytes of equal weight together.

Values of an instrument lie on a grid of some power of two (a register, a float32, or what the
historian rounded to), so each run of values is stored as whole numbers of its own grid. What is
no number (NaN, infinity, minus zero) is kept beside, bit by bit.
"""

from __future__ import annotations

import struct

import numpy as np
import zstandard
from numpy.typing import NDArray

from scada.samples import F64, I64

U64 = NDArray[np.uint64]
Words = NDArray[np.unsignedinteger]

_COUNT = struct.Struct("<I")
_MANTISSA = (1 << 52) - 1
_SMALLEST = -1074
_PLAIN = 900
"""Powers of two up to this one times any whole number of 64 bits are exact and finite."""


def planes(words: Words) -> bytes:
    """Little-endian words with the bytes of equal weight side by side."""
    size = words.dtype.itemsize
    little = np.ascontiguousarray(words.astype(words.dtype.newbyteorder("<"), copy=False))
    return little.view(np.uint8).reshape(-1, size).T.tobytes()


def from_planes(raw: memoryview, n: int, kind: type[np.unsignedinteger]) -> Words:
    """The words of `planes`; ValueError when there are not enough bytes."""
    size = np.dtype(kind).itemsize
    if len(raw) < size * n:
        raise ValueError("a damaged page: too short")
    rows = np.frombuffer(raw, np.uint8, size * n).reshape(size, n)
    # Small numbers have empty planes, and most columns have nothing else.
    found = np.zeros((n, size), np.uint8)
    for place in np.flatnonzero(rows.any(axis=1)).tolist():
        found[:, place] = rows[place]
    return found.view(np.dtype(kind).newbyteorder("<")).reshape(n)


def pack_ints(values: I64) -> bytes:
    """Whole numbers as the zigzag of their differences."""
    words = values.view(np.uint64)
    step = np.diff(words, prepend=words[:1] * np.uint64(0)).view(np.int64)
    zigzag = (step << 1) ^ (step >> 63)
    return planes(zigzag.view(np.uint64))


def unpack_ints(raw: memoryview, n: int) -> I64:
    """The numbers of `pack_ints`."""
    zigzag = from_planes(raw, n, np.uint64).astype(np.uint64, copy=False)
    if not zigzag.any():  # of qualities and delays that is the rule
        return np.zeros(n, np.int64)
    step = (zigzag >> np.uint64(1)) ^ (np.uint64(0) - (zigzag & np.uint64(1)))
    return np.cumsum(step, dtype=np.uint64).view(np.int64)


INT_BYTES = 8


def pack_values(values: F64, starts: NDArray[np.intp]) -> bytes:
    """Values of several runs, of which each begins at one of `starts` (the first at 0)."""
    bits = values.view(np.uint64)
    odd = ~np.isfinite(values) | (bits == np.uint64(1 << 63))
    plain = np.where(odd, 0.0, values)
    grid = np.minimum.reduceat(_exponent(plain), starts)
    runs = np.diff(np.append(starts, len(values)))
    wide = np.maximum.reduceat(np.frexp(plain)[1], starts) - grid > 62
    grid = np.where(wide, np.int64(_SMALLEST - 1), grid).astype(np.int64)
    grids = np.repeat(grid, runs)
    with np.errstate(invalid="ignore"):  # of runs that are kept as bits
        scaled = _scaled(plain, -np.maximum(grids, _SMALLEST)).astype(np.int64)
    whole = np.where(grids < _SMALLEST, plain.view(np.int64), scaled)
    if odd.any():
        # Where there is no number the one before is repeated: it costs no bytes.
        place = np.maximum.accumulate(np.where(odd, 0, np.arange(len(values))))
        whole = whole[place]
    at = np.flatnonzero(odd)
    return b"".join(
        (
            pack_ints(grid),
            pack_ints(whole),
            _COUNT.pack(len(at)),
            pack_ints(at.astype(np.int64)),
            planes(bits[at]),
        )
    )


def unpack_values(raw: memoryview, starts: NDArray[np.intp], n: int) -> tuple[F64, memoryview]:
    """The values of `pack_values`, bit by bit, and the bytes after them."""
    runs = np.diff(np.append(starts, n))
    powers = unpack_ints(raw, len(starts))
    raw = raw[INT_BYTES * len(starts) :]
    whole = unpack_ints(raw, n)
    raw = raw[INT_BYTES * n :]
    if (np.abs(powers) < _PLAIN).all():
        values = whole * np.repeat(np.ldexp(1.0, powers.astype(np.int32)), runs)
    else:
        grid = np.repeat(powers, runs)
        values = _scaled(whole.astype(np.float64), np.maximum(grid, _SMALLEST))
        values = np.where(grid < _SMALLEST, whole.view(np.float64), values)
    if len(raw) < _COUNT.size:
        raise ValueError("a damaged page: too short")
    (count,) = _COUNT.unpack_from(raw)
    raw = raw[_COUNT.size :]
    if count:
        at = unpack_ints(raw, count)
        values.view(np.uint64)[at] = from_planes(raw[INT_BYTES * count :], count, np.uint64)
    return values, raw[2 * INT_BYTES * count :]


def squeeze(level: int, *parts: bytes) -> bytes:
    """Parts as one compressed frame with a checksum."""
    compressor = zstandard.ZstdCompressor(level=level, write_checksum=True)
    return compressor.compress(b"".join(parts))


def unsqueeze(data: bytes, most: int) -> memoryview:
    """What was compressed, of at most so many bytes; ValueError when it is damaged."""
    try:
        return memoryview(zstandard.ZstdDecompressor().decompress(data, max_output_size=most))
    except zstandard.ZstdError as problem:
        raise ValueError(f"a damaged page: {problem}") from problem


def _exponent(values: F64) -> NDArray[np.int64]:
    """The power of two of the last bit that is set in each value; zero has the largest."""
    bits = values.view(np.uint64)
    power = ((bits >> np.uint64(52)) & np.uint64(0x7FF)).astype(np.int64)
    mantissa = bits & np.uint64(_MANTISSA)
    mantissa = np.where(power > 0, mantissa | np.uint64(1 << 52), mantissa)
    last = mantissa & (np.uint64(0) - mantissa)
    place = np.frexp(last.astype(np.float64))[1] - 1
    exponent = np.maximum(power, 1) - 1075 + place
    return np.where(values == 0.0, 1023, exponent).astype(np.int64)


def _scaled(values: F64, power: NDArray[np.int64]) -> F64:
    """values * 2**power, in two steps, as one alone may be beyond what a float can hold."""
    half = power // 2
    with np.errstate(over="ignore"):  # of values that are kept as bits
        once = np.ldexp(values, half.astype(np.int32))
        return np.asarray(np.ldexp(once, (power - half).astype(np.int32)))
