"""What the judge reads: a network's records as arrays in SI, and what it writes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from hydraulics.link_rows import VALVE_KINDS
from hydraulics.tables import (
    CHECK_VALVE,
    CONSTANT_POWER,
    CURVE,
    PIPE,
    POWER_CURVE,
    PUMP,
    Settings,
)
from hydraulics.types import F64, I64, U8, U32
from hydraulics.us_units import FOOT_M
from network_models.elements import Junction, Link, Pipe, Pump, Tank, Valve
from network_models.network import Network
from network_models.operation import Options

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


class Proof(NamedTuple):
    """A network as the judge knows it. Links (L,) in file order, nodes (N,) in a chosen order."""

    law: int
    """0 Hazen-Williams, 1 Darcy-Weisbach, 2 Chezy-Manning."""
    start: U32
    end: U32
    kind: U8
    """Kinds of links of `hydraulics.tables`."""
    friction: F64
    """A pipe's drop over |q|**1.852, q**2, or f q**2 by the law."""
    minor: F64
    """Drop over q**2 of the fittings."""
    kinetic: F64
    """Drop over q**2 of a loss coefficient of 1."""
    rough: F64
    """Roughness over diameter (Darcy-Weisbach)."""
    reynolds: F64
    """Reynolds number over flow (Darcy-Weisbach)."""
    curve: I64
    """Row of a pump's or valve's curve, or -1."""
    pump: F64
    """(L or 1, 4): shutoff head, coefficient, exponent, watts * WATT_HEAD; pumps only."""
    pump_row: I64
    pump_kind: U8
    curve_first: U32
    curve_x: F64
    curve_y: F64
    junction: U8
    elevation: F64
    lowest: F64
    """Head of an empty tank; -inf at other nodes."""
    highest: F64
    """Head of a full tank that does not spill; inf at other nodes."""
    emitter: F64
    """m3/s over m**n; may be changed during a run."""
    emitter_exponent: float
    backflow: bool
    pressure_driven: bool
    least: F64
    """Pressure head below which a pressure-driven demand gets nothing."""
    required: F64
    exponent: F64
    leak_area: F64
    """m2 of the leaks of pipes at a node without pressure."""
    leak_growth: F64
    """m2 more a metre of pressure head."""
    beside: U8
    """(L,) 1 for a link that touches a tank or a reservoir."""
    leaks: U8
    """(N,) 1 where pipes leak."""


class Limits(NamedTuple):
    """How much a proved state may miss; see `limits_of`."""

    share: float
    """Of the largest flow (mass), of a link's drop (energy), of a node's outflow."""
    mass: float
    """m3/s on top."""
    energy: float
    """m on top, and what statuses have to spare."""
    outflow: float
    """m3/s on top."""


MASS, ENERGY, OUTFLOW, FLAWS = range(4)


class Verdict(NamedTuple):
    """What the judge found in one state, or the worst of many (`merge`)."""

    worst: F64
    """(3,): mass m3/s, energy m, outflow m3/s."""
    where: I64
    """(3,): node, link, node; -1 none."""
    failed: I64
    """(4,): nodes, links, nodes beyond the limits, and links with a flaw."""
    flaw: U8
    """(L,): why a link's status contradicts its state, a place in `REASONS`; 0 none."""
    net: F64
    """(N,) scratch: net inflow, then what it lacks."""
    power: F64
    """(L,) scratch."""
    bits: I64
    """(L,) scratch."""


def limits_of(accuracy: float) -> Limits:
    """The limits of a solve that iterates to `accuracy` (relative change of flows).

    EPANET's 1e-3 allows 0.1 m an element and 0.1 % of its drop, a finer solve down to 0.01 m;
    nothing allows more than 1 m.
    """
    return Limits(
        share=min(accuracy, 1e-2),
        mass=1e-6,
        energy=min(max(100.0 * accuracy, 0.01), 1.0),
        outflow=1e-5,
    )


def new_verdict(nodes: int, links: int) -> Verdict:
    """Nothing found yet."""
    return Verdict(
        worst=np.zeros(3),
        where=np.full(3, -1, dtype=np.int64),
        failed=np.zeros(4, dtype=np.int64),
        flaw=np.zeros(links, dtype=np.uint8),
        net=np.zeros(nodes),
        power=np.zeros(links),
        bits=np.zeros(links, dtype=np.int64),
    )


def with_settings(proof: Proof, settings: Settings) -> Proof:
    """`proof` for a run with its own demand model, and with emitters of its own."""
    return proof._replace(
        pressure_driven=settings.pressure_driven,
        least=np.full(len(proof.least), settings.least_pressure * FOOT_M),
        required=np.full(len(proof.required), settings.required_pressure * FOOT_M),
        exponent=np.full(len(proof.exponent), settings.demand_exponent),
        backflow=settings.backflow,
        emitter=proof.emitter.copy(),
    )


def proof_tables(
    net: Network, settings: Settings | None = None, row_of_node: I64 | None = None
) -> Proof:
    """The judge's tables of `net`.

    `settings` gives the demand model when it is not the file's; `row_of_node` puts nodes in the
    kernels' order.
    """
    nodes, links = list(net.nodes.values()), list(net.links.values())
    rows = np.arange(len(nodes)) if row_of_node is None else row_of_node
    place = dict(zip(net.nodes, rows.tolist(), strict=True))
    order = [nodes[i] for i in np.argsort(rows)]
    curve_row = {id_: i for i, id_ in enumerate(net.curves)}
    points = [p for c in net.curves.values() for p in c.points]
    sizes = [len(c.points) for c in net.curves.values()]
    tanks = [isinstance(n, Tank) for n in order]
    pumps = [v for v in links if isinstance(v, Pump)]
    pump_rows = np.full(len(links), -1, dtype=np.int64)
    pump_rows[[k for k, v in enumerate(links) if isinstance(v, Pump)]] = np.arange(len(pumps))
    made = [_pump(p, net) for p in pumps] or [(0, (0.0, 0.0, 1.0, 0.0))]
    friction, rough, reynolds = _friction(links, net.options)
    diameter = np.array([getattr(v, "diameter_m", 1.0) for v in links])
    options = net.options
    driven = options.demand_model == "PDA"
    least, required = options.minimum_pressure_m, options.required_pressure_m
    exponent = options.pressure_exponent
    start = np.array([place[v.start] for v in links], dtype=np.uint32)
    end = np.array([place[v.end] for v in links], dtype=np.uint32)
    junction = np.array([isinstance(n, Junction) for n in order], dtype=np.bool_)
    leak_area = _leaks(net, rows, "leak_area_mm2_per_100m")
    leak_growth = _leaks(net, rows, "leak_expansion_mm2_per_m")
    proof = Proof(
        law=("H-W", "D-W", "C-M").index(options.headloss),
        start=start,
        end=end,
        kind=np.array([_kind(v) for v in links], dtype=np.uint8),
        friction=friction,
        minor=KINETIC * np.array([getattr(v, "minor_loss", 0.0) for v in links]) / diameter**4,
        kinetic=KINETIC / diameter**4,
        rough=rough,
        reynolds=reynolds,
        curve=np.array([_curve(v, curve_row) for v in links], dtype=np.int64),
        pump=np.array([values for _, values in made]),
        pump_row=pump_rows,
        pump_kind=np.array([kind for kind, _ in made], dtype=np.uint8),
        curve_first=np.concatenate(([0], np.cumsum(sizes, dtype=np.int64))).astype(np.uint32),
        curve_x=np.array([x for x, _ in points], dtype=np.float64),
        curve_y=np.array([y for _, y in points], dtype=np.float64),
        junction=junction.astype(np.uint8),
        elevation=np.array([n.elevation_m for n in order]),
        lowest=np.where(tanks, [_level(n, "minimum_level_m") for n in order], -np.inf),
        highest=np.where(tanks, [_level(n, "maximum_level_m") for n in order], np.inf),
        emitter=np.array([getattr(n, "emitter_coefficient", 0.0) for n in order]),
        emitter_exponent=options.emitter_exponent,
        backflow=options.emitter_backflow,
        pressure_driven=driven,
        least=np.full(len(nodes), least),
        required=np.full(len(nodes), required),
        exponent=np.full(len(nodes), exponent),
        leak_area=leak_area,
        leak_growth=leak_growth,
        beside=(~(junction[start] & junction[end])).astype(np.uint8),
        leaks=((leak_area > 0.0) | (leak_growth > 0.0)).astype(np.uint8),
    )
    return proof if settings is None else with_settings(proof, settings)


def _kind(link: Link) -> int:
    if isinstance(link, Pipe):
        return CHECK_VALVE if link.check_valve else PIPE
    return VALVE_KINDS[link.kind] if isinstance(link, Valve) else PUMP


def _level(node: object, name: str) -> float:
    """Head of a tank at a limit of its level."""
    if not isinstance(node, Tank):
        return math.nan
    if name == "maximum_level_m" and node.overflow:
        return math.inf
    return node.elevation_m + float(getattr(node, name))


def _curve(link: Link, rows: dict[str, int]) -> int:
    if isinstance(link, Pump):
        return rows.get(link.head_curve or "", -1)
    return rows.get(link.curve or "", -1) if isinstance(link, Valve) else -1


def _leaks(net: Network, rows: I64, name: str) -> F64:
    """A pipe's figure in mm2 a 100 m, shared by its junctions, in m2."""
    found = np.zeros(len(rows))
    leaking = [p for p in net.links.values() if isinstance(p, Pipe) and getattr(p, name) != 0.0]
    if leaking:
        place = dict(zip(net.nodes, rows.tolist(), strict=True))
        for pipe in leaking:
            ends = [e for e in (pipe.start, pipe.end) if isinstance(net.nodes[e], Junction)]
            for end in ends:
                whole = getattr(pipe, name) * 1e-6 * pipe.length_m / 100.0
                found[place[end]] += whole / len(ends)
    return found


def _friction(links: Sequence[Link], options: Options) -> tuple[F64, F64, F64]:
    """Friction coefficient, relative roughness and Reynolds number a m3/s of every link."""
    pipes = np.array([isinstance(v, Pipe) for v in links])
    c = np.array([v.roughness if isinstance(v, Pipe) else 1.0 for v in links])
    d = np.array([v.diameter_m if isinstance(v, Pipe) else 1.0 for v in links])
    length = np.array([v.length_m if isinstance(v, Pipe) else 0.0 for v in links])
    still = np.zeros(len(links))
    if options.headloss == "H-W":
        return HAZEN_WILLIAMS * length / (c**1.852 * d**4.871), still, still
    if options.headloss == "C-M":
        return MANNING * c**2 * length / d**5.333, still, still
    area = math.pi * d**2 / 4.0
    reynolds = 4.0 / (math.pi * d * VISCOSITY * options.viscosity_relative)
    return length / d / area**2 / (2.0 * GRAVITY), np.where(pipes, c / d, 1e-3), reynolds


def _pump(pump: Pump, net: Network) -> tuple[int, tuple[float, float, float, float]]:
    """Kind and (shutoff, coefficient, exponent, constant power as gain * flow)."""
    if pump.head_curve is None:
        return CONSTANT_POWER, (math.inf, 0.0, 1.0, WATT_HEAD * (pump.power_w or 0.0))
    points = net.curves[pump.head_curve].points
    x, y = [p[0] for p in points], [p[1] for p in points]
    if len(points) == 1:
        n = math.log(1.33334 / 0.33334) / math.log(2.0)
        return POWER_CURVE, (1.33334 * y[0], 0.33334 * y[0] / x[0] ** n, n, 0.0)
    if len(points) == 3 and x[0] == 0.0:
        n = math.log((y[0] - y[2]) / (y[0] - y[1])) / math.log(x[2] / x[1])
        return POWER_CURVE, (y[0], (y[0] - y[1]) / x[1] ** n, n, 0.0)
    return CURVE, (y[0], 0.0, 1.0, 0.0)
