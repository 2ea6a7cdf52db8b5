"""Junctions, and what of sinks, sources, stores and external grids stands at them."""

from __future__ import annotations

from typing import Any

from network_models.elements import Point2, StoredMass
from network_models.formats.pandapipes.draft import BAR_PA, Draft, Place, name_elements

_HELD = {"p": (True, False), "t": (False, True), "pt": (True, True), "tp": (True, True)}


def read_places(draft: Draft) -> None:
    """All junctions with what is joined to them."""
    positions = _positions(draft)
    names = name_elements(draft)
    for row in draft.table("junction"):
        draft.places[row.label] = Place(
            id=names[row.label],
            row=row,
            height_m=row.number("height_m") or 0.0,
            temperature_k=row.number("tfluid_k"),
            position=positions.get(row.label),
            in_service=row.flag("in_service"),
        )
    for table, sign in (("sink", 1.0), ("source", -1.0), ("mass_storage", 1.0)):
        _read_flows(draft, table, sign)
    _read_grids(draft)
    off = [place.id for place in draft.places.values() if not place.in_service]
    draft.out_of_service |= set(off)
    if off:
        draft.notes.append(f"junctions out of service, their links closed: {', '.join(off)}")


def _positions(draft: Draft) -> dict[Any, Point2]:
    """Places on the plan; a geographic one (latitude, longitude) is not one."""
    found = {}
    for row in draft.table("junction_geodata"):
        x, y = row.number("x"), row.number("y")
        if x is not None and y is not None:
            found[row.label] = (x, y)
    return found


def _read_flows(draft: Draft, table: str, sign: float) -> None:
    """Add the flows of a table to the demands of its junctions."""
    added = idle = 0
    for row in draft.table(table):
        place = draft.place(row, "junction")
        flow = row.need("mdot_kg_per_s")
        scaling = row.number("scaling")
        if place is None:
            continue
        if not row.flag("in_service") or not place.in_service:
            idle += 1
            continue
        added += 1
        place.demand_kgs += sign * flow * (1.0 if scaling is None else scaling)
        if table == "mass_storage":
            place.stored = StoredMass(
                mass_kg=row.number("init_m_stored_kg") or 0.0,
                minimum_kg=row.number("min_m_stored_kg") or 0.0,
                maximum_kg=row.number("max_m_stored_kg"),
            )
    if added:
        draft.notes.append(f"{table}: {added} became demands of their junctions")
    if idle:
        draft.notes.append(f"{table}: {idle} out of service are left out")


def _read_grids(draft: Draft) -> None:
    """Pressures and temperatures that external grids hold."""
    for row in draft.table("ext_grid"):
        place = draft.place(row, "junction")
        word = row.word("type") or "pt"
        if word not in _HELD:
            row.fault("type", repr(word), "p, t or pt")
            continue
        pressure, temperature = _HELD[word]
        p = row.need("p_bar") if pressure else None
        t = row.number("t_k") if temperature else None
        if place is None:
            continue
        if not row.flag("in_service") or not place.in_service:
            draft.notes.append(f"{row.place}: out of service, left out")
            continue
        if p is not None:
            place.pressures_pa.append(p * BAR_PA)
        if t is not None:
            place.temperatures_k.append(t)
    for place in draft.places.values():
        if len(set(place.pressures_pa)) > 1 or len(set(place.temperatures_k)) > 1:
            draft.notes.append(f"junction {place.id}: external grids differ; it has their mean")


def mean(values: list[float]) -> float | None:
    """The mean of what several grids hold at one junction."""
    return sum(values) / len(values) if values else None
