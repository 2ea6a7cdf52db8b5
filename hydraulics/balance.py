"""An independent judge: residuals of mass and energy from the formulas, in SI, with numpy.

Nothing here calls the solver's kernels. Resistances are worked out from the network's records by
the textbook formulas in SI (EPANET's US constants converted), so that a fault in assembling,
eliminating or iterating shows as a residual.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.sparse import coo_array

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


class Judge:
    """Judges states of one network."""

    def __init__(self, net: Network) -> None:
        self._net = net
        self._node_ids, self._link_ids = net.node_ids, net.link_ids
        index = {id_: i for i, id_ in enumerate(net.nodes)}
        links = list(net.links.values())
        self._start = np.array([index[link.start] for link in links], dtype=np.int64)
        self._end = np.array([index[link.end] for link in links], dtype=np.int64)
        count, places = len(links), np.arange(len(links))
        ones = np.ones(count)
        shape = (count, len(net.nodes))
        into = coo_array((ones, (places, self._end)), shape=shape)
        out = coo_array((ones, (places, self._start)), shape=shape)
        self._incidence = (into - out).tocsr()
        """(L, N): flow @ incidence is the net inflow of nodes."""
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
        """Worst residuals of heads, demands (..., N) and flows (..., L) in SI.

        `status`, `setting` (..., L) are the solver's own and `factor` is m3/s a cfs.
        """
        head, demand, flow = np.atleast_2d(head), np.atleast_2d(demand), np.atleast_2d(flow)
        status, setting = np.atleast_2d(status), np.atleast_2d(setting)
        judged = np.isfinite(head) & self._junction
        mass = np.where(judged, np.abs(flow @ self._incidence - demand), 0.0)
        drop = head[:, self._start] - head[:, self._end]
        is_open = (status > CLOSED) & np.isfinite(drop)
        pipes = self._pipes
        q = flow[:, pipes]
        energy = np.zeros(flow.shape)
        energy[:, pipes] = np.abs(drop[:, pipes] - self._friction(q))
        back = -10.0 * FLOW_TOLERANCE_M3S
        wrong = {int(k) for k in pipes[(self._check & (q < back)).any(axis=0)]}
        for k, link in self._others:
            if isinstance(link, Pump):
                gap = self._pump_gap(link, -drop[:, k], flow[:, k], setting[:, k])
            else:
                obeys = (status[:, k] == ACTIVE) & (setting[:, k] != MISSING)
                level = np.where(obeys, setting[:, k], np.nan)
                gap = self._valve_gap(k, link, head, drop[:, k], flow[:, k], level, factor)
            energy[:, k] = gap
            one_way = isinstance(link, Pump) or link.kind in ("PRV", "PSV")
            if one_way and (flow[:, k] < back).any():
                wrong.add(k)
        energy[~is_open] = 0.0
        node = int(mass.max(axis=0).argmax())
        worst = int(energy.max(axis=0).argmax())
        return Balance(
            mass_m3s=float(mass[:, node].max()),
            mass_node=self._node_ids[node],
            energy_m=float(energy[:, worst].max()),
            energy_link=self._link_ids[worst],
            inconsistent=tuple(self._link_ids[k] for k in sorted(wrong)),
        )

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

    def _pump_gap(self, pump: Pump, gain: F64, flow: F64, speed: F64) -> F64:
        """Difference of a pump's gain and its curve's at its flow and speed."""
        running = speed > 0.0
        w = np.where(running, speed, 1.0)
        q = np.abs(flow)
        if pump.head_curve is None:
            running = running & (q > 1e-4)
            law = WATT_HEAD * (pump.power_w or 0.0) * w**3 / np.maximum(q, 1e-4)
        else:
            law = w**2 * _gain(self._net.curves[pump.head_curve].points, q / w)
        gap: F64 = np.where(running, np.abs(gain - law), 0.0)
        return gap

    def _valve_gap(
        self, k: int, valve: Valve, head: F64, drop: F64, q: F64, level: F64, factor: float
    ) -> F64:
        """What an open valve misses: its law in metres, or the head or flow it should hold.

        `level` is the setting in the kernels' units, NaN where the valve is just open. A missed
        flow counts as metres a L/s, so that it shows beside heads.
        """
        if valve.kind == "PCV":
            return np.zeros(len(q))
        if valve.kind == "GPV":
            law = _line(self._net.curves[valve.curve or ""].points, np.abs(q))
            return np.where(np.abs(q) > 1e-5, np.abs(drop - np.copysign(law, q)), 0.0)
        start, end = int(self._start[k]), int(self._end[k])
        pull = KINETIC * q * np.abs(q) / valve.diameter_m**4
        loss = np.abs(drop - valve.minor_loss * pull)
        if valve.kind == "PRV":
            held = np.abs(head[:, end] - self._elevation[end] - level * FOOT_M)
        elif valve.kind == "PSV":
            held = np.abs(head[:, start] - self._elevation[start] - level * FOOT_M)
        elif valve.kind == "FCV":
            held = np.abs(q - level * factor) * 1e3
        elif valve.kind == "PBV":
            held = np.minimum(np.abs(drop - level * FOOT_M), loss)
        else:
            held = np.abs(drop - level * pull)
        gap: F64 = np.where(np.isnan(level), loss, held)
        return gap


def _gain(points: tuple[tuple[float, float], ...], q: F64) -> F64:
    """Gain of a pump curve at full speed: one point, three points (power law), or lines."""
    x, y = [p[0] for p in points], [p[1] for p in points]
    if len(points) == 1:
        gain: F64 = y[0] * (1.33334 - 0.33334 * (q / x[0]) ** _ONE_POINT)
        return gain
    if len(points) == 3 and x[0] == 0.0:
        n = math.log((y[0] - y[2]) / (y[0] - y[1])) / math.log(x[2] / x[1])
        return y[0] - (y[0] - y[1]) * (q / x[1]) ** n
    return _line(points, q)


def _line(points: tuple[tuple[float, float], ...], q: F64) -> F64:
    """A piecewise linear curve, its end pieces going on beyond."""
    x, y = np.array([p[0] for p in points]), np.array([p[1] for p in points])
    k = np.clip(np.searchsorted(x, q), 1, len(x) - 1)
    value: F64 = y[k] + (y[k] - y[k - 1]) / (x[k] - x[k - 1]) * (q - x[k])
    return value


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
