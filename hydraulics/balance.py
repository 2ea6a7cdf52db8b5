"""The independent judge, for callers in Python: states in, worst residuals and flaws out."""

from __future__ import annotations

import numpy as np

from hydraulics.arrays import NetworkArrays
from hydraulics.energy import new_ledger
from hydraulics.proof.flaws import REASONS
from hydraulics.proof.kernels import judge_states
from hydraulics.proof.solving import Witness
from hydraulics.proof.tables import (
    ENERGY,
    FLAWS,
    MASS,
    OUTFLOW,
    Limits,
    Verdict,
    limits_of,
    new_verdict,
    proof_tables,
    with_settings,
)
from hydraulics.state import Balance
from hydraulics.tables import Settings
from hydraulics.types import F64, I64, U8
from network_models.elements import Link, Pipe, Pump, Valve
from network_models.network import Network

MOST_FLAGS = 20


class Judge:
    """Judges states of one network."""

    def __init__(self, net: Network, settings: Settings | None = None) -> None:
        """`settings` gives the demand model and accuracy of the run when not the file's."""
        self._net = net
        self._node_ids, self._link_ids = net.node_ids, net.link_ids
        self._proof = proof_tables(net, settings)
        accuracy = net.options.accuracy if settings is None else settings.accuracy
        self._limits: Limits = limits_of(accuracy)

    def judge(
        self,
        head: F64,
        demand: F64,
        flow: F64,
        status: U8,
        setting: F64,
        factor: float,
        held: U8 | None = None,
    ) -> Balance:
        """Worst residuals of heads, demands (..., N) and flows (..., L) in SI.

        `status`, `setting` (..., L) are the solver's own and `factor` is m3/s a cfs. `held` (L,)
        marks links that a hand keeps closed.
        """
        verdict = new_verdict(len(self._node_ids), len(self._link_ids))
        hands = np.zeros(len(self._link_ids), dtype=np.uint8) if held is None else held
        judge_states(
            self._proof,
            verdict,
            _stacked(head),
            _stacked(demand),
            _stacked(flow),
            np.ascontiguousarray(np.atleast_2d(status), dtype=np.uint8),
            _stacked(setting),
            hands,
            factor,
            self._limits,
        )
        return balance_of(self._net, self._node_ids, self._link_ids, verdict)


def new_witness(arrays: NetworkArrays, settings: Settings) -> Witness:
    """What a run of `arrays` carries to have its states judged as they are solved."""
    nodes, links = len(arrays.node_ids), len(arrays.link_ids)
    return Witness(
        proof=with_settings(arrays.proof, settings),
        state=new_verdict(nodes, links),
        total=new_verdict(nodes, links),
        limits=limits_of(settings.accuracy),
        m3s_per_cfs=arrays.m3s_per_cfs,
        ledger=new_ledger(arrays.network, arrays.pump_ids),
    )


def balance_of(
    net: Network,
    node_ids: tuple[str, ...],
    link_ids: tuple[str, ...],
    verdict: Verdict,
    node_of_row: I64 | None = None,
) -> Balance:
    """A verdict in words. Judged nodes stand in the file's order, or by `node_of_row`."""
    if node_of_row is not None:
        worst = verdict.where.copy()
        for i in (MASS, OUTFLOW):
            if worst[i] >= 0:
                worst[i] = node_of_row[worst[i]]
        verdict = verdict._replace(where=worst)
    node, link = int(verdict.where[MASS]), int(verdict.where[ENERGY])
    giver = int(verdict.where[OUTFLOW])
    flaws = np.flatnonzero(verdict.flaw) if verdict.failed[FLAWS] else ()
    return Balance(
        mass_m3s=float(verdict.worst[MASS]),
        mass_node=node_ids[node] if node >= 0 else "",
        energy_m=float(verdict.worst[ENERGY]),
        energy_link=link_ids[link] if link >= 0 else "",
        outflow_m3s=float(verdict.worst[OUTFLOW]),
        outflow_node=node_ids[giver] if giver >= 0 else "",
        inconsistent=tuple(_flaw(net.links[link_ids[k]], int(verdict.flaw[k])) for k in flaws),
        proved=bool(verdict.failed.max() == 0),
    )


def flags_of(balance: Balance) -> tuple[str, ...]:
    """What a state that is not proved misses, in words."""
    if balance.proved:
        return ("the iteration did not settle, though the state is within its limits",)
    flags = [
        f"the head over link {balance.energy_link} misses its law by {balance.energy_m:.3g} m",
        f"node {balance.mass_node} is short of or has too much of {balance.mass_m3s:.3g} m3/s",
    ]
    if balance.outflow_m3s > 0.0:
        flags.append(
            f"the outflow of node {balance.outflow_node} misses its law by "
            f"{balance.outflow_m3s:.3g} m3/s"
        )
    return (*balance.inconsistent[:MOST_FLAGS], *flags)


def _flaw(link: Link, reason: int) -> str:
    """As "PRV V1 is open, but should hold its setting"."""
    kind = "link"
    if isinstance(link, Pipe):
        kind = "check valve" if link.check_valve else "pipe"
    elif isinstance(link, Pump | Valve):
        kind = "pump" if isinstance(link, Pump) else link.kind
    join = " " if REASONS[reason].startswith(("is ", "holds", "fills", "draws")) else ": "
    return f"{kind} {link.id}{join}{REASONS[reason]}"


def _stacked(values: F64) -> F64:
    return np.ascontiguousarray(np.atleast_2d(values), dtype=np.float64)
