"""What goes into a batch kernel and what comes out, as arrays."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from hydraulics.types import F64, I64, U8, U32


class Base(NamedTuple):
    """The network without changes at its first instant: where every case starts.

    Links (L,): file status and setting; status and setting after patterns and controls of that
    instant (`given_`) and after the solve (`solved_`); flows of the solution and first guesses.
    Nodes (N,) in the kernels' order.
    """

    status: U8
    setting: F64
    given_status: U8
    given_setting: F64
    solved_status: U8
    solved_setting: F64
    flow: F64
    guess: F64
    head: F64
    share: F64
    """Of a demand, delivered; 1 where nothing is drawn."""
    emitted: F64
    start_head: F64
    """Of sources, at the beginning."""


class Cases(NamedTuple):
    """The cases of a chunk, end to end. Case c holds links hold_link[hold_first[c] :
    hold_first[c + 1]], and so on."""

    hold_first: I64
    hold_link: U32
    hold_status: U8
    hold_setting: F64
    leak_first: I64
    leak_node: U32
    leak_coefficient: F64  # of the kernels, all of the node's
    leak_si: F64  # the same in SI
    factor: F64  # (C,) of all demands
    part_first: I64
    part_node: U32  # file order
    part_factor: F64
    backflow: U8  # (C,)


class Out(NamedTuple):
    """Results of a chunk, SI and file order; (C, T, N) and (C, T, L).

    Only what the rest follows from: fresh memory costs as much time as filling it.
    """

    head: F64
    demand: F64
    flow: F64
    status: U8
    low: U8  # (C, N) below zero pressure at a report
    cut: U8  # (C, N) without a source at a report
    counts: I64  # (C, 7), see below
    unproved: U8  # (C, T) reports whose state is not proved
    change: F64  # (C,) of the last solve
    worst: F64  # (C, 3) and so on: the judge's `Verdict` over all solves
    where: I64
    failed: I64
    flaw: U8
    power: F64  # (C, P, 3) and so on: `hydraulics.energy.Ledger`
    used: F64
    total: F64


DONE, SOLVES, ITERATIONS, UNPROVED, LOW, CUT, LAST = range(7)
"""Columns of `Out.counts`; DONE is 1 for a finished case, 0 for one the lanes gave up."""


def new_out(cases: int, times: int, nodes: int, links: int, pumps: int) -> Out:
    """Room for the results of a chunk."""
    e = np.empty
    return Out(
        head=e((cases, times, nodes)),
        demand=e((cases, times, nodes)),
        flow=e((cases, times, links)),
        status=e((cases, times, links), dtype=np.uint8),
        low=np.zeros((cases, nodes), dtype=np.uint8),
        cut=np.zeros((cases, nodes), dtype=np.uint8),
        counts=np.zeros((cases, 7), dtype=np.int64),
        unproved=np.zeros((cases, times), dtype=np.uint8),
        change=np.zeros(cases),
        worst=np.zeros((cases, 3)),
        where=np.full((cases, 3), -1, dtype=np.int64),
        failed=np.zeros((cases, 4), dtype=np.int64),
        flaw=np.zeros((cases, links), dtype=np.uint8),
        power=np.zeros((cases, pumps, 3)),
        used=np.zeros((cases, pumps, 6)),
        total=np.zeros((cases, 3)),
    )


class Geometry(NamedTuple):
    """How kernel rows become results: file order and SI."""

    row_of_node: I64
    elevation: F64  # m, file order
    m3s_per_cfs: float
    times: F64  # of reports
    start: float  # where in its patterns a run begins
