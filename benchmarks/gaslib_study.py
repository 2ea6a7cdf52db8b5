"""GasLib's nominations solved with settings that are shown, and judged by their own bounds.

    python benchmarks/gaslib_study.py FOLDER

FOLDER holds GasLib networks (.net) with nominations (.scn) beside or under them, as published at
gaslib.zib.de (CC BY 3.0; Schmidt et al., Data 2(4):40, 2017). GasLib gives bounds and no solutions:
a nomination counts as met when all pressures, flows and running stations keep their bounds. The
settings tried are: the pressure that the largest entry holds, and what all compressor stations do
(idle, one outlet pressure for all, one ratio for all), and then those of a mixed-integer program
(`gaslib_program.py`). The best is shown with what it misses. `infeasible`
counts only with a certificate apart from the solver: a linear program of the flows and their bounds
that has no solution. What is neither met nor certified is `open`.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from gaslib_program import MOST_KGS, Program, pressure_bounds, set_by
from scipy.optimize import linprog

from hydraulics.errors import SolveError
from hydraulics.gas.model import GasModel
from hydraulics.gas.state import GasSolution
from network_models.elements import Compressor, GasJunction, GasSource
from network_models.formats.gaslib.read import read_gaslib
from network_models.network import Network

BAR = 1e5
SLACK_BAR = 0.02
"""Bar by which a bound may be missed: no settings are tuned finer."""
SHARES = (1.0, 0.97, 0.94, 0.9, 0.85, 0.8, 0.75, 0.7, 0.65, 0.6)
OUTLETS_BAR = (85.0, 80.0, 75.0, 70.0, 65.0, 60.0, 55.0, 50.0)
RATIOS = (1.05, 1.1, 1.2, 1.3, 1.4)
PLANS = 5
NEAR_KGS = 20.0
"""How far flows move from a plan whose laws are known better."""


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
        planned, count = by_program(net)
        tried += count
        if planned is not None and (best is None or planned.missed_bar < best.missed_bar):
            best = planned
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


def by_program(net: Network) -> tuple[Trial | None, int]:
    """The best of the settings by programs (`gaslib_program.py`), and how many were tried."""
    plain = replace(net, nodes={k: absent(n) for k, n in net.nodes.items()})
    program = Program(plain)
    flows, distance = program.straightest(), MOST_KGS
    best: Trial | None = None
    tries = 0
    while tries < PLANS and (best is None or best.misses):
        found = program.solve(flows, distance)
        if found is None:
            break
        plan, flows = found
        distance = NEAR_KGS
        tries += 1
        words = f"{len(plan.running)} stations and control valves set by a program"
        trial = attempt(net, words, set_by(plain, plan))
        if trial is None:
            break
        if best is None or trial.missed_bar < best.missed_bar:
            best = trial
        program.take_laws(trial.solution)
    return best, tries


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
    bounds = pressure_bounds(net)
    for i, (id_, node) in enumerate(net.nodes.items()):
        pressure = float(solution.pressure_pa[i])
        low, high = bounds[i]
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
            before, behind = float(solution.pressure_pa[start]), float(solution.pressure_pa[end])
            idle = abs(behind - before) <= SLACK_BAR * BAR
            for by, what in (
                (before - behind, "would have to lower by"),
                (-np.inf if idle else (link.inlet_min_pa or -np.inf) - before, "sucks too low by"),
                (-np.inf if idle else behind - (link.outlet_max_pa or np.inf), "ends too high by"),
            ):
                if by > SLACK_BAR * BAR:
                    misses.append((by / BAR, f"station {id_} {what} {by / BAR:.2f} bar"))
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
