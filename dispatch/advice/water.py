"""Pressure at the network ends: what works, pumps, set points and boundary valves can do about it.

Each advice is tried on a fork of one run that stands at the moment asked for and goes on for some
hours, so that its effect is the model's answer: what lives off its tanks alone shows. Where all
ends keep the limit anyway the search says how far a works may come down, and no more is advised.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from dispatch.check import END_PRESSURE
from dispatch.ends import end_nodes
from dispatch.pattern_time import pattern_time_s
from dispatch.request import PlanningContext
from network_models.changes import ScaleDemand
from network_models.elements import Junction, Pipe, Pump, Reservoir, Valve
from network_models.units import PA_PER_M_WATER

if TYPE_CHECKING:
    from hydraulics.extended import ExtendedPeriod

SCHEMA = "ringmain/advise-water/1"
SPEEDS = (0.7, 1.2)
"""Relative speeds that drives of works' pumps commonly allow; ours."""
SETTING_RISE_M = 40.0
CLOSE_M = 0.05
"""A search ends within five centimetres of head at the ends."""
MOST_TURNS = 12
GRAIN_MPA = 5e-4
STEP_S = 3600.0
MPA_PER_M = PA_PER_M_WATER / 1e6

F64 = NDArray[np.float64]
Kind = Literal["outlet", "start-pump", "setting", "boundary"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """The ends and the network over the hours; pressures in MPa, None where nothing is fed.

    `worst_end_mpa` is the lowest of any hour, `ends_below` how many are below the limit at some.
    """

    worst_end_mpa: float | None
    worst_end: str
    ends_below: int
    mean_mpa: float
    unsupplied: int
    converged: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """One thing to do: what each element is set to, from what, and what the model makes of it.

    `reaches`: no end is below the limit any more (`needed` is then the least that does it).
    `outlet_mpa` is the mean pressure at the works outlet, before and after, for advice on a works.
    """

    kind: Kind
    elements: tuple[str, ...]
    unit: str
    now: float | None
    to: float | None
    reaches: bool
    effect: Effect
    text_zh: str
    text_en: str
    outlet: str = ""
    outlet_mpa: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class _Course:
    """Pressures (T, N) over the hours, m."""

    pressure_m: F64
    converged: bool


def water_advice(
    context: PlanningContext, at: datetime, *, hours: float = 12.0, demand: float = 1.0
) -> dict[str, Any]:
    """What can be done at `at` for the next hours, the least pressure that serves first.

    JSON-ready, schema `ringmain/advise-water/1`. Demands are those of the patterns times `demand`,
    tanks stand where a day of them leaves them. Raises SolveError.
    """
    from hydraulics.extended import ExtendedPeriod

    net, zone, settings = context.network, context.timezone, context.settings
    rules = context.rulebook.on(at.astimezone(zone).date(), settings.profile)
    limit_pa = rules.limit_si(END_PRESSURE)
    ends = end_nodes(net, rules, settings.marked_ends)
    run = ExtendedPeriod(
        net,
        start_s=pattern_time_s(at - timedelta(days=1), zone, net.times),
        changes=[ScaleDemand(demand)],
    )
    run.advance(86_400.0)
    limit_m = None if limit_pa is None else limit_pa / PA_PER_M_WATER
    desk = _Desk(context, run, ends, limit_m, hours)
    found: list[Advice] = []
    if ends and limit_m is not None:
        found = desk.works()
        if desk.before.ends_below:
            found += [*desk.pumps(), *desk.settings(), *desk.boundaries()]
            found = [advice for advice in found if _helps(advice.effect, desk.before)]
        found.sort(key=lambda a: (not a.reaches, a.effect.ends_below, a.effect.mean_mpa))
    return {
        "schema": SCHEMA,
        "at": at.astimezone(zone).isoformat(),
        "hours": hours,
        "demand": demand,
        "profile": settings.profile,
        "limit_mpa": None if limit_pa is None else limit_pa / 1e6,
        "ends": len(ends),
        "now": asdict(desk.before),
        "advice": [asdict(advice) for advice in found],
    }


def _helps(effect: Effect, before: Effect) -> bool:
    """Whether fewer ends are low, or the lowest is higher by more than a solver's grain."""
    rise = (effect.worst_end_mpa or 0.0) - (before.worst_end_mpa or 0.0)
    return effect.ends_below < before.ends_below or rise > GRAIN_MPA


class _Desk:
    """Tries things on forks of a run and tells what they do."""

    def __init__(
        self,
        context: PlanningContext,
        run: ExtendedPeriod,
        ends: Sequence[str],
        limit_m: float | None,
        hours: float,
    ) -> None:
        self._hours = hours
        self._net, self._run, self._limit_m = context.network, run, limit_m
        names = run.solution.node_ids
        self._place = {name: i for i, name in enumerate(names)}
        self._link = {name: i for i, name in enumerate(run.solution.link_ids)}
        self._ends = np.array([self._place[name] for name in ends], dtype=np.int64)
        self._taps = np.array([isinstance(self._net.nodes[n], Junction) for n in names])
        self._calm = self._tried({})
        self.before = self._effect(self._calm)

    def works(self) -> list[Advice]:
        """For each works the least outlet pressure, by its pumps' common speed, that serves."""
        found = []
        for outlet, pumps in self._outlets().items():
            running = [p for p in pumps if self._is_open(p.id)]
            if not running:
                continue
            names = tuple(p.id for p in running)

            def turn(speed: float, names: tuple[str, ...] = names) -> _Course:
                return self._tried(dict.fromkeys(names, (None, speed)))

            speed, state, reaches = self._least(turn, *SPEEDS)
            before, after = (self._pressure_mpa(s, outlet) for s in (self._calm, state))
            found.append(
                Advice(
                    kind="outlet",
                    elements=names,
                    unit="relative speed",
                    now=round(running[0].speed, 4),
                    to=round(speed, 4),
                    reaches=reaches,
                    effect=self._effect(state),
                    text_zh=f"{outlet} 出厂压力由 {before:.3f} 调至 {after:.3f} MPa",
                    text_en=f"outlet pressure of {outlet} from {before:.3f} to {after:.3f} MPa",
                    outlet=outlet,
                    outlet_mpa=(round(before, 4), round(after, 4)),
                )
            )
        return found

    def pumps(self) -> list[Advice]:
        """Each pump that stands still, started."""
        idle = [k for k in self._net.links.values() if isinstance(k, Pump)]
        return [
            self._switched("start-pump", pump.id, f"启动水泵 {pump.id}", f"start pump {pump.id}")
            for pump in idle
            if not self._is_open(pump.id)
        ]

    def settings(self) -> list[Advice]:
        """Each reducing valve, at the least setting that serves the ends, or as far as it helps."""
        found = []
        for valve in self._net.links.values():
            if not isinstance(valve, Valve) or valve.kind != "PRV":
                continue

            def turn(setting: float, name: str = valve.id) -> _Course:
                return self._tried({name: (None, setting)})

            high = valve.setting + SETTING_RISE_M
            setting, state, reaches = self._least(turn, valve.setting, high)
            now, to = valve.setting * MPA_PER_M, setting * MPA_PER_M
            found.append(
                Advice(
                    kind="setting",
                    elements=(valve.id,),
                    unit="MPa",
                    now=round(now, 4),
                    to=round(to, 4),
                    reaches=reaches,
                    effect=self._effect(state),
                    text_zh=f"减压阀 {valve.id} 由 {now:.3f} 调至 {to:.3f} MPa",
                    text_en=f"reducing valve {valve.id} from {now:.3f} to {to:.3f} MPa",
                )
            )
        return found

    def boundaries(self) -> list[Advice]:
        """Each pipe or valve that stands closed between two parts, opened."""
        return [
            self._switched(
                "boundary", pipe.id, f"打开边界阀 {pipe.id}", f"open the boundary valve {pipe.id}"
            )
            for pipe in self._net.links.values()
            if isinstance(pipe, Pipe | Valve) and pipe.status == "closed"
        ]

    def _switched(self, kind: Kind, name: str, zh: str, en: str) -> Advice:
        effect = self._effect(self._tried({name: ("open", None)}))
        return Advice(
            kind=kind,
            elements=(name,),
            unit="",
            now=0.0,
            to=1.0,
            reaches=effect.ends_below == 0 and effect.worst_end_mpa is not None,
            effect=effect,
            text_zh=zh,
            text_en=en,
        )

    def _least(
        self, turn: Callable[[float], _Course], low: float, high: float
    ) -> tuple[float, _Course, bool]:
        """The least value between two whose ends all keep the limit; the highest if none does."""
        assert self._limit_m is not None
        state = turn(high)
        margin = self._margin_m(state)
        if margin < 0.0:
            return high, state, False
        lowest = turn(low)
        if self._margin_m(lowest) >= 0.0:
            return low, lowest, True
        for _ in range(MOST_TURNS):
            if margin <= CLOSE_M:
                break
            middle = 0.5 * (low + high)
            tried = turn(middle)
            above = self._margin_m(tried)
            if above >= 0.0:
                high, state, margin = middle, tried, above
            else:
                low = middle
        return high, state, True

    def _tried(
        self, hands: dict[str, tuple[Literal["open", "closed"] | None, float | None]]
    ) -> _Course:
        run = self._run.fork()
        for name, (status, setting) in hands.items():
            run.hold(name, status, setting)
        state, left_s = run.advance(0.0), self._hours * 3600.0
        pressure, converged = [state.pressure_m], state.report.converged
        while left_s > 1e-6:
            state = run.advance(min(STEP_S, left_s))
            left_s -= STEP_S
            pressure.append(state.pressure_m)
            converged = converged and state.report.converged
        return _Course(np.array(pressure), bool(converged))

    def _margin_m(self, course: _Course) -> float:
        """How far the worst end is above the limit; an end without supply is far below."""
        assert self._limit_m is not None
        pressure = course.pressure_m[:, self._ends]
        return float(np.where(np.isnan(pressure), -1e3, pressure).min()) - self._limit_m

    def _effect(self, course: _Course) -> Effect:
        at_ends = course.pressure_m[:, self._ends]
        filled = np.where(np.isnan(at_ends), np.inf, at_ends).min(axis=0, initial=np.inf)
        fed = bool(np.isfinite(filled).any())
        taps = course.pressure_m[:, self._taps]
        limit = -np.inf if self._limit_m is None else self._limit_m
        worst = int(self._ends[int(filled.argmin())]) if fed else -1
        return Effect(
            worst_end_mpa=round(float(filled.min()) * MPA_PER_M, 5) if fed else None,
            worst_end=self._run.solution.node_ids[worst] if fed else "",
            ends_below=int((np.nan_to_num(at_ends, nan=-np.inf) < limit).any(axis=0).sum()),
            mean_mpa=round(float(np.nanmean(taps)) * MPA_PER_M, 5),
            unsupplied=int(np.isnan(taps).any(axis=0).sum()),
            converged=course.converged,
        )

    def _pressure_mpa(self, course: _Course, node: str) -> float:
        return float(np.nanmean(course.pressure_m[:, self._place[node]])) * MPA_PER_M

    def _is_open(self, link: str) -> bool:
        return bool(self._run.solution.status[self._link[link]])

    def _outlets(self) -> dict[str, list[Pump]]:
        """Pumps that take from a source, by the node they deliver to: a works' outlet."""
        found: dict[str, list[Pump]] = {}
        for link in self._net.links.values():
            if isinstance(link, Pump) and isinstance(self._net.nodes[link.start], Reservoir):
                found.setdefault(link.end, []).append(link)
        return found
