"""What is read so far, and how values are taken out of elements with their faults."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from network_models.elements import Link, Node
from network_models.formats.gaslib.units import MASS_FLOWS, UNITS, Kind
from network_models.formats.gaslib.xml import Element
from network_models.formats.text import parse_number
from network_models.physics import Fluid, Scenario
from network_models.problems import Problem

_HEIGHTS = ("height",)
"""Values that public files state without a unit; they are metres."""


@dataclass(slots=True)
class Draft:
    """A network in the making; `density` makes kg/s of normal cubic metres a second."""

    file: str
    density: float = 1.0
    problems: list[Problem] = field(default_factory=list)
    nodes: dict[str, Node] = field(default_factory=dict)
    links: dict[str, Link] = field(default_factory=dict)
    fluids: dict[str, Fluid] = field(default_factory=dict)
    scenarios: dict[str, Scenario] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    lines: dict[tuple[str, str], int] = field(default_factory=dict)

    def problem(self, line: int | None, name: str, found: str, expected: str) -> None:
        """Note a fault."""
        self.problems.append(
            Problem(file=self.file, line=line, field=name, found=found, expected=expected)
        )

    def known(self, element: Element, names: Collection[str]) -> None:
        """Report children that are not understood, and those that stand twice."""
        seen: set[str] = set()
        label = _label(element)
        for child in element.children:
            if child.name not in names:
                expected = "one of " + ", ".join(names)
                self.problem(child.line, label, f"<{child.name}>", expected)
            elif child.name in seen:
                self.problem(child.line, f"{label} {child.name}", "a second one", "one")
            seen.add(child.name)

    def value(self, element: Element, name: str, kind: Kind) -> float | None:
        """The SI value of a child, or None if there is none or (after reporting) a bad one."""
        child = element.child(name)
        return None if child is None else self.number(child, kind, f"{_label(element)} {name}")

    def required(self, element: Element, name: str, kind: Kind) -> float:
        """As `value`; a missing child is a problem (and gives 1)."""
        if element.child(name) is None:
            self.problem(element.line, f"{_label(element)} {name}", "none", "this value")
        value = self.value(element, name, kind)
        return 1.0 if value is None else value

    def number(self, element: Element, kind: Kind, label: str) -> float | None:
        """An element's own `value` with its `unit`, in SI; flows as kg/s."""
        word = element.attributes.get("value", "")
        number = parse_number(word.strip())
        if number is None:
            self.problem(element.line, label, repr(word), "a number")
            return None
        unit = element.attributes.get("unit", "")
        if not unit and element.name in _HEIGHTS:
            unit = "m"
        if kind == "number":
            unit = ""
        if kind == "flow" and unit in MASS_FLOWS:
            return number * MASS_FLOWS[unit]
        if unit not in UNITS[kind]:
            names = [*UNITS[kind], *(MASS_FLOWS if kind == "flow" else ())]
            expected = "one of " + ", ".join(names)
            self.problem(element.line, f"{label} unit", repr(unit), expected)
            return None
        factor, offset = UNITS[kind][unit]
        value = number * factor + offset
        return value * self.density if kind == "flow" else value

    def identity(self, element: Element, taken: Collection[str], kind: str) -> str | None:
        """The element's id, if it has one of its own."""
        name = element.attributes.get("id", "")
        if not name:
            self.problem(element.line, element.name, "no id", "an id")
            return None
        if name in taken:
            first = self.lines.get((kind, name))
            expected = f"an id of its own; also in line {first}"
            self.problem(element.line, f"{element.name} id", name, expected)
            return None
        self.lines[kind, name] = element.line
        return name


def _label(element: Element) -> str:
    name = element.attributes.get("id") or element.attributes.get("alias", "")
    return f"{element.name} {name}".strip()
