"""The columns of links: kinds, resistances, what they hold.

`base` of a pipe, so that p1^2 - p2^2 = base Z (lambda L/D + zeta) m |m| (absolute Pa, kg/s):

- R T / A^2: Darcy and Weisbach for an isothermal real gas;
- GB 50028, medium and high pressure: (P1^2 - P2^2) / L = 1.27e10 lambda Q^2 rho T Z / (d^5 T0),
  kPa, km, m3/h, mm;
- GB 50028, low pressure: dP / L = 6.26e7 lambda Q^2 rho T / (d^5 T0), Pa, m, m3/h, mm: a difference
  of pressures, without Z (`linear`).

Q is in cubic metres at 0 C and 101.325 kPa, rho their density, T0 = 273.15 K.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from hydraulics.errors import SolveError
from hydraulics.gas.friction import (
    COLEBROOK,
    HOFER,
    PANDAPIPES_NIKURADSE,
    RAW,
    ROUGH,
    SWAMEE_JAIN,
)
from hydraulics.gas.gas import Gas
from hydraulics.gas.tables import (
    BLOWER,
    COMPRESSOR,
    CONTROL,
    DROP,
    FLOW,
    FLOW_OF,
    FREE_OF,
    OPEN,
    OUTLET_OF,
    PIPE,
    RATIO_OF,
    REGULATOR,
    SHUT,
)
from hydraulics.graph.structure import Structure
from hydraulics.types import F64
from network_models.elements import (
    BoosterPump,
    Compressor,
    FlowControl,
    GasFriction,
    GasJunction,
    GasPipe,
    GasValve,
    Link,
    Regulator,
    Resistor,
    ShortPipe,
)
from network_models.network import Network
from network_models.physics import NORMAL_PRESSURE_PA, NORMAL_TEMPERATURE_K

GB_LOW, GB_HIGH = 6.26e7, 1.27e10
_CODES: dict[GasFriction, int] = {
    "colebrook": COLEBROOK,
    "prandtl-colebrook": COLEBROOK,
    "nikuradse": ROUGH,
    "swamee-jain": SWAMEE_JAIN,
    "hofer": HOFER,
    "hofer-approx": ROUGH,
    "gb50028": COLEBROOK,
}
_CONTROLS = {"ratio": RATIO_OF, "outlet": OUTLET_OF, "flow": FLOW_OF, "free": FREE_OF}
_FIRST_STATE = {"open": OPEN, "closed": SHUT, "active": CONTROL}


def node_temperatures(net: Network) -> F64:
    """The gas temperature at each node, K."""
    usual = net.physics.gas_temperature_k
    return np.array(
        [
            usual if (t := getattr(n, "temperature_k", None)) is None else t
            for n in net.nodes.values()
        ]
    )


class Links:
    """The columns of `GasTables` by slot, and what a solve begins with.

    `controlling` are the slots that are regulators or compressors at work.
    """

    def __init__(
        self,
        net: Network,
        structure: Structure,
        gas: Gas,
        ambient: F64,
        temperature: F64,
        elevation: F64,
        index: dict[str, int],
    ) -> None:
        count = len(net.links)
        self._net, self._gas, self._index = net, gas, index
        self._ambient, self._structure = ambient, structure
        self._foreign = net.physics.laws == "pandapipes"
        self.notes: list[str] = []
        self.kind = np.zeros(count, dtype=np.uint8)
        self.state = np.full(count, OPEN, dtype=np.uint8)
        self.code = np.full(count, ROUGH, dtype=np.uint8)
        self.linear = np.zeros(count, dtype=np.uint8)
        self.control = np.zeros(count, dtype=np.uint8)
        self.one_way = np.full(count, 0 if self._foreign else 1, dtype=np.uint8)
        self.base, self.slender, self.minor = np.zeros(count), np.zeros(count), np.zeros(count)
        self.relative, self.per_flow = np.full(count, 1e-3), np.ones(count)
        self.drop, self.capacity = np.zeros(count), np.zeros(count)
        self.setting, self.ratio = np.zeros(count), np.full(count, math.inf)
        self.slam_high, self.slam_low = np.full(count, math.inf), np.zeros(count)
        self.held_row = structure.end.astype(np.int64)
        self.blowers: dict[int, tuple[float, ...]] = {}
        self.controlling: set[int] = set()
        slots = structure.slot_of.tolist()
        a, b = structure.node[structure.start], structure.node[structure.end]
        self._temperature = (temperature[a] + temperature[b]) / 2.0
        unique = np.unique(self._temperature).tolist()
        self._viscosity = {t: gas.viscosity_at(t) for t in unique}
        rise = net.physics.gravity_ms2 * (elevation[b] - elevation[a])
        self.gravity = 2.0 * rise / (gas.constant * self._temperature)
        heavy = gas.normal_density * NORMAL_TEMPERATURE_K / NORMAL_PRESSURE_PA
        self.weight = rise * heavy
        self.blower_volume = self._temperature / heavy
        z = gas.z
        self.z_reference = float(z[0] if len(z) == 1 else z[len(z) // 3])
        for link, k in zip(net.links.values(), slots, strict=True):
            self._row(link, k)

    def columns(self) -> dict[str, Any]:
        """The columns as `GasTables` has them."""
        first = np.zeros(len(self.kind) + 1, dtype=np.uint32)
        for k, lift in self.blowers.items():
            first[k + 1] = len(lift)
        rough = 1.0 / (2.0 * np.log10(1.0 / np.maximum(self.relative, 1e-12)) + 1.14) ** 2
        plain = (self.kind == PIPE) & (self.code == PANDAPIPES_NIKURADSE)
        values = [v for k in sorted(self.blowers) for v in self.blowers[k]]
        return {
            "kind": self.kind,
            "base": self.base,
            "linear": self.linear,
            "slender": self.slender,
            "minor": self.minor,
            "relative": self.relative,
            "per_flow": self.per_flow,
            "code": self.code,
            "plain": plain.astype(np.uint8),
            "square": rough * self.slender + self.minor,
            "line": 64.0 * self.slender / self.per_flow,
            "gravity": self.gravity,
            "weight": self.weight,
            "drop": self.drop,
            "capacity": self.capacity,
            "controls": np.array(sorted(self.controlling), dtype=np.uint32),
            "held_row": self.held_row.astype(np.uint32),
            "control": self.control,
            "one_way": self.one_way,
            "blower_first": np.cumsum(first).astype(np.uint32),
            "blower_value": np.array(values, dtype=np.float64),
            "blower_volume": self.blower_volume,
        }

    def _row(self, link: Link, k: int) -> None:
        if isinstance(link, GasPipe):
            self._friction(k, link)
            self.state[k] = SHUT if link.status == "closed" else OPEN
        elif isinstance(link, GasValve):
            self._local(k, link.diameter_m, link.minor_loss)
            self.state[k] = SHUT if link.status == "closed" else OPEN
        elif isinstance(link, Resistor):
            self._local(k, link.diameter_m, link.drag_factor)
            if link.loss_pa:
                self.kind[k], self.drop[k] = DROP, link.loss_pa
        elif isinstance(link, Regulator):
            self._regulator(k, link)
        elif isinstance(link, Compressor):
            self._compressor(k, link)
        elif isinstance(link, FlowControl):
            self.setting[k] = link.flow_kgs
            self.kind[k] = FLOW if link.status == "active" else PIPE
            self.state[k] = _FIRST_STATE[link.status]
        elif isinstance(link, BoosterPump):
            self.kind[k] = BLOWER
            self.blowers[k] = _at_speed(link.lift_pa, link.speed)
            self.state[k] = SHUT if link.status == "closed" else OPEN
        elif not isinstance(link, ShortPipe):
            raise SolveError(
                f"link {link.id} is a {type(link).__name__}, which a gas network cannot have",
                elements=(link.id,),
            )

    def _local(self, k: int, diameter: float | None, minor: float) -> None:
        """Velocity heads at a diameter."""
        if diameter and minor:
            area = math.pi * diameter**2 / 4.0
            self.base[k] = self._gas.constant * float(self._temperature[k]) / area**2
            self.minor[k] = minor

    def _friction(self, k: int, pipe: GasPipe) -> None:
        law = pipe.friction or self._net.physics.friction
        d, gas = pipe.diameter_m, self._gas
        area = math.pi * d**2 / 4.0
        temperature = float(self._temperature[k])
        self.code[k] = _CODES[law] + (RAW if self._foreign else 0)
        self.slender[k], self.minor[k] = pipe.length_m / d, pipe.minor_loss
        self.relative[k] = (
            pipe.roughness_m / d if self._foreign else max(pipe.roughness_m, 1e-9) / d
        )
        self.per_flow[k] = d / (self._viscosity[temperature] * area)
        self.base[k] = gas.constant * temperature / area**2
        if law == "gb50028":
            volume = 3600.0 / gas.normal_density  # m3/h a kg/s
            common = volume**2 * gas.normal_density * temperature / NORMAL_TEMPERATURE_K
            common *= d / (d * 1e3) ** 5
            start = self._net.nodes[pipe.start]
            low = isinstance(start, GasJunction) and start.level == "low"
            self.linear[k] = low
            self.base[k] = common * (GB_LOW if low else GB_HIGH * 1e3)

    def _regulator(self, k: int, link: Regulator) -> None:
        self._local(k, link.diameter_m, link.minor_loss)
        self.state[k] = _FIRST_STATE[link.status]
        self.kind[k] = REGULATOR if not self._foreign or link.status == "active" else PIPE
        if link.status != "active":
            self.capacity[k] = link.capacity_kgs_pa or 0.0
            return
        self.controlling.add(k)
        held = self._index[link.controlled_node or link.end]
        end = self._index[link.end]
        self.held_row[k] = self._structure.row_of[held]
        self.setting[k] = link.setting_pa + self._ambient[held]
        if self._foreign:
            return
        self.capacity[k] = link.capacity_kgs_pa or 0.0
        self.drop[k] = link.inlet_loss_pa + link.outlet_loss_pa
        if link.slam_shut_high_pa is not None:
            self.slam_high[k] = link.slam_shut_high_pa + self._ambient[end]
        if link.slam_shut_low_pa is not None:
            self.slam_low[k] = link.slam_shut_low_pa + self._ambient[end]

    def _compressor(self, k: int, link: Compressor) -> None:
        if link.status == "closed":
            self.state[k] = SHUT
            return
        control = _CONTROLS[link.control] if link.status == "active" else FREE_OF
        if control == FREE_OF and not link.bypass:
            self.notes.append(f"compressor {link.id} is idle and has no bypass: it is closed")
            self.state[k] = SHUT
            return
        if control == FREE_OF and link.control == "free":
            self.notes.append(f"compressor {link.id} is free: it idles, and gas passes its bypass")
        if control == FLOW_OF:
            self.kind[k], self.state[k] = FLOW, CONTROL
            self.setting[k] = link.flow_kgs or 0.0
            return
        self.kind[k], self.control[k] = COMPRESSOR, control
        self.controlling.add(k)
        self.drop[k] = link.inlet_loss_pa + link.outlet_loss_pa
        if control == RATIO_OF:
            self.ratio[k] = link.ratio or 1.0
        elif control == OUTLET_OF:
            end = self._index[link.end]
            self.setting[k] = (link.outlet_pa or 0.0) + self._ambient[end]
            self.ratio[k] = math.inf if link.ratio_max is None else link.ratio_max


def _at_speed(lift_pa: tuple[float, ...], speed: float) -> tuple[float, ...]:
    """A polynomial lift at a relative speed, by the laws of similarity."""
    last = len(lift_pa) - 1
    return tuple(value * speed ** (2 - (last - i)) for i, value in enumerate(lift_pa))
