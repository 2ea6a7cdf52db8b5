"""Malformed frames at the codec, a short round; the long one is benchmarks/fuzz_modbus.py."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[3] / "benchmarks"))

from fuzz_modbus import run


def test_malformed_frames_raise_nothing_and_leave_nothing_behind() -> None:
    found = run(10_000, seed=3)
    assert found["replies"] > 1000
    assert found["largest_pending"] <= 512
