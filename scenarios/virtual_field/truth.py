"""The plant's true state on disk, for whoever judges an estimate by it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np


def truth_file(utility: str) -> str:
    """The name of a medium's file in the site's data folder; water's was there first."""
    return "truth.npz" if utility == "water" else f"truth_{utility}.npz"


def write_truth(file: Path, arrays: Mapping[str, Any]) -> None:
    """Write an .npz so that a reader sees the old state or the new one, never half of one."""
    partial = file.with_name(f".{file.name}.part")
    with partial.open("wb") as stream:
        np.savez(stream, **arrays)
    partial.replace(file)
