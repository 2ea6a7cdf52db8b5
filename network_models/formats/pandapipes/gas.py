"""Gas records of a pandapipes file."""

from __future__ import annotations

from typing import Any

from network_models.elements import (
    Compressor,
    GasJunction,
    GasPipe,
    GasSource,
    GasValve,
    LinkStatus,
    Node,
    Regulator,
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
from network_models.formats.pandapipes.draft import BAR_PA, Draft, Place
from network_models.formats.pandapipes.nodes import mean

NOT_GAS = ("circ_pump_mass", "circ_pump_pressure", "heat_exchanger", "heat_consumer")


def read_gas(draft: Draft, fluid: str) -> None:
    """All nodes and links of a gas network."""
    for place in draft.places.values():
        add_node(draft, _node(draft, place, fluid))
    for place, name in valve_places(draft):
        extra = GasJunction(
            id=name, elevation_m=place.height_m, position=place.position, tag="valve"
        )
        add_node(draft, extra)
    for table in NOT_GAS:
        for row in draft.table(table):
            draft.problem(row.place, table, "an element that a gas network can have")
    _read_pipes(draft)
    _read_valves(draft)
    read_pumps(draft)
    _read_compressors(draft)
    _read_regulators(draft)
    read_flow_controls(draft)


def _node(draft: Draft, place: Place, fluid: str) -> Node:
    pressure = mean(place.pressures_pa)
    temperature = mean(place.temperatures_k)
    if pressure is None:
        if temperature is not None:
            draft.notes.append(f"junction {place.id}: an external grid of a temperature only")
        return GasJunction(
            **common_node(place),
            demand_kgs=place.demand_kgs,
            temperature_k=place.temperature_k if temperature is None else temperature,
            stored=place.stored,
        )
    return GasSource(
        **common_node(place),
        pressure_pa=pressure,
        gas=fluid,
        temperature_k=place.temperature_k if temperature is None else temperature,
        demand_kgs=place.demand_kgs,
        stored=place.stored,
    )


def _read_pipes(draft: Draft) -> None:
    for row in draft.table("pipe"):
        common = pipe_ends(draft, row)
        sizes: dict[str, Any] = {
            "length_m": row.need("length_km") * 1e3,
            "diameter_m": diameter_m(row),
            "roughness_m": row.need("k_mm") * 1e-3,
            "minor_loss": row.number("loss_coefficient") or 0.0,
            "ambient_temperature_k": row.number("text_k"),
            "heat_transfer_w_m2k": row.number("u_w_per_m2k", "alpha_w_per_m2k"),
        }
        sections = row.number("sections")
        if common is None:
            continue
        state = status(draft, row, common)
        if sizes["length_m"] == 0.0:
            draft.no_length.append(common["id"])
            draft.links[common["id"]] = GasValve(
                **common,
                diameter_m=sizes["diameter_m"],
                minor_loss=sizes["minor_loss"],
                status=state,
            )
            continue
        draft.links[common["id"]] = GasPipe(
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
            draft.links[common["id"]] = GasValve(
                **common, diameter_m=diameter, minor_loss=loss, status=state
            )


def _read_compressors(draft: Draft) -> None:
    for row in draft.table("compressor"):
        common = draft.ends(row, *FROM_TO)
        ratio = row.need("pressure_ratio")
        if common is not None:
            state: LinkStatus = "active" if draft.working(row, common) else "closed"
            draft.links[common["id"]] = Compressor(
                **common, control="ratio", ratio=ratio, status=state
            )


def _read_regulators(draft: Draft) -> None:
    for row in draft.table("press_control"):
        common = draft.ends(row, *FROM_TO)
        held = draft.place(row, "controlled_junction")
        setting = row.need("controlled_p_bar") * BAR_PA
        if common is not None and held is not None:
            draft.links[common["id"]] = Regulator(
                **common,
                setting_pa=setting,
                controlled_node=None if held.id == common["end"] else held.id,
                minor_loss=row.number("loss_coefficient") or 0.0,
                status=control(draft, row, common),
            )
