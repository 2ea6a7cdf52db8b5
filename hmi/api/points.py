"""Values set by hand in place of measured ones, and registers shown in every word order."""

from __future__ import annotations

import math
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import Field, StringConstraints

from hmi.api.errors import ApiError
from hmi.api.gate import Needs, acting, require
from hmi.api.parts import Body, PartsDep, User
from hmi.security.roles import Identity
from network_models.units import UNITS
from scada.ports import BusError

router = APIRouter(prefix="/api", tags=["points"])

Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]
Commander = Annotated[Identity, Depends(Needs("command"))]
Engineer = Annotated[Identity, Depends(Needs("configure"))]


class NewSubstitute(Body):
    """A value for a point, in the point's own unit, for so many hours at most."""

    point: str
    value: float
    hours: float = Field(gt=0, le=720)
    reason: Reason
    user: User | None = None


class Release(Body):
    """The point whose real value is to show again."""

    point: str
    user: User | None = None


class Look(Body):
    """Registers of a Modbus link: `address` such as `hr:100` or `7/ir:0`."""

    driver: str
    address: str
    count: Annotated[int, Field(ge=1, le=125)] = 4


@router.get("/substitutes")
async def substitutes(parts: PartsDep) -> dict[str, Any]:
    """What is set by hand now: value in the point's unit, who, why, until when (ms)."""
    told = (await parts.bus.call("core.substitutes", {}))[0]["substitutes"]
    rows = []
    for one in told:
        unit = UNITS[parts.point(one["point"]).unit]
        rows.append(
            {
                "point": one["point"],
                "value": unit.from_si(one["value"]),
                "unit": unit.name,
                "user": one["user"],
                "reason": one["reason"],
                "since_ms": one["since_ns"] / 1e6,
                "until_ms": one["until_ns"] / 1e6,
            }
        )
    return {"substitutes": rows}


@router.post("/substitutes")
async def substitute(body: NewSubstitute, parts: PartsDep, identity: Commander) -> dict[str, Any]:
    """Show a value set by hand instead of the measured one."""
    point = parts.point(body.point)
    require(identity, "command", point.utility)
    if not math.isfinite(body.value):
        raise ApiError(422, "invalid", "the value must be a finite number")
    header = {
        "point": body.point,
        "value": UNITS[point.unit].to_si(body.value),
        "seconds": 3600.0 * body.hours,
        "user": acting(identity, body.user),
        "reason": body.reason,
    }
    until_ns = (await parts.bus.call("core.substitute", header))[0]["until_ns"]
    return {"point": body.point, "until_ms": until_ns / 1e6}


@router.post("/substitutes/release")
async def release(body: Release, parts: PartsDep, identity: Commander) -> dict[str, Any]:
    """Show the real value again; 409 when nothing is set by hand."""
    require(identity, "command", parts.point(body.point).utility)
    header = {"point": body.point, "user": acting(identity, body.user)}
    try:
        await parts.bus.call("core.release", header)
    except BusError as error:
        if "not substituted" in str(error):
            raise ApiError(409, "not-substituted", str(error)) from error
        raise
    return {"point": body.point}


@router.post("/registers")
async def registers(body: Look, parts: PartsDep, _identity: Engineer) -> dict[str, Any]:
    """What registers hold now, as every type in every word order; 409 with why not."""
    header = {"driver": body.driver, "address": body.address, "count": body.count}
    answer = (await parts.bus.call("gateway.preview", header))[0]
    if not answer["ok"]:
        raise ApiError(409, "not-read", str(answer["message"]))
    return {"words": answer["words"], "rows": answer["rows"]}
