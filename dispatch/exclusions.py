"""Pressure samples with a known cause: exclusions.csv, kept with evidence so that nothing hides."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from network_models.formats.table import read_table, text
from network_models.problems import InputError

_POINT, _FROM, _TO = text("point"), text("from"), text("to")
_CAUSE, _EVIDENCE = text("cause"), text("evidence")
COLUMNS = (_POINT, _FROM, _TO, _CAUSE, _EVIDENCE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Exclusion:
    """A point that was low for a cause; the rule decides whether the cause leaves samples out."""

    point: str
    start: datetime
    end: datetime
    cause: str
    evidence: str


def read_exclusions(path: Path, zone: ZoneInfo, points: Collection[str]) -> tuple[Exclusion, ...]:
    """The rows of a table; none without a file. InputError with every fault."""
    if not path.exists():
        return ()
    table = read_table(path, COLUMNS)
    found = []
    for row in table.rows:
        if row[_POINT] not in points:
            table.problem(row.line, "point", row[_POINT], "the id of a point")
        moments = []
        for column in (_FROM, _TO):
            try:
                moment = datetime.fromisoformat(row[column])
                moments.append(moment if moment.tzinfo else moment.replace(tzinfo=zone))
            except ValueError:
                table.problem(row.line, column.name, row[column], "an ISO 8601 time")
        if len(moments) < 2:
            continue
        if moments[0] >= moments[1]:
            table.problem(row.line, "to", row[_TO], "a time after `from`")
        found.append(
            Exclusion(
                point=row[_POINT],
                start=moments[0],
                end=moments[1],
                cause=row[_CAUSE],
                evidence=row[_EVIDENCE],
            )
        )
    if table.problems:
        raise InputError(table.problems)
    return tuple(found)
