"""Commands to the field: select, check what would happen, then operate within a short time."""

from __future__ import annotations

import math
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header
from pydantic import Field, StringConstraints

from hmi.api.command_desk import SELECTED_FOR_S
from hmi.api.errors import ApiError
from hmi.api.gate import Needs, acting, require
from hmi.api.parts import Body, Comment, PartsDep, User
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


class Operation(Body):
    """The go-ahead for a selection, by the person who selected."""

    token: Annotated[str, StringConstraints(max_length=100)]
    user: User | None = None
    reason: Comment = ""


@router.post("/select")
async def select(body: Selection, identity: Commander, parts: PartsDep) -> dict[str, Any]:
    """Select a point to write; nothing is sent yet. The token holds for half a minute."""
    user = acting(identity, body.user)
    point = parts.point(body.point)
    require(identity, "command", point.utility)
    if not point.writable:
        raise ApiError(409, "not-writable", f"{point.id} cannot be written")
    handle = parts.handle(body.point)
    unit = UNITS[point.unit]
    now = float(parts.stream.tables["measured"].value[handle])
    return {
        "token": parts.desk.select(point.id, unit.to_si(body.value), user),
        "expires_s": SELECTED_FOR_S,
        "point": point.id,
        "text_zh": point.text_zh,
        "text_en": point.text_en,
        "unit": point.unit,
        "value": body.value,
        "now": unit.from_si(now) if math.isfinite(now) else None,
    }


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
        selected = parts.desk.take(body.token, user)
        ask = {
            "point": selected.point,
            "value": selected.value_si,
            "user": user,
            "reason": body.reason,
        }
        return (await parts.bus.call("core.write", ask, timeout_s=WRITE_PATIENCE_S))[0]

    return await parts.desk.once(idempotency_key, body.token, send)
