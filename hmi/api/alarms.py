"""Alarms, their acknowledgement, and the event journal."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from pydantic import Field

from hmi.api.gate import Needs, acting
from hmi.api.parts import Body, Comment, Parts, PartsDep, User
from hmi.api.times import read_time, to_ns
from hmi.security.roles import Action, Identity

router = APIRouter(prefix="/api", tags=["alarms"])


class Acknowledgement(Body):
    """Which alarms, by whom."""

    ids: Annotated[list[str], Field(min_length=1, max_length=5000)]
    user: User | None = None
    comment: Comment = ""


@router.get("/alarms")
async def alarms(parts: PartsDep) -> dict[str, Any]:
    """Every alarm that is not normal, and counts by priority."""
    return (await parts.bus.call("core.alarms", {}))[0]


@router.post("/alarms/acknowledge")
async def acknowledge(
    body: Acknowledgement,
    identity: Annotated[Identity, Depends(Needs("acknowledge"))],
    parts: PartsDep,
) -> dict[str, Any]:
    """Acknowledge alarms; those refused are named with the reason."""
    user = acting(identity, body.user)
    ids, refused = allowed(body.ids, "acknowledge", identity, parts)
    answer: dict[str, Any] = {"acknowledged": [], "refused": []}
    if ids:
        ask = {"ids": ids, "user": user, "comment": body.comment}
        answer = (await parts.bus.call("core.acknowledge", ask))[0]
    return {**answer, "refused": [*answer["refused"], *refused]}


def allowed(
    ids: list[str], action: Action, identity: Identity, parts: Parts
) -> tuple[list[str], list[dict[str, str]]]:
    """The alarms an identity may do this to, and the others as refused."""
    mine = [i for i in ids if identity.may(action, parts.utility_of_alarm(i))]
    theirs = [i for i in ids if i not in set(mine)]
    return mine, [{"id": i, "reason": f"{identity.name} may not {action} it"} for i in theirs]


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
