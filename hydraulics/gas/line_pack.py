"""Line pack: gas stored in the pipes, filling and emptying over time.

Every node holds half the volume of the pipes at it. For each, implicit in time (Euler):

    (m(p') - m(p)) / dt = inflow' - outflow',   m = V p / (Z R T)

with friction as in a steady state, which holds for changes slower than sound takes through a pipe.
The storage adds to the diagonal of the same system. What no source reaches lives on its pack.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hydraulics.gas.boundary import case_of, demands_at
from hydraulics.gas.model import GasModel
from hydraulics.gas.outcome import Outcome
from hydraulics.gas.outflows import take_stock
from hydraulics.types import F64, U8
from network_models.changes import Change

PACK_STEP_S = 60.0
CLOSE_S = 1e-6
HALVINGS = 6
"""How often a step that does not balance is halved before it is told."""


class LinePack:
    """A run with line pack on a model: it begins steady, then `changes` act.

    `stock_kg` is the mass in the pipes now, `error_kg` how far the stock is from what has flowed in
    and out since the start, `unsettled` how many steps have not balanced.
    """

    def __init__(
        self,
        model: GasModel,
        *,
        start_s: float = 0.0,
        changes: Sequence[Change] = (),
        step_s: float = PACK_STEP_S,
    ) -> None:
        if not step_s > 0.0:
            raise ValueError("the step of line pack is above zero")
        self.model, self.time_s, self.step_s = model, start_s, step_s
        self.unsettled = 0
        model.solve(time_s=start_s, changes=(), cold=True)
        self._outcome = model.run_kernel()
        self.stock_kg = take_stock(model.tables, model.work)
        self._first_kg = self.stock_kg
        self._brought_kg = 0.0
        self._settings = model.settings._replace(driven=True)
        if changes:
            states = model.work.state.copy()
            case = case_of(model.arrays, changes)
            touched = case.state != model.arrays.first
            model.set_case(case)
            model.work.state[~touched] = states[~touched]

    @property
    def error_kg(self) -> float:
        """Stock now less stock at first and what came and went between; rounding if all is well."""
        return self.stock_kg - self._first_kg - self._brought_kg

    def advance_to(self, time_s: float) -> Outcome:
        """Step to an instant; how its last step ended."""
        while time_s - self.time_s > CLOSE_S:
            left = time_s - self.time_s
            self.step(left / max(1.0, np.ceil(left / self.step_s - CLOSE_S)))
        return self._outcome

    def step(self, step_s: float) -> Outcome:
        """One step; demands are those at its middle. One that does not balance is halved."""
        self._outcome = self._step(step_s, HALVINGS)
        return self._outcome

    def _step(self, step_s: float, halvings: int) -> Outcome:
        model, work = self.model, self.model.work
        kept = [array.copy() for array in self._changing()]
        work.demand[:] = demands_at(model.arrays, model.case, self.time_s + 0.5 * step_s)
        outcome = model.once(self._settings._replace(step_s=step_s))
        settled = outcome.balanced(float(np.abs(work.flow).max(initial=0.0)))
        if not settled and halvings > 0:
            for array, value in zip(self._changing(), kept, strict=True):
                array[:] = value
            first = self._step(0.5 * step_s, halvings - 1)
            return first.joined(self._step(0.5 * step_s, halvings - 1))
        self.time_s += step_s
        self.unsettled += not settled
        self._brought_kg += step_s * self._inflow_kgs()
        self.stock_kg = take_stock(model.tables, work)
        return outcome

    def _changing(self) -> tuple[F64 | U8, ...]:
        """What a solve moves: the state a step starts from."""
        w = self.model.work
        return (w.flow, w.potential, w.pressure, w.delivered, w.state, w.source, w.reached)

    def _inflow_kgs(self) -> float:
        """What all sources brought less what left, over the last step."""
        s, work = self.model.arrays.structure, self.model.work
        count = len(s.node)
        net = np.bincount(s.end, work.flow, count) - np.bincount(s.start, work.flow, count)
        # what a source feeds is told by its links; elsewhere gas leaves as demand or by holes
        fed = float((work.outflow - net)[work.source != 0].sum())
        return fed - float(work.delivered.sum()) - self.model.leaked_kgs()
