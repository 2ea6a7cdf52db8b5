"""A network run forward in time, step by step, for ever: the simulated plant and the forecast."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

import numpy as np

from hydraulics.arrays import NetworkArrays, compile_network, settings_of, with_emitters
from hydraulics.changes import apply_changes
from hydraulics.controls import head_at, volume_at
from hydraulics.engine import Engine
from hydraulics.options import with_overrides
from hydraulics.records import Records
from hydraulics.snapshot import Snapshot, restore, take
from hydraulics.state import Solution
from hydraulics.types import F64
from hydraulics.us_units import FOOT_M
from network_models.changes import Change
from network_models.elements import Reservoir, Tank
from network_models.network import Network

MILLISECONDS = 1000.0


class ExtendedPeriod:
    """A run that is stepped by hand: patterns, tanks, controls and rules go on without end.

    The first solve happens on construction, at time 0. Everything set between two calls of
    `advance` acts from the present instant on. The same calls give the same numbers, bit by bit.
    """

    def __init__(
        self,
        net: Network,
        *,
        changes: Sequence[Change] = (),
        demand_model: Literal["dda", "pda"] | None = None,
        required_pressure_m: float | None = None,
        accuracy: float | None = None,
        start_s: float = 0.0,
        arrays: NetworkArrays | None = None,
    ) -> None:
        """`start_s` is where in its patterns the run begins. `arrays` saves compiling again: the
        network must be the one they were compiled from."""
        changed = apply_changes(net, changes)
        options = with_overrides(
            changed.network.options, demand_model, required_pressure_m, accuracy
        )
        if arrays is None:
            arrays = compile_network(changed.network)
        elif changed.network is not net:
            arrays = with_emitters(arrays, changed.network)
        settings = settings_of(options, net.times, arrays.m3s_per_cfs)
        self._engine = Engine(arrays, settings)
        self._arrays = arrays
        self.warnings = changed.warnings
        self.time_s = start_s
        self.demand_factor: F64 = self._engine.work.factor
        self.extra_demand_m3s: F64 = np.zeros(len(arrays.node_ids))
        self.demand_factor *= changed.factor
        self._factor = self.demand_factor.copy()
        for id_, status, setting in changed.holds:
            self.hold(id_, status, setting)
        self._solution: Solution | None = None
        self._settle()

    @classmethod
    def resume(
        cls, net: Network, snapshot: Snapshot, arrays: NetworkArrays | None = None
    ) -> ExtendedPeriod:
        """A run that goes on from `snapshot` of a run of `net`, bit by bit as that run would.

        Changes, options and hands of that run are in the snapshot. ValueError if it belongs to
        another network. `arrays` saves compiling again.
        """
        run = cls.__new__(cls)
        run._arrays = compile_network(net) if arrays is None else arrays
        run._engine = restore(snapshot, run._arrays)
        run.warnings = snapshot.warnings
        run.time_s = snapshot.time_s
        work = run._engine.work
        run.demand_factor = work.factor
        run._factor = snapshot.arrays["saved_factor"].copy()
        run.extra_demand_m3s = snapshot.arrays["extra_demand_m3s"].copy()
        run._touched = bool(snapshot.arrays["touched"])
        run._solution = None
        return run

    def save(self) -> Snapshot:
        """The present state, to be resumed now or later; the run itself goes on untouched."""
        snapshot = take(self._engine, self.time_s, self.warnings)
        own = {
            "extra_demand_m3s": self.extra_demand_m3s.copy(),
            "saved_factor": self._factor.copy(),
            "touched": np.array(self._touched),
        }
        return replace(snapshot, arrays={**snapshot.arrays, **own})

    def fork(self) -> ExtendedPeriod:
        """A second run from the present state; what happens to one does not touch the other."""
        return ExtendedPeriod.resume(self._arrays.network, self.save(), self._arrays)

    @property
    def engine(self) -> Engine:
        """The run's engine, for runners of this package."""
        return self._engine

    @property
    def solution(self) -> Solution:
        """The state at `time_s`."""
        if self._solution is None:
            self._solution = self._engine.solution(self.warnings)
        return self._solution

    @property
    def tank_level_m(self) -> dict[str, float]:
        """Level above its bottom of each tank."""
        a = self._arrays
        return {
            id_: float(self._engine.work.head[a.row_of_node[n]]) * FOOT_M - node.elevation_m
            for n, (id_, node) in enumerate(a.network.nodes.items())
            if isinstance(node, Tank)
        }

    def advance(self, seconds: float) -> Solution:
        """Run on exactly that far, through all events on the way; the state there."""
        if not seconds >= 0.0:
            raise ValueError(f"a run goes forward only: {seconds} s")
        self.run_to(self.time_s + seconds)
        return self.solution

    def run_to(self, stop_s: float) -> None:
        """As `advance`, to an instant and without making a Solution."""
        stop = round(stop_s * MILLISECONDS) / MILLISECONDS
        self._moved()
        if self.time_s < stop:
            self.time_s = self._engine.run(self.time_s, stop)
            self._solution = None

    def report(self, stops_s: F64, records: Records, row: int) -> None:
        """Run through instants in whole milliseconds, writing each to `records` from `row` on."""
        self._moved()
        self.time_s = self._engine.report(self.time_s, stops_s, records, row)
        self._solution = None

    def step(self, longest_s: float = 1e9) -> float:
        """Run on to the next event (hydraulic or pattern step, tank limit, control, rule), at most
        `longest_s`; the seconds gone."""
        if not longest_s > 0.0:
            raise ValueError(f"a run goes forward only: {longest_s} s")
        self._moved()
        begin = self.time_s
        stop = round((begin + longest_s) * MILLISECONDS) / MILLISECONDS
        self.time_s = self._engine.run(begin, stop, 1)
        self._solution = None
        return self.time_s - begin

    def hold(
        self,
        link_id: str,
        status: Literal["open", "closed"] | None = None,
        setting: float | None = None,
    ) -> None:
        """The operator's hand on a link: it stays so until `release`, whatever controls say.

        `setting` is SI: a pump's relative speed, a valve's setting (see `Valve.setting`).
        """
        self._engine.hold(self._link(link_id), status, setting)
        self._touched = True

    def release(self, link_id: str) -> None:
        """Give the link back to its controls, or to the file's status if it has none."""
        self._engine.release(self._link(link_id))
        self._touched = True

    def set_emitter(self, node_id: str, coefficient: float) -> None:
        """Let water out at a node: coefficient * pressure_m ** n, m3/s; 0 shuts it."""
        self._engine.set_emitter(self._node(node_id), coefficient)
        self._touched = True

    def set_tank_level(self, tank_id: str, level_m: float) -> None:
        """Put a tank's level (above its bottom) to a value, held within its limits."""
        n = self._node(tank_id)
        tank = self._arrays.network.nodes[tank_id]
        if not isinstance(tank, Tank):
            raise ValueError(f"node {tank_id} is not a tank")
        level = min(max(level_m, tank.minimum_level_m), tank.maximum_level_m)
        row = int(self._arrays.row_of_node[n])
        i = row - self._arrays.junctions
        elevation = tank.elevation_m / FOOT_M
        tables, work = self._arrays.tables, self._engine.work
        work.volume[i] = volume_at(tables, i, elevation + level / FOOT_M, elevation)
        work.head[row] = head_at(tables, i, work.volume[i], elevation)
        self._touched = True

    def set_source_head(self, source_id: str, head_m: float) -> None:
        """Give a reservoir a head, which beats its pattern from now on."""
        node = self._arrays.network.nodes[self._arrays.node_ids[self._node(source_id)]]
        if not isinstance(node, Reservoir):
            raise ValueError(f"node {source_id} is not a reservoir")
        row = int(self._arrays.row_of_node[self._node(source_id)])
        self._engine.work.given_head[row - self._arrays.junctions] = head_m / FOOT_M
        self._touched = True

    # ---- inside --------------------------------------------------------------------------

    def _moved(self) -> None:
        """Solve the present again if a hand or a demand has changed it since."""
        work = self._engine.work
        added = self.extra_demand_m3s / self._arrays.m3s_per_cfs
        if not (np.array_equal(added, work.added) and np.array_equal(self._factor, work.factor)):
            work.added[:] = added
            self._factor = work.factor.copy()
            self._touched = True
        if self._touched:
            self._settle()

    def _settle(self) -> None:
        self._engine.apply(self.time_s)
        self._engine.solve(self.time_s)
        self._touched = False
        self._solution = None

    def _link(self, id_: str) -> int:
        try:
            return self._arrays.link_index[id_]
        except KeyError:
            raise ValueError(f"the network has no link {id_}") from None

    def _node(self, id_: str) -> int:
        try:
            return self._arrays.node_index[id_]
        except KeyError:
            raise ValueError(f"the network has no node {id_}") from None
