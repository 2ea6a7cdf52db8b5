"""One cycle of the live model: values in, solved state and judged figures out. Pure.

Boundary values (levels, source heads, statuses, set points) are taken over from the field; where
one is missing or bad the model keeps its last. Demands are the forecast of the patterns times the
factors that `hydraulics.estimation` fits to the measured pressures and flows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from hmi.live.mapping import Mapping, Role, map_points
from hmi.live.outlook import Forecaster, Outlook
from hydraulics.demand_groups import demand_groups
from hydraulics.estimation import Estimate, Measurements, fit_demands
from hydraulics.state import Boundary, Solution
from hydraulics.water import SteadyWater
from network_models.network import Network
from network_models.units import PA_PER_M_WATER
from scada.point import Point

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]

HEAD_SIGMA_M = 0.3
"""Sensor noise and the model's own roughness error together."""
FLOW_SIGMA_RELATIVE = 0.05
FLOW_SIGMA_LEAST_M3S = 3e-4
MEAN_DEMAND_HOURS = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class TwinFrame:
    """What a cycle found.

    `handle`, `value` are the model's SI values beside measured points; `figures` are the values of
    model-filled points by name; `low_end_nodes` are network ends below the limit in the model.
    `normalised` is (measured - modelled) / sigma beside `value`, NaN where nothing is measured.
    """

    solution: Solution
    estimate: Estimate
    handle: I64
    value: F64
    normalised: F64
    figures: dict[str, float]
    low_end_nodes: tuple[str, ...]


class LiveTwin:
    """The live model of one water network: structure once, a solve every cycle."""

    def __init__(
        self,
        net: Network,
        points: Sequence[Point],
        *,
        end_nodes: Sequence[str],
        end_limit_pa: float | None,
        groups: int = 10,
    ) -> None:
        """`end_nodes` are judged against `end_limit_pa` (None: no rule, nothing is judged)."""
        self.net = net
        self.model = SteadyWater(net)
        self.mapping: Mapping = map_points(points, net)
        self._index = {id_: i for i, id_ in enumerate(net.node_ids)}
        self._ends = np.array([self._index[id_] for id_ in end_nodes], dtype=np.int64)
        self._end_limit_pa = end_limit_pa
        hours = [self.model.boundary(3600.0 * h).demand_m3s for h in range(MEAN_DEMAND_HOURS)]
        self.group: I64 = demand_groups(net, np.mean(hours, axis=0), most=groups)
        self._held: dict[int, float] = {}
        self._factor: F64 | None = None
        self._last: Solution | None = None

    def cycle(self, value: F64, usable: NDArray[np.bool_], pattern_time_s: float) -> TwinFrame:
        """Solve the present.

        `value` and `usable` (P,) are the SI values of all points by handle and whether the model
        may trust them. SolveError passes through; the next cycle then starts cold.
        """
        boundary = self._boundary(value, usable, pattern_time_s)
        measured = self._measurements(value, usable)
        try:
            estimate = fit_demands(
                self.model.solve,
                boundary,
                self.group,
                measured,
                start=self._factor,
                warm=self._last,
            )
        except Exception:
            self._factor, self._last = None, None
            raise
        self._factor, self._last = estimate.factor, estimate.solution
        handle, modelled = self._beside(estimate.solution)
        low = self._low_ends(estimate.solution)
        return TwinFrame(
            solution=estimate.solution,
            estimate=estimate,
            handle=handle,
            value=modelled,
            normalised=_spread(usable[handle], estimate.normalised_residual),
            figures=self._figures(estimate.solution, low, self._pressure_residuals(value, usable)),
            low_end_nodes=low,
        )

    def outlook(
        self,
        ahead: Forecaster,
        frame: TwinFrame,
        value: F64,
        usable: NDArray[np.bool_],
        pattern_time_s: float,
    ) -> Outlook:
        """What comes of the state just found; SolveError passes through."""
        return ahead.look(
            lambda later_s: self._boundary(value, usable, pattern_time_s + later_s),
            frame.estimate,
            self.group,
        )

    def _boundary(self, value: F64, usable: NDArray[np.bool_], time_s: float) -> Boundary:
        boundary = self.model.boundary(time_s)
        head = boundary.fixed_head_m.copy()
        setting = boundary.setting.copy()
        for tie in self.mapping.ties:
            if usable[tie.point]:
                self._held[tie.point] = tie.to_model(float(value[tie.point]))
            held = self._held.get(tie.point)
            if held is None:
                continue
            if tie.role is Role.SOURCE_HEAD:
                head[tie.index] = held
            elif tie.role is Role.LINK_SETTING:
                setting[tie.index] = held
        boundary = replace(boundary, fixed_head_m=head, setting=setting)
        for tie in self.mapping.of(Role.LINK_STATUS):
            held = self._held.get(tie.point)
            if held is not None:
                boundary = self.model.with_status(boundary, tie.index, is_open=held >= 0.5)
        return boundary

    def _measurements(self, value: F64, usable: NDArray[np.bool_]) -> Measurements:
        heads = [t for t in self.mapping.of(Role.NODE_HEAD) if usable[t.point]]
        flows = [t for t in self.mapping.of(Role.LINK_FLOW) if usable[t.point]]
        flow = np.array([t.to_model(float(value[t.point])) for t in flows])
        return Measurements(
            node=np.array([t.index for t in heads], dtype=np.int64),
            head_m=np.array([t.to_model(float(value[t.point])) for t in heads]),
            head_sigma_m=np.full(len(heads), HEAD_SIGMA_M),
            link=np.array([t.index for t in flows], dtype=np.int64),
            flow_m3s=flow,
            flow_sigma_m3s=np.maximum(FLOW_SIGMA_RELATIVE * np.abs(flow), FLOW_SIGMA_LEAST_M3S),
        )

    def _beside(self, solution: Solution) -> tuple[I64, F64]:
        ties = [*self.mapping.of(Role.NODE_HEAD), *self.mapping.of(Role.LINK_FLOW)]
        heads, flows = solution.head_m, solution.flow_m3s
        values = [
            tie.to_point(
                float(heads[tie.index] if tie.role is Role.NODE_HEAD else flows[tie.index])
            )
            for tie in ties
        ]
        return np.array([t.point for t in ties], dtype=np.int64), np.array(values)

    def _pressure_residuals(self, value: F64, usable: NDArray[np.bool_]) -> F64:
        """|measured - modelled| of every usable pressure, Pa; unsupplied nodes left out."""
        assert self._last is not None
        head = self._last.head_m
        size = [
            abs(tie.to_model(float(value[tie.point])) - float(head[tie.index])) * PA_PER_M_WATER
            for tie in self.mapping.of(Role.NODE_HEAD)
            if usable[tie.point]
        ]
        found = np.array(size, dtype=np.float64)
        finite: F64 = found[np.isfinite(found)]
        return finite

    def _low_ends(self, solution: Solution) -> tuple[str, ...]:
        if self._end_limit_pa is None:
            return ()
        pressure = solution.pressure_m[self._ends] * PA_PER_M_WATER
        below = self._ends[~(pressure >= self._end_limit_pa)]
        return tuple(self.net.node_ids[i] for i in below)

    def _figures(
        self,
        solution: Solution,
        low: tuple[str, ...],
        residual_pa: F64,
    ) -> dict[str, float]:
        """Values of the model-filled points, SI, by the name in their address."""
        ends = solution.pressure_m[self._ends] * PA_PER_M_WATER
        finite = ends[np.isfinite(ends)]
        figures = {
            "end_below_count": float(len(low)),
            "unsupplied_nodes": float(np.isnan(solution.head_m).sum()),
        }
        if len(finite):
            figures["end_min_pressure"] = float(finite.min())
        if len(residual_pa):
            figures["residual_max"] = float(residual_pa.max())
        return figures


def _spread(present: NDArray[np.bool_], values: F64) -> F64:
    """`values` put where `present` is true, NaN elsewhere."""
    out = np.full(len(present), np.nan)
    out[present] = values
    return out
