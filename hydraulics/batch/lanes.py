"""The state of WIDTH cases side by side.

What all lanes are computed on at once has the lanes as its last axis; what only one lane at a time
looks at has them first, so that it reads straight through memory. `lane_work` is one lane as the
`Work` of the single engine: its scalar logic (statuses, controls, rules, tanks) runs on it as it
is.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from hydraulics.batch.plan import Plan
from hydraulics.batch.vector import WIDTH
from hydraulics.compiled import inner_kernel, kernel
from hydraulics.tables import Tables, Work
from hydraulics.types import F64, I64, U8, U32

NO_PERIOD = -(1 << 62)
"""No pattern step: nothing has been asked for yet."""


class Lanes(NamedTuple):
    """(n, WIDTH) what vectors work on, (WIDTH, n) what one lane works on; (WIDTH,) counters."""

    head: F64  # (N, WIDTH)
    demand: F64
    delivered: F64
    need_inverse: F64  # pressure-driven demands: 1 / gradient
    need_shift: F64  # ... drop / gradient
    diagonal: F64
    right: F64
    flow: F64  # (L, WIDTH)
    inverse: F64
    shift: F64
    status: U8
    dead_link: U8
    lower: F64
    change: F64  # (4, WIDTH): damping, summed flow, summed change, largest change
    setting: F64  # (WIDTH, L)
    held: U8
    inflow: F64  # (WIDTH, N)
    emitted: F64
    emitter: F64
    factor: F64
    excess: F64
    dead: U8
    reached: U8
    volume: F64  # (WIDTH, S)
    pattern_now: F64
    chosen: I64
    leaks: U32  # (WIDTH, N) nodes with an emitter
    gone: U32  # dead nodes
    cut: U32  # nodes not reached
    slot: I64  # (WIDTH,) of the case in hand, -1 idle
    iteration: I64
    next_check: I64
    attempt: I64
    leak_count: I64
    gone_count: I64
    cut_count: I64
    report: I64  # next report time
    singular: I64
    backflow: U8
    time: F64
    queue: U32  # (N,) one a worker from here on
    mark: I64
    stamp: I64
    asked: F64  # (N,) demands by the patterns in `period`, before a case's factors
    period: I64  # (1,)
    added: F64
    given_head: F64
    leaked: F64
    buffer: F64  # (64, WIDTH)
    none: F64  # nothing: for what only the single engine uses
    none_u8: U8
    none_u32: U32
    none_i64: I64
    none_pair: F64


@kernel
def _rows(count: int) -> F64:
    """(count, WIDTH) zeros, each row within one line of the cache: one across two costs both."""
    line = 64
    raw = np.zeros((count + 1) * WIDTH)
    skip = (-raw.ctypes.data % line) // 8
    return raw[skip : skip + count * WIDTH].reshape(count, WIDTH)


@kernel
def new_lanes(tables: Tables, plan: Plan) -> Lanes:
    """All idle. Flows are such that idle lanes compute without trouble."""
    nodes, links = len(tables.nodes), len(tables.links)
    sources, patterns = len(tables.sources), len(tables.pattern_first) - 1
    slots = 0
    for a in tables.actions:
        slots = max(slots, int(a.slot) + 1)
    w = WIDTH
    flow = _rows(links)
    flow[:] = 1.0
    return Lanes(
        _rows(nodes),
        _rows(nodes),
        _rows(nodes),
        _rows(nodes),
        _rows(nodes),
        _rows(nodes),
        _rows(nodes),
        flow,
        _rows(links),
        _rows(links),
        np.full((links, w), np.uint8(3)),
        np.zeros((links, w), dtype=np.uint8),
        _rows(len(tables.row) + 1),
        _rows(4),
        np.zeros((w, links)),
        np.zeros((w, links), dtype=np.uint8),
        np.zeros((w, nodes)),
        np.zeros((w, nodes)),
        np.zeros((w, nodes)),
        np.ones((w, nodes)),
        np.zeros((w, nodes)),
        np.zeros((w, nodes), dtype=np.uint8),
        np.ones((w, nodes), dtype=np.uint8),
        np.zeros((w, sources)),
        np.zeros((w, patterns)),
        np.full((w, slots), -1, dtype=np.int64),
        np.zeros((w, nodes), dtype=np.uint32),
        np.zeros((w, nodes), dtype=np.uint32),
        np.zeros((w, nodes), dtype=np.uint32),
        np.full(w, -1, dtype=np.int64),
        np.zeros(w, dtype=np.int64),
        np.zeros(w, dtype=np.int64),
        np.zeros(w, dtype=np.int64),
        np.zeros(w, dtype=np.int64),
        np.zeros(w, dtype=np.int64),
        np.zeros(w, dtype=np.int64),
        np.zeros(w, dtype=np.int64),
        np.zeros(w, dtype=np.int64),
        np.ones(w, dtype=np.uint8),
        np.zeros(w),
        np.zeros(nodes, dtype=np.uint32),
        np.zeros(nodes, dtype=np.int64),
        np.zeros(1, dtype=np.int64),
        np.zeros(nodes),
        np.full(1, NO_PERIOD, dtype=np.int64),
        np.zeros(nodes),
        np.full(sources, np.nan),
        np.zeros(nodes),
        _rows(64),
        np.zeros(0),
        np.zeros(0, dtype=np.uint8),
        np.zeros(0, dtype=np.uint32),
        np.zeros(0, dtype=np.int64),
        np.zeros((0, 2)),
    )


@inner_kernel
def lane_work(lanes: Lanes, lane: int) -> Work:
    """One lane as the single engine's work arrays: views, nothing is copied."""
    return Work(
        lanes.head[:, lane],
        lanes.demand[:, lane],
        lanes.delivered[:, lane],
        lanes.emitted[lane],
        lanes.inflow[lane],
        lanes.flow[:, lane],
        lanes.status[:, lane],
        lanes.setting[lane],
        lanes.held[lane],
        lanes.volume[lane],
        lanes.given_head,
        lanes.factor[lane],
        lanes.added,
        lanes.emitter[lane],
        lanes.dead[lane],
        lanes.dead_link[:, lane],
        lanes.reached[lane],
        lanes.inverse[:, lane],
        lanes.shift[:, lane],
        lanes.excess[lane],
        lanes.diagonal[:, lane],
        lanes.lower[:, lane],
        lanes.right[:, lane],
        lanes.queue,
        lanes.pattern_now[lane],
        lanes.chosen[lane],
        lanes.none,
        lanes.none,
        lanes.none,
        lanes.none_u32,
        lanes.none_u32,
        lanes.none_i64,
        lanes.none_u8,
        lanes.none_u8,
        lanes.none,
        lanes.none_pair,
        lanes.leaked,
    )
