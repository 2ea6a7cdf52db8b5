"""Water records of a pandapipes file: heads in metres, flows in m3/s, Darcy-Weisbach."""

from __future__ import annotations

from network_models.elements import Demand, Junction, Node, Pipe, Reservoir, Valve
from network_models.formats.pandapipes.common_links import (
    add_node,
    common_node,
    diameter_m,
    pipe_ends,
    status,
    valve_ends,
    valve_places,
    vertices,
)
from network_models.formats.pandapipes.draft import Draft, Place
from network_models.formats.pandapipes.fluids import GRAVITY_MS2
from network_models.formats.pandapipes.nodes import mean
from network_models.operation import Options
from network_models.units import WATER_DENSITY_KGM3

_VISCOSITY_M2S = 1.1e-5 * 0.3048**2
"""What `Options.viscosity_relative` is a multiple of."""


def read_water(draft: Draft, density_kgm3: float, viscosity_pas: float) -> Options:
    """All nodes and links of a cold network, and the options that say what the water is like."""
    head_per_pa = 1.0 / (density_kgm3 * GRAVITY_MS2)
    for place in draft.places.values():
        add_node(draft, _node(draft, place, density_kgm3, head_per_pa))
    for place, name in valve_places(draft):
        add_node(draft, Junction(id=name, elevation_m=place.height_m, position=place.position))
    _read_pipes(draft)
    _read_valves(draft)
    return Options(
        headloss="D-W",
        flow_unit="CMS",
        default_pattern=None,
        specific_gravity=density_kgm3 / WATER_DENSITY_KGM3,
        viscosity_relative=viscosity_pas / density_kgm3 / _VISCOSITY_M2S,
    )


def _node(draft: Draft, place: Place, density_kgm3: float, head_per_pa: float) -> Node:
    pressure = mean(place.pressures_pa)
    common = common_node(place)
    if pressure is None:
        flow = place.demand_kgs / density_kgm3
        return Junction(**common, demands=(Demand(base_m3s=flow),) if flow else ())
    if place.demand_kgs:
        draft.notes.append(
            f"junction {place.id}: its demand of {place.demand_kgs:g} kg/s is left out, "
            "an external grid holds its pressure"
        )
    return Reservoir(**{**common, "elevation_m": place.height_m + pressure * head_per_pa})


def _read_pipes(draft: Draft) -> None:
    for row in draft.table("pipe"):
        common = pipe_ends(draft, row)
        length, diameter, height = row.need("length_km"), diameter_m(row), row.need("k_mm")
        if common is None:
            continue
        state, loss = status(draft, row, common), row.number("loss_coefficient") or 0.0
        if length == 0.0:
            draft.no_length.append(common["id"])
            draft.links[common["id"]] = Valve(
                **common,
                kind="TCV",
                diameter_m=diameter,
                setting=loss,
                status="active" if state == "open" else "closed",
            )
            continue
        draft.links[common["id"]] = Pipe(
            **common,
            length_m=length * 1e3,
            diameter_m=diameter,
            roughness=height * 1e-3,
            minor_loss=loss,
            status=state,
            vertices=vertices(draft, row.label),
        )


def _read_valves(draft: Draft) -> None:
    for row in draft.table("valve"):
        common = valve_ends(draft, row)
        diameter, loss = diameter_m(row), row.number("loss_coefficient") or 0.0
        is_open = row.flag("opened")
        if common is not None:
            works = status(draft, row, common) == "open" and is_open
            draft.links[common["id"]] = Valve(
                **common,
                kind="TCV",
                diameter_m=diameter,
                setting=loss,
                status="active" if works else "closed",
            )
