"""From a site to an outage proposal: for the command line, and for the model process's worker."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache, partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from dispatch.advice import gas_allocation, heat_curve, water_advice
from dispatch.best_window import WindowSearch, best_windows
from dispatch.conflicts import Footprint, conflicts, footprint_of, unjudged
from dispatch.element import element_name, medium_of
from dispatch.joint_cut import cut_together
from dispatch.outage import (
    OutageRequest,
    OutageSettings,
    PlanningContext,
    SiteNames,
    plan_outage,
)
from dispatch.request import LONGEST
from dispatch.roads import RoadGraph
from dispatch.rulebook import RuleBook
from network_models.problems import InputError, Problem
from scenarios.site import Site, load_site
from scenarios.subject import marked_ends

Progress = Callable[[str, float], None]
ADVICE_NUMBERS: dict[str, dict[str, tuple[float | None, float, float]]] = {
    "water": {"hours": (12.0, 0.0, 168.0), "demand": (1.0, 0.05, 10.0)},
    "gas": {"available_kgs": (None, 0.0, 1e6)},
    "heat": {"design_c": (-10.0, -60.0, 10.0)},
}
"""What advice on a medium takes: its usual value (None: must be given), least and largest."""
MOST_HOURS = LONGEST / timedelta(hours=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def context_of(site: Site, element: str = "") -> PlanningContext:
    """What the desk plans an outage of `element` with: the network its name says, or water's.

    InputError for a site without that network.
    """
    medium = medium_of(element)
    if medium not in site.networks:
        raise InputError(
            [
                Problem(
                    file=str(site.path / "site.toml"),
                    line=None,
                    field=f"[networks] {medium}",
                    found=f"no {medium} network",
                    expected="one, to plan an outage in",
                )
            ]
        )
    return PlanningContext(
        network=site.networks[medium],
        # The tables of a site are about its water network.
        valves=site.valves if medium == "water" else (),
        customers=site.customers if medium == "water" else (),
        roads=RoadGraph(site.roads),
        fleet=site.fleet,
        fire_fleet=site.fire_fleet,
        fill_points=site.fill_points,
        depots=site.depots,
        rulebook=RuleBook.load(),
        timezone=ZoneInfo(site.timezone),
        names=SiteNames(zh=site.name_zh, en=site.name_en),
        settings=OutageSettings(
            profile=site.profile,
            large_scope_households=site.large_scope_households,
            marked_ends=marked_ends(site.points.points),
            litres_per_person_day=site.litres_per_person_day,
            litres_source=site.litres_source,
            fire_agreement=bool(site.fire_fleet),
        ),
    )


def plan_in_worker(folder: str, request: Mapping[str, Any], now_ns: int) -> dict[str, Any]:
    """Plan a request of JSON values in a worker process; `{"proposal"}` or `{"problems"}`."""
    try:
        context = loaded(folder, element_name(str(request.get("element", ""))).utility)
        wanted = {name: value for name, value in request.items() if name != "beside"}
        asked = OutageRequest.from_dict(wanted, context.timezone)
        now = EPOCH + timedelta(microseconds=now_ns // 1000)
        proposal = dict(plan_outage(context, asked, now=now).as_dict())
        mine = footprint_of(proposal, proposal, asked.start, asked.end)
        others = msgspec.convert(request.get("beside", []), list[Footprint])
        together = partial(cut_together, context.network)
        proposal["conflicts"] = [c.as_dict() for c in conflicts(mine, others, together)]
        proposal["unjudged"] = unjudged(mine, others)
        return {"proposal": proposal}
    except InputError as error:
        return {"problems": [p.as_dict() for p in error.problems]}


def windows_in_worker(folder: str, request: Mapping[str, Any], now_ns: int) -> dict[str, Any]:
    """Search the best window (see `search_windows`) in a worker; `{"search"}` or `{"problems"}`."""
    try:
        context = loaded(folder, element_name(str(request.get("element", ""))).utility)
        now = EPOCH + timedelta(microseconds=now_ns // 1000)
        return {"search": search_windows(context, request, now=now).as_dict()}
    except InputError as error:
        return {"problems": [p.as_dict() for p in error.problems]}


def search_windows(
    context: PlanningContext,
    ask: Mapping[str, Any],
    *,
    now: datetime,
    progress: Progress | None = None,
) -> WindowSearch:
    """Search by JSON values: element, hours, start and until (ISO 8601), every_h, outdoor_c.

    InputError with every fault.
    """
    problems = [
        Problem(file="request", line=None, field=name, found=str(ask.get(name)), expected=expected)
        for name, most, expected in (
            ("hours", MOST_HOURS, f"hours above 0, at most {MOST_HOURS:g}"),
            ("every_h", 24.0, "hours from 0.25 to 24"),
        )
        if not _is_number(ask.get(name), most)
    ]
    zone = context.timezone
    shape = {name: ask[name] for name in ("element", "start", "outdoor_c") if name in ask}
    asked = until = None
    try:
        # The end is set below: what is read here is the element, the start and the weather.
        asked = OutageRequest.from_dict({**shape, "end": ask.get("until")}, zone)
        until = asked.end
    except InputError as error:
        problems += [replace(p, field="until") if p.field == "end" else p for p in error.problems]
    if problems or asked is None or until is None:
        raise InputError(problems)
    end = asked.start.astimezone(UTC) + timedelta(hours=float(ask["hours"]))
    return best_windows(
        context,
        replace(asked, end=end.astimezone(zone)),
        until=until,
        every=timedelta(hours=float(ask["every_h"])),
        now=now,
        progress=progress,
    )


def advice_in_worker(folder: str, request: Mapping[str, Any], now_ns: int) -> dict[str, Any]:
    """Advice by JSON values (see `advise`) in a worker; `{"advice"}` or `{"problems"}`."""
    try:
        context = loaded(folder, str(request.get("medium")))
        now = EPOCH + timedelta(microseconds=now_ns // 1000)
        return {"advice": advise(context, request, now=now)}
    except InputError as error:
        return {"problems": [p.as_dict() for p in error.problems]}


def advise(context: PlanningContext, ask: Mapping[str, Any], *, now: datetime) -> dict[str, Any]:
    """What the dispatcher could do in the context's network, each with its effect.

    `ask`: `at` (ISO 8601; now), and for water `hours`, `demand`; for gas `available_kgs`; for heat
    `design_c`. InputError with every fault.
    """
    medium = context.network.medium
    bounds = ADVICE_NUMBERS[medium]
    problems, numbers = [], {}
    for name, (usual, low, high) in bounds.items():
        value = usual if ask.get(name) is None else ask[name]
        if (
            isinstance(value, bool)
            or not isinstance(value, int | float)
            or not low <= value <= high
        ):
            expected = f"a number from {low:g} to {high:g}"
            found = "nothing" if value is None else str(value)
            problems.append(
                Problem(file="request", line=None, field=name, found=found, expected=expected)
            )
        else:
            numbers[name] = float(value)
    at = now
    if ask.get("at"):
        try:
            at = datetime.fromisoformat(str(ask["at"]))
        except ValueError:
            found = str(ask["at"])
            problems.append(
                Problem(
                    file="request", line=None, field="at", found=found, expected="an ISO 8601 time"
                )
            )
    if problems:
        raise InputError(problems)
    at = at if at.tzinfo else at.replace(tzinfo=context.timezone)
    if medium == "water":
        return water_advice(context, at, **numbers)
    if medium == "gas":
        return gas_allocation(context, at, **numbers)
    return heat_curve(context, **numbers)


def _is_number(value: Any, most: float) -> bool:
    return not isinstance(value, bool) and isinstance(value, int | float) and 0 < value <= most


@lru_cache(maxsize=3)
def loaded(folder: str, medium: str | None) -> PlanningContext:
    """What a worker plans with, read once for each medium."""
    return context_of(load_site(Path(folder)), f"{medium}/" if medium else "")
