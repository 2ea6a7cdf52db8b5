"""Writing the site's comma-separated tables: UTF-8, one header, the same bytes everywhere."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path

CUSTOMER_HEADER = (
    "id", "element", "households", "people", "class", "community", "name_zh", "name_en", "x", "y"
)  # fmt: skip
ROAD_HEADER = (
    "id", "start", "end", "x1", "y1", "x2", "y2", "length_m", "speed_kmh", "oneway"
)  # fmt: skip
FLEET_HEADER = (
    "id", "depot", "capacity_m3", "shift_h", "discharge_m3h", "setup_min", "available"
)  # fmt: skip
FILL_HEADER = ("id", "name_zh", "name_en", "x", "y", "element", "flow_m3h")
DEPOT_HEADER = ("id", "name_zh", "name_en", "x", "y")
ZONE_HEADER = ("id", "name_zh", "name_en", "meters", "length_km", "night_use_m3h")
CREW_HEADER = (
    "id", "name_zh", "name_en", "x", "y", "media", "skills", "vehicle", "hours", "available"
)  # fmt: skip


def write_table(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Write a table; numbers are written as they are given, so round them before."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def yes_no(value: bool) -> str:
    """A truth value as the tables write it."""
    return "yes" if value else "no"
