"""Report times of a heat run as rows, and what its report says."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from hydraulics.heat import kinds
from hydraulics.heat import water_properties as water
from hydraulics.heat.reporting import balanced, misses, remarks, shortfalls, wet_loss
from hydraulics.heat.results import HeatReport, HeatRun, Shortfall
from hydraulics.heat.tables import HeatArrays
from hydraulics.types import F64, I64

if TYPE_CHECKING:
    from hydraulics.heat.run import HeatPeriod

_COLUMNS = ("pressure", "temperature", "flow", "velocity", "outlet", "heat", "wanted", "available")


class Recorder:
    """Rows of a run in the solver's order, turned into the file's order at its end."""

    def __init__(self, a: HeatArrays, times: F64) -> None:
        nodes, links = len(a.net.nodes), len(a.net.links)
        self._a, self._times = a, times
        self._rows: dict[str, F64] = {
            name: np.empty((len(times), nodes if name in ("pressure", "temperature") else links))
            for name in _COLUMNS
        }
        self._status: I64 = np.empty((len(times), links), dtype=np.int64)
        self._area = 0.25 * math.pi * a.links.diameter**2
        self._start = a.structure.start.astype(np.int64)
        self._end = a.structure.end.astype(np.int64)
        self._span, self._heat, self._wanted = 0.0, np.zeros(links), np.zeros(links)
        self._total = np.zeros(4)  # J: plants, delivered, lost, wet
        self._worst = [0.0, 0.0]
        self._iterations, self._solves = 0, 0
        self._unbalanced: list[float] = []
        self._low: set[int] = set()
        self._short: dict[str, Shortfall] = {}
        self._made_up: dict[str, float] = {}
        self._stored = 0.0
        self._groups = _groups(a)

    def begin(self, period: HeatPeriod) -> None:
        """Take the steady state the run starts from."""
        self._stored = period.carrier.stored_j()
        self._judge(period)

    def count(self, period: HeatPeriod) -> None:
        """Add a step that was just run."""
        a, seconds = self._a, period.span_s
        self._judge(period)
        self._span += seconds
        self._heat += period.heat_w * seconds
        self._wanted += period.boundary.wanted * seconds
        plants, taken = self._groups
        wet = wet_loss(a, period.boundary, period.model.work.node_h)
        heat = period.heat_w
        self._total += seconds * np.array(
            [-heat[plants].sum(), heat[taken].sum(), period.lost_w, wet]
        )

    def _judge(self, period: HeatPeriod) -> None:
        a, b, w = self._a, period.boundary, period.model.work
        mass, pressure, made_up = misses(a, b, w)
        self._worst = [max(self._worst[0], mass), max(self._worst[1], pressure)]
        self._iterations += period.outcome.iterations
        self._solves += 1
        live = w.reached.astype(bool)
        low = np.flatnonzero(live & (w.potential <= 0.0))
        self._low.update(low.tolist())
        if not period.outcome.converged or len(low) or not balanced(a, w, mass, pressure):
            self._unbalanced.append(period.time_s - period.span_s)
        self._made_up.update(made_up)

    def report(self, i: int, period: HeatPeriod) -> None:
        """Write report time `i`."""
        a, b, w, rows = self._a, period.boundary, period.model.work, self._rows
        live = w.reached.astype(bool)
        both = live[self._start] & live[self._end]
        rows["pressure"][i] = np.where(live, w.potential - a.ambient_pa, math.nan)
        rows["temperature"][i] = np.where(live, w.node_k, math.nan)
        rows["flow"][i] = w.flow
        with np.errstate(divide="ignore", invalid="ignore"):
            rows["velocity"][i] = np.abs(w.flow) / (w.density * self._area)
        rows["outlet"][i] = np.where(both, w.out_k, math.nan)
        mean = 1.0 / self._span if self._span > 0.0 else 0.0
        heat = self._heat * mean if self._span > 0.0 else period.heat_w
        wanted = self._wanted * mean if self._span > 0.0 else b.wanted
        station = a.links.kind == kinds.STATION
        rows["heat"][i] = heat
        rows["wanted"][i] = np.where(station, wanted, 0.0)
        lift = w.density * a.settings.gravity * a.links.drop_height
        available = w.potential[self._start] - w.potential[self._end] + lift
        rows["available"][i] = np.where(both & station, available, math.nan)
        self._status[i] = w.state != kinds.SHUT
        for one in shortfalls(a, b._replace(wanted=wanted), w, heat, rows["available"][i], both):
            before = self._short.get(one.station)
            if before is None or one.unmet_w > before.unmet_w:
                self._short[one.station] = one
        self._span = 0.0
        self._heat[:] = 0.0
        self._wanted[:] = 0.0

    def _extremes(self) -> tuple[tuple[str, float], tuple[str, float]]:
        """The station with the least available pressure, and the node nearest to boiling."""
        a, rows = self._a, self._rows
        absolute = rows["pressure"] + a.ambient_pa
        margin = absolute - water.saturation_pressure_pa(rows["temperature"])
        s = a.structure
        return (
            _least(rows["available"], a.link_ids, s.link),
            _least(margin, a.node_ids, s.node),
        )

    def run(self, period: HeatPeriod) -> HeatRun:
        """The whole run in the file's order."""
        a, rows = self._a, self._rows
        slot, row = a.structure.slot_of, a.structure.row_of
        return HeatRun(
            times_s=self._times,
            node_ids=a.node_ids,
            link_ids=a.link_ids,
            pressure_pa=rows["pressure"][:, row],
            temperature_k=rows["temperature"][:, row],
            flow_kgs=rows["flow"][:, slot],
            velocity_ms=rows["velocity"][:, slot],
            outlet_k=rows["outlet"][:, slot],
            heat_w=rows["heat"][:, slot],
            wanted_w=rows["wanted"][:, slot],
            available_pa=rows["available"][:, slot],
            status=self._status[:, slot],
            report=self._report(period),
        )

    def _report(self, period: HeatPeriod) -> HeatReport:
        a = self._a
        nodes = a.node_ids
        span = float(self._times[-1] - 0.0) if len(self._times) else 0.0
        gap = 0.0
        if span > 0.0:
            book = period.carrier.plugs.ledger
            change = period.carrier.stored_j() - self._stored
            gap = abs(change - (book[0] - book[1] - book[2] - book[3])) / span
            plant_w, delivered_w, lost_w, wet_w = (self._total / span).tolist()
        else:
            plants, taken = self._groups
            heat = period.heat_w
            plant_w, delivered_w = float(-heat[plants].sum()), float(heat[taken].sum())
            lost_w = period.lost_w
            wet_w = wet_loss(a, period.boundary, period.model.work.node_h)
        s = a.structure
        critical, coldest = self._extremes()
        cut = np.flatnonzero(np.isnan(self._rows["pressure"]).any(axis=0))
        return HeatReport(
            converged=not self._unbalanced and gap <= 1e-6 * max(abs(plant_w), 1.0),
            iterations=self._iterations,
            solves=self._solves,
            mass_kgs=float(self._worst[0]),
            pressure_pa=float(self._worst[1]),
            heat_w=gap,
            plant_w=plant_w,
            delivered_w=delivered_w,
            lost_w=lost_w,
            wet_w=wet_w,
            critical=critical[0],
            critical_pa=critical[1],
            boiling=coldest[0],
            boiling_margin_pa=coldest[1],
            make_up_kgs=tuple(self._made_up.items()),
            shortfalls=tuple(sorted(self._short.values(), key=lambda o: (-o.unmet_w, o.station))),
            unsupplied=tuple(nodes[int(s.node[i])] for i in cut),
            negative_pressure=tuple(nodes[int(s.node[i])] for i in sorted(self._low)),
            unbalanced_times_s=tuple(self._unbalanced),
            warnings=self._warnings(critical, coldest),
        )

    def _warnings(self, critical: tuple[str, float], coldest: tuple[str, float]) -> tuple[str, ...]:
        said = []
        if self._unbalanced:
            said.append(f"{len(self._unbalanced)} steps ended without balance")
        said += remarks(critical, coldest, boils=not self._low)
        return tuple(said)


def _least(values: F64, names: tuple[str, ...], place: I64) -> tuple[str, float]:
    """The element with the least value of all rows, and that value."""
    if not np.isfinite(values).any():
        return "", math.nan
    at = int(np.nanargmin(values))
    return names[int(place[at % values.shape[1]])], float(values.flat[at])


def _groups(a: HeatArrays) -> tuple[np.ndarray, np.ndarray]:
    """Masks of plants, and of what takes heat on purpose."""
    kind = a.links.kind
    return kind == kinds.PLANT, (kind == kinds.STATION) | (kind == kinds.VALVE)
