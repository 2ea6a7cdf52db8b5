"""What a point shows on an ordinary day: from the network's records, its limits, or a guess."""

from __future__ import annotations

from network_models.elements import (
    GasJunction,
    GasPipe,
    GasSource,
    HeatJunction,
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
GAS_LOW_PA = 2.5e3
PIPE_SPEED_MS = {GasPipe: 6.0, HeatPipe: 0.8, Pipe: 0.6}
GAS_KGM3, HOT_WATER_KGM3, WATER_KGM3 = 0.75, 960.0, 1000.0
HEAT_CAPACITY = 4200.0
SUPPLY_SHARE, RETURN_SHARE = 0.9, 0.1
"""Pressures on both sides of a heat station, in the plant's pressure rise above its inlet."""


class Nominal:
    """Ordinary values of one network's points (of points without a network, with None)."""

    def __init__(self, network: Network | None) -> None:
        self._net = network
        nodes = [] if network is None else list(network.nodes.values())
        links = [] if network is None else list(network.links.values())
        self._gates = [n for n in nodes if isinstance(n, GasSource)]
        self._plants = [k for k in links if isinstance(k, HeatSource)]
        self._stations = [k for k in links if isinstance(k, Substation)]
        self._regulators = [k for k in links if isinstance(k, Regulator)]
        self._gas_kgs = sum(n.demand_kgs for n in nodes if isinstance(n, GasJunction))

    def value(self, point: Point) -> float:
        """The SI value a point wanders about when nothing is wrong."""
        if point.quantity in ("status", "speed", "position"):
            return 1.0
        record = self.record(point)
        known = None if record is None else self._of_record(point, record)
        if known is not None:
            return known
        limits = point.limits
        if limits.low is not None and limits.high is not None:
            return 0.5 * (limits.low + limits.high)
        return USUAL.get((point.utility, point.quantity), 1.0)

    def record(self, point: Point) -> Node | Link | None:
        """The element a point belongs to."""
        kind, _, name = point.element.partition(":")
        if self._net is None or not name:
            return None
        return self._net.nodes.get(name) if kind == "node" else self._net.links.get(name)

    def _of_record(self, point: Point, record: Node | Link) -> float | None:
        """What the element's own record, or its network's, says of the quantity."""
        quantity = point.quantity
        if quantity in ("pressure", "setting"):
            return self._pressure(record)
        if quantity == "temperature":
            return self._temperature(record)
        if quantity == "mass_flow":
            return self._mass_flow(record)
        if quantity == "flow":
            kgs = self._mass_flow(record)
            density = {"gas": GAS_KGM3, "heat": HOT_WATER_KGM3}.get(point.utility, WATER_KGM3)
            return None if kgs is None else kgs / density
        if quantity == "power" and isinstance(record, Substation):
            return record.heat_w
        return None

    def _pressure(self, record: Node | Link) -> float | None:
        if isinstance(record, GasSource):
            return record.pressure_pa
        if isinstance(record, GasJunction):
            return self._gas_pressure(record)
        if isinstance(record, Regulator):
            return record.setting_pa
        if isinstance(record, HeatSource):
            return record.return_pressure_pa + record.pressure_rise_pa
        if isinstance(record, HeatJunction) and self._plants:
            plant = self._plants[0]
            share = SUPPLY_SHARE if record.side == "supply" else RETURN_SHARE
            return plant.return_pressure_pa + share * plant.pressure_rise_pa
        if isinstance(record, Substation) and self._plants:
            return (SUPPLY_SHARE - RETURN_SHARE) * self._plants[0].pressure_rise_pa
        if isinstance(record, Valve) and record.kind in ("PRV", "PSV"):
            return record.setting * PA_PER_M_WATER
        return USUAL["water", "pressure"] if isinstance(record, Junction) else None

    def _gas_pressure(self, record: GasJunction) -> float:
        """A junction of the lowest stage follows the regulators, the others the city gates."""
        if record.level == "low":
            return min((r.setting_pa for r in self._regulators), default=GAS_LOW_PA)
        gates = min((g.pressure_pa for g in self._gates), default=USUAL["gas", "pressure"])
        return 0.95 * gates

    def _temperature(self, record: Node | Link) -> float | None:
        if isinstance(record, HeatSource):
            return record.supply_temperature_k
        if isinstance(record, Substation):
            return record.return_temperature_k
        if isinstance(record, HeatJunction) and self._plants and self._stations:
            if record.side == "supply":
                return self._plants[0].supply_temperature_k
            return self._stations[0].return_temperature_k
        return None

    def _mass_flow(self, record: Node | Link) -> float | None:
        if isinstance(record, GasJunction):
            return record.demand_kgs or None
        if isinstance(record, Substation):
            return self._circulation(record.heat_w, record.return_temperature_k)
        if isinstance(record, HeatSource) and self._stations:
            watts = sum(s.heat_w for s in self._stations) / len(self._plants)
            return self._circulation(watts, self._stations[0].return_temperature_k)
        if isinstance(record, GasPipe) and record.start in {g.id for g in self._gates}:
            return self._gas_kgs / len(self._gates) or None
        if isinstance(record, GasPipe | HeatPipe | Pipe):
            density = {GasPipe: 3.0 * GAS_KGM3, HeatPipe: HOT_WATER_KGM3, Pipe: WATER_KGM3}
            area = 0.785398 * record.diameter_m**2
            return area * PIPE_SPEED_MS[type(record)] * density[type(record)]
        return None

    def _circulation(self, watts: float, return_k: float) -> float:
        """Mass flow that carries a heat at the design temperatures, kg/s."""
        supply = self._plants[0].supply_temperature_k if self._plants else return_k + 40.0
        return watts / (HEAT_CAPACITY * max(supply - return_k, 5.0))
