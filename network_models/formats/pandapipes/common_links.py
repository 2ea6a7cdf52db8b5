"""Links that gas and hot water share in a pandapipes file."""

from __future__ import annotations

from typing import Any, Literal

from network_models.elements import BoosterPump, FlowControl, Node, Point2
from network_models.formats.pandapipes.draft import BAR_PA, Draft, Place, label_of
from network_models.formats.pandapipes.frame import Row

FROM_TO = (("from_junction",), ("to_junction",))
_M3H_PER_M3S = 3600.0


def status(draft: Draft, row: Row, common: dict[str, Any]) -> Literal["open", "closed"]:
    """Open if the link and both its junctions are in service."""
    return "open" if draft.working(row, common) else "closed"


def control(draft: Draft, row: Row, common: dict[str, Any]) -> Literal["active", "open", "closed"]:
    """As `status`; a control that is switched on is active."""
    if not draft.working(row, common):
        return "closed"
    return "active" if row.flag("control_active") else "open"


def diameter_m(row: Row) -> float:
    """The inner diameter: in millimetres, or in metres in older files."""
    inner = row.number("inner_diameter_mm")
    return row.need("diameter_m") if inner is None else inner * 1e-3


def vertices(draft: Draft, label: Any) -> tuple[Point2, ...]:
    """The bends of a pipe, without its ends."""
    frame = draft.pipe_coords.get(label)
    return frame[1:-1] if frame else ()


def read_coords(draft: Draft) -> None:
    """The course of each pipe; what is no list of points is left out, it only is drawn."""
    for row in draft.table("pipe_geodata"):
        value = row.cells.get("coords")
        while isinstance(value, list) and len(value) == 1 and isinstance(value[0], list):
            value = value[0]
        try:
            draft.pipe_coords[row.label] = tuple((float(p[0]), float(p[1])) for p in value or ())
        except (TypeError, ValueError, IndexError, KeyError):
            draft.notes.append(f"{row.place}: its course is left out")


def read_pumps(draft: Draft) -> None:
    """Pumps: the polynomial of their type, bar over m3/h, in SI."""
    types = draft.entries.get("std_types", draft.entries.get("std_type"))
    pumps = types.get("pump") if isinstance(types, dict) else None
    for row in draft.table("pump"):
        common = draft.ends(row, *FROM_TO)
        kind = row.word("std_type")
        given = pumps.get(kind) if isinstance(pumps, dict) else None
        numbers = given.get("reg_par") if isinstance(given, dict) else None
        if not isinstance(numbers, list) or not all(isinstance(n, int | float) for n in numbers):
            row.fault("std_type", repr(kind), "a pump type of the file with a polynomial")
            continue
        if common is not None:
            powers = range(len(numbers) - 1, -1, -1)
            lift = (n * BAR_PA * _M3H_PER_M3S**k for n, k in zip(numbers, powers, strict=True))
            state = status(draft, row, common)
            draft.links[common["id"]] = BoosterPump(**common, lift_pa=tuple(lift), status=state)


def read_flow_controls(draft: Draft) -> None:
    """Links of a fixed flow."""
    for row in draft.table("flow_control"):
        common = draft.ends(row, *FROM_TO)
        flow = row.need("controlled_mdot_kg_per_s")
        if common is not None:
            state = control(draft, row, common)
            draft.links[common["id"]] = FlowControl(**common, flow_kgs=flow, status=state)


def valve_ends(draft: Draft, row: Row) -> dict[str, Any] | None:
    """A valve between two junctions, or between a junction and a pipe's end.

    At a pipe's end the pipe gets a node of its own there, which the caller's pipes then use.
    """
    if row.word("et") in ("", "ju"):
        return draft.ends(row, ("junction", "from_junction"), ("element", "to_junction"))
    place = draft.place(row, "junction")
    pipe = label_of(row.cells.get("element"))
    end = draft.valve_nodes.get((place.id, pipe)) if place is not None else None
    if end is None or place is None:
        row.fault("element", repr(pipe), "a junction, or a pipe (et: pi) that begins or ends there")
        return None
    name = draft.link_ids[row.table, row.label]
    return {"id": name, "start": place.id, "end": end, "comment": ""}


def split_pipes_at_valves(draft: Draft) -> None:
    """Give each pipe's end with a valve on it a node of its own."""
    pipes = {row.label: row for row in draft.table("pipe")}
    for row in draft.table("valve"):
        if row.word("et") in ("", "ju"):
            continue
        if row.word("et") != "pi":
            row.fault("et", repr(row.word("et")), "ju (junction) or pi (pipe)")
            continue
        place = draft.places.get(label_of(row.cells.get("junction")))
        pipe = label_of(row.cells.get("element"))
        ends = pipes[pipe].cells if pipe in pipes else {}
        for side in ("from_junction", "to_junction"):
            if place is not None and draft.places.get(label_of(ends.get(side))) is place:
                key = (place.id, pipe)
                if key not in draft.valve_nodes:
                    draft.valve_nodes[key] = f"{place.id} at pipe {pipe}"
                    draft.notes.append(f"node {draft.valve_nodes[key]}: between a pipe and a valve")
                draft.pipe_ends[pipe, side] = draft.valve_nodes[key]


def pipe_ends(draft: Draft, row: Row) -> dict[str, Any] | None:
    """The ends of a pipe, at its valves where it has any."""
    common = draft.ends(row, *FROM_TO)
    if common is not None:
        common["start"] = draft.pipe_ends.get((row.label, "from_junction"), common["start"])
        common["end"] = draft.pipe_ends.get((row.label, "to_junction"), common["end"])
    return common


def valve_places(draft: Draft) -> list[tuple[Place, str]]:
    """The extra nodes, each with the junction it lies at."""
    by_id = {place.id: place for place in draft.places.values()}
    return [(by_id[junction], name) for (junction, _), name in draft.valve_nodes.items()]


def common_node(place: Place) -> dict[str, Any]:
    """What every node has."""
    name = place.row.word("name")
    return {
        "id": place.id,
        "elevation_m": place.height_m,
        "position": place.position,
        "comment": "" if name == place.id else name,
    }


def add_node(draft: Draft, node: Node) -> None:
    """Keep a node by its id."""
    draft.nodes[node.id] = node
