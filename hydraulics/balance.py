"""An independent judge: residuals of mass and energy from the formulas, in SI, with numpy.

Nothing here calls the solver's kernels. Resistances are worked out from the network's records by
the textbook formulas in SI (EPANET's US constants converted), so that a fault in assembling,
eliminating or iterating shows as a residual.
"""

from __future__ import annotations

import math

import numpy as np

from hydraulics.state import Balance
from hydraulics.tables import ACTIVE, CLOSED, MISSING
from hydraulics.types import F64, U8
from hydraulics.us_units import FOOT_M
from network_models.elements import Junction, Pipe, Pump, Valve
from network_models.network import Network

FOOT3 = FOOT_M**3
HAZEN_WILLIAMS = 4.727 * FOOT_M**4.871 / FOOT3**1.852
"""10.67 in SI: drop = 10.67 L q**1.852 / (C**1.852 d**4.871), m, m3/s."""
MANNING = (4.0 / (1.49 * math.pi)) ** 2 * 4.0**1.333 * FOOT_M**5.333 / FOOT3**2
"""drop = 10.29 n**2 L q**2 / d**5.333."""
GRAVITY = 32.2 * FOOT_M
VISCOSITY = 1.1e-5 * FOOT_M**2
KINETIC = 0.02517 * FOOT_M**5 / FOOT3**2
"""8 / (g pi**2) in SI, rounded as EPANET does."""
WATT_HEAD = 8.814 * FOOT_M * FOOT3 / 745.7
"""1 / (rho g): a watt raises 1 m3/s by so many metres."""
FLOW_TOLERANCE_M3S = 1e-5


def worse(one: Balance, other: Balance) -> Balance:
    """The worse figure of each kind."""
    mass = max(one, other, key=lambda b: b.mass_m3s)
    energy = max(one, other, key=lambda b: b.energy_m)
    return Balance(
        mass_m3s=mass.mass_m3s,
        mass_node=mass.mass_node,
        energy_m=energy.energy_m,
        energy_link=energy.energy_link,
        inconsistent=tuple(dict.fromkeys((*one.inconsistent, *other.inconsistent))),
    )


class Judge:
    """Judges states of one network."""

    def __init__(self, net: Network) -> None:
        self._net = net
        self._node_ids, self._link_ids = net.node_ids, net.link_ids
        index = {id_: i for i, id_ in enumerate(net.nodes)}
        links = list(net.links.values())
        self._start = np.array([index[link.start] for link in links], dtype=np.int64)
        self._end = np.array([index[link.end] for link in links], dtype=np.int64)
        self._junction = np.array([isinstance(n, Junction) for n in net.nodes.values()])
        self._elevation = np.array([n.elevation_m for n in net.nodes.values()])
        self._others = [(k, v) for k, v in enumerate(links) if isinstance(v, Pump | Valve)]
        self._pipes = np.array(
            [k for k, v in enumerate(links) if isinstance(v, Pipe)], dtype=np.int64
        )
        pipes = [v for v in links if isinstance(v, Pipe)]
        self._check = np.array([p.check_valve for p in pipes], dtype=bool)
        self._length = np.array([p.length_m for p in pipes])
        self._diameter = np.array([p.diameter_m for p in pipes])
        self._roughness = np.array([p.roughness for p in pipes])
        self._minor = KINETIC * np.array([p.minor_loss for p in pipes]) / self._diameter**4

    def judge(
        self, head: F64, demand: F64, flow: F64, status: U8, setting: F64, factor: float
    ) -> Balance:
        """Residuals of heads, demands (N,) and flows (L,) in SI.

        `status`, `setting` (L,) are the solver's own and `factor` is m3/s a cfs.
        """
        inflow = np.bincount(self._end, flow, len(head)) - np.bincount(self._start, flow, len(head))
        judged = np.isfinite(head) & self._junction
        mass = np.where(judged, np.abs(inflow - demand), 0.0)
        drop = head[self._start] - head[self._end]
        energy = np.zeros(len(flow))
        wrong: list[int] = []
        self._judge_pipes(drop, flow, status, energy, wrong)
        for k, link in self._others:
            if status[k] <= CLOSED or not math.isfinite(drop[k]):
                continue
            q, passed = float(flow[k]), float(drop[k])
            if isinstance(link, Pump):
                gap = self._pump_gap(link, -passed, q, float(setting[k]))
                bad = q < -FLOW_TOLERANCE_M3S
            else:
                obeys = status[k] == ACTIVE and setting[k] != MISSING
                level = float(setting[k]) if obeys else None
                gap = self._valve_gap(k, link, head, passed, q, level, factor)
                bad = link.kind in ("PRV", "PSV") and q < -10.0 * FLOW_TOLERANCE_M3S
            energy[k] = gap
            if bad:
                wrong.append(k)
        node = int(mass.argmax())
        worst = int(energy.argmax()) if len(energy) else -1
        return Balance(
            mass_m3s=float(mass[node]),
            mass_node=self._node_ids[node],
            energy_m=float(energy[worst]) if worst >= 0 else 0.0,
            energy_link=self._link_ids[worst] if worst >= 0 else "",
            inconsistent=tuple(self._link_ids[k] for k in sorted(wrong)),
        )

    def _judge_pipes(self, drop: F64, flow: F64, status: U8, energy: F64, wrong: list[int]) -> None:
        pipes = self._pipes
        q = flow[pipes]
        is_open = (status[pipes] > CLOSED) & np.isfinite(drop[pipes])
        gap = np.abs(drop[pipes] - self._friction(q))
        energy[pipes] = np.where(is_open, gap, 0.0)
        back = self._check & is_open & (q < -10.0 * FLOW_TOLERANCE_M3S)
        wrong.extend(int(k) for k in pipes[back])

    def _friction(self, q: F64) -> F64:
        """Signed drop of every pipe at its flow."""
        size = np.abs(q)
        options = self._net.options
        d, c, length = self._diameter, self._roughness, self._length
        if options.headloss == "H-W":
            drop = HAZEN_WILLIAMS * length * size**1.852 / (c**1.852 * d**4.871)
        elif options.headloss == "C-M":
            drop = MANNING * c**2 * length * size**2 / d**5.333
        else:
            reynolds = 4.0 * size / (math.pi * d * VISCOSITY * options.viscosity_relative)
            f = _darcy_factor(np.maximum(reynolds, 1e-9), c / d)
            area = math.pi * d**2 / 4.0
            drop = f * length / d * (size / area) ** 2 / (2.0 * GRAVITY)
        signed: F64 = np.sign(q) * (drop + self._minor * size**2)
        return signed

    def _pump_gap(self, pump: Pump, gain: float, q: float, speed: float) -> float:
        """Difference of a pump's gain and its curve's at its flow and speed."""
        if speed == 0.0:
            return 0.0
        if pump.head_curve is None:
            power = (pump.power_w or 0.0) * speed**3
            return abs(gain - WATT_HEAD * power / q) if q > 1e-4 else 0.0
        points = self._net.curves[pump.head_curve].points
        x: list[float] = [p[0] for p in points]
        y: list[float] = [p[1] for p in points]
        at = abs(q) / speed
        if len(points) == 1:
            ratio: float = (at / x[0]) ** _ONE_POINT
            return abs(gain - speed**2 * y[0] * (1.33334 - 0.33334 * ratio))
        if len(points) == 3 and x[0] == 0.0:
            n = math.log((y[0] - y[2]) / (y[0] - y[1])) / math.log(x[2] / x[1])
            share: float = (at / x[1]) ** n
            return abs(gain - speed**2 * (y[0] - (y[0] - y[1]) * share))
        k = min(max(int(np.searchsorted(x, at)), 1), len(x) - 1)
        slope = (y[k] - y[k - 1]) / (x[k] - x[k - 1])
        return abs(gain - speed**2 * (y[k] + slope * (at - x[k])))

    def _valve_gap(
        self,
        k: int,
        valve: Valve,
        head: F64,
        drop: float,
        q: float,
        level: float | None,
        factor: float,
    ) -> float:
        """What an open valve misses: its law in metres, or the head or flow it should hold.

        A missed flow counts as metres a L/s, so that it shows beside heads.
        """
        start, end = int(self._start[k]), int(self._end[k])
        loss = KINETIC * valve.minor_loss / valve.diameter_m**4 * q * abs(q)
        if valve.kind == "GPV":
            points = self._net.curves[valve.curve or ""].points
            x, y = [p[0] for p in points], [p[1] for p in points]
            i = min(max(int(np.searchsorted(x, abs(q))), 1), len(x) - 1)
            slope = (y[i] - y[i - 1]) / (x[i] - x[i - 1])
            law = y[i] + slope * (abs(q) - x[i])
            return abs(drop - math.copysign(law, q)) if abs(q) > 1e-5 else 0.0
        if level is None or valve.kind == "PCV":
            return abs(drop - loss) if valve.kind != "PCV" else 0.0
        if valve.kind == "PRV":
            return abs(float(head[end]) - float(self._elevation[end]) - level * FOOT_M)
        if valve.kind == "PSV":
            return abs(float(head[start]) - float(self._elevation[start]) - level * FOOT_M)
        if valve.kind == "FCV":
            return abs(q - level * factor) * 1e3
        if valve.kind == "PBV":
            return min(abs(drop - level * FOOT_M), abs(drop - loss))
        return abs(drop - KINETIC * level / valve.diameter_m**4 * q * abs(q))


_ONE_POINT = math.log(1.33334 / 0.33334) / math.log(2.0)
"""Exponent of a one-point pump curve: 2 to five digits."""


def _darcy_factor(reynolds: F64, roughness: F64) -> F64:
    """Friction factor: 64 / Re, Swamee and Jain, and Dunlop's cubic between 2000 and 4000."""
    rough = -2.0 * np.log10(roughness / 3.7 + 5.74 / np.maximum(reynolds, 4000.0) ** 0.9)
    turbulent = rough**-2.0
    y2 = roughness / 3.7 + 5.74 / 4000.0**0.9
    y3 = -0.86859 * np.log(y2)
    fa = y3**-2.0
    fb = fa * (2.0 - 0.00514215 / (y2 * y3))
    r = reynolds / 2000.0
    cubic = (
        (7.0 * fa - fb)
        + r * (0.128 - 17.0 * fa + 2.5 * fb)
        + r**2 * (-0.128 + 13.0 * fa - 2.0 * fb)
        + r**3 * (0.032 - 3.0 * fa + 0.5 * fb)
    )
    return np.where(
        reynolds <= 2000.0, 64.0 / reynolds, np.where(reynolds >= 4000.0, turbulent, cubic)
    )
