"""Planning outages, and the proposals made lately."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends
from pydantic import Field, StringConstraints

from dispatch.element import medium_of
from dispatch.request import COLDEST_C, WARMEST_C
from hmi.api.errors import ApiError
from hmi.api.gate import Needs, acting, require
from hmi.api.orders import ask_desk
from hmi.api.parts import Body, Comment, Parts, PartsDep, User
from hmi.api.times import read_time
from hmi.security.roles import Identity

router = APIRouter(prefix="/api/outages", tags=["outages"])

PLAN_PATIENCE_S = 300.0
LISTED = 50
PlannerDep = Annotated[Identity, Depends(Needs("plan"))]
Volume = Annotated[float, Field(ge=0.0, allow_inf_nan=False)]
Thing = Annotated[str, StringConstraints(min_length=1, max_length=200)]


class PlanRequest(Body):
    """What is to be shut, from when to when; a time without an offset is site time."""

    element: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
    start: Annotated[str, StringConstraints(max_length=40)]
    end: Annotated[str, StringConstraints(max_length=40)]
    reason: Comment = ""
    kind: Literal["planned", "unplanned"] = "planned"
    outdoor_c: Annotated[float, Field(ge=COLDEST_C, le=WARMEST_C)] | None = None
    """Weather to expect: it decides how fast rooms cool."""


class WindowRequest(Body):
    """What is to be shut for how long; windows begin from `start` to `until`, every so often."""

    element: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
    start: Annotated[str, StringConstraints(max_length=40)]
    until: Annotated[str, StringConstraints(max_length=40)]
    hours: Annotated[float, Field(gt=0.0, le=744.0)]
    every_h: Annotated[float, Field(ge=0.25, le=24.0)] = 3.0
    outdoor_c: Annotated[float, Field(ge=COLDEST_C, le=WARMEST_C)] | None = None


class TrucksRequest(Body):
    """How the day went: what each point got since it began, trucks out of service, at `now`.

    Points that are not named got what the plan says; `broken` is the whole list as of now.
    """

    delivered_m3: Annotated[dict[Thing, Volume], Field(default_factory=dict, max_length=2000)]
    broken: Annotated[list[Thing], Field(default_factory=list, max_length=500)]
    fire_service: bool = False
    now: Annotated[str, StringConstraints(max_length=40)] | None = None
    user: User | None = None


@router.post("/plan")
async def plan(body: PlanRequest, parts: PartsDep, identity: PlannerDep) -> dict[str, Any]:
    """A proposal: valves, who is affected, findings with their rules, notice and trucks."""
    require(identity, "plan", medium_of(body.element))
    start = read_time(body.start, "start", parts.zone)
    end = read_time(body.end, "end", parts.zone)
    if start >= end:
        problem = {"field": "end", "found": body.end, "expected": "a time after the start"}
        raise ApiError(422, "invalid", "the outage ends before it starts", [problem])
    ask = {**body.model_dump(), "start": start.isoformat(), "end": end.isoformat()}
    ask["beside"] = await ask_desk(parts, "outages.beside", ask)
    answer, _ = await parts.bus.call("model.plan_outage", ask, timeout_s=PLAN_PATIENCE_S)
    if answer.get("problems"):
        raise ApiError(422, "invalid", "the outage cannot be planned", answer["problems"])
    proposal: dict[str, Any] = answer["proposal"]
    await parts.bus.call("records.save_outage", {"proposal": proposal})
    return {"proposal": proposal}


@router.post("/windows")
async def windows(body: WindowRequest, parts: PartsDep, identity: PlannerDep) -> dict[str, Any]:
    """Every start of a span with what it costs, the least people-hours first."""
    require(identity, "plan", medium_of(body.element))
    start = read_time(body.start, "start", parts.zone)
    until = read_time(body.until, "until", parts.zone)
    ask = {**body.model_dump(), "start": start.isoformat(), "until": until.isoformat()}
    answer, _ = await parts.bus.call("model.best_window", ask, timeout_s=PLAN_PATIENCE_S)
    if answer.get("problems"):
        raise ApiError(422, "invalid", "no window can be searched", answer["problems"])
    search: dict[str, Any] = answer["search"]
    return {"search": search}


@router.get("")
async def proposals(parts: PartsDep) -> dict[str, Any]:
    """Summaries of the proposals kept, the newest first."""
    answer, _ = await parts.bus.call("records.outages", {"limit": LISTED})
    return {"proposals": answer["outages"]}


@router.get("/{proposal_id}")
async def proposal(proposal_id: str, parts: PartsDep) -> dict[str, Any]:
    """One proposal as it was made, and in `truck_plans` the trucks planned anew since."""
    return {"proposal": await _kept(parts, proposal_id)}


@router.post("/{proposal_id}/trucks")
async def trucks(
    proposal_id: str,
    body: TrucksRequest,
    parts: PartsDep,
    identity: PlannerDep,
) -> dict[str, Any]:
    """The rest of the day's water trucks planned anew and kept; 409 if another was kept meanwhile.

    Trucks that have begun a trip end it; the others are sent anew from where they are.
    """
    kept = await _kept(parts, proposal_id)
    require(identity, "plan", str(kept.get("medium", "water")))
    user = acting(identity, body.user)
    if not kept.get("trucks"):
        raise ApiError(409, "no-trucks", "this proposal has no plan of water trucks")
    now = None if body.now is None else read_time(body.now, "now", parts.zone).isoformat()
    wanted = ("start", "end", "isolation", "impact", "trucks", "truck_plans")
    ask = {
        **body.model_dump(exclude={"user"}),
        "now": now,
        "proposal": {name: kept[name] for name in wanted},
    }
    answer, _ = await parts.bus.call("model.replan_trucks", ask, timeout_s=PLAN_PATIENCE_S)
    if answer.get("problems"):
        raise ApiError(422, "invalid", "the trucks cannot be planned anew", answer["problems"])
    number = len(kept["truck_plans"]) + 1
    made = {"id": proposal_id, "number": number, "plan": answer["plan"], "user": user}
    if not (await parts.bus.call("records.save_truck_plan", made))[0]["kept"]:
        message = "somebody else planned these trucks anew meanwhile: look again"
        raise ApiError(409, "changed-meanwhile", message)
    return {"truck_plan": {**answer["plan"], "number": number, "user": user}}


async def _kept(parts: Parts, proposal_id: str) -> dict[str, Any]:
    answer, _ = await parts.bus.call("records.outage", {"id": proposal_id})
    if answer["proposal"] is None:
        raise ApiError(404, "no-such-proposal", "no proposal of this id is kept")
    found: dict[str, Any] = answer["proposal"]
    return found
