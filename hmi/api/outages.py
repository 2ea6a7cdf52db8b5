"""Planning outages, and the proposals made lately."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends
from pydantic import Field, StringConstraints

from dispatch.request import COLDEST_C, WARMEST_C
from hmi.api.errors import ApiError
from hmi.api.gate import Needs
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
    kind: Literal["planned"] = "planned"
    outdoor_c: Annotated[float, Field(ge=COLDEST_C, le=WARMEST_C)] | None = None
    """Weather to expect: it decides how fast rooms cool."""


@router.post("/plan", dependencies=[Depends(Needs("plan"))])
async def plan(body: PlanRequest, parts: PartsDep) -> dict[str, Any]:
    """A proposal: valves, who is affected, findings with their rules, notice and trucks."""
    start = read_time(body.start, "start", parts.zone)
    end = read_time(body.end, "end", parts.zone)
    if start >= end:
        problem = {"field": "end", "found": body.end, "expected": "a time after the start"}
        raise ApiError(422, "invalid", "the outage ends before it starts", [problem])
    ask = {**body.model_dump(), "start": start.isoformat(), "end": end.isoformat()}
    answer, _ = await parts.bus.call("model.plan_outage", ask, timeout_s=PLAN_PATIENCE_S)
    if answer.get("problems"):
        raise ApiError(422, "invalid", "the outage cannot be planned", answer["problems"])
    proposal: dict[str, Any] = answer["proposal"]
    await parts.bus.call("records.save_outage", {"proposal": proposal})
    return {"proposal": proposal}


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
