"""The rest of a proposal's day of water trucks, for the model process's worker."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from dispatch.request import PlanningContext
from dispatch.truck_day import running_day
from dispatch.truck_replan import replan_trucks
from dispatch.trucks import with_agreement
from hmi.planning import EPOCH, loaded
from network_models.problems import InputError, Problem


def replan_in_worker(folder: str, request: Mapping[str, Any], now_ns: int) -> dict[str, Any]:
    """Plan the rest of a day (see `rest_of_the_day`); `{"plan"}` or `{"problems"}`."""
    try:
        context = loaded(folder, "water")
        now = EPOCH + timedelta(microseconds=now_ns // 1000)
        return {"plan": rest_of_the_day(context, request["proposal"], request, now=now)}
    except InputError as error:
        return {"problems": [p.as_dict() for p in error.problems]}


def rest_of_the_day(
    context: PlanningContext, proposal: Mapping[str, Any], ask: Mapping[str, Any], *, now: datetime
) -> dict[str, Any]:
    """The day's trucks planned anew, with what it was made from, as JSON values.

    `proposal` has a plan of trucks, and in `truck_plans` those made since. `ask`: `delivered_m3` by
    point since the day began, `broken` trucks, `fire_service`, and `now` (ISO 8601) where it is not
    this moment. InputError with every fault.
    """
    zone = context.timezone
    reported, broken = ask["delivered_m3"], ask["broken"]
    at = datetime.fromisoformat(ask["now"]) if ask.get("now") else now
    at = (at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(zone).replace(microsecond=0)
    _check_moment(at, proposal, now)
    first = proposal["trucks"]
    today = running_day(first, proposal["truck_plans"], at, reported)
    theirs = {truck.id for truck in context.fire_fleet}
    helped = bool(ask["fire_service"]) or any(
        route["truck"] in theirs for route in today.plan["routes"]
    )
    made = replan_trucks(
        today.plan,
        today.brought_m3,
        context.roads,
        [*context.fleet, *(context.fire_fleet if helped else ())],
        context.depots,
        context.fill_points,
        now=at,
        zone=zone,
        broken=broken,
        without_water=_dry(proposal),
        iterations=context.settings.truck_iterations,
        seed=context.settings.truck_seed,
    )
    return {
        "day": today.day,
        "now": at.isoformat(),
        "reported_m3": dict(reported),
        "brought_m3": {name: round(volume, 3) for name, volume in today.brought_m3.items()},
        "broken": list(broken),
        "fire_service": helped,
        "trucks": with_agreement(made, context.fire_fleet).as_dict(required=True),
    }


def _check_moment(at: datetime, proposal: Mapping[str, Any], now: datetime) -> None:
    start, end = (datetime.fromisoformat(proposal[name]) for name in ("start", "end"))
    if at > now:
        expected = "a moment that has come: what will be delivered is not known yet"
    elif not start <= at < end:
        expected = f"a moment of the outage, from {proposal['start']} to {proposal['end']}"
    else:
        return
    raise InputError(
        [Problem(file="request", line=None, field="now", found=at.isoformat(), expected=expected)]
    )


def _dry(proposal: Mapping[str, Any]) -> frozenset[str]:
    """Nodes where the outage leaves no water to fill trucks with."""
    piece, run = proposal["isolation"], proposal["impact"]["hydraulics"]
    return frozenset((*piece["segment_nodes"], *piece["extra_cut_off_nodes"], *run["dry_nodes"]))
