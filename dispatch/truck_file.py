"""A truck plan read back from its JSON, and what has been delivered, from a table."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from network_models.formats.table import number, read_table, text
from network_models.problems import InputError, Problem

_POINT = text("point")
_DELIVERED = number("delivered_m3", minimum=0.0)
_NUMBER, _WORD, _FLAG = "a number", "a text", "true or false"
_POINT_FIELDS = {
    "id": _WORD,
    "x": _NUMBER,
    "y": _NUMBER,
    "people": _NUMBER,
    "daily_m3": _NUMBER,
    "priority": _FLAG,
}
_STOP_FIELDS = {
    "id": _WORD,
    "arrive": "a time",
    "leave": "a time",
    "load_m3": _NUMBER,
    "x": _NUMBER,
    "y": _NUMBER,
    "wait_s": _NUMBER,
}


def read_delivered(path: Path | str) -> dict[str, float]:
    """m3 by delivery point from a CSV file. Raises InputError with all faults."""
    table = read_table(path, (_POINT, _DELIVERED), key=_POINT)
    if table.problems:
        raise InputError(table.problems)
    return {row[_POINT]: row[_DELIVERED] for row in table.rows}


def read_truck_plan(path: Path | str) -> dict[str, Any]:
    """The truck plan in a proposal's JSON, or in that of a plan made anew.

    Raises InputError with all faults.
    """
    try:
        kept = json.loads(Path(path).read_text("utf-8"))
    except OSError as error:
        raise InputError([_problem(path, "", str(error.strerror), "a file to read")]) from None
    except ValueError as error:
        raise InputError([_problem(path, "", str(error), "JSON")]) from None
    plan = kept.get("trucks") if isinstance(kept, dict) else None
    if not isinstance(plan, dict):
        raise InputError([_problem(path, "trucks", repr(plan), "a plan of water trucks")])
    problems = plan_problems(plan, str(path))
    if problems:
        raise InputError(problems)
    return plan


def plan_problems(plan: Mapping[str, Any], path: str) -> list[Problem]:
    """Every fault of a truck plan's JSON."""
    wrong = _faults(plan, {"litres_per_person_day": _NUMBER, "source": _WORD}, "trucks", path)
    for name, fields in (
        ("points", _POINT_FIELDS),
        ("routes", {"truck": _WORD, "until": "a time"}),
    ):
        rows = plan.get(name)
        if not isinstance(rows, list):
            wrong.append(_problem(path, f"trucks.{name}", type(rows).__name__, "a list"))
            continue
        for i, row in enumerate(rows):
            wrong += _faults(row, fields, f"trucks.{name}[{i}]", path)
            if name == "routes" and isinstance(row, dict):
                wrong += _stops(row, f"trucks.routes[{i}].stops", path)
    return wrong


def _stops(route: Mapping[str, Any], place: str, path: str) -> list[Problem]:
    stops = route.get("stops")
    if not isinstance(stops, list) or not stops:
        return [_problem(path, place, repr(stops), "a list of stops")]
    wrong = []
    for i, stop in enumerate(stops):
        wrong += _faults(stop, _STOP_FIELDS, f"{place}[{i}]", path)
        kind = stop.get("kind") if isinstance(stop, dict) else None
        if kind not in ("fill", "deliver", "depot"):
            expected = "fill, deliver or depot"
            wrong.append(_problem(path, f"{place}[{i}].kind", repr(kind), expected))
    return wrong


def _faults(row: Any, fields: Mapping[str, str], place: str, path: str) -> list[Problem]:
    if not isinstance(row, dict):
        return [_problem(path, place, type(row).__name__, "an object")]
    return [
        _problem(path, f"{place}.{name}", repr(row.get(name)), expected)
        for name, expected in fields.items()
        if not _is(row.get(name), expected)
    ]


def _is(value: Any, expected: str) -> bool:
    if expected == _FLAG:
        return isinstance(value, bool)
    if expected == _NUMBER:
        return isinstance(value, int | float) and not isinstance(value, bool)
    if expected == _WORD:
        return isinstance(value, str)
    try:
        return datetime.fromisoformat(value).tzinfo is not None
    except (TypeError, ValueError):
        return False


def _problem(path: Path | str, field: str, found: str, expected: str) -> Problem:
    return Problem(file=str(path), line=None, field=field, found=found, expected=expected)
