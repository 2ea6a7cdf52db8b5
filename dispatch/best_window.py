"""When an outage does least harm: every start of a span tried, those a notice still reaches first.

The people who are cut off are the same at every hour; what differs is whom low pressure reaches,
which tanks run dry and how much water is missed. So windows are ranked by people-hours, then by
water not delivered, then by the earliest.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from dispatch.check import END_PRESSURE, NOTICE_LARGE, NOTICE_SMALL, SECONDARY, scope_size
from dispatch.ends import end_nodes
from dispatch.finding import Finding
from dispatch.impact import assess
from dispatch.isolation import Isolation, isolate
from dispatch.media_impact import gas_impact, heat_impact
from dispatch.medium_isolation import isolate_medium, valves_of
from dispatch.outages.gates import LEAD_RULES
from dispatch.pattern_time import pattern_time_s
from dispatch.request import OutageRequest, PlanningContext, elapsed
from dispatch.window import WindowRun, record_window, window_times
from network_models.elements import Junction
from network_models.network import Network
from network_models.problems import InputError, Problem
from network_models.units import PA_PER_M_WATER

if TYPE_CHECKING:
    from hydraulics.extended import ExtendedPeriod

SCHEMA = "ringmain/outage-window/1"
MOST_STARTS = 200
STEPS = 16
"""Moments of a window that are looked at: a search compares, the plan is made in finer steps."""
HOUR = timedelta(hours=1)
Progress = Callable[[str, float], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A window with what it costs. `hours_kind` says whose hours: people, gas users, households.

    `missed_m3` is water not delivered; None for gas and heat.
    """

    start: datetime
    end: datetime
    hours: float
    missed_m3: float | None
    priority_users: int
    tanks_dry: int
    findings: tuple[Finding, ...]

    @property
    def in_time(self) -> bool:
        """Whether a notice that goes out now is early enough."""
        return not any(finding.stops for finding in self.findings)

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready values."""
        return {
            "start": self.start.isoformat(),
            "end": self.end.isoformat(),
            "hours": round(self.hours, 1),
            "missed_m3": None if self.missed_m3 is None else round(self.missed_m3, 2),
            "priority_users": self.priority_users,
            "tanks_dry": self.tanks_dry,
            "in_time": self.in_time,
            "late_for": [f.rule for f in self.findings if f.stops],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowSearch:
    """Windows from best to worst; those whose notice would be late stand last."""

    medium: str
    element: str
    hours_kind: str
    windows: tuple[Candidate, ...]

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready values, schema `ringmain/outage-window/1`."""
        best = self.windows[0] if self.windows and self.windows[0].in_time else None
        return {
            "schema": SCHEMA,
            "medium": self.medium,
            "element": self.element,
            "hours_kind": self.hours_kind,
            "best": None if best is None else best.as_dict(),
            "windows": [window.as_dict() for window in self.windows],
        }


def best_windows(
    context: PlanningContext,
    request: OutageRequest,
    *,
    until: datetime,
    every: timedelta,
    now: datetime,
    progress: Progress | None = None,
) -> WindowSearch:
    """Windows as long as the request's, beginning at its start, every so often, to `until`.

    InputError for a span with no start or too many of them, an unknown element, a window that is
    none; SolveError when the network cannot be solved.
    """
    request.check()
    starts = _starts(request, until, every)
    tell = progress or (lambda _stage, _share: None)
    net = context.network
    if net.medium == "water":
        kind, found = "people", _water(context, request, starts, now, tell)
    else:
        kind = "gas users" if net.medium == "gas" else "households"
        found = _other(context, request, starts, now, tell)
    found.sort(
        key=lambda w: (not w.in_time, round(w.hours, 1), round(w.missed_m3 or 0.0, 1), w.start)
    )
    return WindowSearch(
        medium=net.medium, element=request.element, hours_kind=kind, windows=tuple(found)
    )


def _starts(request: OutageRequest, until: datetime, every: timedelta) -> list[datetime]:
    if every < timedelta(minutes=15):
        raise InputError([_problem("every", str(every), "at least 15 minutes")])
    span = elapsed(request.start, until)
    count = int(span / every) + 1 if span >= timedelta(0) else 0
    if not 1 <= count <= MOST_STARTS:
        expected = f"a time after the start that leaves 1 to {MOST_STARTS} windows, not {count}"
        raise InputError([_problem("until", until.isoformat(), expected)])
    first = request.start.astimezone(UTC)
    return [first + i * every for i in range(count)]


def _water(
    context: PlanningContext,
    request: OutageRequest,
    starts: Sequence[datetime],
    now: datetime,
    tell: Progress,
) -> list[Candidate]:
    """One run marches through the span; at every start two forks of it see the window."""
    from hydraulics.extended import ExtendedPeriod

    net, zone, settings = context.network, context.timezone, context.settings
    isolation = isolate(net, context.valves, request.element)
    rules = context.rulebook.on(request.start.astimezone(zone).date(), settings.profile)
    limit_pa = rules.limit_si(END_PRESSURE)
    limit_m = None if limit_pa is None else limit_pa / PA_PER_M_WATER
    ends = end_nodes(net, rules, settings.marked_ends)
    march = ExtendedPeriod(
        net,
        start_s=pattern_time_s(starts[0] - settings.warm_up, zone, net.times),
        demand_model="pda",
        required_pressure_m=limit_m,
    )
    march.advance(settings.warm_up.total_seconds())
    origin, step = march.time_s, request.duration / STEPS
    found = []
    for i, start in enumerate(starts):
        tell("windows", i / len(starts))
        march.advance(max(0.0, origin + (start - starts[0]).total_seconds() - march.time_s))
        here = _at(request, start, context)
        times = window_times(here.start, here.end, step, zone)
        base = record_window(march.fork(), times)
        shut = record_window(_shut(march, isolation), times)
        impact = assess(
            net,
            isolation,
            base,
            shut,
            context.customers,
            ends=ends,
            limit_m=limit_m,
            noticeable_m=settings.noticeable_drop_m,
        )
        size = scope_size(impact, settings)
        leads = [NOTICE_LARGE, NOTICE_SMALL] + ([SECONDARY] if request.secondary else [])
        found.append(
            Candidate(
                start=here.start,
                end=here.end,
                hours=sum(item.customer.people * item.hours for item in impact.customers),
                missed_m3=_missed_m3(net, base, shut),
                priority_users=len(impact.priority),
                tanks_dry=sum(
                    t.runs_dry_at is not None and t.base_runs_dry_at is None for t in impact.tanks
                ),
                findings=_leads(context, here, leads, now, kind=request.kind, size=size),
            )
        )
    return found


def _shut(march: ExtendedPeriod, isolation: Isolation) -> ExtendedPeriod:
    run = march.fork()
    for link in isolation.closed_links:
        run.hold(link, "closed")
    return run


def _missed_m3(net: Network, base: WindowRun, shut: WindowRun) -> float:
    """Water that taps do not get: what each takes less than it would, over the window."""
    taps = np.array([isinstance(net.nodes[name], Junction) for name in base.node_ids])
    seconds = np.diff([moment.timestamp() for moment in base.times])
    wanted = np.nan_to_num(np.maximum(base.delivered_m3s[:, taps], 0.0))
    got = np.nan_to_num(np.maximum(shut.delivered_m3s[:, taps], 0.0))
    missed = np.maximum(wanted - got, 0.0).sum(axis=1)
    return float((0.5 * (missed[1:] + missed[:-1]) * seconds).sum())


def _other(
    context: PlanningContext,
    request: OutageRequest,
    starts: Sequence[datetime],
    now: datetime,
    tell: Progress,
) -> list[Candidate]:
    """Gas and heat: each window by itself, with its own line pack or its own rooms."""
    valves, _ = valves_of(context.network, context.valves)
    isolation = isolate_medium(context.network, request.element, valves)
    gas = context.network.medium == "gas"
    found = []
    for i, start in enumerate(starts):
        tell("windows", i / len(starts))
        here = _at(request, start, context)
        day = here.start.date()
        rules = context.rulebook.on(day, context.settings.profile)
        if gas:
            hours = sum(u.below_h for u in gas_impact(context, here, isolation, rules).users)
        else:
            rooms = heat_impact(context, here, isolation, rules, lambda _share: None).verdict
            limit = max(rooms.limits_c, default=0.0)
            hours = sum(c.station.households * c.below_h.get(limit, 0.0) for c in rooms.courses)
        found.append(
            Candidate(
                start=here.start,
                end=here.end,
                hours=hours,
                missed_m3=None,
                priority_users=0,
                tanks_dry=0,
                findings=_leads(context, here, LEAD_RULES[context.network.medium], now),
            )
        )
    return found


def _at(request: OutageRequest, start: datetime, context: PlanningContext) -> OutageRequest:
    """The request moved to another start, in the site's zone, as long as before."""
    end = (start + request.duration).astimezone(context.timezone)
    return replace(request, start=start.astimezone(context.timezone), end=end)


def _leads(
    context: PlanningContext,
    request: OutageRequest,
    names: Sequence[str],
    now: datetime,
    **more: str,
) -> tuple[Finding, ...]:
    rules = context.rulebook.on(request.start.date(), context.settings.profile)
    found = []
    for name in names:
        inputs: dict[str, Any] = {} if name == SECONDARY else dict(more)
        found.append(rules.evaluate(name, now, start=request.start, **inputs))
    return tuple(found)


def _problem(field: str, found: str, expected: str) -> Problem:
    return Problem(file="request", line=None, field=field, found=found, expected=expected)
