"""Binary frames of the live stream, little-endian; `web/src/lib/frames.ts` reads them.

Header, 32 bytes: u8 kind, u8 version, u8 code, u8 0, u32 sequence, f64 sent_ms, f64 data_ms,
u32 n, u32 m. Times are milliseconds since 1970, UTC; `data_ms` is when the newest value arrived
(0: none yet).

- kind 1 (snapshot) and 2 (changes) of `code` 0 (measured) or 1 (model): f64 value[n] (SI),
  f64 source_ms[n], u32 point[n], u32 quality[n].
- kind 3 (solved state) of `code` 0 water: f32 pressure_m[n], f32 head_m[n], f32 demand_m3s[n],
  f32 flow_m3s[m], f32 status[m]; of 1 gas and 2 heat: the f32 arrays of `hmi.state_layout`.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hmi.state_layout import counts, unpack_state

VERSION = 1
HEADER = struct.Struct("<BBBxIddII")
ORIGINS = ("measured", "model")
UTILITIES = ("water", "gas", "heat")


class Kind(IntEnum):
    """What a frame holds."""

    SNAPSHOT = 1
    CHANGES = 2
    STATE = 3


def encode_values(
    kind: Kind,
    origin: str,
    sequence: int,
    sent_ms: float,
    data_ms: float,
    point: NDArray[Any],
    value: NDArray[Any],
    quality: NDArray[Any],
    source_ms: NDArray[Any],
) -> bytes:
    """A frame of (n,) values: SI, quality codes, source times in ms."""
    head = HEADER.pack(
        kind, VERSION, ORIGINS.index(origin), sequence & 0xFFFFFFFF, sent_ms, data_ms, len(point), 0
    )
    return b"".join(
        (
            head,
            np.asarray(value, "<f8").tobytes(),
            np.asarray(source_ms, "<f8").tobytes(),
            np.asarray(point, "<u4").tobytes(),
            np.asarray(quality, "<u4").tobytes(),
        )
    )


def encode_state(
    utility: str, sequence: int, sent_ms: float, time_ms: float, n: int, m: int, payload: bytes
) -> bytes:
    """A frame of a solved state from the bus's payload (float64; water: head, pressure, demand
    (n,), flow, status (m,); gas and heat: `hmi.state_layout`); ValueError when its length is not
    that of n nodes and m links."""
    code = UTILITIES.index(utility)
    packed = HEADER.pack(Kind.STATE, VERSION, code, sequence & 0xFFFFFFFF, sent_ms, time_ms, n, m)
    if utility != "water":
        unpack_state(utility, n, m, payload)
        return packed + np.frombuffer(payload, "<f8").astype("<f4").tobytes()
    if len(payload) != 8 * (3 * n + 2 * m):
        raise ValueError(f"{len(payload)} bytes are not a state of {n} nodes and {m} links")
    state = np.frombuffer(payload, "<f8").astype("<f4")
    head, pressure, rest = state[:n], state[n : 2 * n], state[2 * n :]
    return b"".join((packed, pressure.tobytes(), head.tobytes(), rest.tobytes()))


def decode(frame: bytes) -> dict[str, Any]:
    """A frame as a dictionary of arrays, for tests and other clients in Python."""
    kind, version, code, sequence, sent_ms, data_ms, n, m = HEADER.unpack_from(frame)
    if version != VERSION:
        raise ValueError(f"frame version {version}, expected {VERSION}")
    out: dict[str, Any] = {
        "kind": Kind(kind),
        "sequence": sequence,
        "sent_ms": sent_ms,
        "data_ms": data_ms,
    }
    names: Sequence[tuple[str, str, int]]
    if kind == Kind.STATE and UTILITIES[code] != "water":
        out["utility"] = UTILITIES[code]
        names = [(name, "<f4", count) for name, count in counts(UTILITIES[code], n, m)]
    elif kind == Kind.STATE:
        out["utility"] = UTILITIES[code]
        names = (
            ("pressure_m", "<f4", n),
            ("head_m", "<f4", n),
            ("demand_m3s", "<f4", n),
            ("flow_m3s", "<f4", m),
            ("status", "<f4", m),
        )
    else:
        out["origin"] = ORIGINS[code]
        names = (
            ("value", "<f8", n),
            ("source_ms", "<f8", n),
            ("point", "<u4", n),
            ("quality", "<u4", n),
        )
    place = HEADER.size
    for name, dtype, count in names:
        out[name] = np.frombuffer(frame, dtype, count, place)
        place += np.dtype(dtype).itemsize * count
    if place != len(frame):
        raise ValueError(f"{len(frame)} bytes, expected {place}")
    return out
