"""Commands to the field: select, check what would happen, then operate within a short time."""

from __future__ import annotations

import math
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header
from pydantic import Field, StringConstraints

from hmi.api.errors import ApiError
from hmi.api.gate import Needs, acting, require
from hmi.api.parts import Body, Comment, Parts, PartsDep, User
from hmi.security.roles import Identity
from network_models.units import UNITS

router = APIRouter(prefix="/api", tags=["commands"])

WRITE_PATIENCE_S = 30.0

Commander = Annotated[Identity, Depends(Needs("command"))]
Key = Annotated[str, StringConstraints(min_length=8, max_length=100)]


class Selection(Body):
    """What is to be written: the value is in the point's own unit."""

    point: Annotated[str, StringConstraints(max_length=200)]
    value: Annotated[float, Field(allow_inf_nan=False)]
    user: User | None = None
    order: Annotated[str, StringConstraints(strip_whitespace=True, max_length=100)] = ""


class Step(Body):
    """A step on a selection."""

    token: Annotated[str, StringConstraints(max_length=100)]
    user: User | None = None


class Operation(Body):
    """The go-ahead for a selection, by the person who selected."""

    token: Annotated[str, StringConstraints(max_length=100)]
    user: User | None = None
    reason: Comment = ""


@router.post("/select")
async def select(body: Selection, identity: Commander, parts: PartsDep) -> dict[str, Any]:
    """Select a point to write; nothing is sent yet. The token holds for half a minute,
    or for five when a second person has to approve it."""
    user = acting(identity, body.user)
    point = parts.point(body.point)
    require(identity, "command", point.utility)
    if not point.writable:
        raise ApiError(409, "not-writable", f"{point.id} cannot be written")
    handle = parts.handle(body.point)
    unit = UNITS[point.unit]
    ask = {"point": point.id, "value": unit.to_si(body.value), "user": user, "order": body.order}
    answer = (await parts.bus.call("core.select", ask))[0]
    if not answer["token"]:
        raise ApiError(409, "not-selected", str(answer["message"]))
    now = float(parts.stream.tables["measured"].value[handle])
    return {
        "token": answer["token"],
        "expires_s": answer["expires_s"],
        "two_person": answer["two_person"],
        "point": point.id,
        "text_zh": point.text_zh,
        "text_en": point.text_en,
        "unit": point.unit,
        "value": body.value,
        "now": unit.from_si(now) if math.isfinite(now) else None,
    }


@router.get("/selections")
async def selections(parts: PartsDep) -> dict[str, Any]:
    """Selections that wait to be approved or operated; values are SI."""
    return (await parts.bus.call("core.selections", {}))[0]


@router.post("/approve")
async def approve(
    body: Step, identity: Annotated[Identity, Depends(Needs("approve"))], parts: PartsDep
) -> dict[str, bool]:
    """The second person of a command agrees."""
    user = acting(identity, body.user)
    require(identity, "approve", await _utility(body.token, parts))
    return await _step("core.approve", body.token, user, parts)


@router.post("/cancel")
async def cancel(body: Step, identity: Commander, parts: PartsDep) -> dict[str, bool]:
    """Let a selection go."""
    user = acting(identity, body.user)
    require(identity, "command", await _utility(body.token, parts))
    return await _step("core.cancel", body.token, user, parts)


async def _step(service: str, token: str, user: str, parts: Parts) -> dict[str, bool]:
    answer = (await parts.bus.call(service, {"token": token, "user": user}))[0]
    if answer["message"]:
        raise ApiError(409, "not-selected", str(answer["message"]))
    return {"ok": True}


async def _utility(token: str, parts: Parts) -> str:
    """The utility of the point a selection is of; 409 when there is none."""
    waiting = (await parts.bus.call("core.selections", {}))[0]["selections"]
    for one in waiting:
        if one["token"] == token:
            return parts.point(one["point"]).utility
    raise ApiError(409, "not-selected", "the selection has expired: select again")


@router.post("/write")
async def write(
    body: Operation,
    identity: Commander,
    parts: PartsDep,
    idempotency_key: Annotated[Key, Header()],
) -> dict[str, Any]:
    """Operate a selection; answers when the field has confirmed or refused it.

    Needs an `Idempotency-Key` header: the same key gives the first answer again.
    """

    user = acting(identity, body.user)

    async def send() -> dict[str, Any]:
        ask = {"token": body.token, "user": user, "reason": body.reason}
        answer = (await parts.bus.call("core.operate", ask, timeout_s=WRITE_PATIENCE_S))[0]
        if answer["state"] == "not-selected":
            raise ApiError(409, "not-selected", str(answer["message"]))
        return answer

    return await parts.desk.once(idempotency_key, body.token, send)
