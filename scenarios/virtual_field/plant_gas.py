"""The gas plant: the city's own gas network with its line pack, seen through sensors only.

A disturbed copy of the site's network runs with line pack for ever, at the site's time of day. Its
gates hold their pressure as well as gates do, its regulators stand a little off their record.
Operators act on it through `apply`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from dispatch.pattern_time import pattern_time_s
from hydraulics.gas.line_pack import LinePack
from hydraulics.gas.model import GasModel
from hydraulics.gas.outcome import solution_of
from hydraulics.gas.state import GasSolution
from hydraulics.gas.tables import CONTROL, OPEN, REGULATOR, SHUT
from network_models.elements import GasSource, Regulator
from network_models.network import Network
from scada.point import Point
from scenarios.virtual_field.commands import CommandRefusedError, opens
from scenarios.virtual_field.disturb import DemandWander, Drift, Misfit, roughen
from scenarios.virtual_field.readout_gas import GasReadout

F64 = NDArray[np.float64]
AT_ONCE_S = 0.5
"""How far the plant runs on after a command, so that a reading shows the effect."""


class PlantGas:
    """A running gas network; one thread uses it."""

    def __init__(
        self,
        net: Network,
        points: Sequence[Point],
        *,
        start: datetime,
        zone: ZoneInfo,
        seed: int = 1,
        misfit: Misfit | None = None,
    ) -> None:
        """Begin in the steady state of the moment `start` (aware).

        `points` are those of the gas network; which of them it can answer is in `covered`.
        """
        misfit = misfit or Misfit()
        self.net = roughen(net, misfit, seed=seed)
        self._model = GasModel(self.net)
        self._wander = DemandWander(net, misfit, seed=seed)
        self._pack = LinePack(self._model, start_s=pattern_time_s(start, zone, net.times))
        self._time_s = self._pack.time_s
        arrays, tables = self._model.arrays, self._model.tables
        s = arrays.structure
        self._gates = {
            int(s.row_of[arrays.node_index[n.id]]): n.pressure_pa
            for n in net.nodes.values()
            if isinstance(n, GasSource) and n.control == "pressure"
        }
        self._drift = Drift(len(self._gates), misfit.gate_pressure, seed=[seed, 4])
        regulators = np.flatnonzero(tables.kind == REGULATOR)
        off = np.random.default_rng([seed, 5]).standard_normal(len(regulators))
        gauge = arrays.setting[regulators] - tables.ambient[tables.held_row[regulators]]
        self._set(regulators, gauge * (1.0 + misfit.regulator_setting * off))
        self._readout = GasReadout(points, self.net, arrays.gas.normal_density)
        self._hold_gates(0.0)
        self.now: GasSolution = self._run_on(AT_ONCE_S)

    @property
    def covered(self) -> NDArray[np.intp]:
        """Places in the point list that `values` answers."""
        return self._readout.covered

    def advance(self, seconds: float) -> None:
        """Run on: patterns, the slow wander of demands and gates, pipes that fill and empty."""
        self._hold_gates(seconds)
        self._time_s += seconds
        # A command has run ahead already; the clock catches up with it.
        self.now = self._run_on(max(self._time_s - self._pack.time_s, 0.0))

    def values(self, out: F64) -> None:
        """Set the covered places of `out` (n,) to the true values, SI."""
        self._readout.fill(out, self.now, self._settings())

    def apply(self, point: Point, value: float) -> None:
        """Do what writing `value` (SI) to `point` means; CommandRefusedError when it means nothing.

        A link opens and closes by status or position, a regulator takes a set point, a gate the
        pressure it holds.
        """
        kind, _, name = point.element.partition(":")
        arrays = self._model.arrays
        if kind == "node" and isinstance(self.net.nodes.get(name), GasSource):
            self._set_gate(point, name, value)
        elif kind == "link" and name in self.net.links:
            k = int(arrays.structure.slot_of[arrays.link_index[name]])
            regulator = isinstance(self.net.links[name], Regulator)
            if point.quantity in ("status", "position"):
                self._switch(k, is_open=opens(point, value), regulator=regulator)
            elif regulator and point.quantity in ("pressure", "setting"):
                if not value > 0.0:
                    raise CommandRefusedError(f"a set point is above 0, not {value:g}")
                self._set(np.array([k]), np.array([value]))
            else:
                raise CommandRefusedError(f"{point.quantity} of {name} cannot be commanded")
        else:
            raise CommandRefusedError(f"{point.id} commands nothing of the network")
        self.now = self._run_on(AT_ONCE_S)

    def truth(self, time_ns: int) -> dict[str, Any]:
        """The true state, by the names of `GasSolution`."""
        now = self.now
        return {
            "node_ids": np.array(now.node_ids),
            "link_ids": np.array(now.link_ids),
            "pressure_pa": now.pressure_pa,
            "demand_kgs": now.demand_kgs,
            "flow_kgs": now.flow_kgs,
            "line_pack_kg": np.float64(self._pack.stock_kg),
            "time_ns": np.int64(time_ns),
            "sim_time_s": np.float64(self._time_s),
        }

    def _run_on(self, seconds: float) -> GasSolution:
        case, s = self._model.case, self._model.arrays.structure
        case.factor[:] = self._factor[s.node]
        outcome = self._pack.advance_to(self._pack.time_s + seconds)
        return solution_of(self._model, outcome)

    def _hold_gates(self, seconds: float) -> None:
        self._factor = self._wander.advance(seconds)
        shares = self._drift.advance(seconds)
        work, tables, case = self._model.work, self._model.tables, self._model.case
        for (row, gauge), share in zip(self._gates.items(), shares.tolist(), strict=True):
            case.held[row] = gauge * share + tables.ambient[row]
            if work.source[row] == 1:
                work.potential[row] = tables.scale[row] * case.held[row] ** 2

    def _set_gate(self, point: Point, name: str, value: float) -> None:
        arrays = self._model.arrays
        row = int(arrays.structure.row_of[arrays.node_index[name]])
        if point.quantity not in ("pressure", "setting") or row not in self._gates:
            raise CommandRefusedError(f"{point.quantity} of {name} cannot be commanded")
        if not value > 0.0:
            raise CommandRefusedError(f"a pressure to hold is above 0, not {value:g}")
        self._gates[row] = value
        self._hold_gates(0.0)

    def _set(self, slots: NDArray[Any], gauge_pa: F64) -> None:
        """Set points of regulators by slot, gauge."""
        model, tables = self._model, self._model.tables
        model.case.setting[slots] = gauge_pa + tables.ambient[tables.held_row[slots]]
        model.work.setting[slots] = model.case.setting[slots]

    def _settings(self) -> dict[str, float]:
        """The set point of each regulator, gauge Pa."""
        arrays, tables = self._model.arrays, self._model.tables
        case, s = self._model.case, arrays.structure
        return {
            arrays.link_ids[s.link[k]]: float(case.setting[k] - tables.ambient[tables.held_row[k]])
            for k in np.flatnonzero(tables.kind == REGULATOR)
        }

    def _switch(self, k: int, *, is_open: bool, regulator: bool) -> None:
        state = (CONTROL if regulator else OPEN) if is_open else SHUT
        self._model.case.state[k] = self._model.work.state[k] = state
