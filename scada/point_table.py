"""The point list: points.csv read with every mistake at once, and written back.

Limits and deadbands stand in the file in the point's unit and in a `Point` in SI. Raw numbers of
the field become SI by one straight line a point: see `raw_to_si`.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from network_models.formats.table import Row, Table, optional, read_table, text
from network_models.problems import InputError
from network_models.units import UNITS
from scada.calc_book import faults_of
from scada.point import Limits, Point
from scada.point_check import (
    Occupied,
    check_compression,
    check_element,
    check_limits,
    check_scale,
    check_unit,
    parse_address,
)
from scada.point_columns import COLUMNS, DEFAULTS, LIMIT_COLUMNS, REQUIRED


@dataclass(frozen=True, slots=True)
class PointTable:
    """All points of a site; a point's handle is its place in `points`."""

    points: tuple[Point, ...]
    _handles: dict[str, int] = field(init=False, repr=False, compare=False)

    def __init__(self, points: Iterable[Point] = ()) -> None:
        """The table of `points`; ValueError when two have the same id."""
        object.__setattr__(self, "points", tuple(points))
        handles = {point.id: i for i, point in enumerate(self.points)}
        if len(handles) != len(self.points):
            raise ValueError("two points have the same id")
        object.__setattr__(self, "_handles", handles)

    def __len__(self) -> int:
        return len(self.points)

    def __iter__(self) -> Iterator[Point]:
        return iter(self.points)

    def __contains__(self, point_id: object) -> bool:
        return point_id in self._handles

    def __getitem__(self, handle: int) -> Point:
        return self.points[handle]

    def handle(self, point_id: str) -> int:
        """The handle of a point; KeyError when there is no such id."""
        return self._handles[point_id]

    def point(self, point_id: str) -> Point:
        """The point of an id; KeyError when there is none."""
        return self.points[self._handles[point_id]]

    def of_driver(self, driver: str) -> tuple[int, ...]:
        """The handles of the points a driver serves."""
        return tuple(i for i, point in enumerate(self.points) if point.driver == driver)

    @property
    def digest(self) -> str:
        """A short name for the ids in their order: handles of equal digests mean the same."""
        return digest_of([point.id for point in self.points])

    def write(self, path: Path | str) -> None:
        """Write points.csv (UTF-8 with a byte order mark, so that spreadsheets know it)."""
        out = io.StringIO(newline="")
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(COLUMNS)
        for point in self.points:
            cells = point_cells(point)
            writer.writerow([cells[name] for name in COLUMNS])
        Path(path).write_text(out.getvalue(), encoding="utf-8-sig")


def digest_of(ids: Sequence[str]) -> str:
    """A short name for a point list, by the ids in their order."""
    return hashlib.blake2b("\n".join(ids).encode(), digest_size=8).hexdigest()


def raw_to_si(point: Point) -> tuple[float, float]:
    """(a, b) with SI = raw * a + b: the point's scale and offset, then its unit."""
    unit = UNITS[point.unit]
    return point.scale * unit.factor, point.offset * unit.factor + unit.offset


def read_points(
    path: Path | str,
    *,
    drivers: Collection[str] | Mapping[str, str] | None = None,
    elements: Mapping[str, Collection[str]] | None = None,
    scan_classes: Collection[str] | None = None,
) -> PointTable:
    """The point list in a CSV file.

    `drivers`: the known driver names, or a mapping of names to kinds (`modbus_tcp`, `opcua`,
    `memory`), which lets addresses be judged by the kind; the driver `model` always exists.
    `elements`: for each utility its elements as `node:ID` and `link:ID`.
    What is left out (None) is not checked against. Raises InputError with every problem.
    """
    columns = [text(name) if name in REQUIRED else optional(text(name), "") for name in COLUMNS]
    table = read_table(path, columns)
    lines: dict[str, int] = {}
    for row in table.rows:
        first = lines.setdefault(row.values["id"], row.line)
        if first != row.line:
            taken = f"an id of its own; also in line {first}"
            table.problem(row.line, "id", row.values["id"], taken)
    occupied = Occupied()
    points = [
        point
        for row in table.rows
        if (point := _read_row(table, row, drivers, elements, scan_classes, occupied)) is not None
    ]
    if not table.problems:
        line = {row.values["id"]: row for row in table.rows}
        for id_, expected in faults_of(points):
            table.problem(line[id_].line, "address", line[id_].values["address"], expected)
    if table.problems:
        raise InputError(sorted(table.problems, key=lambda p: p.line or 0))
    return PointTable(points)


def _read_row(
    table: Table,
    row: Row,
    drivers: Collection[str] | Mapping[str, str] | None,
    elements: Mapping[str, Collection[str]] | None,
    scan_classes: Collection[str] | None,
    occupied: Occupied,
) -> Point | None:
    before = len(table.problems)

    def report(field: str, found: str, expected: str) -> None:
        table.problem(row.line, field, found, expected)

    cells: dict[str, Any] = {}
    for name, column in COLUMNS.items():
        cell = row.values[name]
        value = column.parse(cell) if cell else DEFAULTS.get(name)
        if cell and value is None:
            report(name, cell, column.expected)
        else:
            cells[name] = value
    if not row.values["type"] and row.values["address"].rpartition("/")[2][:3] in ("co:", "di:"):
        cells["type"] = "bool"
    check_unit(cells, report)
    check_element(cells, elements, report)
    check_limits(cells, report)
    check_scale(cells, report)
    check_compression(cells, report)
    if scan_classes is not None and cells["scan"] not in scan_classes:
        report("scan", cells["scan"], "one of " + ", ".join(scan_classes))
    place = parse_address(cells, drivers, report)
    if place is not None:
        occupied.take(cells, place, report)
    return _point(cells) if len(table.problems) == before else None


def _point(cells: dict[str, Any]) -> Point:
    """The point of a sound row: limits and deadbands turned to SI."""
    unit = UNITS[cells["unit"]]
    limits = Limits(
        **{
            name: None if cells[name] is None else unit.to_si(cells[name]) for name in LIMIT_COLUMNS
        },
        deadband=cells["alarm_deadband"] * unit.factor,
        on_delay_s=cells["on_delay_s"],
        off_delay_s=cells["off_delay_s"],
    )
    apart = {*LIMIT_COLUMNS, "alarm_deadband", "on_delay_s", "off_delay_s"}
    rest = {name: value for name, value in cells.items() if name not in apart}
    rest["deadband"] *= unit.factor
    for name in ("range_low", "range_high"):
        rest[name] = None if rest[name] is None else unit.to_si(rest[name])
    for name in ("max_rate", "model_max"):
        if rest[name] is not None:
            rest[name] *= unit.factor
    return Point(**rest, limits=limits)


def point_cells(point: Point) -> dict[str, str]:
    """The row of a point, as `read_points` takes it back."""
    unit = UNITS[point.unit]
    limits = point.limits
    values: dict[str, Any] = {
        name: getattr(point, name) for name in COLUMNS if hasattr(point, name)
    }
    for name in LIMIT_COLUMNS:
        limit = getattr(limits, name)
        values[name] = "" if limit is None else unit.from_si(limit)
    values["deadband"] = point.deadband / unit.factor
    for name in ("range_low", "range_high"):
        bound = getattr(point, name)
        values[name] = "" if bound is None else unit.from_si(bound)
    for name in ("max_rate", "model_max"):
        most = getattr(point, name)
        values[name] = "" if most is None else most / unit.factor
    values["alarm_deadband"] = limits.deadband / unit.factor
    values["on_delay_s"], values["off_delay_s"] = limits.on_delay_s, limits.off_delay_s
    return {name: _cell(value) for name, value in values.items()}


def _cell(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    # twelve digits: what a unit's conversion loses in the sixteenth must not show in the file
    return f"{value:.12g}" if isinstance(value, float) else str(value)
