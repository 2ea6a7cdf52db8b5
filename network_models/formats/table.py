"""Comma-separated tables: typed columns, every fault at once with its line and column.

Columns are declared once and used as keys, so a row's values keep their types:

    ID = text("id")
    DN = number("dn_mm", minimum=0.0)
    TURNS = optional(number("turns"), None)          # may be missing, or its cell empty
    table = read_table(path, (ID, DN, TURNS), key=ID)
    for row in table.rows:
        row[ID], row[DN], row[TURNS]                 # str, float, float | None

`table.problems` lists all faults; rows with a fault are left out of `table.rows`.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar, cast

from network_models.formats.text import parse_integer, parse_number, read_text
from network_models.problems import Problem

T = TypeVar("T")
D = TypeVar("D")


@dataclass(frozen=True, slots=True)
class Column(Generic[T]):
    """A column: its name, how a cell is read (None means it cannot be), what is expected."""

    name: str
    parse: Callable[[str], T | None]
    expected: str
    required: bool = True
    default: T | None = None


def text(name: str) -> Column[str]:
    """A column of words that may not be empty."""
    return Column(name, lambda cell: cell, "a text")


def number(
    name: str, *, minimum: float | None = None, maximum: float | None = None
) -> Column[float]:
    """A column of finite decimal numbers, within the given limits (inclusive)."""

    def parse(cell: str) -> float | None:
        value = parse_number(cell)
        return value if value is not None and _inside(value, minimum, maximum) else None

    return Column(name, parse, "a number" + _limits(minimum, maximum))


def integer(name: str, *, minimum: int | None = None, maximum: int | None = None) -> Column[int]:
    """A column of whole numbers, within the given limits (inclusive)."""

    def parse(cell: str) -> int | None:
        value = parse_integer(cell)
        return value if value is not None and _inside(value, minimum, maximum) else None

    return Column(name, parse, "a whole number" + _limits(minimum, maximum))


def flag(name: str) -> Column[bool]:
    """A column of yes or no."""
    return Column(name, {"yes": True, "no": False}.get, "yes or no")


def choice(name: str, values: Iterable[str]) -> Column[str]:
    """A column of one of the given words."""
    allowed = {value: value for value in values}
    return Column(name, allowed.get, "one of " + ", ".join(allowed))


def optional(column: Column[T], default: D) -> Column[T | D]:
    """The column, allowed to be missing or to have empty cells, which give `default`."""
    return cast(
        "Column[T | D]",
        Column(
            column.name, column.parse, column.expected, required=False, default=cast(T, default)
        ),
    )


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table; `row[column]` is the column's value with the column's type."""

    line: int
    values: dict[str, Any]

    def __getitem__(self, column: Column[T]) -> T:
        return cast(T, self.values[column.name])


@dataclass(slots=True)
class Table:
    """What a file holds: its sound rows, and the problems of the others."""

    file: str
    rows: list[Row] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def problem(self, line: int | None, field: str, found: str, expected: str) -> None:
        """Note a fault; readers use it for what only they can judge (such as unknown ids)."""
        self.problems.append(
            Problem(file=self.file, line=line, field=field, found=found, expected=expected)
        )


def read_table(
    path: Path | str, columns: Sequence[Column[Any]], *, key: Column[Any] | None = None
) -> Table:
    """The table in a CSV file with a header line; column order is free.

    Problems: unreadable file, unknown, missing or repeated column, wrong number of cells, a cell
    that cannot be read, and with `key` a value that stands in two rows. Empty lines are skipped;
    blanks around a cell do not count. UTF-8 (byte order mark or not) or GB18030.
    """
    table = Table(str(path))
    content, table.problems = read_text(path)
    if table.problems:
        return table
    lines = _lines(table, content)
    if not lines:
        if not table.problems:
            table.problem(1, "header", "an empty file", "a header line of column names")
        return table
    header_line, header = lines[0]
    known = _check_header(table, header_line, header, columns)
    complete = len(known) == len(columns)
    first_lines: dict[object, int] = {}
    for line, cells in lines[1:]:
        if len(cells) != len(header):
            table.problem(line, "row", f"{len(cells)} cells", f"{len(header)} cells")
            continue
        row = _read_row(table, line, dict(zip(header, cells, strict=True)), known)
        if row is None:
            continue
        if key is not None and key.name in row.values:
            value = row[key]
            first = first_lines.setdefault(value, line)
            if first != line:
                table.problem(line, key.name, str(value), f"one row each; also in line {first}")
                continue
        if complete:
            table.rows.append(row)
    return table


def _lines(table: Table, content: str) -> list[tuple[int, list[str]]]:
    """The non-empty records with the line each one starts on."""
    reader = csv.reader(io.StringIO(content, newline=""), strict=True)
    records: list[tuple[int, list[str]]] = []
    start = 1
    try:
        for cells in reader:
            stripped = [cell.strip() for cell in cells]
            if any(stripped):
                records.append((start, stripped))
            start = reader.line_num + 1
    except csv.Error as error:
        table.problem(start, "row", str(error), "well-formed comma-separated cells")
    return records


def _check_header(
    table: Table, line: int, header: Sequence[str], columns: Sequence[Column[Any]]
) -> list[Column[Any]]:
    """Judge the header; the declared columns, without the required ones that are missing."""
    names = {column.name for column in columns}
    seen: set[str] = set()
    for name in header:
        if name in seen:
            table.problem(line, name or "header", "a repeated column", "each column once")
        elif name not in names:
            expected = "one of " + ", ".join(column.name for column in columns)
            table.problem(line, "header", name or "a column without a name", expected)
        seen.add(name)
    missing = [column for column in columns if column.required and column.name not in seen]
    for column in missing:
        table.problem(line, column.name, "no such column", "a column of this name")
    return [column for column in columns if column not in missing]


def _read_row(
    table: Table, line: int, cells: dict[str, str], columns: Sequence[Column[Any]]
) -> Row | None:
    values: dict[str, Any] = {}
    sound = True
    for column in columns:
        cell = cells.get(column.name, "")
        if not cell:
            if column.required:
                table.problem(line, column.name, "an empty cell", column.expected)
                sound = False
            values[column.name] = column.default
            continue
        value = column.parse(cell)
        if value is None:
            table.problem(line, column.name, cell, column.expected)
            sound = False
        values[column.name] = value
    return Row(line, values) if sound else None


def _inside(value: float, minimum: float | None, maximum: float | None) -> bool:
    return (minimum is None or value >= minimum) and (maximum is None or value <= maximum)


def _limits(minimum: float | None, maximum: float | None) -> str:
    if minimum is not None and maximum is not None:
        return f" from {minimum:g} to {maximum:g}"
    if minimum is not None:
        return f" of at least {minimum:g}"
    return "" if maximum is None else f" of at most {maximum:g}"
