"""From a site to an outage proposal: for the command line, and for the model process's worker."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from dispatch.element import element_name
from dispatch.outage import (
    OutageRequest,
    OutageSettings,
    PlanningContext,
    SiteNames,
    plan_outage,
)
from dispatch.roads import RoadGraph
from dispatch.rulebook import RuleBook
from network_models.problems import InputError, Problem
from scenarios.site import Site, load_site
from scenarios.subject import marked_ends

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def context_of(site: Site, element: str = "") -> PlanningContext:
    """What the desk plans an outage of `element` with: the network its name says, or water's.

    InputError for a site without that network.
    """
    medium = element_name(element).utility or "water"
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
        ),
    )


def plan_in_worker(folder: str, request: Mapping[str, Any], now_ns: int) -> dict[str, Any]:
    """Plan a request of JSON values in a worker process; `{"proposal"}` or `{"problems"}`."""
    try:
        context = _loaded(folder, element_name(str(request.get("element", ""))).utility)
        asked = OutageRequest.from_dict(request, context.timezone)
        now = EPOCH + timedelta(microseconds=now_ns // 1000)
        return {"proposal": plan_outage(context, asked, now=now).as_dict()}
    except InputError as error:
        return {"problems": [p.as_dict() for p in error.problems]}


@lru_cache(maxsize=3)
def _loaded(folder: str, medium: str | None) -> PlanningContext:
    return context_of(load_site(Path(folder)), f"{medium}/" if medium else "")
