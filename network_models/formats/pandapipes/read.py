"""Reads a pandapipes network file as a gas, heat or water network."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal

from network_models.formats.pandapipes.common_links import read_coords, split_pipes_at_valves
from network_models.formats.pandapipes.draft import LINK_TABLES, NODE_TABLES, Draft
from network_models.formats.pandapipes.fluids import read_fluid, read_physics
from network_models.formats.pandapipes.frame import FormatFaultError, Frame, plain
from network_models.formats.pandapipes.gas import read_gas
from network_models.formats.pandapipes.heat import read_heat
from network_models.formats.pandapipes.nodes import read_places
from network_models.formats.pandapipes.water import read_water
from network_models.formats.text import read_text
from network_models.network import Medium, Network
from network_models.operation import Options
from network_models.physics import Fluid
from network_models.problems import NetworkError, Problem
from network_models.property_values import property_at
from network_models.validation.whole import validate

_MARK = "pandapipesNet"
_THERMAL = ("heat_consumer", "heat_exchanger", "circ_pump_mass", "circ_pump_pressure")
_BEYOND_WATER = ("pump", "flow_control", "press_control")
"""What a water network's records cannot hold exactly: such a liquid is read as hot water."""
_DRAWN = ("junction_geodata", "pipe_geodata")
_LIQUID_K = 293.15


def is_pandapipes(text: str) -> bool:
    """Whether a JSON text is a file of pandapipes, by its content."""
    return f'"{_MARK}"' in text and '"schema": "ringmain/' not in text[:200]


def read_pandapipes(path: Path | str, *, liquid: Literal["heat", "water"] | None = None) -> Network:
    """The network in a pandapipes JSON file; NetworkError lists all that is wrong with it.

    A liquid becomes a heat network if anything in it is thermal or cannot be said in water
    records, else a water network; `liquid` decides otherwise. Junctions keep their names as ids
    if those are all there and differ, else their index. `Network.physics` has pandapipes' laws
    and the file's options, `Network.notes` what was added up or left out.
    """
    draft = Draft(str(path), {})
    text, draft.problems = read_text(path)
    if not draft.problems:
        draft.entries = _entries(draft, text)
    if draft.problems:
        raise NetworkError(draft.problems)
    _check_tables(draft)
    fluid = read_fluid(draft)
    read_places(draft)
    read_coords(draft)
    split_pipes_at_valves(draft)
    if fluid is None:
        raise NetworkError(draft.problems)
    physics = read_physics(draft, fluid)
    medium = _medium(draft, fluid, liquid)
    options = Options()
    if medium == "gas":
        read_gas(draft, fluid.id)
    elif medium == "heat":
        read_heat(draft)
    else:
        temperature = physics.gas_temperature_k if draft.places else _LIQUID_K
        density, viscosity = (
            property_at(found, temperature) for found in (fluid.density, fluid.viscosity)
        )
        options = read_water(draft, density, viscosity)
    if draft.problems:
        raise NetworkError(draft.problems)
    if draft.no_length:
        shown = ", ".join(draft.no_length[:5]) + (", ..." if len(draft.no_length) > 5 else "")
        draft.notes.append(
            f"pipe: {len(draft.no_length)} of length 0 became open or closed valves: {shown}"
        )
    name = draft.entries.get("name")
    net = Network(
        medium=medium,
        title=name if isinstance(name, str) else "",
        nodes=draft.nodes,
        links=draft.links,
        options=options,
        fluids={fluid.id: fluid},
        physics=physics,
        notes=tuple(draft.notes),
    )
    problems = validate(net, str(path))
    if problems:
        raise NetworkError(problems)
    return net


def _entries(draft: Draft, text: str) -> dict[str, Any]:
    """The parts of the network, plain; a part that cannot be understood is a problem."""
    try:
        data = json.loads(text)
    except json.JSONDecodeError as error:
        fault = Problem(
            file=draft.file,
            line=error.lineno,
            field=f"column {error.colno}",
            found=error.msg,
            expected="well-formed JSON",
        )
        draft.problems.append(fault)
        return {}
    except RecursionError:
        draft.problem("file", "values nested too deeply", "a network")
        return {}
    content = data.get("_object") if isinstance(data, dict) else None
    if not isinstance(content, dict) or data.get("_class") != _MARK:
        draft.problem("file", "no network", f"one object of the class {_MARK}")
        return {}
    entries = {}
    for name, value in content.items():
        if name.startswith("res_") or name == "controller":
            continue
        try:
            entries[name] = plain(value)
        except FormatFaultError as fault_found:
            draft.problem(name, str(fault_found), "a value as pandapipes writes it")
    try:
        controllers = plain(content.get("controller"))
    except FormatFaultError:
        controllers = None  # what is left out need not be understood
    if isinstance(controllers, Frame) and controllers.index:
        count = len(controllers.index)
        draft.notes.append(f"controller: {count} controllers (time series) are left out")
    return entries


def _check_tables(draft: Draft) -> None:
    """Report elements that are not understood; note other tables that are left out."""
    known = (*LINK_TABLES, *NODE_TABLES, *_DRAWN)
    for name in known:
        if name in draft.entries and not isinstance(draft.entries[name], Frame):
            draft.problem(name, type(draft.entries[name]).__name__, "a table")
    if not draft.count("junction"):
        draft.problem("junction", "no junction", "a table of junctions")
    for name, frame in draft.entries.items():
        if not isinstance(frame, Frame) or name in known or not frame.index:
            continue
        if any(column.endswith("junction") for column in frame.columns):
            expected = "one of " + ", ".join((*NODE_TABLES, *LINK_TABLES))
            draft.problem(name, f"{len(frame.index)} elements of this kind", expected)
        else:
            draft.notes.append(f"{name}: a table of {len(frame.index)} rows is left out")


def _medium(draft: Draft, fluid: Fluid, liquid: Literal["heat", "water"] | None) -> Medium:
    if fluid.phase == "gas":
        return "gas"
    thermal = any(draft.count(name) for name in _THERMAL) or any(
        row.number("u_w_per_m2k", "alpha_w_per_m2k") or row.number("qext_w")
        for row in draft.table("pipe")
    )
    beyond = [name for name in _BEYOND_WATER if draft.count(name)]
    if liquid == "water" and (thermal or beyond):
        found = ", ".join(beyond) or "heat"
        draft.problem("file", found, "nothing that water records cannot hold")
    if liquid is not None:
        return liquid
    if beyond and not thermal:
        draft.notes.append(f"read as a heat network: water records cannot hold {', '.join(beyond)}")
    return "heat" if thermal or beyond else "water"
