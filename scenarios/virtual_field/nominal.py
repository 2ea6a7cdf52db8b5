"""What a point shows on an ordinary day: from the network's record, its limits, or a guess."""

from __future__ import annotations

from network_models.elements import (
    GasJunction,
    GasPipe,
    GasSource,
    HeatPipe,
    HeatSource,
    Junction,
    Link,
    Node,
    Pipe,
    Regulator,
    Substation,
    Valve,
)
from network_models.network import Network
from network_models.units import PA_PER_M_WATER
from scada.point import Point

GAS_LEVEL_PA = {"high": 1.6e6, "medium": 0.2e6, "low": 2.5e3}
USUAL: dict[tuple[str, str], float] = {
    ("water", "pressure"): 0.32e6,
    ("water", "level"): 3.0,
    ("water", "flow"): 0.05,
    ("water", "concentration"): 0.5e-3,
    ("water", "turbidity"): 0.25,
    ("water", "temperature"): 287.15,
    ("water", "power"): 75e3,
    ("gas", "pressure"): 0.2e6,
    ("gas", "flow"): 0.3,
    ("gas", "mass_flow"): 0.2,
    ("gas", "temperature"): 288.15,
    ("heat", "pressure"): 0.6e6,
    ("heat", "flow"): 0.05,
    ("heat", "mass_flow"): 50.0,
    ("heat", "temperature"): 358.15,
    ("heat", "power"): 2e6,
}
_SPEED_MS = {"gas": 8.0, "heat": 1.2, "water": 0.8}
_GAS_KGM3 = 0.75
_WATER_KGM3 = 970.0
_HEAT_CAPACITY = 4190.0


def nominal_value(point: Point, network: Network | None) -> float:
    """The SI value a point wanders about when nothing is wrong."""
    if point.quantity in ("status", "speed", "position"):
        return 1.0
    record = _record(point, network)
    known = None if record is None else _of_record(point, record)
    if known is not None:
        return known
    limits = point.limits
    if limits.low is not None and limits.high is not None:
        return 0.5 * (limits.low + limits.high)
    return USUAL.get((point.utility, point.quantity), 1.0)


def _record(point: Point, network: Network | None) -> Node | Link | None:
    kind, _, element = point.element.partition(":")
    if network is None or not element:
        return None
    return network.nodes.get(element) if kind == "node" else network.links.get(element)


def _of_record(point: Point, record: Node | Link) -> float | None:
    """What the element's own record says of the quantity."""
    quantity = point.quantity
    if quantity in ("pressure", "setting"):
        return _pressure(record)
    if quantity == "temperature":
        if isinstance(record, HeatSource):
            return record.supply_temperature_k
        return record.return_temperature_k if isinstance(record, Substation) else None
    if quantity in ("flow", "mass_flow"):
        kgs = _mass_flow(record)
        if kgs is None or quantity == "mass_flow":
            return kgs
        return kgs / (_GAS_KGM3 if point.utility == "gas" else _WATER_KGM3)
    if quantity == "power" and isinstance(record, Substation):
        return record.heat_w
    return None


def _pressure(record: Node | Link) -> float | None:
    if isinstance(record, GasSource):
        return record.pressure_pa
    if isinstance(record, GasJunction):
        return GAS_LEVEL_PA[record.level]
    if isinstance(record, Regulator):
        return record.setting_pa
    if isinstance(record, HeatSource):
        return record.return_pressure_pa + record.pressure_rise_pa
    if isinstance(record, Valve) and record.kind in ("PRV", "PSV"):
        return record.setting * PA_PER_M_WATER
    return 0.3e6 if isinstance(record, Junction) else None


def _mass_flow(record: Node | Link) -> float | None:
    if isinstance(record, GasJunction):
        return record.demand_kgs or None
    if isinstance(record, Substation):
        return record.heat_w / (_HEAT_CAPACITY * 40.0)
    if isinstance(record, GasPipe | HeatPipe | Pipe):
        area = 0.785398 * record.diameter_m**2
        medium = {GasPipe: "gas", HeatPipe: "heat", Pipe: "water"}[type(record)]
        density = _GAS_KGM3 * 2.0 if medium == "gas" else _WATER_KGM3
        return area * _SPEED_MS[medium] * density * 0.5
    return None
