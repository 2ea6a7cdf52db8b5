"""Settings for a GasLib nomination by successive mixed-integer linear programs.

Part of `gaslib_study.py`. Unknown are the squared pressure of every node (bar2, absolute), the flow
of every link (kg/s) and which stations and control valves run. A pipe's law
y1 - y2 exp(s) = c q |q| is laid straight at the last flows; what it then misses is the objective,
and the flows may move within a distance that halves whenever a step misses more than the last. The
c of a pipe are the solver's own: from its state of the settings found so far. Nothing here counts
as an answer: what is found goes through the solver.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from hydraulics.gas.state import GasSolution
from network_models.elements import Compressor, GasPipe, GasSource, Regulator, Resistor
from network_models.network import Network

F64 = NDArray[np.float64]
BAR, AIR_PA = 1e5, 101325.0
MOST_KGS = 2000.0
MOST_PA = 2e7
ROUNDS = 60
CLOSE = 1e-3
"""Sum of what all laws miss, bar2, at which a program has an answer."""
FIRST_Z, GAS_CONSTANT = 0.85, 8.314462618
SECONDS = 20.0
MARGIN_BAR = 0.05
"""By which bounds are drawn in, because the laws are those of a neighbouring state."""


@dataclass(frozen=True)
class Plan:
    """Pressures (bar absolute) of nodes and flows (kg/s) of links, and which machines run."""

    bars: dict[str, float]
    flows: dict[str, float]
    running: frozenset[str]
    missed: float


class Program:
    """The programs of one nomination."""

    def __init__(self, net: Network) -> None:
        nodes, self.links = list(net.nodes.values()), list(net.links.values())
        index = {n.id: i for i, n in enumerate(nodes)}
        self.net, self.n, self.m = net, len(nodes), len(self.links)
        self.start = np.array([index[k.start] for k in self.links])
        self.end = np.array([index[k.end] for k in self.links])
        fed = np.array([getattr(n, "flow_kgs", 0.0) - getattr(n, "demand_kgs", 0.0) for n in nodes])
        self.fed = fed - fed.mean()
        machines = [isinstance(k, Compressor | Regulator) for k in self.links]
        self.machine = np.array(machines)
        self.low, self.high = bounds_of(net)
        self.column = np.exp(self._gravity(nodes))
        self.lawful = np.flatnonzero(~self.machine)
        self.bars = np.sqrt(self.high)
        self.c = np.array(
            [0.0 if m else self._first(k) for m, k in zip(machines, self.links, strict=True)]
        )

    def _gravity(self, nodes: list[object]) -> F64:
        height = np.array([getattr(n, "elevation_m", 0.0) for n in nodes])
        rt = self._gas_rt() * FIRST_Z
        return 2.0 * self.net.physics.gravity_ms2 * (height[self.end] - height[self.start]) / rt

    def _gas_rt(self) -> float:
        gas = self.net.fluids[self.net.physics.fluid or next(iter(self.net.fluids))]
        mass = gas.molar_mass_kgmol or 0.018
        kelvin = self.net.physics.gas_temperature_k or self.net.physics.ambient_temperature_k
        return GAS_CONSTANT / mass * kelvin

    def _first(self, link: object) -> float:
        """c before any state is known, bar2 s2 / kg2: a rough pipe's."""
        if isinstance(link, GasPipe):
            factor = (2.0 * np.log10(3.71 * link.diameter_m / link.roughness_m)) ** -2
            loss, diameter = factor * link.length_m / link.diameter_m, link.diameter_m
        elif isinstance(link, Resistor) and link.diameter_m:
            loss, diameter = link.drag_factor, link.diameter_m
        else:
            return 0.0
        area = np.pi * diameter**2 / 4.0
        return float(loss / area**2 * FIRST_Z * self._gas_rt() / BAR**2)

    def take_laws(self, state: GasSolution) -> None:
        """The c of all pipes as they are in a solved state."""
        y = ((state.pressure_pa + AIR_PA) / BAR) ** 2
        q = state.flow_kgs
        with np.errstate(divide="ignore", invalid="ignore"):
            found = (y[self.start] - y[self.end] * self.column) / (q * np.abs(q))
        usable = ~self.machine & np.isfinite(found) & (np.abs(q) > 1.0) & (found >= 0.0)
        self.c[usable] = found[usable]

    def solve(self, flows: F64, distance: float) -> tuple[Plan, F64] | None:
        """The best plan near `flows`, and its flows in the order of links."""
        best: tuple[float, F64] | None = None
        for _ in range(ROUNDS):
            answer = self._step(flows, distance)
            missed = np.inf if answer is None else self._missed(answer)
            if answer is not None and (best is None or missed < best[0] - 1e-9):
                best, flows = (missed, answer), answer[self.n : self.n + self.m]
                self.bars = np.sqrt(answer[: self.n])
            else:
                distance *= 0.5
            if distance < 1e-2 or (best is not None and best[0] < CLOSE):
                break
        if best is None:
            return None
        return self._plan(*best), best[1][self.n : self.n + self.m]

    def _plan(self, missed: float, x: F64) -> Plan:
        running = x[-int(self.machine.sum()) or len(x) :] > 0.5
        ids = [k.id for k, m in zip(self.links, self.machine, strict=True) if m]
        return Plan(
            bars=dict(zip(self.net.nodes, np.sqrt(x[: self.n]).tolist(), strict=True)),
            flows=dict(zip(self.net.links, x[self.n : self.n + self.m].tolist(), strict=True)),
            running=frozenset(id_ for id_, on in zip(ids, running, strict=False) if on),
            missed=missed,
        )

    def _missed(self, x: F64) -> float:
        y, q = x[: self.n], x[self.n : self.n + self.m]
        law = y[self.start] - y[self.end] * self.column - self.c * q * np.abs(q)
        return float(np.abs(law[self.lawful]).sum())

    def _step(self, flows: F64, distance: float) -> F64 | None:
        """One program: all unknowns in a row, y (N,), q (L,), misses up and down, running."""
        n, m, law = self.n, self.m, self.lawful
        where = np.flatnonzero(self.machine)
        count, machines = len(law), len(where)
        first_up, first_on = n + m, n + m + 2 * count
        rows: list[tuple[dict[int, float], float, float]] = []
        for i in range(n):
            rows.append(({}, -self.fed[i], -self.fed[i]))
        for k in range(m):
            rows[self.start[k]][0][n + k] = -1.0
            rows[self.end[k]][0][n + k] = 1.0
        for j, k in enumerate(law.tolist()):
            at = self.c[k] * flows[k] * abs(flows[k])
            slope = 2.0 * self.c[k] * abs(flows[k]) + 1e-3 * self.c[k]
            known = at - slope * flows[k]
            row = {int(self.start[k]): 1.0, int(self.end[k]): -float(self.column[k]), n + k: -slope}
            row |= {first_up + j: 1.0, first_up + count + j: -1.0}
            rows.append((row, known, known))
        high = float(self.high.max())
        for j, k in enumerate(where.tolist()):
            on, inlet, outlet = first_on + j, int(self.start[k]), int(self.end[k])
            link = self.links[k]
            raised = 1.0 if isinstance(link, Compressor) else -1.0
            rows.append(({n + k: 1.0, on: -MOST_KGS}, -np.inf, 0.0))
            lost = 0.0 if raised > 0.0 else lost_bar(link) * 2.0 * float(self.bars[inlet])
            rows.append(({outlet: raised, inlet: -raised, on: -high}, lost - high, np.inf))
            least, most = machine_limits(link)
            rows.append(({inlet: 1.0, on: -least}, 0.0, np.inf))
            if most < high:
                rows.append(({outlet: 1.0, on: high}, -np.inf, most + high))
        unknowns = first_on + machines
        entries = [(r, c, v) for r, (row, _, _) in enumerate(rows) for c, v in row.items()]
        r, c, v = map(np.array, zip(*entries, strict=True))
        matrix = coo_array((v, (r, c)), shape=(len(rows), unknowns)).tocsr()
        goal = np.zeros(unknowns)
        goal[first_up:first_on] = 1.0
        lows = np.array([getattr(k, "flow_min_kgs", None) or -MOST_KGS for k in self.links])
        highs = np.array([getattr(k, "flow_max_kgs", None) or MOST_KGS for k in self.links])
        lows = np.where(self.machine, 0.0, np.maximum(lows, flows - distance))
        highs = np.where(self.machine, highs, np.minimum(highs, flows + distance))
        whole = np.zeros(unknowns)
        whole[first_on:] = 1.0
        found = milp(
            goal,
            constraints=LinearConstraint(matrix, [x[1] for x in rows], [x[2] for x in rows]),
            bounds=Bounds(
                np.concatenate([self.low, lows, np.zeros(2 * count + machines)]),
                np.concatenate([self.high, highs, np.full(2 * count, np.inf), np.ones(machines)]),
            ),
            integrality=whole,
            options={"time_limit": SECONDS, "mip_rel_gap": 1e-3},
        )
        return None if found.x is None else np.asarray(found.x)

    def straightest(self) -> F64:
        """Flows to begin with: the least of flow times the root of its pipe's loss."""
        n, m = self.n, self.m
        weight = np.tile(np.where(self.machine, 1.0, np.sqrt(self.c)) + 1e-9, 2)
        links = np.arange(m)
        r = np.concatenate([self.start, self.end, self.start, self.end])
        c = np.concatenate([links, links, links + m, links + m])
        v = np.concatenate([-np.ones(m), np.ones(m), np.ones(m), -np.ones(m)])
        most = np.concatenate([np.full(m, MOST_KGS), np.where(self.machine, 0.0, MOST_KGS)])
        matrix = coo_array((v, (r, c)), shape=(n, 2 * m)).tocsr()
        balance = LinearConstraint(matrix, -self.fed, -self.fed)
        found = milp(weight, constraints=balance, bounds=Bounds(0.0, most))
        if found.x is None:
            return np.zeros(m)
        return np.asarray(found.x[:m] - found.x[m:])


def pressure_bounds(net: Network) -> list[tuple[float, float]]:
    """Least and greatest gauge pressure of every node, Pa, by its record and the nominations."""
    given = {(b.node, b.quantity): b for s in net.scenarios.values() for b in s.bounds}
    found = []
    for id_, node in net.nodes.items():
        bound = given.get((id_, "pressure"))
        low = [getattr(node, "pressure_min_pa", None), bound.lower if bound else None]
        high = [getattr(node, "pressure_max_pa", None), bound.upper if bound else None]
        least = max((v for v in low if v is not None), default=-np.inf)
        found.append((least, min((v for v in high if v is not None), default=np.inf)))
    return found


def bounds_of(net: Network) -> tuple[F64, F64]:
    """Least and greatest squared pressure of every node, bar2, drawn in a little."""
    pairs = np.array(pressure_bounds(net)).T
    pairs = (np.clip(pairs, 0.0, MOST_PA) + AIR_PA) / BAR
    low, high = (pairs[0] + MARGIN_BAR) ** 2, (pairs[1] - MARGIN_BAR) ** 2
    fixed = low > high  # a pressure that is given exactly
    low[fixed] = high[fixed] = ((low + high) / 2.0)[fixed]
    return low, high


def machine_limits(link: object) -> tuple[float, float]:
    """Least squared pressure before a running machine and greatest behind it, bar2."""
    least, most = getattr(link, "inlet_min_pa", None), getattr(link, "outlet_max_pa", None)
    return (
        0.0 if least is None else ((least + AIR_PA) / BAR + MARGIN_BAR) ** 2,
        1e9 if most is None else ((most + AIR_PA) / BAR - MARGIN_BAR) ** 2,
    )


def regions_of(net: Network) -> list[list[str]]:
    """The nodes that hang together without stations."""
    index = {id_: i for i, id_ in enumerate(net.nodes)}
    rest = [k for k in net.links.values() if not isinstance(k, Compressor)]
    ends = ([index[k.start] for k in rest], [index[k.end] for k in rest])
    graph = coo_array((np.ones(len(rest)), ends), shape=(len(index), len(index)))
    count, label = connected_components(graph, directed=False)
    regions: list[list[str]] = [[] for _ in range(count)]
    for id_, r in zip(net.nodes, label.tolist(), strict=True):
        regions[r].append(id_)
    return regions


def lost_bar(link: object) -> float:
    """What a station's own pipework takes, bar; where it is a fixed drop."""
    return (getattr(link, "inlet_loss_pa", 0.0) + getattr(link, "outlet_loss_pa", 0.0)) / BAR


def set_by(net: Network, plan: Plan) -> Network:
    """The network with a plan's settings: one holder of pressure a region, given flows elsewhere.

    Entries keep their nominated flows; where a region has entries the largest holds the pressure
    instead, which leaves its flow to the balance. Control valves hold their planned outlets.
    """
    regions = regions_of(net)
    nodes, links = dict(net.nodes), dict(net.links)
    gauge = {id_: bar * BAR - AIR_PA for id_, bar in plan.bars.items()}
    held_links: set[str] = set()
    for region in regions:
        inside = set(region)
        entries = [n for n in (nodes[i] for i in region) if isinstance(n, GasSource)]
        feeding = [n for n in entries if n.flow_kgs > 0.0]
        into = [k for k in plan.running if links[k].end in inside and links[k].start not in inside]
        if feeding:
            holder = max(feeding, key=lambda n: n.flow_kgs)
            nodes[holder.id] = replace(holder, control="pressure", pressure_pa=gauge[holder.id])
        elif into:
            held_links.add(max(into, key=lambda k: plan.flows[k]))
    for id_, link in net.links.items():
        if isinstance(link, Compressor):
            if id_ in held_links:
                changed = replace(link, control="outlet", outlet_pa=gauge[link.end])
            elif id_ in plan.running and plan.flows[id_] > 1e-6:
                changed = replace(link, control="flow", flow_kgs=plan.flows[id_])
            else:
                changed = replace(link, status="closed")
            links[id_] = changed
        elif isinstance(link, Regulator):
            links[id_] = (
                replace(link, setting_pa=gauge[link.end])
                if id_ in plan.running
                else replace(link, status="closed")
            )
    return replace(net, nodes=nodes, links=links)
