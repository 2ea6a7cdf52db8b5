"""Planning outages, and the proposals made lately."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends
from pydantic import Field, StringConstraints

from dispatch.request import COLDEST_C, WARMEST_C
from hmi.api.errors import ApiError
from hmi.api.gate import Needs
from hmi.api.orders import ask_desk
from hmi.api.parts import Body, Comment, PartsDep
from hmi.api.times import read_time

router = APIRouter(prefix="/api/outages", tags=["outages"])

PLAN_PATIENCE_S = 300.0
LISTED = 50


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


@router.post("/plan", dependencies=[Depends(Needs("plan"))])
async def plan(body: PlanRequest, parts: PartsDep) -> dict[str, Any]:
    """A proposal: valves, who is affected, findings with their rules, notice and trucks."""
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


@router.post("/windows", dependencies=[Depends(Needs("plan"))])
async def windows(body: WindowRequest, parts: PartsDep) -> dict[str, Any]:
    """Every start of a span with what it costs, the least people-hours first."""
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
    """One proposal as it was made."""
    answer, _ = await parts.bus.call("records.outage", {"id": proposal_id})
    if answer["proposal"] is None:
        raise ApiError(404, "no-such-proposal", "no proposal of this id is kept")
    return {"proposal": answer["proposal"]}
