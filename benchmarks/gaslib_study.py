"""GasLib's nominations solved with settings that are shown, and judged by their own bounds.

    python benchmarks/gaslib_study.py FOLDER

FOLDER holds GasLib networks (.net) with nominations (.scn) beside or under them, as published at
gaslib.zib.de (CC BY 3.0; Schmidt et al., Data 2(4):40, 2017). GasLib gives bounds and no solutions:
a nomination counts as met when all pressures and flows keep their bounds. The settings tried are
one of: the pressure that the largest entry holds, and what all compressor stations do (idle, one
outlet pressure for all, one ratio for all), and then stations set so that every region between
them balances. The best is shown with what it misses. `infeasible`
counts only with a certificate apart from the solver: a linear program of the flows and their bounds
that has no solution. What is neither met nor certified is `open`.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from hydraulics.errors import SolveError
from hydraulics.gas.model import GasModel
from hydraulics.gas.state import GasSolution
from network_models.elements import Compressor, GasJunction, GasSource, Regulator
from network_models.formats.gaslib.read import read_gaslib
from network_models.network import Network

BAR = 1e5
SLACK_BAR = 0.02
"""Bar by which a bound may be missed: no settings are tuned finer."""
SHARES = (1.0, 0.97, 0.94, 0.9, 0.85, 0.8, 0.75, 0.7, 0.65, 0.6)
OUTLETS_BAR = (85.0, 80.0, 75.0, 70.0, 65.0, 60.0, 55.0, 50.0)
RATIOS = (1.05, 1.1, 1.2, 1.3, 1.4)
GRID_BAR = tuple(range(84, 30, -2))
ROUNDS = 6


@dataclass(frozen=True)
class Trial:
    """One setting with its solution: bar missed in all, what is missed, in words."""

    words: str
    missed_bar: float
    misses: tuple[str, ...]
    solution: GasSolution


def main() -> None:
    if len(sys.argv) != 2:
        print("GasLib study: left out, give the folder of GasLib's files")
        return
    folder = Path(sys.argv[1])
    for net_file in sorted(folder.rglob("*.net")):
        nominations = sorted(net_file.parent.glob("*.scn"))
        for nomination in nominations:
            study(net_file, nomination)


def study(net_file: Path, nomination: Path) -> None:
    """Try the settings of one nomination and print the best."""
    net = read_gaslib(net_file, scenario=nomination)
    name = f"{net_file.stem} / {nomination.stem}"
    certificate = flows_impossible(net)
    if certificate is not None:
        print(f"{name}: infeasible by its flow bounds alone: {certificate}")
        return
    best: Trial | None = None
    tried = 0
    for words, changed in settings(net):
        tried += 1
        trial = attempt(net, words, changed)
        if trial is not None and (best is None or trial.missed_bar < best.missed_bar):
            best = trial
        if best is not None and not best.misses:
            break
    if best is None or best.misses:
        balanced, count = balanced_regions(net)
        tried += count
        if balanced is not None and (best is None or balanced.missed_bar < best.missed_bar):
            best = balanced
    if best is None:
        print(f"{name}: open: none of {tried} settings could be solved")
        return
    report = best.solution.report
    verdict = "met" if not best.misses else f"open: misses {best.missed_bar:.2f} bar in all"
    print(
        f"{name}: {verdict} with {best.words} ({tried} settings tried; residuals "
        f"{report.mass_kgs:.1e} kg/s, {report.energy_pa:.1e} Pa)"
    )
    for text in best.misses[:4]:
        print(f"    {text}")


def settings(net: Network) -> Iterator[tuple[str, Network]]:
    """The settings tried, the plainest first."""
    entries = [n for n in net.nodes.values() if isinstance(n, GasSource)]
    feeding = [n for n in entries if n.flow_kgs > 0.0] or entries
    leader = max(feeding, key=lambda n: n.flow_kgs)
    machines = [k for k, link in net.links.items() if isinstance(link, Compressor)]
    deeds: list[tuple[str, dict[str, object]]] = [("stations idle", {"control": "free"})]
    for bar in OUTLETS_BAR:
        held = {"control": "outlet", "outlet_pa": bar * BAR - 101325.0}
        deeds.append((f"stations at {bar:g} bar", held))
    for ratio in RATIOS:
        deeds.append((f"stations at ratio {ratio:g}", {"control": "ratio", "ratio": ratio}))
    for deed, fields in deeds if machines else deeds[:1]:
        links = {
            k: replace(link, **fields) if k in machines else link  # type: ignore[type-var, arg-type]
            for k, link in net.links.items()
        }
        for share in SHARES:
            pressure = share * leader.pressure_pa
            nodes = {k: absent(n) for k, n in net.nodes.items()}
            nodes[leader.id] = replace(leader, control="pressure", pressure_pa=pressure)
            words = f"{leader.id} at {(pressure + 101325.0) / BAR:.1f} bar, {deed}"
            yield words, replace(net, nodes=nodes, links=links)


def balanced_regions(net: Network) -> tuple[Trial | None, int]:
    """Stations set so that every region between them balances: the best, and how many were tried.

    Each region has one holder of its pressure - its largest entry, or a station into it - and all
    other entries and stations a given flow: least flows through stations that balance all regions
    (a linear program). The held pressures are then moved one after the other.
    """
    index = {id_: i for i, id_ in enumerate(net.nodes)}
    machines = {k: link for k, link in net.links.items() if isinstance(link, Compressor)}
    rest = [link for k, link in net.links.items() if k not in machines]
    ends = ([index[k.start] for k in rest], [index[k.end] for k in rest])
    graph = coo_array((np.ones(len(rest)), ends), shape=(len(index), len(index)))
    count, region = connected_components(graph, directed=False)
    drawn = np.zeros(count)
    for id_, node in net.nodes.items():
        drawn[region[index[id_]]] += getattr(node, "demand_kgs", 0.0) - getattr(
            node, "flow_kgs", 0.0
        )
    matrix = np.zeros((count, len(machines)))
    for j, link in enumerate(machines.values()):
        matrix[region[index[link.start]], j] -= 1.0
        matrix[region[index[link.end]], j] += 1.0
    found = linprog(
        np.ones(len(machines)), A_eq=matrix, b_eq=drawn - drawn.mean(), bounds=(0.0, None)
    )
    if found.status != 0:
        return None, 0
    carried = dict(zip(machines, found.x.tolist(), strict=True))
    holders: list[str] = []
    for r in range(count):
        entries = [
            n
            for n in net.nodes.values()
            if isinstance(n, GasSource) and n.flow_kgs > 0.0 and region[index[n.id]] == r
        ]
        into = [
            k for k, link in machines.items() if carried[k] > 1e-6 and region[index[link.end]] == r
        ]
        if entries:
            holders.append(max(entries, key=lambda n: n.flow_kgs).id)
        elif into:
            holders.append(max(into, key=lambda k: carried[k]))
    holders += [k for k, link in net.links.items() if isinstance(link, Regulator)]
    start = dict.fromkeys(holders, GRID_BAR[len(GRID_BAR) // 2])
    tries = 0
    best: Trial | None = None

    def attempt_at(bars: dict[str, float]) -> Trial | None:
        nonlocal tries
        tries += 1
        return attempt(net, *held_at(net, machines, carried, bars))

    for level in GRID_BAR[::4]:
        trial = attempt_at(dict.fromkeys(holders, level))
        if trial is not None and (best is None or trial.missed_bar < best.missed_bar):
            best, start = trial, dict.fromkeys(holders, level)
    for _ in range(ROUNDS):
        before = np.inf if best is None else best.missed_bar
        for holder in holders:
            for bar in GRID_BAR:
                trial = attempt_at({**start, holder: bar})
                if trial is not None and (best is None or trial.missed_bar < best.missed_bar):
                    best, start = trial, {**start, holder: bar}
            if best is not None and not best.misses:
                return best, tries
        if best is not None and best.missed_bar >= before:
            break
    return best, tries


def held_at(
    net: Network, machines: dict[str, Compressor], carried: dict[str, float], bars: dict[str, float]
) -> tuple[str, Network]:
    """The network with these pressures held (bar absolute) and stations carrying their flows."""
    nodes = {k: absent(n) for k, n in net.nodes.items()}
    links = dict(net.links)
    for id_, machine in machines.items():
        if id_ in bars:
            pressure = bars[id_] * BAR - 101325.0
            links[id_] = replace(machine, control="outlet", outlet_pa=pressure)
        elif carried[id_] > 1e-6:
            links[id_] = replace(machine, control="flow", flow_kgs=carried[id_])
        else:
            links[id_] = replace(machine, status="closed")
    for id_, bar in bars.items():
        link = links.get(id_)
        if isinstance(link, Regulator):
            links[id_] = replace(link, setting_pa=bar * BAR - 101325.0)
        elif id_ in nodes:
            source = nodes[id_]
            assert isinstance(source, GasSource)
            nodes[id_] = replace(source, control="pressure", pressure_pa=bar * BAR - 101325.0)
    words = ", ".join(f"{k} at {bar:g} bar" for k, bar in bars.items())
    flows = ", ".join(f"{k} {q:.1f} kg/s" for k, q in carried.items() if k not in bars and q > 1e-6)
    return words + (f", stations at {flows}" if flows else ""), replace(
        net, nodes=nodes, links=links
    )


def absent(node: object) -> object:
    """An entry without nomination is a plain node: it neither feeds nor holds anything."""
    if not isinstance(node, GasSource) or node.flow_kgs > 0.0:
        return node
    return GasJunction(
        id=node.id,
        elevation_m=node.elevation_m,
        level="high",
        pressure_min_pa=node.pressure_min_pa,
        pressure_max_pa=node.pressure_max_pa,
    )


def attempt(net: Network, words: str, changed: Network) -> Trial | None:
    """Solve one setting and judge it by all bounds; None if it cannot be solved."""
    try:
        solution = GasModel(changed).solve()
    except SolveError:
        return None
    if not solution.report.converged:
        return None
    misses: list[tuple[float, str]] = []
    bounds = {(b.node, b.quantity): b for s in net.scenarios.values() for b in s.bounds}
    for i, (id_, node) in enumerate(net.nodes.items()):
        pressure = float(solution.pressure_pa[i])
        given = bounds.get((id_, "pressure"))
        lows = [getattr(node, "pressure_min_pa", None), given.lower if given else None]
        highs = [getattr(node, "pressure_max_pa", None), given.upper if given else None]
        low = max((v for v in lows if v is not None), default=-np.inf)
        high = min((v for v in highs if v is not None), default=np.inf)
        if np.isnan(pressure):
            misses.append((100.0, f"{id_} has no supply"))
            continue
        by = max(low - pressure, pressure - high) / BAR
        if by > SLACK_BAR:
            side, bound = ("below", low) if low > pressure else ("above", high)
            misses.append((by, f"{id_} is {by:.2f} bar {side} its {(bound + 101325.0) / BAR:.2f}"))
        if isinstance(node, GasSource) and node.flow_kgs > 0.0 and id_ in changed.nodes:
            off = abs(-float(solution.demand_kgs[i]) - node.flow_kgs) / node.flow_kgs
            if off > 1e-3:
                misses.append((100.0 * off, f"{id_} feeds {off:.1%} off its nomination"))
    for k, (id_, link) in enumerate(net.links.items()):
        flow = float(solution.flow_kgs[k])
        low, high = getattr(link, "flow_min_kgs", None), getattr(link, "flow_max_kgs", None)
        if (low is not None and flow < low - 1e-3) or (high is not None and flow > high + 1e-3):
            misses.append((10.0, f"{id_} carries {flow:.1f} kg/s, outside {low} to {high}"))
    place = {id_: i for i, id_ in enumerate(net.nodes)}
    for k, (id_, link) in enumerate(changed.links.items()):
        if isinstance(link, Compressor) and solution.flow_kgs[k] > 1e-6:
            start, end = place[link.start], place[link.end]
            lowered = float(solution.pressure_pa[start] - solution.pressure_pa[end]) / BAR
            if lowered > SLACK_BAR:
                misses.append((lowered, f"station {id_} would have to lower by {lowered:.2f} bar"))
    misses += [
        (100.0, f"{s.node} gets {s.delivered_kgs:.1f} of {s.wanted_kgs:.1f} kg/s")
        for s in solution.report.shortfalls
    ]
    misses.sort(key=lambda m: -m[0])
    return Trial(words, sum(m[0] for m in misses), tuple(m[1] for m in misses), solution)


def flows_impossible(net: Network) -> str | None:
    """Why no flows within the links' bounds balance the nomination; None if some do."""
    index = {id_: i for i, id_ in enumerate(net.nodes)}
    links = list(net.links.values())
    matrix = np.zeros((len(index), len(links)))
    for k, link in enumerate(links):
        matrix[index[link.start], k] -= 1.0
        matrix[index[link.end], k] += 1.0
    drawn = np.array(
        [getattr(n, "demand_kgs", 0.0) - getattr(n, "flow_kgs", 0.0) for n in net.nodes.values()]
    )
    surplus = -drawn.sum()
    if abs(surplus) > 1e-4 * max(np.abs(drawn).sum(), 1.0):
        return f"entries and exits differ by {surplus:.3g} kg/s"
    drawn -= drawn.mean()
    bounds = [(getattr(k, "flow_min_kgs", None), getattr(k, "flow_max_kgs", None)) for k in links]
    found = linprog(np.zeros(len(links)), A_eq=matrix, b_eq=drawn, bounds=bounds, method="highs")
    if found.status != 2:
        return None
    for k, link in enumerate(links):  # the first link whose bounds alone make the difference
        freed = [(None, None) if i == k else b for i, b in enumerate(bounds)]
        again = linprog(np.zeros(len(links)), A_eq=matrix, b_eq=drawn, bounds=freed, method="highs")
        if again.status == 0:
            return f"the flow bounds of {link.id}"
    return "several flow bounds together"


if __name__ == "__main__":
    main()
