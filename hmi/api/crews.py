"""Crews: what each does, who could be there first, sent to an order and back."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query
from pydantic import StringConstraints

from hmi.api.gate import Needs, acting, require
from hmi.api.orders import ask_desk
from hmi.api.parts import Body, PartsDep, User
from hmi.security.roles import Identity

router = APIRouter(prefix="/api/crews", tags=["crews"])

PlannerDep = Annotated[Identity, Depends(Needs("plan"))]
Word = Annotated[str, Query(max_length=200)]


class SendCrew(Body):
    """The order a crew is sent to: an incident, an outage order or a hotline order."""

    job: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
    user: User | None = None
    role: Literal["dispatcher", "leader"] = "dispatcher"


class ReleaseCrew(Body):
    """Who says that a crew is free again."""

    user: User | None = None
    role: Literal["dispatcher", "leader", "crew"] = "dispatcher"


@router.get("")
async def crews(parts: PartsDep) -> dict[str, Any]:
    """The crews of the site with what each does now."""
    return {"crews": await ask_desk(parts, "crews.list", {})}


@router.get("/jobs")
async def jobs(parts: PartsDep) -> dict[str, Any]:
    """What a crew can be sent to: incidents, outage orders and hotline orders that are open."""
    return {"jobs": await ask_desk(parts, "crews.jobs", {})}


@router.get("/options")
async def options(
    parts: PartsDep, job: Word = "", element: Word = "", skill: Word = "", at: Word = ""
) -> dict[str, Any]:
    """Who could be at an order, or at an element, first: the soonest first, by the roads."""
    ask = {"job": job, "element": element, "skill": skill, "at": at}
    return await ask_desk(parts, "crews.options", ask)  # type: ignore[no-any-return]


@router.post("/{crew}/assign")
async def assign(
    crew: str, body: SendCrew, parts: PartsDep, identity: PlannerDep
) -> dict[str, Any]:
    """Send a crew to an order; 409 with every reason against it."""
    medium = await ask_desk(parts, "crews.medium", {"id": body.job})
    require(identity, "plan", str(medium))
    ask = {"crew": crew, "id": body.job, "user": acting(identity, body.user), "role": body.role}
    return {"assignment": await ask_desk(parts, "crews.assign", ask)}


@router.post("/{crew}/release")
async def release(
    crew: str, body: ReleaseCrew, parts: PartsDep, identity: PlannerDep
) -> dict[str, Any]:
    """A crew is free again."""
    known = await ask_desk(parts, "crews.list", {})
    work = next((one["work"] for one in known if one["id"] == crew), None)
    if work is not None:
        require(identity, "plan", str(work["medium"]))
    ask = {"crew": crew, "user": acting(identity, body.user), "role": body.role}
    return {"released": await ask_desk(parts, "crews.release", ask)}
