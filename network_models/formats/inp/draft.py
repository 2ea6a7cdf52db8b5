"""The network under construction while the sections of a file are read.

Elements are drafts (class and field values) until all sections are read, because later sections
add to earlier elements. A cell that cannot be read is noted as a problem and gets a harmless
stand-in, so that the rest of the file is judged too; a draft with problems never becomes a network.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from network_models.elements import Link, Node
from network_models.formats.inp.group import ElementDraft, Group
from network_models.formats.inp.sections import Row, choose, starts
from network_models.formats.inp.units import FileUnits
from network_models.formats.text import parse_number
from network_models.operation import (
    Backdrop,
    Control,
    ControlRule,
    Curve,
    EnergyOptions,
    MapLabel,
    Options,
    Pattern,
    ReactionOptions,
    Times,
)
from network_models.problems import Problem


@dataclass(slots=True)
class Draft:
    """What has been read so far. `lines` knows where each element stands: (kind, id) -> line."""

    file: str
    units: FileUnits
    problems: list[Problem] = field(default_factory=list)
    lines: dict[tuple[str, str], int] = field(default_factory=dict)
    nodes: Group = field(default_factory=Group)
    links: Group = field(default_factory=Group)
    patterns: dict[str, Pattern] = field(default_factory=dict)
    curves: dict[str, Curve] = field(default_factory=dict)
    controls: list[Control] = field(default_factory=list)
    rules: list[ControlRule] = field(default_factory=list)
    options: Options = field(default_factory=Options)
    times: Times = field(default_factory=Times)
    energy: EnergyOptions = field(default_factory=EnergyOptions)
    reactions: ReactionOptions = field(default_factory=ReactionOptions)
    labels: list[MapLabel] = field(default_factory=list)
    backdrop: Backdrop = field(default_factory=Backdrop)
    report: list[tuple[str, ...]] = field(default_factory=list)

    def bad(self, row: Row, name: str, found: str, expected: str) -> None:
        """Note a problem of a row; `name` is the column's."""
        self.problems.append(
            Problem(
                file=self.file,
                line=row.line,
                field=f"[{row.section}] {name}",
                found=found or "nothing",
                expected=expected,
            )
        )

    def count(self, row: Row, least: int, most: int | None = None) -> bool:
        """Whether the row has a right number of tokens; a wrong one is noted."""
        found = len(row.tokens)
        if found >= least and (most is None or found <= most):
            return True
        if most is None:
            expected = f"at least {least} values"
        else:
            expected = f"{least} values" if least == most else f"{least} to {most} values"
        self.bad(row, "line", f"{found} values: {' '.join(row.tokens[:8])}", expected)
        return False

    def number(
        self,
        row: Row,
        index: int,
        name: str,
        *,
        above: float = -math.inf,
        least: float = -math.inf,
        default: float | None = None,
    ) -> float:
        """The number at `index`: greater than `above`, at least `least`; `default` if absent."""
        if index >= len(row.tokens):
            if default is None:
                self.bad(row, name, "nothing", "a number")
            return 1.0 if default is None else default
        word = row.tokens[index]
        value = parse_number(word)
        if value is None or value <= above or value < least:
            expected = "a number"
            if above > -math.inf:
                expected += f" greater than {above:g}"
            if least > -math.inf:
                expected += f" of at least {least:g}"
            self.bad(row, name, word, expected)
            return 1.0
        return value

    def whole(self, row: Row, index: int, name: str, *, least: int) -> int:
        """The whole number at `index`."""
        value = self.number(row, index, name, least=least)
        if value != math.floor(value):
            self.bad(row, name, row.tokens[index], "a whole number")
        return int(value)

    def word(self, row: Row, index: int, name: str, keywords: tuple[str, ...]) -> str | None:
        """The keyword at `index`; None after noting that it is another word."""
        word = row.tokens[index] if index < len(row.tokens) else ""
        keyword = choose(word, keywords)
        if keyword is None:
            self.bad(row, name, word, "one of " + ", ".join(keywords))
        return keyword

    def reference(self, row: Row, index: int) -> str | None:
        """An id that may be left out, or written as `*`."""
        word = row.tokens[index] if index < len(row.tokens) else ""
        return None if word in ("", "*") else word

    def node(self, row: Row, index: int) -> ElementDraft | None:
        """The node named at `index`; None after noting that there is none."""
        word = row.tokens[index]
        draft = self.nodes.get(word)
        if draft is None:
            self.bad(row, "node", word, "the id of a node of this file")
        return draft

    def link(self, row: Row, index: int) -> ElementDraft | None:
        """The link named at `index`; None after noting that there is none."""
        word = row.tokens[index]
        draft = self.links.get(word)
        if draft is None:
            self.bad(row, "link", word, "the id of a link of this file")
        return draft

    def add(self, row: Row, element: type[Node] | type[Link], **values: Any) -> None:
        """Take an element up; a second one of the same id is a problem."""
        is_node = issubclass(element, Node)
        group, elements = ("node", self.nodes) if is_node else ("link", self.links)
        name = row.tokens[0]
        if name in elements:
            first = self.lines.get((group, name))
            self.bad(row, "id", name, f"an id of its own; it stands in line {first} too")
            return
        self.lines[group, name] = row.line
        values["comment"] = row.comment
        elements.drafts[name] = ElementDraft(element, values)

    def clock(self, row: Row, first: int, name: str) -> float:
        """The time in seconds in the tokens from `first`, in EPANET's notation."""
        words = row.tokens[first:]
        seconds = seconds_of(words[0], words[1] if len(words) > 1 else "") if words else None
        if seconds is None or len(words) > 2:
            self.bad(row, name, " ".join(words), "a time such as 1.5, 1:30, 90 MIN or 6:00 PM")
            return 0.0
        return seconds


_TIME_UNITS = {"SEC": 1.0, "MIN": 60.0, "HOU": 3600.0, "DAY": 86400.0}
_HALF_DAY_S = 43200.0


@lru_cache(maxsize=1024)  # controls of a week name the same hours of a day
def seconds_of(word: str, unit: str = "") -> float | None:
    """Seconds of a time in EPANET's notation, or None if it is none.

    A plain number is hours unless a unit follows; 12 AM is midnight, 12 PM noon.
    """
    parts = [parse_number(part) for part in word.split(":")]
    if len(parts) > 3:
        return None
    seconds = 0.0
    for part, scale in zip(parts, (3600.0, 60.0, 1.0), strict=False):
        if part is None or part < 0.0:
            return None
        seconds += part * scale
    if not unit:
        return seconds
    if len(parts) == 1:
        for name, scale in _TIME_UNITS.items():
            if starts(unit, name):
                return (parts[0] or 0.0) * scale
    half = choose(unit, ("AM", "PM"))
    if half is None or seconds >= 13 * 3600.0:
        return None
    if seconds >= _HALF_DAY_S:
        seconds -= _HALF_DAY_S
    return seconds + (_HALF_DAY_S if half == "PM" else 0.0)
