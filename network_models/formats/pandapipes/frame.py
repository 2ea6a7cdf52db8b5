"""Values of a pandapipes file: objects inside texts, arrays and tables, made plain."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from network_models.problems import Problem

_DEEPEST = 30


class FormatFaultError(ValueError):
    """A value that is not what this kind of file holds there."""


@dataclass(frozen=True, slots=True)
class Frame:
    """A table: column names, the label of each row, the rows."""

    columns: tuple[str, ...]
    index: tuple[Any, ...]
    data: tuple[tuple[Any, ...], ...]


def plain(value: Any, depth: int = 0) -> Any:
    """A value without its wrappers: tables as `Frame`, arrays as lists, objects as dicts.

    Objects keep their class under "_class". FormatFaultError tells what cannot be understood.
    """
    if depth > _DEEPEST:
        raise FormatFaultError("values nested too deeply")
    if isinstance(value, list):
        return [plain(item, depth + 1) for item in value]
    if not isinstance(value, dict):
        return value
    if "_class" not in value or "_object" not in value:
        return {key: plain(item, depth + 1) for key, item in value.items()}
    name, content = value["_class"], value["_object"]
    if name in ("DataFrame", "Series") or (isinstance(content, str) and content[:1] in "{["):
        content = _parsed(content)
    if name == "DataFrame":
        return _frame(content, value.get("orient", "split"))
    content = plain(content, depth + 1)
    return {"_class": name, **content} if isinstance(content, dict) else content


def _parsed(content: Any) -> Any:
    if not isinstance(content, str):
        return content
    try:
        return json.loads(content)
    except (json.JSONDecodeError, RecursionError) as error:
        raise FormatFaultError(f"not well-formed JSON inside a text ({error})") from error


def _frame(content: Any, orient: Any) -> Frame:
    parts = ("columns", "index", "data")
    if orient != "split" or not isinstance(content, dict):
        raise FormatFaultError(f"a table of the layout {orient!r}, not split")
    columns, index, data = (content.get(part) for part in parts)
    if not (isinstance(columns, list) and isinstance(index, list) and isinstance(data, list)):
        raise FormatFaultError("a table without columns, index and data")
    if len(index) != len(data):
        raise FormatFaultError(f"a table with {len(index)} labels for {len(data)} rows")
    for label in index:
        if not isinstance(label, int | str):
            raise FormatFaultError(f"a row labelled {label!r}, not by a number or a word")
    if len(set(index)) < len(index):
        raise FormatFaultError("a label that two rows have")
    for label, row in zip(index, data, strict=True):
        if not isinstance(row, list) or len(row) != len(columns):
            raise FormatFaultError(f"a row {label} that does not have {len(columns)} cells")
    return Frame(tuple(map(str, columns)), tuple(index), tuple(map(tuple, data)))


@dataclass(slots=True)
class Row:
    """One row of a table; reading a cell notes its fault in `problems`."""

    file: str
    table: str
    label: Any
    cells: dict[str, Any]
    problems: list[Problem]

    @property
    def place(self) -> str:
        """How problems name the row."""
        return f"{self.table}[{self.label}]"

    def fault(self, column: str, found: str, expected: str) -> None:
        """Note a fault of a cell."""
        field = f"{self.place}.{column}"
        self.problems.append(
            Problem(file=self.file, line=None, field=field, found=found, expected=expected)
        )

    def number(self, column: str, *others: str) -> float | None:
        """The cell of the first column that has one, or None where it is empty."""
        for name in (column, *others):
            value = self.cells.get(name)
            if isinstance(value, bool):
                value = float(value)
            if value is None or (isinstance(value, float) and math.isnan(value)):
                continue
            if isinstance(value, int | float) and math.isfinite(value):
                return float(value)
            self.fault(name, repr(value)[:60], "a finite number")
            return None
        return None

    def need(self, column: str, *others: str) -> float:
        """As `number`; an empty cell is a fault (and gives 1)."""
        before = len(self.problems)
        value = self.number(column, *others)
        if value is None and len(self.problems) == before:
            self.fault(column, "nothing", "a number")
        return 1.0 if value is None else value

    def flag(self, column: str, default: bool = True) -> bool:
        """A cell of true or false."""
        value = self.cells.get(column)
        if value is None:
            return default
        if value in (0, 1):  # True and False are equal to these
            return bool(value)
        self.fault(column, repr(value)[:60], "true or false")
        return default

    def word(self, column: str) -> str:
        """A cell as text, empty where there is nothing."""
        value = self.cells.get(column)
        empty = value is None or (isinstance(value, float) and math.isnan(value))
        return "" if empty else str(value)


def rows(file: str, table: str, frame: Frame, problems: list[Problem]) -> Iterator[Row]:
    """The rows of a table."""
    for label, data in zip(frame.index, frame.data, strict=True):
        yield Row(file, table, label, dict(zip(frame.columns, data, strict=True)), problems)
