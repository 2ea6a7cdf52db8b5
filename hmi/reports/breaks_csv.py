"""Both tables of a study of breaks as CSV."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def write_breaks_csv(record: Mapping[str, Any], folder: Path) -> list[Path]:
    """Write pipes.csv, segments.csv and unsolved.csv into `folder`; the files written.

    People are estimates where the column `people_estimated` says yes.
    """
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name in ("pipes", "segments", "unsolved"):
        rows = record[name]
        if not rows:
            continue
        path = folder / f"{name}.csv"
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file, lineterminator="\n")
            estimated = "yes" if record["people"]["estimated"] else "no"
            writer.writerow([*rows[0], "people_estimated"])
            for row in rows:
                writer.writerow([*(_cell(value) for value in row.values()), estimated])
        written.append(path)
    return written


def _cell(value: Any) -> Any:
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, list):
        return " ".join(v["name_zh"] if isinstance(v, dict) else str(v) for v in value)
    return value
