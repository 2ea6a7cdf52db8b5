"""A planned outage worked out: valves, whom it hits, the law, the notice, the trucks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from hashlib import blake2b

from dispatch.check import (
    END_PRESSURE,
    Deadline,
    blocking,
    check_outage,
    deadlines,
    trucks_needed,
)
from dispatch.customers import community_names
from dispatch.delivery import delivery_need
from dispatch.element import element_name
from dispatch.ends import end_nodes
from dispatch.finding import Finding
from dispatch.impact import Impact, assess
from dispatch.isolation import Isolation, isolate
from dispatch.media_outage import MediaProposal, plan_media_outage
from dispatch.notice import Notice, write_notice
from dispatch.proposal import proposal_as_dict
from dispatch.request import OutageRequest, OutageSettings, PlanningContext, SiteNames
from dispatch.rulebook import RuleSet
from dispatch.trucks import TruckPlan, first_round, plan_trucks, with_agreement
from dispatch.window import WindowRun, run_window, window_times
from network_models.units import PA_PER_M_WATER

__all__ = [
    "OutageRequest",
    "OutageSettings",
    "PlanningContext",
    "Proposal",
    "SiteNames",
    "plan_outage",
]

Progress = Callable[[str, float], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """An outage as it would be: everything a person needs to approve it or send it back."""

    id: str
    request: OutageRequest
    created: datetime
    isolation: Isolation
    impact: Impact
    findings: tuple[Finding, ...]
    deadlines: tuple[Deadline, ...]
    notice: Notice
    trucks: TruckPlan | None
    blocked_by: tuple[str, ...]
    context: PlanningContext

    @property
    def publishable(self) -> bool:
        """Whether no rule stands against publishing the notice at `created`."""
        return not self.blocked_by

    def as_dict(self) -> dict[str, object]:
        """The proposal as JSON-ready values, schema `ringmain/outage-plan/1`."""
        return proposal_as_dict(
            context=replace(self.context, names=_names(self.context)),
            outage_id=self.id,
            request=self.request,
            created=self.created,
            isolation=self.isolation,
            impact=self.impact,
            findings=self.findings,
            deadlines=self.deadlines,
            notice=self.notice,
            trucks=self.trucks,
            blocked_by=self.blocked_by,
        )


def plan_outage(
    context: PlanningContext,
    request: OutageRequest,
    *,
    now: datetime,
    progress: Progress | None = None,
) -> Proposal | MediaProposal:
    """Work out an outage as of `now`, in the context's network of whatever medium.

    `progress` is told each stage and the share done.

    InputError for an element the network does not have or a window that is none; SolveError
    (of `hydraulics`) when the network cannot be solved. Takes no clock: `now` decides.
    """
    request.check()
    report = progress or _silent
    if context.network.medium != "water":
        named = replace(context, names=_names(context))
        return plan_media_outage(
            named, request, outage_id=_name(request, now), now=now, report=report
        )
    return _plan_water(context, request, now, report)


def _plan_water(
    context: PlanningContext, request: OutageRequest, now: datetime, report: Progress
) -> Proposal:
    zone, settings = context.timezone, context.settings
    rules = context.rulebook.on(request.start.astimezone(zone).date(), settings.profile)
    report("isolation", 0.0)
    isolation = isolate(context.network, context.valves, request.element)
    impact = _impact(context, request, isolation, rules, report)
    report("trucks", 0.8)
    trucks = None
    if trucks_needed(rules, request):
        trucks = _trucks(context, request, isolation, impact)
    notice = write_notice(
        request,
        impact,
        _names(context),
        zone,
        delivery_points=[point.id for point in trucks.need.points] if trucks else (),
        customer_names={c.id: (c.name_zh, c.name_en) for c in context.customers},
        now=now,
    )
    report("rules", 0.95)
    findings = check_outage(
        rules,
        request,
        impact,
        settings,
        customers=context.customers,
        notice_items=notice.items.present,
        delivery_plan=trucks.complete if trucks else None,
        trucks=sum(truck.available for truck in context.fleet),
        now=now,
    )
    report("done", 1.0)
    return Proposal(
        id=_name(request, now),
        request=request,
        created=now.astimezone(zone),
        isolation=isolation,
        impact=impact,
        findings=findings,
        deadlines=deadlines(findings, request, now),
        notice=notice,
        trucks=trucks,
        blocked_by=blocking(findings),
        context=context,
    )


def _names(context: PlanningContext) -> SiteNames:
    """The site's names, with those of communities the site has no names for from its customers."""
    known = {**community_names(context.customers), **context.names.communities}
    return replace(context.names, communities=known)


def _impact(
    context: PlanningContext,
    request: OutageRequest,
    isolation: Isolation,
    rules: RuleSet,
    report: Progress,
) -> Impact:
    settings, net = context.settings, context.network
    limit_pa = rules.limit_si(END_PRESSURE)
    limit_m = None if limit_pa is None else limit_pa / PA_PER_M_WATER
    times = window_times(request.start, request.end, settings.step, context.timezone)

    def run(shut: tuple[str, ...], stage: str, begin: float) -> WindowRun:
        return run_window(
            net,
            times,
            context.timezone,
            shut=shut,
            required_pressure_m=limit_m,
            warm_up=settings.warm_up,
            progress=lambda share: report(stage, begin + 0.35 * share),
        )

    return assess(
        net,
        isolation,
        run((), "the hours as they would be anyway", 0.05),
        run(isolation.closed_links, "the hours with the valves shut", 0.4),
        context.customers,
        ends=end_nodes(net, rules, settings.marked_ends),
        limit_m=limit_m,
        noticeable_m=settings.noticeable_drop_m,
    )


def _trucks(
    context: PlanningContext, request: OutageRequest, isolation: Isolation, impact: Impact
) -> TruckPlan:
    settings = context.settings
    need = delivery_need(
        impact.hit("cut_off"), context.roads, settings.litres_per_person_day, request.duration
    )
    plan = partial(
        plan_trucks,
        need,
        context.roads,
        depots=context.depots,
        fill_points=context.fill_points,
        start=first_round(request.start, request.end, settings.delivery_start, context.timezone),
        zone=context.timezone,
        source=settings.litres_source,
        without_water=(*isolation.cut_off_nodes, *impact.dry_nodes),
        iterations=settings.truck_iterations,
        seed=settings.truck_seed,
    )
    own = plan(context.fleet)
    if own.complete or not context.fire_fleet:
        return own
    return with_agreement(plan([*context.fleet, *context.fire_fleet]), context.fire_fleet)


def _name(request: OutageRequest, now: datetime) -> str:
    """A name that says when and what, and differs between filings."""
    facts = "|".join((request.element, request.start.isoformat(), request.end.isoformat()))
    digest = blake2b(f"{facts}|{now.isoformat()}".encode(), digest_size=3).hexdigest()
    element = element_name(request.element).id
    return f"OUT-{request.start:%Y%m%d}-{element}-{digest}"


def _silent(_stage: str, _share: float) -> None:
    """Nobody asked for progress."""
