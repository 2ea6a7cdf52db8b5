"""Figures of other books that a period's indicators need: figures.csv, each with its source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from dispatch.periods import period_of
from network_models.formats.table import number, read_table, text
from network_models.problems import InputError

FIGURES: Mapping[str, tuple[str, ...]] = {
    "unit-leakage": ("leakage_m3h",),
    "room-rate": ("rooms_warm", "rooms_tested"),
    "accident-rate": ("stopped_m2h", "season_h", "heated_m2"),
}
"""What each indicator needs: mean leakage; rooms found warm and rooms tested; the sum of heated
area times hours it was without heat, hours of the season, heated area."""
NAMES = tuple(name for names in FIGURES.values() for name in names)
_PERIOD, _NAME, _SOURCE = text("period"), text("name"), text("source")
_VALUE = number("value", minimum=0.0)
COLUMNS = (_PERIOD, _NAME, _VALUE, _SOURCE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A figure of a period (2026-11) and where it comes from."""

    period: str
    name: str
    value: float
    source: str


def read_figures(path: Path, zone: ZoneInfo) -> tuple[Figure, ...]:
    """The rows of a table; none without a file. InputError with every fault."""
    if not path.exists():
        return ()
    table = read_table(path, COLUMNS)
    found: dict[tuple[str, str], Figure] = {}
    for row in table.rows:
        if row[_NAME] not in NAMES:
            table.problem(row.line, "name", row[_NAME], "one of " + ", ".join(NAMES))
        try:
            period_of(row[_PERIOD], zone)
        except InputError as error:
            table.problem(row.line, "period", row[_PERIOD], error.problems[0].expected)
        key = (row[_PERIOD], row[_NAME])
        if key in found:
            table.problem(row.line, "name", row[_NAME], "one row for a figure of a period")
        found[key] = Figure(
            period=row[_PERIOD], name=row[_NAME], value=row[_VALUE], source=row[_SOURCE]
        )
    if table.problems:
        raise InputError(table.problems)
    return tuple(found.values())
