"""Sources, sinks and inner nodes of a .net file."""

from __future__ import annotations

from dataclasses import replace

from network_models.elements import GasJunction, GasSource, Node, Point2
from network_models.formats.gaslib.draft import Draft
from network_models.formats.gaslib.xml import Element
from network_models.formats.text import parse_number
from network_models.physics import Fluid

_LIMITS = ("height", "pressureMin", "pressureMax")
_FLOWS = ("flowMin", "flowMax")
_HEAT_CAPACITY = tuple(f"coefficient-{letter}-heatCapacity" for letter in "ABC")
_GAS = (
    "gasTemperature",
    "calorificValue",
    "normDensity",
    *_HEAT_CAPACITY,
    "molarMass",
    "pseudocriticalPressure",
    "pseudocriticalTemperature",
)
_CHILDREN = {
    "source": (*_LIMITS, *_FLOWS, *_GAS),
    "sink": (*_LIMITS, *_FLOWS),
    "innode": _LIMITS,
}


def read_nodes(draft: Draft, section: Element) -> None:
    """All nodes; what comes first is the gas of the sources, because it makes kg/s of flows."""
    sources = list(section.named("source"))
    densities = [draft.value(source, "normDensity", "density") for source in sources]
    known = [density for density in densities if density is not None and density > 0.0]
    if known:
        draft.density = sum(known) / len(known)
    if len(set(known)) > 1:
        draft.notes.append(
            f"sources differ in normal density; flows became kg/s by its mean "
            f"{draft.density:g} kg/m3"
        )
    gases = _fluids(draft, sources)
    for element in section.children:
        if element.name not in _CHILDREN:
            expected = "one of " + ", ".join(_CHILDREN)
            draft.problem(element.line, "nodes", f"<{element.name}>", expected)
            continue
        draft.known(element, _CHILDREN[element.name])
        name = draft.identity(element, draft.nodes, "node")
        if name is not None:
            draft.nodes[name] = _node(draft, element, name, gases.get(name))


def _node(draft: Draft, element: Element, name: str, gas: str | None) -> Node:
    low = draft.value(element, "pressureMin", "pressure")
    high = draft.value(element, "pressureMax", "pressure")
    place = _position(draft, element)
    height = draft.value(element, "height", "length") or 0.0
    alias = element.attributes.get("alias", "")
    if element.name != "source":
        return GasJunction(
            id=name,
            elevation_m=height,
            position=place,
            comment=alias,
            level="high",
            pressure_min_pa=low,
            pressure_max_pa=high,
            flow_min_kgs=draft.value(element, "flowMin", "flow"),
            flow_max_kgs=draft.value(element, "flowMax", "flow"),
        )
    if high is None and element.child("pressureMax") is None:
        draft.problem(element.line, f"source {name} pressureMax", "none", "this value")
    return GasSource(
        id=name,
        elevation_m=height,
        position=place,
        comment=alias,
        control="flow",
        pressure_pa=1.0 if high is None else high,
        gas=gas,
        temperature_k=draft.value(element, "gasTemperature", "temperature"),
        pressure_min_pa=low,
        pressure_max_pa=high,
        flow_min_kgs=draft.value(element, "flowMin", "flow"),
        flow_max_kgs=draft.value(element, "flowMax", "flow"),
    )


def _position(draft: Draft, element: Element) -> Point2 | None:
    """The place on the plan; files without one may have a geographic one."""
    for names in (("x", "y"), ("geoWGS84Long", "geoWGS84Lat")):
        words = [element.attributes.get(name) for name in names]
        if None in words:
            continue
        x, y = (parse_number(word or "") for word in words)
        if x is not None and y is not None:
            return (x, y)
        draft.problem(element.line, f"{element.name} position", str(words), "two numbers")
    return None


def _fluids(draft: Draft, sources: list[Element]) -> dict[str, str]:
    """The gas of each source by its id; sources with the same properties share one."""
    ids: dict[Fluid, str] = {}
    found: dict[str, str] = {}
    for source in sources:
        pressure = draft.value(source, "pseudocriticalPressure", "drop")
        coefficients = [draft.value(source, name, "number") for name in _HEAT_CAPACITY]
        gas = Fluid(
            id="",
            molar_mass_kgmol=draft.value(source, "molarMass", "molar mass"),
            normal_density_kgm3=draft.value(source, "normDensity", "density"),
            upper_heating_value_jm3=draft.value(source, "calorificValue", "heating"),
            critical_pressure_pa=pressure,
            critical_temperature_k=draft.value(source, "pseudocriticalTemperature", "temperature"),
            ideal_heat_capacity=tuple(c for c in coefficients if c is not None),
        )
        name = ids.setdefault(gas, f"gas{len(ids) + 1}")
        draft.fluids[name] = replace(gas, id=name)
        found[source.attributes.get("id", "")] = name
    return found
