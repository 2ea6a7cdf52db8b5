"""How a solved gas or heat state lies in a message: arrays in order, of nodes (n) or of links (m).

Water's layout is older and stands in `hmi.live.frames` and `hmi.stream_frames`. On the bus numbers
are float64, to the page float32; `web/src/lib/frames.ts` has the same table.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

F64 = NDArray[np.float64]

LAYOUTS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "gas": (
        ("pressure_pa", "n"),
        ("demand_kgs", "n"),
        ("flow_kgs", "m"),
        ("velocity_ms", "m"),
        ("status", "m"),
    ),
    "heat": (
        ("pressure_pa", "n"),
        ("temperature_k", "n"),
        ("flow_kgs", "m"),
        ("velocity_ms", "m"),
        ("status", "m"),
        ("available_pa", "m"),
        ("heat_w", "m"),
    ),
}


def counts(utility: str, n: int, m: int) -> list[tuple[str, int]]:
    """The arrays of a state of `n` nodes and `m` links with their lengths, in order."""
    return [(name, n if of == "n" else m) for name, of in LAYOUTS[utility]]


def pack_state(utility: str, arrays: Mapping[str, NDArray[np.generic]]) -> bytes:
    """The arrays one after another, little-endian float64."""
    return b"".join(np.asarray(arrays[name], "<f8").tobytes() for name, _ in LAYOUTS[utility])


def unpack_state(utility: str, n: int, m: int, payload: bytes) -> dict[str, F64]:
    """The arrays of a message; ValueError when its length does not fit the counts."""
    lengths = counts(utility, n, m)
    total = sum(length for _, length in lengths)
    if len(payload) != 8 * total:
        raise ValueError(f"{len(payload)} bytes are not a state of {n} nodes and {m} links")
    parts = np.split(np.frombuffer(payload, "<f8"), np.cumsum([k for _, k in lengths])[:-1])
    return {name: part for (name, _), part in zip(lengths, parts, strict=True)}
