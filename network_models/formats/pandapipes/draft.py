"""A pandapipes file in the making of a network: its tables, ids and what stands at a junction."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from network_models.elements import Link, Node, Point2, StoredMass
from network_models.formats.pandapipes.frame import Frame, Row, rows
from network_models.problems import Problem

BAR_PA = 1e5
LINK_TABLES = (
    "pipe",
    "valve",
    "pump",
    "compressor",
    "press_control",
    "flow_control",
    "circ_pump_mass",
    "circ_pump_pressure",
    "heat_exchanger",
    "heat_consumer",
)
NODE_TABLES = ("junction", "ext_grid", "sink", "source", "mass_storage")


@dataclass(slots=True)
class Place:
    """A junction with all that is joined to it."""

    id: str
    row: Row
    height_m: float
    temperature_k: float | None
    position: Point2 | None
    in_service: bool
    demand_kgs: float = 0.0
    pressures_pa: list[float] = field(default_factory=list)
    temperatures_k: list[float] = field(default_factory=list)
    stored: StoredMass | None = None


@dataclass(slots=True)
class Draft:
    """What is read so far. `places` are junctions by their label in the table."""

    file: str
    entries: dict[str, Any]
    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    places: dict[Any, Place] = field(default_factory=dict)
    nodes: dict[str, Node] = field(default_factory=dict)
    links: dict[str, Link] = field(default_factory=dict)
    link_ids: dict[tuple[str, Any], str] = field(default_factory=dict)
    pipe_coords: dict[Any, tuple[Point2, ...]] = field(default_factory=dict)
    valve_nodes: dict[tuple[str, Any], str] = field(default_factory=dict)
    """Ids of the nodes between a pipe and the valve on its end, by junction id and pipe."""
    out_of_service: set[str] = field(default_factory=set)
    """Ids of the junctions that are."""
    no_length: list[str] = field(default_factory=list)
    """Pipes of no length: they are read as what loses no more than they do."""
    pipe_ends: dict[tuple[Any, str], str] = field(default_factory=dict)

    def problem(self, name: str, found: str, expected: str) -> None:
        """Note a fault of the file."""
        self.problems.append(
            Problem(file=self.file, line=None, field=name, found=found, expected=expected)
        )

    def table(self, name: str) -> Iterator[Row]:
        """The rows of a table, none if there is no such table."""
        frame = self.entries.get(name)
        return rows(self.file, name, frame, self.problems) if isinstance(frame, Frame) else iter(())

    def count(self, name: str) -> int:
        """How many rows a table has."""
        frame = self.entries.get(name)
        return len(frame.index) if isinstance(frame, Frame) else 0

    def place(self, row: Row, column: str, *others: str) -> Place | None:
        """The junction a cell names, or None after noting the fault."""
        name = next((n for n in (column, *others) if row.cells.get(n) is not None), column)
        found = self.places.get(label_of(row.cells.get(name)))
        if found is None:
            row.fault(name, repr(row.cells.get(name))[:60], "the index of a junction")
        return found

    def ends(self, row: Row, *columns: tuple[str, ...]) -> dict[str, Any] | None:
        """What every link has: id, ends, comment; None after noting a fault."""
        start, end = (self.place(row, *names) for names in columns)
        if start is None or end is None:
            return None
        name = self.link_ids[row.table, row.label]
        return {
            "id": name,
            "start": start.id,
            "end": end.id,
            "comment": "" if row.word("name") == name else row.word("name"),
        }

    def working(self, row: Row, common: dict[str, Any]) -> bool:
        """Whether a link is in service, and its junctions are."""
        ends = (common["start"], common["end"])
        return row.flag("in_service") and not any(end in self.out_of_service for end in ends)


def label_of(cell: Any) -> int | str | None:
    """What a cell names another table's row by, None if it names none."""
    if isinstance(cell, float) and cell.is_integer():
        return int(cell)
    return cell if isinstance(cell, int | str) and not isinstance(cell, bool) else None


def name_elements(draft: Draft) -> dict[Any, str]:
    """Ids of the junctions by their label; those of links go to `draft.link_ids`.

    Names are ids where all of them are there and differ, else junctions have their index and
    links the table's name with the index.
    """
    for table in LINK_TABLES:
        names = {row.label: row.word("name").strip() for row in draft.table(table)}
        for label, name in names.items():
            draft.link_ids[table, label] = name
    links = list(draft.link_ids.values())
    if not all(links) or len(set(links)) < len(links):
        for table, label in draft.link_ids:
            draft.link_ids[table, label] = f"{table} {label}"
    junctions = {row.label: row.word("name").strip() for row in draft.table("junction")}
    if not all(junctions.values()) or len(set(junctions.values())) < len(junctions):
        return {label: str(label) for label in junctions}
    return junctions
