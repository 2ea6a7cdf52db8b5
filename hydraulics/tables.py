"""What the water kernels read: one structured array a kind of element, one row an element.

Rows hold all a kernel needs of an element side by side in memory. Values are in ft, cfs, s, hp.
Node rows: junctions in elimination order first, then the nodes of fixed head in file order.
Link rows follow the file.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from hydraulics.pipes import Pipes
from hydraulics.types import F64, I64, U8, U32, Table

# Kinds of links.
CHECK_VALVE, PIPE, PUMP, PRV, PSV, PBV, FCV, TCV, GPV, PCV = range(10)
# Kinds of pumps.
POWER_CURVE, CONSTANT_POWER, CURVE, NO_CURVE = range(4)
# Statuses inside the kernels: up to CLOSED nothing passes.
XHEAD, TEMPORARILY_CLOSED, CLOSED, OPEN, ACTIVE, XFCV, XPRESSURE = range(7)
# Triggers of simple controls.
BELOW, ABOVE, AT_TIME, AT_CLOCKTIME = range(4)
# What a rule's premise looks at; pressures and levels are heads.
(
    AS_TIME,
    AS_CLOCKTIME,
    AS_STATUS,
    AS_SYSTEM_DEMAND,
    AS_DEMAND,
    AS_HEAD,
    AS_FLOW,
    AS_SETTING,
    AS_FILL_TIME,
    AS_DRAIN_TIME,
) = range(10)
# Relations of premises.
EQUAL, UNEQUAL, LESS, LESS_EQUAL, GREATER, GREATER_EQUAL = range(6)
# Head-loss laws.
HAZEN_WILLIAMS, DARCY_WEISBACH, CHEZY_MANNING = range(3)

MISSING = -1e10
"""The setting of a valve that is held open or closed."""
CLOSED_GRADIENT = 1e8
"""A closed link's drop a unit of flow: it stays in the matrix, but passes next to nothing."""
STILL = 1e-6
"""A flow (cfs) that counts as none."""

LINK = np.dtype(
    [
        ("start", np.uint32),
        ("end", np.uint32),
        ("place", np.uint32),  # of its off-diagonal entry; the last place takes what is not needed
        ("kind", np.uint8),
        ("extra", np.int32),  # row of its pump, or its curve, or -1
        ("diameter", np.float64),
        ("resistance", np.float64),
        ("minor", np.float64),
        ("roughness", np.float64),  # relative to the diameter
        ("scale", np.float64),  # viscosity * diameter
        ("setting", np.float64),  # initial
        ("status", np.uint8),  # initial
    ],
    align=True,
)
PUMP_ROW = np.dtype(
    [
        ("link", np.uint32),
        ("kind", np.uint8),
        ("shutoff", np.float64),
        ("coefficient", np.float64),
        ("exponent", np.float64),
        ("greatest", np.float64),  # head it can raise at full speed
        ("design", np.float64),  # flow
        ("curve", np.int32),
        ("pattern", np.int32),
    ],
    align=True,
)
NODE = np.dtype(
    [("elevation", np.float64), ("emitter", np.float64), ("position", np.uint32)], align=True
)
SOURCE = np.dtype(  # reservoirs and tanks, rows beside the nodes of fixed head
    [
        ("area", np.float64),  # 0 for a reservoir
        ("least_head", np.float64),
        ("greatest_head", np.float64),
        ("least_volume", np.float64),
        ("greatest_volume", np.float64),
        ("head", np.float64),  # initial
        ("volume", np.float64),  # initial
        ("curve", np.int32),
        ("pattern", np.int32),
        ("overflow", np.uint8),
    ],
    align=True,
)
DEMAND = np.dtype([("node", np.uint32), ("pattern", np.uint32), ("base", np.float64)], align=True)
LEAK = np.dtype(  # junctions at which pipes leak
    [("node", np.uint32), ("fixed", np.float64), ("growing", np.float64)], align=True
)
CONTROL = np.dtype(
    [
        ("link", np.uint32),
        ("kind", np.uint8),
        ("status", np.uint8),
        ("node", np.uint32),
        ("grade", np.float64),  # head
        ("time", np.float64),
        ("setting", np.float64),
    ],
    align=True,
)
RULE = np.dtype(  # premises[premise:premise_end], actions[then:otherwise], [otherwise:end]
    [
        ("premise", np.uint32),
        ("premise_end", np.uint32),
        ("then", np.uint32),
        ("otherwise", np.uint32),
        ("end", np.uint32),
    ],
    align=True,
)
PREMISE = np.dtype(
    [
        ("quantity", np.uint8),
        ("relation", np.uint8),
        ("other", np.uint8),  # joined by OR
        ("index", np.uint32),  # node or link row
        ("value", np.float64),  # head, flow, setting, time; or a status
        ("tolerance", np.float64),
    ],
    align=True,
)
ACTION = np.dtype(
    [
        ("link", np.uint32),
        ("slot", np.uint32),  # one a link that rules act on
        ("status", np.uint8),
        ("setting", np.float64),  # NaN: the status is what is given
        ("priority", np.float64),
    ],
    align=True,
)


class Tables(NamedTuple):
    """All of a network that never changes during a run."""

    links: Table
    pumps: Table
    nodes: Table
    sources: Table
    demands: Table
    controls: Table
    valves: U32  # link rows of control valves
    curve_first: U32
    curve_x: F64
    curve_y: F64
    pattern_first: U32
    pattern_value: F64
    first: U32  # elimination pattern, see hydraulics.ordering
    row: U32
    target: U32
    near_first: U32  # links at each node: near_link[near_first[n] : near_first[n + 1]]
    near_link: U32
    rules: Table  # enabled ones, in file order
    premises: Table
    actions: Table
    near_node: U32  # the other end of each
    runs: U32  # elimination columns with equally many entries stand together
    pipes: Pipes
    others: U32  # all links that are not in `pipes`
    leaks: Table


class Settings(NamedTuple):
    """Options of a solve, in ft, cfs, s."""

    law: int
    exponent: float  # of the power law
    trials: int
    more_trials: int  # after `trials`, with statuses frozen
    accuracy: float
    head_error: float
    flow_change: float
    check_frequency: int
    maximum_check: int
    damp_limit: float
    pressure_driven: bool
    least_pressure: float
    required_pressure: float
    demand_exponent: float
    emitter_exponent: float
    backflow: bool
    demand_factor: float
    pattern_step: float
    pattern_start: float
    hydraulic_step: float
    start_clock: float
    rule_step: float


HEAD_TOLERANCE = 0.0005
FLOW_TOLERANCE = 0.0001
GRADIENT_FLOOR = 1e-7


class Work(NamedTuple):
    """What a solve reads and writes; one a run, never shared."""

    head: F64  # (N,)
    demand: F64  # (N,) full demand of junctions
    delivered: F64  # (N,) demand flow, which pressure may limit
    emitted: F64  # (N,) emitter flow
    inflow: F64  # (N,) net flow into nodes of fixed head
    flow: F64  # (L,)
    status: U8  # (L,)
    setting: F64  # (L,)
    held: U8  # (L,) 1 where a hand is on it: controls and checks leave it alone
    volume: F64  # (S,) of tanks
    given_head: F64  # (S,) beats a reservoir's pattern; NaN none
    factor: F64  # (N,) of demands, file order
    added: F64  # (N,) demand, file order
    emitter: F64  # (N,) coefficient, node rows; 0 none
    dead: U8  # (N,) 1 where no source reaches
    dead_link: U8  # (L,)
    reached: U8  # (N,) 1 where a source reaches with the present statuses
    inverse: F64  # (L,) 1 / gradient
    shift: F64  # (L,) drop / gradient
    excess: F64  # (N,)
    diagonal: F64
    lower: F64
    right: F64
    queue: U32  # (N,)
    pattern_now: F64  # (P,) demand multiplier of each pattern at present
    chosen: I64  # (A,) action for each link that rules act on, -1 none
    pipe_flow: F64  # of `Tables.pipes`, within a solve
    pipe_inverse: F64
    pipe_shift: F64
    pipe_odd: U32  # closed or dead ones
    emitting: U32  # (N,) nodes with an emitter
    known: I64  # (4,) what of the supply search still holds, see hydraulics.supply
    known_status: U8  # (L,) at the last search
    known_held: U8  # (L,)
    known_setting: F64  # (L,)
    leak: F64  # (leaks, 2) flow of the fixed and of the growing area
    leaked: F64  # (N,) both


def new_work(tables: Tables) -> Work:
    """Zeroed work arrays for `tables`."""
    nodes, links = len(tables.nodes), len(tables.links)
    f = np.zeros
    return Work(
        head=f(nodes),
        demand=f(nodes),
        delivered=f(nodes),
        emitted=f(nodes),
        inflow=f(nodes),
        flow=f(links),
        status=np.zeros(links, dtype=np.uint8),
        setting=f(links),
        held=np.zeros(links, dtype=np.uint8),
        volume=f(len(tables.sources)),
        given_head=np.full(len(tables.sources), np.nan),
        factor=np.ones(nodes),
        added=f(nodes),
        emitter=tables.nodes["emitter"].copy(),
        dead=np.zeros(nodes, dtype=np.uint8),
        dead_link=np.zeros(links, dtype=np.uint8),
        reached=np.zeros(nodes, dtype=np.uint8),
        inverse=f(links),
        shift=f(links),
        excess=f(nodes),
        diagonal=f(nodes),
        lower=f(len(tables.row) + 1),
        right=f(nodes),
        queue=np.zeros(nodes, dtype=np.uint32),
        pattern_now=f(len(tables.pattern_first) - 1),
        chosen=np.full(len(np.unique(tables.actions["slot"])), -1, dtype=np.int64),
        pipe_flow=f(len(tables.pipes.link)),
        pipe_inverse=f(len(tables.pipes.link)),
        pipe_shift=f(len(tables.pipes.link)),
        pipe_odd=np.zeros(len(tables.pipes.link), dtype=np.uint32),
        emitting=np.zeros(nodes, dtype=np.uint32),
        known=np.zeros(4, dtype=np.int64),
        known_status=np.zeros(links, dtype=np.uint8),
        known_held=np.zeros(links, dtype=np.uint8),
        known_setting=f(links),
        leak=np.zeros((len(tables.leaks), 2)),
        leaked=f(nodes),
    )
