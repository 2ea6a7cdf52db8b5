"""The independent judge, for callers in Python: states in, worst residuals and flaws out."""

from __future__ import annotations

import numpy as np

from hydraulics.proof.flaws import REASONS
from hydraulics.proof.kernels import ENERGY, MASS, judge_states
from hydraulics.proof.tables import Verdict, new_verdict, proof_tables
from hydraulics.state import Balance
from hydraulics.tables import Settings
from hydraulics.types import F64, U8
from network_models.elements import Pipe, Pump, Valve
from network_models.network import Network

SLACK_M = 0.01


class Judge:
    """Judges states of one network."""

    def __init__(self, net: Network, settings: Settings | None = None) -> None:
        """`settings` gives the demand model of the run when it is not the file's."""
        self._net = net
        self._node_ids, self._link_ids = net.node_ids, net.link_ids
        self._proof = proof_tables(net, settings)

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
            SLACK_M,
        )
        return self.balance(verdict)

    def balance(self, verdict: Verdict) -> Balance:
        """The verdict in words."""
        node, link = int(verdict.where[MASS]), int(verdict.where[ENERGY])
        flaws = np.flatnonzero(verdict.flaw) if verdict.flaws[0] else ()
        return Balance(
            mass_m3s=float(verdict.worst[MASS]),
            mass_node=self._node_ids[node] if node >= 0 else "",
            energy_m=float(verdict.worst[ENERGY]),
            energy_link=self._link_ids[link] if link >= 0 else "",
            inconsistent=tuple(self._flaw(int(k), int(verdict.flaw[k])) for k in flaws),
        )

    def _flaw(self, k: int, reason: int) -> str:
        """As "PRV V1 is open, but should hold its setting"."""
        id_ = self._link_ids[k]
        link = self._net.links[id_]
        kind = "link"
        if isinstance(link, Pipe):
            kind = "check valve" if link.check_valve else "pipe"
        elif isinstance(link, Pump | Valve):
            kind = "pump" if isinstance(link, Pump) else link.kind
        verb = "" if REASONS[reason].startswith(("is ", "holds", "fills", "draws")) else ": "
        return f"{kind} {id_}{verb or ' '}{REASONS[reason]}"


def _stacked(values: F64) -> F64:
    return np.ascontiguousarray(np.atleast_2d(values), dtype=np.float64)
