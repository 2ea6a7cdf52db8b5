"""Alarms, their acknowledgement, and the event journal."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import Field

from hmi.api.parts import Body, Comment, PartsDep, User
from hmi.api.times import read_time, to_ns

router = APIRouter(prefix="/api", tags=["alarms"])


class Acknowledgement(Body):
    """Which alarms, by whom."""

    ids: Annotated[list[str], Field(min_length=1, max_length=5000)]
    user: User
    comment: Comment = ""


@router.get("/alarms")
async def alarms(parts: PartsDep) -> dict[str, Any]:
    """Every alarm that is not normal, and counts by priority."""
    return (await parts.bus.call("core.alarms", {}))[0]


@router.post("/alarms/acknowledge")
async def acknowledge(body: Acknowledgement, parts: PartsDep) -> dict[str, Any]:
    """Acknowledge alarms; those refused are named with the reason."""
    return (await parts.bus.call("core.acknowledge", body.model_dump()))[0]


@router.get("/events")
async def events(
    parts: PartsDep,
    from_: Annotated[str | None, Query(alias="from", max_length=40)] = None,
    to: Annotated[str | None, Query(max_length=40)] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 200,
    before: Annotated[int, Query(ge=0, le=2**63 - 1)] = 0,
) -> dict[str, Any]:
    """Journal entries, newest first; `before` is a sequence number for the next page."""
    ask: dict[str, Any] = {"limit": limit, "before": before, "from_ns": 0, "to_ns": None}
    if from_ is not None:
        ask["from_ns"] = to_ns(read_time(from_, "from", parts.zone))
    if to is not None:
        ask["to_ns"] = to_ns(read_time(to, "to", parts.zone))
    return (await parts.bus.call("core.events", ask))[0]
