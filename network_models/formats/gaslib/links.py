"""Connections of a .net file: pipes, valves, regulators, resistors, compressor stations."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from network_models.elements import (
    Compressor,
    GasPipe,
    GasValve,
    Link,
    Regulator,
    Resistor,
    ShortPipe,
)
from network_models.formats.gaslib.draft import Draft
from network_models.formats.gaslib.xml import Element

_FLOWS = ("flowMin", "flowMax")
_STATION = (
    *("pressureLossIn", "pressureLossOut", "pressureInMin", "pressureOutMax"),
    *("dragFactorIn", "diameterIn", "dragFactorOut", "diameterOut"),
)


def read_links(draft: Draft, section: Element) -> None:
    """All connections of a network."""
    for element in section.children:
        if element.name not in _KINDS:
            expected = "one of " + ", ".join(_KINDS)
            draft.problem(element.line, "connections", f"<{element.name}>", expected)
            continue
        names, make = _KINDS[element.name]
        draft.known(element, (*_FLOWS, *names))
        name = draft.identity(element, draft.links, "link")
        for end in ("from", "to"):
            if not element.attributes.get(end):
                draft.problem(element.line, f"{element.name} {name} {end}", "none", "a node's id")
        if name is None:
            continue
        common = {
            "id": name,
            "start": element.attributes.get("from", ""),
            "end": element.attributes.get("to", ""),
            "comment": element.attributes.get("alias", ""),
            "flow_min_kgs": draft.value(element, "flowMin", "flow"),
            "flow_max_kgs": draft.value(element, "flowMax", "flow"),
        }
        draft.links[name] = make(draft, element, common)


def _pipe(draft: Draft, element: Element, common: dict[str, Any]) -> Link:
    return GasPipe(
        **common,
        length_m=draft.required(element, "length", "length"),
        diameter_m=draft.required(element, "diameter", "length"),
        roughness_m=draft.required(element, "roughness", "length"),
        pressure_max_pa=draft.value(element, "pressureMax", "pressure"),
        heat_transfer_w_m2k=draft.value(element, "heatTransferCoefficient", "transfer"),
    )


def _short_pipe(_: Draft, __: Element, common: dict[str, Any]) -> Link:
    return ShortPipe(**common)


def _valve(draft: Draft, element: Element, common: dict[str, Any]) -> Link:
    return GasValve(**common, drop_max_pa=draft.value(element, "pressureDifferentialMax", "drop"))


def _resistor(draft: Draft, element: Element, common: dict[str, Any]) -> Link:
    loss = draft.value(element, "pressureLoss", "drop")
    if loss is not None:
        return Resistor(**common, loss_pa=loss)
    return Resistor(
        **common,
        drag_factor=draft.required(element, "dragFactor", "number"),
        diameter_m=draft.required(element, "diameter", "length"),
    )


def _control_valve(draft: Draft, element: Element, common: dict[str, Any]) -> Link:
    outlet = draft.required(element, "pressureOutMax", "pressure")
    _tell_ignored(draft, element, "gasPreheaterExisting", "its gas preheater")
    _tell_ignored(draft, element, "internalBypassRequired", "its bypass")
    for name in ("dragFactorIn", "dragFactorOut"):
        if element.child(name) is not None:
            draft.notes.append(f"controlValve {common['id']}: {name} is left out")
    draft.notes.append(
        f"controlValve {common['id']}: the file has no set pressure; "
        "it is set to its largest outlet pressure"
    )
    return Regulator(
        **common,
        setting_pa=outlet,
        outlet_max_pa=outlet,
        inlet_min_pa=draft.value(element, "pressureInMin", "pressure"),
        drop_min_pa=draft.value(element, "pressureDifferentialMin", "drop"),
        drop_max_pa=draft.value(element, "pressureDifferentialMax", "drop"),
        inlet_loss_pa=draft.value(element, "pressureLossIn", "drop") or 0.0,
        outlet_loss_pa=draft.value(element, "pressureLossOut", "drop") or 0.0,
    )


def _station(draft: Draft, element: Element, common: dict[str, Any]) -> Link:
    _tell_ignored(draft, element, "gasCoolerExisting", "its gas cooler")
    return Compressor(
        **common,
        control="free",
        bypass=element.attributes.get("internalBypassRequired", "1") != "0",
        inlet_min_pa=draft.value(element, "pressureInMin", "pressure"),
        outlet_max_pa=draft.value(element, "pressureOutMax", "pressure"),
        inlet_loss_pa=draft.value(element, "pressureLossIn", "drop") or 0.0,
        outlet_loss_pa=draft.value(element, "pressureLossOut", "drop") or 0.0,
        inlet_drag=draft.value(element, "dragFactorIn", "number") or 0.0,
        inlet_diameter_m=draft.value(element, "diameterIn", "length"),
        outlet_drag=draft.value(element, "dragFactorOut", "number") or 0.0,
        outlet_diameter_m=draft.value(element, "diameterOut", "length"),
    )


def _tell_ignored(draft: Draft, element: Element, attribute: str, what: str) -> None:
    if element.attributes.get(attribute) == "1":
        name = element.attributes.get("id", "")
        draft.notes.append(f"{element.name} {name}: {what} is left out")


_Maker = Callable[[Draft, Element, dict[str, Any]], Link]
_KINDS: dict[str, tuple[tuple[str, ...], _Maker]] = {
    "pipe": (
        ("length", "diameter", "roughness", "pressureMax", "heatTransferCoefficient"),
        _pipe,
    ),
    "shortPipe": ((), _short_pipe),
    "valve": (("pressureDifferentialMax",), _valve),
    "resistor": (("dragFactor", "diameter", "pressureLoss"), _resistor),
    "controlValve": (
        (*_STATION, "pressureDifferentialMin", "pressureDifferentialMax"),
        _control_valve,
    ),
    "compressorStation": (_STATION, _station),
}
