"""The judge and the energy account beside the lanes, a case's own."""

from __future__ import annotations

import numpy as np

from hydraulics.batch.records import Out
from hydraulics.compiled import inner_kernel, kernel
from hydraulics.energy import Ledger
from hydraulics.proof.kernels import merge
from hydraulics.proof.tables import Proof, Verdict
from hydraulics.types import F64


@kernel
def with_emitters(p: Proof, emitter: F64, backflow: bool) -> Proof:
    """The judge's tables with other emitters."""
    return Proof(
        p.law,
        p.start,
        p.end,
        p.kind,
        p.friction,
        p.minor,
        p.kinetic,
        p.rough,
        p.reynolds,
        p.curve,
        p.pump,
        p.pump_row,
        p.pump_kind,
        p.curve_first,
        p.curve_x,
        p.curve_y,
        p.junction,
        p.elevation,
        p.lowest,
        p.highest,
        emitter,
        p.emitter_exponent,
        backflow,
        p.pressure_driven,
        p.least,
        p.required,
        p.exponent,
        p.leak_area,
        p.leak_growth,
        p.beside,
        p.leaks,
    )


@inner_kernel
def case_ledger(ledger: Ledger, out: Out, case: int) -> Ledger:
    """The energy account of a case, with the prices of `ledger`."""
    return Ledger(
        ledger.gravity,
        ledger.price,
        ledger.pattern,
        ledger.efficiency,
        ledger.curve,
        out.power[case],
        out.used[case],
        out.total[case],
    )


@kernel
def empty_verdict(nodes: int, links: int) -> Verdict:
    """Room for the judge."""
    return Verdict(
        np.zeros(3),
        np.full(3, -1, dtype=np.int64),
        np.zeros(4, dtype=np.int64),
        np.zeros(links, dtype=np.uint8),
        np.zeros(nodes),
        np.zeros(links),
        np.zeros(links, dtype=np.int64),
    )


@inner_kernel
def keep_verdict(out: Out, case: int, verdict: Verdict) -> None:
    """Add a state's verdict to those of its case."""
    total = Verdict(
        out.worst[case],
        out.where[case],
        out.failed[case],
        out.flaw[case],
        verdict.net,
        verdict.power,
        verdict.bits,
    )
    merge(total, verdict)
