"""One cycle of the live heat model: values in, state and judged figures out. Pure.

The model is plug flow that goes on from cycle to cycle, so a colder supply arrives at a station
when its water does. Boundary: what plants supply and keep, the return temperature of stations that
stand alone at their node, links that are shut, the weather. One demand factor for each network that
hangs together brings the modelled circulation to the measured one, factors of groups of stations
the differentials (`heat_fit`). Rooms behind the stations follow the heat that arrives
(`heat_rooms_live`).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dispatch.rulebook import RuleSet
from hmi.live.heat_fit import HeatGroups
from hmi.live.heat_rooms_live import LiveRooms
from hmi.live.heat_ties import HeatTies
from hmi.live.mapping import MODEL_DRIVER
from hmi.live.medium import F64, Held, MediumFrame, Usable, largest, nearer, normalised
from hydraulics import SolveError
from hydraulics.heat.results import HeatSolution
from hydraulics.heat.run import HeatPeriod
from hydraulics.heat.solver import SteadyHeat
from hydraulics.heat.work import HeatBoundary
from network_models.network import Network
from network_models.physics import ZERO_C_K
from scada.point import Point
from scenarios.heat_weather import HeatDesign, Regulation

SMOOTHING_S = 30.0
LONGEST_STEP_S = 1800.0
"""After a longer gap what the pipes hold is not known: the model begins steady again."""
FITTED = 0.002
MOST_SOLVES = 5
LISTED = 20


class HeatTwin:
    """The live model of one heat network: structure once, a step every cycle."""

    utility = "heat"

    def __init__(
        self,
        net: Network,
        points: Sequence[Point],
        rules: RuleSet,
        *,
        design: HeatDesign | None = None,
    ) -> None:
        """SolveError for a network that cannot be compiled."""
        self.net = net
        self._design = design or HeatDesign()
        self._model = SteadyHeat(net)
        self._arrays = self._model.arrays
        self._regulation = Regulation(self._arrays, self._design)
        self._ties = ties = HeatTies(self._arrays, points)
        self._rooms = LiveRooms(net, self._arrays, self._design, rules)
        self.figures = {
            p.address: h
            for h, p in enumerate(points)
            if p.driver == MODEL_DRIVER and p.utility == "heat"
        }
        self._temperatures = Held([*ties.supply, *ties.back, *ties.outdoor], SMOOTHING_S, least=2.0)
        self._pressures = Held(list(ties.keeps), SMOOTHING_S)
        self._flows = Held([meter.point for meter in ties.circulation], SMOOTHING_S)
        self._statuses = Held(list(ties.status), 1e-9)
        self._factor = np.ones(ties.parts)
        slots = self._arrays.structure.slot_of[[tie.index for tie in ties.differentials]]
        self._groups = HeatGroups(net, self._model, slots.astype(np.int64), ties.part_of_station)
        self._differentials = Held(
            [tie.point for tie in ties.differentials], SMOOTHING_S, least=2e4
        )
        self._period: HeatPeriod | None = None

    def cycle(
        self, value: F64, usable: Usable, pattern_time_s: float, seconds: float
    ) -> MediumFrame:
        """Run to the present, `seconds` after the last cycle.

        SolveError when there is no state that satisfies the network; the next cycle begins anew.
        """
        for held in (
            self._temperatures,
            self._pressures,
            self._flows,
            self._differentials,
            self._statuses,
        ):
            held.take(value, usable, seconds)
        try:
            solves = self._run(usable, pattern_time_s, seconds)
            assert self._period is not None
            solution = self._period.solution()
            if not solution.report.converged:
                raise SolveError("heat: " + ("; ".join(solution.report.warnings) or "no balance"))
        except Exception:
            self._period = None
            self._factor[:] = 1.0
            self._groups.reset()
            raise
        solves += self._fit_groups(usable)
        outdoor = self._outdoor()
        self._rooms.step(solution, self._period.boundary, outdoor, self._station_factor(), seconds)
        handle, modelled, sigma = self._ties.modelled(solution)
        short = self._ties.short(solution)
        remarks = []
        if not any(usable[flow.point] for flow in self._ties.circulation):
            remarks.append("no circulation is measured: demand is the forecast times its last")
        if outdoor is None:
            remarks.append("the weather is not measured: demand is the design's, rooms not judged")
        return MediumFrame(
            state={
                "pressure_pa": solution.pressure_pa,
                "temperature_k": solution.temperature_k,
                "flow_kgs": solution.flow_kgs,
                "velocity_ms": solution.velocity_ms,
                "status": solution.status,
                "available_pa": solution.available_pa,
                "heat_w": solution.heat_w,
            },
            report=_report(solution),
            factors=tuple(self._factor.tolist()),
            handle=handle,
            value=modelled,
            normalised=normalised(value, usable, handle, modelled, sigma),
            figures=self._figures(solution, short, value, usable),
            low_end_nodes=tuple(self.net.links[name].start for name in short),
            kept=(*self._temperatures.kept, *self._pressures.kept, *self._statuses.kept),
            remarks=tuple(remarks),
            solves=solves,
            more={"short_stations": short[:LISTED], "rooms": self._rooms.coldest()},
        )

    def _run(self, usable: Usable, time_s: float, seconds: float) -> int:
        """Go on, or begin: then the steady state whose circulation is the measured one."""
        if self._period is not None and seconds <= LONGEST_STEP_S:
            if seconds > 0.0:
                self._period.advance(seconds, boundary=self._boundary(time_s))
            self._fit(usable)
            return 1
        solves = 0
        while solves < MOST_SOLVES:
            solves += 1
            self._period = HeatPeriod(
                self.net, start_s=time_s, model=self._model, boundary=self._boundary(time_s)
            )
            before = self._factor.copy()
            self._fit(usable)
            if np.abs(self._factor / before - 1.0).max(initial=0.0) < FITTED:
                break
        return solves

    def _fit(self, usable: Usable) -> None:
        """Bring each part's demand factor nearer to its measured circulation."""
        flow = self._model.work.flow
        measured, modelled = np.zeros(self._ties.parts), np.zeros(self._ties.parts)
        for meter in self._ties.circulation:
            shown = self._flows.get(meter.point)
            if usable[meter.point] and shown is not None:
                measured[meter.part] += shown * meter.kgs
                modelled[meter.part] += float(flow[meter.slot])
        for part in range(self._ties.parts):
            self._factor[part] = nearer(
                float(self._factor[part]), float(measured[part]), float(modelled[part])
            )

    def _boundary(self, time_s: float) -> HeatBoundary:
        """What the field says of plants, stations and weather; else the curve, else the record."""
        a, ties, outdoor = self._arrays, self._ties, self._outdoor()
        b = self._model.boundary(time_s, outdoor_k=outdoor)
        share = 1.0 if outdoor is None else self._design.share(outdoor)
        b.wanted[a.stations] *= share * self._station_factor()
        if outdoor is not None:
            for slot, supply in self._regulation.supply(outdoor):
                b.plant_k[slot] = supply
        for handle, slot in ties.supply.items():
            kelvin = self._temperatures.get(handle)
            if kelvin is not None:
                b.plant_k[slot] = kelvin
        for handle, (slot, row) in ties.keeps.items():
            gauge = self._pressures.get(handle)
            if gauge is not None:
                b.keeps_pa[slot] = gauge + a.ambient_pa[row]
        self._returns(outdoor)
        for handle, slot in ties.status.items():
            on = self._statuses.get(handle)
            if on is not None:
                b.is_open[slot] = on >= 0.5
        return b

    def _returns(self, outdoor: float | None) -> None:
        """Return temperatures of stations: measured, else their neighbours', else the curve's."""
        a, known = self._arrays, {}
        for handle, slot in self._ties.back.items():
            kelvin = self._temperatures.get(handle)
            if kelvin is not None and a.plants.size and kelvin > ZERO_C_K:
                known[slot] = kelvin
        slots = self._regulation.stations
        if known:
            a.links.return_k[slots] = float(np.median(list(known.values())))
        elif outdoor is not None:
            a.links.return_k[slots] = self._regulation.returns(outdoor)
        for slot, kelvin in known.items():
            a.links.return_k[slot] = kelvin

    def _outdoor(self) -> float | None:
        known = [v for h in self._ties.outdoor if (v := self._temperatures.get(h)) is not None]
        return sum(known) / len(known) if known else None

    def _station_factor(self) -> F64:
        """(B,) demand over forecast of each station: its part's factor and its group's."""
        factor: F64 = self._factor[self._ties.part_of_station] * self._groups.factor
        return factor

    def _fit_groups(self, usable: Usable) -> int:
        """Move the groups' factors for the next cycle; how many solves it took."""
        assert self._period is not None
        shown = [
            known
            if usable[tie.point] and (known := self._differentials.get(tie.point)) is not None
            else np.nan
            for tie in self._ties.differentials
        ]
        return self._groups.fit(self._period.boundary, np.array(shown, dtype=np.float64))

    def _figures(
        self, solution: HeatSolution, short: Sequence[str], value: F64, usable: Usable
    ) -> dict[str, float]:
        """Values of the model-filled points, SI, by the name in their address."""
        figures = {
            "stations_short": float(len(short)),
            "unsupplied_nodes": float(np.isnan(solution.pressure_pa).sum()),
            "demand_factor": float(self._station_factor().mean()) if self._ties.parts else 1.0,
            "plant_power": solution.report.plant_w,
            "lost_power": solution.report.lost_w,
            **self._rooms.figures(),
        }
        available = solution.available_pa[np.isfinite(solution.available_pa)]
        if len(available):
            figures["end_min_differential"] = float(available.min())
        for name, quantity in (
            ("temperature_residual_max", "temperature"),
            ("pressure_residual_max", "pressure"),
        ):
            gap = largest(self._ties.residuals(solution, quantity, value, usable))
            if gap is not None:
                figures[name] = gap
        return figures


def _report(solution: HeatSolution) -> dict[str, object]:
    """What the page and the log need of the solver's report."""
    report = solution.report
    return {
        "converged": report.converged,
        "iterations": report.iterations,
        "mass_kgs": report.mass_kgs,
        "plant_w": report.plant_w,
        "delivered_w": report.delivered_w,
        "lost_w": report.lost_w,
        "critical": report.critical,
        "critical_pa": report.critical_pa,
        "boiling_margin_pa": report.boiling_margin_pa,
        "unsupplied": list(report.unsupplied[:LISTED]),
        "shortfalls": [
            {"station": s.station, "unmet_w": round(s.unmet_w), "binds": s.binds}
            for s in report.shortfalls[:LISTED]
        ],
        "warnings": list(report.warnings[:LISTED]),
    }
