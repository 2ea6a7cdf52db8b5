"""alarms.csv: what a site decides of its alarms, read with every mistake at once."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, cast, get_args

from network_models.formats.table import (
    Column,
    Row,
    Table,
    choice,
    flag,
    number,
    optional,
    read_table,
    text,
)
from network_models.formats.text import parse_number
from network_models.problems import InputError
from network_models.units import UNITS
from scada.alarm_holds import LONGEST_SHELF_S
from scada.alarm_setting import (
    DERIVED_KINDS,
    LIMIT_KINDS,
    AlarmSetting,
    Condition,
    Rationale,
)
from scada.point import Point, Priority
from scada.point_table import PointTable

POINT = text("point")
KIND = choice("kind", (*LIMIT_KINDS, *DERIVED_KINDS))
LIMIT = optional(number("limit"), None)
DEADBAND = optional(number("deadband", minimum=0.0), None)
ON_DELAY = optional(number("on_delay_s", minimum=0.0), None)
OFF_DELAY = optional(number("off_delay_s", minimum=0.0), None)
PRIORITY = optional(choice("priority", get_args(Priority)), None)
LATCHING = optional(flag("latching"), False)
GROUP = optional(text("group"), "")
WINDOW = optional(number("window_s", minimum=1.0, maximum=86_400.0), 60.0)
SUPPRESS = optional(text("suppress_when"), "")
RELEASE = optional(number("release_s", minimum=0.0), 0.0)
SHELF = optional(number("longest_shelf_h", minimum=0.1, maximum=168.0), LONGEST_SHELF_S / 3600)
RESPONSE = optional(number("response_min", minimum=0.0), None)
WORDS = tuple(
    optional(text(f"{what}_{language}"), "")
    for what in ("cause", "consequence", "action")
    for language in ("zh", "en")
)

COLUMNS: tuple[Column[Any], ...] = (
    POINT,
    KIND,
    LIMIT,
    DEADBAND,
    ON_DELAY,
    OFF_DELAY,
    PRIORITY,
    LATCHING,
    GROUP,
    WINDOW,
    SUPPRESS,
    RELEASE,
    SHELF,
    *WORDS,
    RESPONSE,
)

_TERM = re.compile(r"\s*(\S+)\s*(<=|>=|!=|<|>|=)\s*(\S+)\s*")
TERM_SYNTAX = "POINT = VALUE terms (also != < > <= >=) joined by `and`, in the point's unit"


def read_alarms(path: Path | str, points: PointTable) -> dict[str, AlarmSetting]:
    """The settings in a CSV file by alarm id; InputError with every problem."""
    table = read_table(path, COLUMNS)
    found: dict[str, AlarmSetting] = {}
    lines: dict[str, int] = {}
    for row in table.rows:
        setting = _read_row(table, row, points)
        if setting is None:
            continue
        first = lines.setdefault(setting.id, row.line)
        if first != row.line:
            taken = f"one row for each alarm; also in line {first}"
            table.problem(row.line, "kind", setting.id, taken)
        found[setting.id] = setting
    if table.problems:
        raise InputError(sorted(table.problems, key=lambda p: p.line or 0))
    return found


def _read_row(table: Table, row: Row, points: PointTable) -> AlarmSetting | None:
    if row[POINT] not in points:
        table.problem(row.line, "point", row[POINT], "a point of points.csv")
        return None
    point = points.point(row[POINT])
    terms = _conditions(table, row, points)
    if not _limit_fits(table, row, point):
        return None
    unit = UNITS[point.unit]
    kind, limit, deadband = row[KIND], row[LIMIT], row[DEADBAND]
    derived = kind in DERIVED_KINDS
    if limit is not None:
        limit = limit * unit.factor if derived else unit.to_si(limit)
    words: dict[str, Any] = {column.name: row[column] for column in WORDS}
    return AlarmSetting(
        point=point.id,
        kind=kind,
        limit=limit,
        deadband=None if deadband is None else deadband * unit.factor,
        on_delay_s=row[ON_DELAY],
        off_delay_s=row[OFF_DELAY],
        priority=cast("Priority | None", row[PRIORITY]),
        latching=row[LATCHING],
        group=row[GROUP],
        window_s=row[WINDOW],
        suppress_when=terms,
        suppress_text=row[SUPPRESS],
        release_s=row[RELEASE],
        longest_shelf_s=row[SHELF] * 3600.0,
        rationale=Rationale(response_min=row[RESPONSE], **words),
    )


def _limit_fits(table: Table, row: Row, point: Point) -> bool:
    """A derived alarm needs a limit above 0; one of a limit needs one here or in points.csv."""
    kind, limit = row[KIND], row[LIMIT]
    if kind in DERIVED_KINDS:
        if limit is None or limit <= 0.0:
            found = "nothing" if limit is None else f"{limit:g}"
            table.problem(row.line, "limit", found, f"a number above 0, for {kind}")
            return False
    elif limit is None and getattr(point.limits, kind) is None:
        table.problem(row.line, "limit", "nothing", f"a number: points.csv has no {kind} for it")
        return False
    return True


def _conditions(table: Table, row: Row, points: PointTable) -> tuple[Condition, ...]:
    terms: list[Condition] = []
    for part in filter(None, re.split(r"\s+and\s+", row[SUPPRESS])):
        match = _TERM.fullmatch(part)
        value = parse_number(match[3]) if match else None
        if match is None or value is None:
            table.problem(row.line, "suppress_when", part, TERM_SYNTAX)
        elif match[1] not in points:
            table.problem(row.line, "suppress_when", match[1], "a point of points.csv")
        else:
            unit = UNITS[points.point(match[1]).unit]
            terms.append(Condition(point=match[1], comparison=match[2], value=unit.to_si(value)))
    return tuple(terms)
