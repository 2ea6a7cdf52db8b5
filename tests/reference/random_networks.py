"""Random small networks of every kind of element, solved by us and by EPANET, both judged.

`study` puts a network into one of `OUTCOMES`. Where the two differ, the judge of
`hydraulics.balance` says who satisfies the physics; what neither proves must be flagged by us.
"""

from __future__ import annotations

import random
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
from epanet import toolkit as en
from epanet_run import opened
from numpy.typing import NDArray

from hydraulics import SolveError, simulate
from hydraulics.balance import Judge
from hydraulics.tables import ACTIVE, MISSING, OPEN, XFCV, XPRESSURE
from hydraulics.types import F64, I64
from hydraulics.us_units import FOOT_M, PER_CFS, m3s_per_cfs
from network_models import Network, NetworkError, read_network
from network_models.elements import Demand, Junction, Link, Node, Pipe, Pump, Reservoir, Tank, Valve
from network_models.formats.inp_write import write_inp
from network_models.operation import Control, Curve, Options, Pattern, Times

Outcome = Literal[
    "agreed",
    "ours proved, EPANET not",
    "neither proved",
    "EPANET proved, ours flagged",
    "refused",
    "EPANET refused",
    "refused by us",
    "open",
]
OUTCOMES: tuple[Outcome, ...] = (
    "agreed",
    "ours proved, EPANET not",
    "neither proved",
    "EPANET proved, ours flagged",
    "refused",
    "EPANET refused",
    "refused by us",
    "open",
)
"""`open`: both proved, yet different. That must not be."""
ACCURACY = 1e-6
KW_PER_HP = 0.7457
HEAD_M = 5e-3
FLOW_M3S = 2e-5
STILL_M3S = 1e-6
STATES = {0: 0, 1: 1, 2: 2, 3: OPEN, 4: ACTIVE, 5: OPEN, 6: XFCV, 7: XPRESSURE}
"""EPANET's statuses to ours."""


def random_network(draw: random.Random) -> Network:
    """A tree of junctions with loops, sources, tanks, pumps, valves, controls and odd values."""
    law = draw.choice(["H-W", "H-W", "D-W", "C-M"])
    extreme = draw.random() < 0.2
    count = draw.randint(3, 12)
    nodes: list[Node] = [Reservoir(id="R", elevation_m=_number(draw, 10.0, 70.0))]
    links: list[Link] = []
    for i in range(count):
        nodes.append(_junction(draw, f"J{i}", extreme))
        if i:
            links.append(_pipe(draw, f"t{i}", f"J{draw.randrange(i)}", f"J{i}", law, extreme))
    for i in range(draw.randint(0, 4)):
        a, b = draw.randrange(count), draw.randrange(count)
        if a != b:
            links.append(_pipe(draw, f"l{i}", f"J{a}", f"J{b}", law, extreme))
    links.append(_feed(draw, law))
    for i in range(draw.randint(0, 2)):
        nodes.append(_tank(draw, f"T{i}"))
        links.append(_pipe(draw, f"k{i}", f"J{draw.randrange(count)}", f"T{i}", law, extreme))
    if draw.random() < 0.2:
        nodes.append(Reservoir(id="S", elevation_m=_number(draw, 10.0, 70.0)))
        links.append(_pipe(draw, "s", "S", f"J{draw.randrange(count)}", law, extreme))
    for i in range(draw.randint(0, 3)):
        kind = draw.choice(["PRV", "PSV", "PBV", "FCV", "TCV", "GPV", "PCV", "pump"])
        start, end = f"J{draw.randrange(count)}", f"V{i}"
        if draw.random() < 0.3:
            end = f"J{draw.randrange(count)}"
        else:
            nodes.append(_junction(draw, end, extreme))
            if draw.random() < 0.4:
                back = f"J{draw.randrange(count)}"
                links.append(_pipe(draw, f"b{i}", end, back, law, extreme))
        if start != end:
            links.append(_other(draw, f"v{i}", start, end, kind))
    if draw.random() < 0.1:
        nodes += [_junction(draw, "I0", extreme), _junction(draw, "I1", extreme)]
        links.append(_pipe(draw, "i", "I0", "I1", law, extreme))
        links.append(_pipe(draw, "c", "J0", "I0", law, extreme, status="closed"))
    driven = draw.random() < 0.4
    return Network(
        nodes={n.id: n for n in sorted(nodes, key=lambda n: isinstance(n, Reservoir | Tank))},
        links={
            k.id: k
            for k in sorted(links, key=lambda k: (isinstance(k, Valve), isinstance(k, Pump)))
        },
        patterns={
            "p": Pattern(id="p", multipliers=(0.6, 1.4, 1.0)),
            "q": Pattern(id="q", multipliers=(1.0, 0.9, 0.0, 0.8)),
        },
        curves={
            "one": Curve(id="one", points=((0.05, 60.0),), kind="pump"),
            "three": Curve(
                id="three", points=((0.0, 50.0), (0.03, 40.0), (0.06, 15.0)), kind="pump"
            ),
            "many": Curve(
                id="many",
                points=((0.0, 55.0), (0.01, 52.0), (0.03, 42.0), (0.05, 20.0), (0.07, 2.0)),
                kind="pump",
            ),
            "loss": Curve(
                id="loss", points=((0.0, 0.0), (0.01, 2.0), (0.03, 11.0)), kind="headloss"
            ),
            "open": Curve(
                id="open", points=((0.0, 0.0), (50.0, 30.0), (100.0, 100.0)), kind="valve"
            ),
        },
        controls=tuple(_controls(draw, nodes, links)),
        options=Options(
            flow_unit="LPS",
            headloss=law,  # type: ignore[arg-type]
            accuracy=ACCURACY,
            demand_model="PDA" if driven else "DDA",
            required_pressure_m=20.0 if driven else 0.1,
            minimum_pressure_m=draw.choice([0.0, 3.0]) if driven else 0.0,
        ),
        times=Times(duration_s=6 * 3600),
    )


def _number(draw: random.Random, low: float, high: float) -> float:
    return round(low + (high - low) * draw.random(), 3)


def _junction(draw: random.Random, id_: str, extreme: bool) -> Junction:
    litres = draw.choice([0.0, 1.0, 3.0, 8.0, -2.0 if extreme else 2.0, 80.0 if extreme else 5.0])
    return Junction(
        id=id_,
        elevation_m=_number(draw, 0.0, 15.0),
        demands=(Demand(base_m3s=round(litres * draw.random(), 3) / 1e3, pattern="p"),),
        emitter_coefficient=_number(draw, 1e-4, 2e-3) if draw.random() < 0.08 else 0.0,
    )


def _pipe(
    draw: random.Random,
    id_: str,
    start: str,
    end: str,
    law: str,
    extreme: bool,
    status: Literal["open", "closed"] = "open",
) -> Pipe:
    rough = {"H-W": (60.0, 150.0), "D-W": (1e-5, 3e-3), "C-M": (0.008, 0.02)}[law]
    widths = [0.1, 0.15, 0.2, 0.3] + ([0.01, 2.0] if extreme else [])
    lengths = (1.0, 20000.0) if extreme else (50.0, 900.0)
    leaks = draw.random() < 0.05
    if status == "open" and draw.random() < 0.04:
        status = "closed"
    return Pipe(
        id=id_,
        start=start,
        end=end,
        length_m=_number(draw, *lengths),
        diameter_m=draw.choice(widths),
        roughness=round(rough[0] + (rough[1] - rough[0]) * draw.random(), 6),
        minor_loss=draw.choice([0.0, 0.0, 2.5]),
        check_valve=status == "open" and draw.random() < 0.1,
        status=status,
        leak_area_mm2_per_100m=20.0 if leaks else 0.0,
        leak_expansion_mm2_per_m=1.0 if leaks and draw.random() < 0.5 else 0.0,
    )


def _feed(draw: random.Random, law: str) -> Link:
    if draw.random() < 0.4:
        return _pipe(draw, "feed", "R", "J0", law, False)
    return _other(draw, "feed", "R", "J0", "pump")


def _tank(draw: random.Random, id_: str) -> Tank:
    return Tank(
        id=id_,
        elevation_m=_number(draw, 20.0, 70.0),
        initial_level_m=draw.choice([0.0, 1.0, 3.0, 6.0]),
        minimum_level_m=0.0,
        maximum_level_m=6.0,
        diameter_m=draw.choice([3.0, 8.0, 20.0]),
        overflow=draw.random() < 0.2,
    )


def _other(draw: random.Random, id_: str, start: str, end: str, kind: str) -> Link:
    if kind == "pump":
        curve = draw.choice(["one", "three", "many", ""])
        return Pump(
            id=id_,
            start=start,
            end=end,
            head_curve=curve or None,
            power_w=None if curve else round(_number(draw, 500.0, 15000.0), 0),
            speed=draw.choice([1.0, 1.0, 0.8, 1.1]) if curve else 1.0,
            speed_pattern="q" if curve and draw.random() < 0.15 else None,
        )
    setting = {
        "PRV": _number(draw, 5.0, 50.0),
        "PSV": _number(draw, 5.0, 60.0),
        "PBV": _number(draw, 0.0, 15.0),
        "FCV": _number(draw, 0.001, 0.02),
        "TCV": _number(draw, 0.0, 300.0),
        "GPV": 0.0,
        "PCV": _number(draw, 5.0, 100.0),
    }[kind]
    return Valve(
        id=id_,
        start=start,
        end=end,
        kind=kind,  # type: ignore[arg-type]
        diameter_m=draw.choice([0.1, 0.2]),
        setting=setting,
        minor_loss=draw.choice([0.0, 1.5]) if kind != "PCV" else 1.5,
        curve={"GPV": "loss", "PCV": "open"}.get(kind),
        status="active" if draw.random() < 0.9 else draw.choice(["open", "closed"]),
    )


def _controls(draw: random.Random, nodes: list[Node], links: list[Link]) -> list[Control]:
    tanks = [n.id for n in nodes if isinstance(n, Tank)]
    free = [
        k.id for k in links if isinstance(k, Pump) or (isinstance(k, Pipe) and not k.check_valve)
    ]
    found: list[Control] = []
    while draw.random() < 0.3:
        link = draw.choice(free)
        if tanks and draw.random() < 0.5:
            tank = draw.choice(tanks)
            found.append(
                Control(link=link, status="closed", trigger="above", node=tank, threshold_m=4.0)
            )
            found.append(
                Control(link=link, status="open", trigger="below", node=tank, threshold_m=2.0)
            )
        elif draw.random() < 0.8:
            status: Literal["open", "closed"] = draw.choice(["open", "closed"])
            hour = draw.randint(0, 5)
            found.append(Control(link=link, status=status, trigger="time", time_s=hour * 3600.0))
        else:
            found.append(
                Control(link=link, status="closed", trigger="below", node="J1", threshold_m=1.0)
            )
    return found


def study(made: Network) -> tuple[Outcome, str]:
    """Solve `made` both ways; the outcome and what there is to say about it."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_inp(made, folder / "made.inp")
        try:
            net = read_network(folder / "made.inp")
        except NetworkError as error:
            return "refused", str(error)
        write_inp(_for_epanet(made), folder / "epanet.inp")
        try:
            run = simulate(net, accuracy=ACCURACY)
        except SolveError as error:
            return "refused by us", str(error)
        try:
            theirs = epanet_states(net, folder / "epanet.inp", folder)
        except Exception as error:
            return "EPANET refused", str(error)
    states = {int(t): s for t, *s in theirs}
    judge = Judge(net)
    place = {id_: i for i, id_ in enumerate(net.nodes)}
    ends = np.array([(place[v.start], place[v.end]) for v in net.links.values()])
    factor = m3s_per_cfs("LPS")
    for t, time in enumerate(run.times_s):
        if int(time) not in states:
            continue
        head, _, flow, *_ = states[int(time)]
        supplied = np.isfinite(run.head_m[t])
        moving = _moving(ends, np.maximum(np.abs(run.flow_m3s[t]), np.abs(flow)), len(place))
        gaps = np.abs(run.head_m[t] - head)[supplied & moving]
        apart = gaps.max(initial=0.0)
        live = supplied[ends].all(axis=1)
        flows = np.abs(run.flow_m3s[t] - flow)[live].max(initial=0.0)
        near = HEAD_M + 5e-4 * np.ptp(run.head_m[t][supplied])
        if apart < near and flows < FLOW_M3S + 1e-3 * np.abs(flow).max(initial=0.0):
            continue
        what = f"at {time:.0f} s head {apart:.3g} m, flow {flows:.3g} m3/s apart"
        flagged = not run.report.converged or any("between" in w for w in run.report.warnings)
        for when, (h, demand, q, status, setting) in sorted(states.items()):
            if when > time:
                break
            at = int(np.searchsorted(run.times_s, when, side="right")) - 1
            masked = _snapped(net, np.where(np.isfinite(run.head_m[at]), h, np.nan))
            verdict = judge.judge(masked, demand, q, status, setting, factor)
            if not verdict.proved:
                if flagged:
                    return "neither proved", f"{what}; {run.report.flags}"
                return "ours proved, EPANET not", f"{what}; {verdict}"
        return (
            ("EPANET proved, ours flagged", f"{what}; {run.report.flags}")
            if flagged
            else ("open", what)
        )
    return "agreed", ""


def _moving(ends: I64, size: F64, count: int) -> NDArray[np.bool_]:
    """Nodes with water on the move. In a still dead end behind a shut valve any head may stand."""
    moving = np.zeros(count, dtype=bool)
    moving[ends[size > STILL_M3S].ravel()] = True
    return moving


def _snapped(net: Network, head: F64) -> F64:
    """A tank a rounding error from full or empty is so: EPANET may go on filling it for ever."""
    for i, tank in enumerate(net.nodes.values()):
        if isinstance(tank, Tank):
            for level in (tank.minimum_level_m, tank.maximum_level_m):
                if abs(head[i] - (tank.elevation_m + level)) < 1e-6:
                    head[i] = tank.elevation_m + level
    return head


def _for_epanet(net: Network) -> Network:
    """EPANET 2.3.5 divides the power of a pump by the unit twice in a metric file: undo one."""
    links = {
        k: replace(v, power_w=v.power_w * KW_PER_HP) if isinstance(v, Pump) and v.power_w else v
        for k, v in net.links.items()
    }
    return replace(net, links=links)


def epanet_states(net: Network, path: Path, folder: Path) -> list[tuple[Any, ...]]:
    """All hydraulic steps of EPANET: time, heads, demands, flows (SI), statuses and settings."""
    rows: list[tuple[Any, ...]] = []
    with opened(path, folder) as project:
        unit = m3s_per_cfs("LPS") / PER_CFS["LPS"]
        nodes = [en.getnodeindex(project, id_) for id_ in net.nodes]
        links = [en.getlinkindex(project, id_) for id_ in net.links]
        kinds = [getattr(v, "kind", "") for v in net.links.values()]
        en.setoption(project, en.ACCURACY, ACCURACY)
        en.openH(project)
        en.initH(project, 0)
        while True:
            time = en.runH(project)
            status = [int(en.getlinkvalue(project, k, en.PUMP_STATE)) for k in links]
            raw = [en.getlinkvalue(project, k, en.SETTING) for k in links]
            rows.append(
                (
                    time,
                    _values(en.getnodevalue, project, nodes, en.HEAD),
                    _values(en.getnodevalue, project, nodes, en.DEMAND) * unit,
                    _values(en.getlinkvalue, project, links, en.FLOW) * unit,
                    np.array([STATES.get(s, OPEN) for s in status], dtype=np.uint8),
                    np.array(list(map(_setting, kinds, raw, status))),
                )
            )
            if en.nextH(project) <= 0:
                break
        en.closeH(project)
    return rows


def _values(get: Any, project: Any, indices: list[int], what: int) -> F64:
    return np.array([get(project, i, what) for i in indices])


def _setting(kind: str, value: float, status: int) -> float:
    """A setting in the kernels' units. EPANET gives 0 for a valve that is just open or closed."""
    if kind in ("PRV", "PSV", "PBV"):
        return MISSING if value == 0.0 and kind != "PBV" else value / FOOT_M
    if kind == "FCV":
        return MISSING if value == 0.0 else value / PER_CFS["LPS"]
    if kind in ("TCV", "PCV") and value == 0.0 and status != ACTIVE:
        return MISSING
    return value


__all__ = ["OUTCOMES", "Outcome", "random_network", "study"]
