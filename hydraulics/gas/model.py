"""A compiled gas network that is solved again and again: one instant at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from hydraulics.gas.blend import blend_of, shares_of, with_blend
from hydraulics.gas.boundary import GasCase, case_of, demands_at, plain_case
from hydraulics.gas.compile import GasArrays, compile_gas
from hydraulics.gas.newton import solve_gas
from hydraulics.gas.outcome import Outcome, solution_of
from hydraulics.gas.outflows import leak_flow
from hydraulics.gas.state import GasSolution
from hydraulics.gas.tables import GasSettings, GasTables, GasWork
from hydraulics.graph.structure import System, new_system
from hydraulics.types import F64, U8
from network_models.changes import Change
from network_models.network import Network

ACCURACY = 3e-10
ITERATIONS = 200
REQUIRED_PA = 500.0
"""Gauge pressure below which a user gets less than it wants (burners go out well above none)."""
FIRST_SPEED = 0.1
"""m/s at normal conditions: the flow that iteration starts from."""
BLENDINGS = 20
BLENDED = 1e-9
NEVER = 255
"""A state and a source that none has."""


class GasModel:
    """One gas network, compiled. Each `solve` starts from the last one's answer unless `cold`."""

    def __init__(
        self,
        net: Network,
        *,
        accuracy: float | None = None,
        required_pressure_pa: float = REQUIRED_PA,
        arrays: GasArrays | None = None,
    ) -> None:
        """`accuracy` is the relative change of flows and potentials at which iteration ends."""
        self.arrays = compile_gas(net) if arrays is None else arrays
        self.tables: GasTables = self.arrays.tables
        self.settings = GasSettings(
            accuracy=ACCURACY if accuracy is None else accuracy,
            iterations=ITERATIONS,
            step_s=0.0,
            driven=False,
            required_pa=required_pressure_pa,
        )
        self.system: System = new_system(self.arrays.structure)
        self.work = new_work(self.arrays)
        self.case = plain_case(self.arrays)
        self.set_case(self.case)
        self.cold_start()

    def set_case(self, case: GasCase) -> None:
        """Begin anew with the sources, states and settings of `case`."""
        work = self.work
        self.case = case
        work.source[:] = case.source
        work.ceiling[:] = self.tables.scale * case.ceiling**2
        work.state[:] = case.state
        work.setting[:] = case.setting
        work.ratio[:] = case.ratio
        work.leak[:] = case.leak
        held = case.source == 1
        work.potential[held] = (self.tables.scale * case.held**2)[held]

    def cold_start(self) -> None:
        """Forget the last answer: all pressures the greatest held one, small flows."""
        arrays, work, case = self.arrays, self.work, self.case
        held = case.source == 1
        greatest = float(case.held[held].max()) if held.any() else 2e5
        work.potential[:] = self.tables.scale * greatest**2
        work.potential[held] = (self.tables.scale * case.held**2)[held]
        work.flow[:] = (
            FIRST_SPEED * arrays.gas.normal_density * arrays.area_m2[arrays.structure.link]
        )
        work.state[:] = case.state
        work.source[:] = case.source

    def solve(
        self,
        *,
        time_s: float = 0.0,
        changes: Sequence[Change] | None = None,
        cold: bool = False,
    ) -> GasSolution:
        """The steady state at an instant of the patterns; `changes` replace those of before."""
        if changes is not None:
            self.set_case(case_of(self.arrays, changes))
        before = float(self.work.demand.sum())
        self.work.demand[:] = demands_at(self.arrays, self.case, time_s)
        now = float(self.work.demand.sum())
        if cold:
            self.cold_start()
        elif before > 0.0 and now > 0.0:
            # flows start in proportion: demands mostly rise and fall together
            self.work.flow[:] *= now / before
        outcome = self.run_kernel()
        blend = None
        if len(self.arrays.gases) > 1:
            outcome, share = self._blended(outcome)
            blend = blend_of(self.arrays, share, self.work.reached)
        return replace(solution_of(self, outcome), blend=blend)

    def run_kernel(self) -> Outcome:
        """Solve the present boundary: as demanded, and by pressure where that cannot be."""
        outcome = self.once(self.settings)
        if not self.settings.driven and (not outcome.converged or self._too_low()):
            self.cold_start()
            outcome = outcome.joined(self.once(self.settings._replace(driven=True)))
        return outcome

    def once(self, settings: GasSettings) -> Outcome:
        """One solve of the present boundary by the kernel."""
        count, change, singular, mass, row, energy, slot = solve_gas(
            self.arrays.structure, self.tables, self.work, self.system, settings
        )
        return Outcome(
            iterations=count,
            change=change,
            singular=singular,
            mass_kgs=mass,
            mass_row=row,
            energy_pa=energy,
            energy_slot=slot,
            accuracy=settings.accuracy,
            driven=settings.driven,
        )

    def leaked_kgs(self) -> float:
        """What flows out of holes and breaks now."""
        work, tables = self.work, self.tables
        leaking = np.flatnonzero((work.leak > 0.0) & (work.reached != 0))
        return sum(leak_flow(work.pressure[r], tables.ambient[r], work.leak[r])[0] for r in leaking)

    def _too_low(self) -> bool:
        """Whether a supplied node is below the pressure at which any gas can be drawn.

        That is the air's. pandapipes' laws know no such thing: there it is absolute zero.
        """
        least = 0.0 if self.tables.foreign else self.tables.scale * self.tables.ambient**2
        low = (self.work.potential <= least) & (self.work.reached != 0)
        return bool(low.any())

    def _blended(self, outcome: Outcome) -> tuple[Outcome, F64]:
        """Solve again with the gas that flows in each link, until the blend stands still."""
        share = shares_of(self.arrays, self.work, self._fed())
        for _ in range(BLENDINGS):
            self.tables = with_blend(self.arrays, self.work.flow, share)
            outcome = outcome.joined(self.run_kernel())
            before, share = share, shares_of(self.arrays, self.work, self._fed())
            if float(np.abs(share - before).max()) <= BLENDED:
                break
        return outcome, share

    def _fed(self) -> F64:
        """What enters at each row from outside, kg/s."""
        s, work = self.arrays.structure, self.work
        count = len(s.node)
        net = np.bincount(s.end, work.flow, count) - np.bincount(s.start, work.flow, count)
        fed: F64 = np.where(work.source != 0, work.demand - net, -work.demand)
        return fed


def new_work(arrays: GasArrays) -> GasWork:
    """Work arrays of one solve."""
    rows, slots = len(arrays.node_ids), len(arrays.link_ids)

    def floats(count: int) -> F64:
        return np.zeros(count)

    def bytes_(count: int) -> U8:
        return np.zeros(count, dtype=np.uint8)

    return GasWork(
        flow=floats(slots),
        inverse=floats(slots),
        shift=floats(slots),
        state=bytes_(slots),
        setting=floats(slots),
        ratio=floats(slots),
        slam_high=arrays.slam_high.copy(),
        slam_low=arrays.slam_low.copy(),
        turns=bytes_(slots),
        conducts=bytes_(slots),
        potential=floats(rows),
        pressure=floats(rows),
        dense=floats(rows),
        held=bytes_(rows),
        source=bytes_(rows),
        source_turns=bytes_(rows),
        root=bytes_(rows),
        ceiling=floats(rows),
        reached=bytes_(rows),
        queue=np.zeros(rows, dtype=np.uint32),
        demand=floats(rows),
        leak=floats(rows),
        delivered=floats(rows),
        outflow=floats(rows),
        before=floats(rows),
        sharing=bytes_(rows),
        searched_state=np.full(slots, NEVER, dtype=np.uint8),
        searched_source=np.full(rows + 1, NEVER, dtype=np.uint8),
    )
