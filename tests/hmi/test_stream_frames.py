"""Frames of the live stream; `hmi/web/tests/frames.test.mjs` reads the same vectors."""

from __future__ import annotations

import json
import math
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hmi.state_layout import LAYOUTS, counts, pack_state
from hmi.stream_frames import Kind, decode, encode_state, encode_values

VECTORS = Path(__file__).parent / "frame_vectors.json"
WEB = Path(__file__).parents[2] / "hmi" / "web"


def plain(value: Any) -> Any:
    """Arrays as lists, NaN as null: what JSON can hold."""
    if isinstance(value, np.ndarray):
        return [None if isinstance(v, float) and math.isnan(v) else v for v in value.tolist()]
    return int(value) if isinstance(value, Kind) else value


def made() -> list[dict[str, Any]]:
    """The vectors, made by the encoder."""
    values = encode_values(
        Kind.SNAPSHOT,
        "measured",
        4_294_967_295,
        1_795_389_680_768.5,
        1_795_389_680_500.25,
        np.array([0, 7, 50_000]),
        np.array([1.4e5, math.nan, -0.25]),
        np.array([0, 0x80310000, 0x40900000]),
        np.array([1.0, 2.5, 1_795_389_680_000.0]),
    )
    nothing = np.array([])
    empty = encode_values(Kind.CHANGES, "model", 3, 10.0, 0.0, nothing, nothing, nothing, nothing)
    arrays = (
        [50.0, 51.5, math.nan],
        [14.25, 15.5, math.nan],
        [0.5, 0.25, 0.0],
        [-0.125, 2.0],
        [1.0, 0.0],
    )
    payload = b"".join(np.asarray(a, "<f8").tobytes() for a in arrays)
    state = encode_state("water", 12, 20.0, 19.0, 3, 2, payload)
    frames = {"a snapshot": values, "an empty change": empty, "a state": state}
    for utility in LAYOUTS:
        arrays = {
            name: np.arange(count) + 10.0 * place
            for place, (name, count) in enumerate(counts(utility, 3, 2))
        }
        arrays["pressure_pa"][1] = math.nan
        packed = pack_state(utility, arrays)
        frames[f"a state of {utility}"] = encode_state(utility, 13, 20.0, 19.0, 3, 2, packed)
    return [
        {
            "name": name,
            "hex": frame.hex(),
            "expected": {key: plain(value) for key, value in decode(frame).items()},
        }
        for name, frame in frames.items()
    ]


def test_frames_are_those_of_the_shared_file() -> None:
    assert made() == json.loads(VECTORS.read_text("utf-8"))


def test_the_page_reads_the_same_frames() -> None:
    node = shutil.which("node")
    if node is None or not (WEB / "node_modules" / "vite").is_dir():
        pytest.skip("Node or the page's packages are not installed")
    done = subprocess.run(
        [node, "--test", "tests/"],
        cwd=WEB,
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@given(
    st.lists(
        st.tuples(
            st.integers(0, 2**32 - 1),
            st.floats(width=64),
            st.integers(0, 2**32 - 1),
            st.floats(0, 2e12),
        ),
        max_size=40,
    ),
    st.sampled_from(["measured", "model"]),
)
def test_values_come_back_as_they_went(
    rows: list[tuple[int, float, int, float]], origin: str
) -> None:
    point, value, quality, source = (
        np.array([row[k] for row in rows], dtype=float if k in (1, 3) else np.uint32)
        for k in range(4)
    )
    frame = encode_values(Kind.CHANGES, origin, 1, 2.0, 3.0, point, value, quality, source)
    got = decode(frame)
    assert got["origin"] == origin
    np.testing.assert_array_equal(got["point"], point)
    np.testing.assert_array_equal(got["value"], value)
    np.testing.assert_array_equal(got["quality"], quality)
    np.testing.assert_array_equal(got["source_ms"], source)


@pytest.mark.parametrize("utility", ["water", "gas", "heat"])
def test_a_state_of_the_wrong_length_is_refused(utility: str) -> None:
    with pytest.raises(ValueError, match="not a state of 3 nodes"):
        encode_state(utility, 1, 0.0, 0.0, 3, 2, b"\0" * 8)


def test_a_frame_of_another_version_or_length_is_refused() -> None:
    frame = bytes.fromhex(made()[0]["hex"])
    with pytest.raises(ValueError, match="version 9"):
        decode(frame[:1] + b"\x09" + frame[2:])
    with pytest.raises(ValueError, match="expected"):
        decode(frame + b"\0")
