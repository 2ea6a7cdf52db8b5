"""Heat records of a pandapipes file: any liquid, its flows in kg/s and its pressures in Pa."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

from network_models.elements import (
    CirculationPump,
    HeatExchanger,
    HeatInlet,
    HeatJunction,
    HeatPipe,
    HeatValve,
    PressureControl,
    Substation,
    SubstationControl,
)
from network_models.formats.pandapipes.common_links import (
    FROM_TO,
    add_node,
    common_node,
    control,
    diameter_m,
    pipe_ends,
    read_flow_controls,
    read_pumps,
    status,
    valve_ends,
    valve_places,
    vertices,
)
from network_models.formats.pandapipes.draft import BAR_PA, Draft
from network_models.formats.pandapipes.frame import Row
from network_models.formats.pandapipes.nodes import mean
from network_models.formats.pandapipes.sides import sides

_RETURN_FLOW = (("return_junction", "from_junction"), ("flow_junction", "to_junction"))
_MODES: dict[tuple[bool, bool, bool, bool], SubstationControl] = {
    # heat, flow, drop, return temperature
    (True, True, False, False): "flow",
    (True, False, True, False): "temperature_drop",
    (True, False, False, True): "return_temperature",
    (False, True, True, False): "flow_and_drop",
    (False, True, False, True): "flow_and_return",
}


def read_heat(draft: Draft) -> None:
    """All nodes and links of a network of hot water, or of another liquid."""
    for row in draft.table("compressor"):
        draft.problem(row.place, "compressor", "an element that a liquid can have")
    _read_nodes(draft)
    _read_pipes(draft)
    _read_valves(draft)
    read_pumps(draft)
    _read_pressure_controls(draft)
    read_flow_controls(draft)
    _read_circulation_pumps(draft)
    _read_exchangers(draft)
    _read_consumers(draft)
    _find_sides(draft)


def _read_nodes(draft: Draft) -> None:
    for place in draft.places.values():
        common = {**common_node(place), "demand_kgs": place.demand_kgs, "stored": place.stored}
        pressure, temperature = mean(place.pressures_pa), mean(place.temperatures_k)
        if pressure is None and temperature is None:
            add_node(draft, HeatJunction(**common, side="any", temperature_k=place.temperature_k))
        else:
            inlet = HeatInlet(**common, pressure_pa=pressure, temperature_k=temperature)
            add_node(draft, inlet)
    for place, name in valve_places(draft):
        extra = HeatJunction(
            id=name,
            elevation_m=place.height_m,
            position=place.position,
            side="any",
            temperature_k=place.temperature_k,
            tag="valve",
        )
        add_node(draft, extra)


def _read_pipes(draft: Draft) -> None:
    for row in draft.table("pipe"):
        common = pipe_ends(draft, row)
        inner = diameter_m(row)
        outer = row.number("outer_diameter_mm")
        outer_m = inner if outer is None else outer * 1e-3
        transfer = row.number("u_w_per_m2k", "alpha_w_per_m2k") or 0.0
        sizes: dict[str, Any] = {
            "length_m": row.need("length_km") * 1e3,
            "diameter_m": inner,
            "roughness_m": row.need("k_mm") * 1e-3,
            # pandapipes counts U on the outer wall, and on the inner where it knows no other.
            "loss_w_mk": transfer * math.pi * outer_m,
            "outer_diameter_m": None if outer is None else outer_m,
            "minor_loss": row.number("loss_coefficient") or 0.0,
            "ambient_temperature_k": row.number("text_k"),
            "extracted_w": row.number("qext_w") or 0.0,
        }
        sections = row.number("sections")
        if common is None:
            continue
        state = status(draft, row, common)
        if sizes["length_m"] == 0.0:
            draft.no_length.append(common["id"])
            common |= {"diameter_m": inner, "minor_loss": sizes["minor_loss"], "status": state}
            heat = sizes["extracted_w"]
            draft.links[common["id"]] = (
                HeatExchanger(**common, heat_w=heat) if heat else HeatValve(**common)
            )
            continue
        draft.links[common["id"]] = HeatPipe(
            **common,
            **sizes,
            sections=1 if sections is None else int(sections),
            status=state,
            vertices=vertices(draft, row.label),
        )


def _read_valves(draft: Draft) -> None:
    for row in draft.table("valve"):
        common = valve_ends(draft, row)
        diameter, loss = diameter_m(row), row.number("loss_coefficient") or 0.0
        is_open = row.flag("opened")
        if common is not None:
            state = status(draft, row, common) if is_open else "closed"
            draft.links[common["id"]] = HeatValve(
                **common, diameter_m=diameter, minor_loss=loss, status=state
            )


def _read_pressure_controls(draft: Draft) -> None:
    for row in draft.table("press_control"):
        common = draft.ends(row, *FROM_TO)
        held = draft.place(row, "controlled_junction")
        setting = row.need("controlled_p_bar") * BAR_PA
        if common is not None and held is not None:
            draft.links[common["id"]] = PressureControl(
                **common,
                setting_pa=setting,
                controlled_node=None if held.id == common["end"] else held.id,
                minor_loss=row.number("loss_coefficient") or 0.0,
                status=control(draft, row, common),
            )


def _read_circulation_pumps(draft: Draft) -> None:
    for table in ("circ_pump_pressure", "circ_pump_mass"):
        for row in draft.table(table):
            common = draft.ends(row, *_RETURN_FLOW)
            word = row.word("type") or "pt"
            lift = flow = None
            if table == "circ_pump_pressure":
                lift = row.need("plift_bar") * BAR_PA
            else:
                flow = row.need("mdot_flow_kg_per_s", "mdot_kg_per_s")
            pressure = row.number("p_flow_bar", "p_bar")
            temperature = row.number("t_flow_k", "t_k")
            if common is not None:
                holds_p = pressure is not None and word != "t"
                draft.links[common["id"]] = CirculationPump(
                    **common,
                    pressure_pa=pressure * BAR_PA if pressure is not None and holds_p else None,
                    temperature_k=temperature if word != "p" else None,
                    lift_pa=lift,
                    flow_kgs=flow,
                    status=status(draft, row, common),
                )


def _read_exchangers(draft: Draft) -> None:
    for row in draft.table("heat_exchanger"):
        common = draft.ends(row, *FROM_TO)
        heat, diameter = row.need("qext_w"), diameter_m(row)
        if common is not None:
            draft.links[common["id"]] = HeatExchanger(
                **common,
                heat_w=heat,
                diameter_m=diameter,
                minor_loss=row.number("loss_coefficient") or 0.0,
                status=status(draft, row, common),
            )


def _read_consumers(draft: Draft) -> None:
    for row in draft.table("heat_consumer"):
        common = draft.ends(row, *FROM_TO)
        values = _consumer(row)
        if common is not None and values is not None:
            draft.links[common["id"]] = Substation(
                **common, **values, status=status(draft, row, common)
            )


def _consumer(row: Row) -> dict[str, Any] | None:
    heat, flow = row.number("qext_w"), row.number("controlled_mdot_kg_per_s")
    drop, back = row.number("deltat_k"), row.number("treturn_k")
    mode = _MODES.get((heat is not None, flow is not None, drop is not None, back is not None))
    if mode is None:
        given = {"qext_w": heat, "mdot": flow, "deltat_k": drop, "treturn_k": back}
        found = ", ".join(name for name, value in given.items() if value is not None) or "nothing"
        row.fault("qext_w", found, "two of heat, flow and one temperature, not two temperatures")
        return None
    values: dict[str, Any] = {
        "control": mode,
        "heat_w": heat or 0.0,
        "flow_kgs": flow,
        "temperature_drop_k": drop,
    }
    return values if back is None else {**values, "return_temperature_k": back}


def _find_sides(draft: Draft) -> None:
    """Set the side of each node: supply leaves a plant, return comes from a consumer."""
    links = list(draft.links.values())
    ends = (Substation, HeatExchanger)
    consumers = [k for k in links if isinstance(k, ends) and getattr(k, "heat_w", 0.0) >= 0.0]
    plants = [k for k in links if isinstance(k, CirculationPump)]
    across = (*ends, CirculationPump)
    found = sides(
        draft.nodes,
        [(k.start, k.end) for k in links if not isinstance(k, across)],
        [k.end for k in plants] + [k.start for k in consumers],
        [k.start for k in plants] + [k.end for k in consumers],
    )
    for name, side in found.items():
        node = draft.nodes[name]
        if isinstance(node, HeatJunction | HeatInlet):
            draft.nodes[name] = replace(node, side=side)
