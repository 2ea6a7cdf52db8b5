"""A run as CSV tables: one file a quantity, one row a report time, one column an element."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hydraulics import Run

NODE_TABLES = ("head_m", "pressure_m", "demand_m3s")
LINK_TABLES = ("flow_m3s", "velocity_ms", "status")


def write_run_csv(run: Run, folder: Path) -> list[Path]:
    """Write every table of a run into `folder` (made if missing); the files written."""
    folder.mkdir(parents=True, exist_ok=True)
    return [
        write_table(folder / f"{name}.csv", ids, run.times_s, getattr(run, name))
        for names, ids in ((NODE_TABLES, run.node_ids), (LINK_TABLES, run.link_ids))
        for name in names
    ]


def write_table(path: Path, ids: Sequence[str], times_s: Any, values: Any) -> Path:
    """Write values (T, elements) with the time in the first column; the file written."""
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["time_s", *ids])
        for time_s, row in zip(times_s, values, strict=True):
            rows.writerow([f"{time_s:g}", *(f"{v:.9g}" for v in row)])
    return path
