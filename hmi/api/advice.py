"""Advice to the dispatcher: what could be done, each with its effect by the solved model."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends
from pydantic import Field, StringConstraints

from hmi.api.errors import ApiError
from hmi.api.gate import Needs, require
from hmi.api.outages import PLAN_PATIENCE_S
from hmi.api.parts import Body, PartsDep
from hmi.api.times import read_time
from hmi.security.roles import Identity

router = APIRouter(prefix="/api/advice", tags=["advice"])


class AdviceRequest(Body):
    """Whose network, when, and what its advice takes; see `ringmain advise`."""

    medium: Literal["water", "gas", "heat"]
    at: Annotated[str, StringConstraints(max_length=40)] | None = None
    hours: Annotated[float, Field(ge=0.0, le=168.0)] | None = None
    demand: Annotated[float, Field(ge=0.05, le=10.0)] | None = None
    available_kgs: Annotated[float, Field(ge=0.0, le=1e6)] | None = None
    design_c: Annotated[float, Field(ge=-60.0, le=10.0)] | None = None


@router.post("")
async def advice(
    body: AdviceRequest, parts: PartsDep, identity: Annotated[Identity, Depends(Needs("plan"))]
) -> dict[str, Any]:
    """Works pressure, pumps, set points, boundary valves; gas shares; the heat curve."""
    require(identity, "plan", body.medium)
    at = None if body.at is None else read_time(body.at, "at", parts.zone).isoformat()
    answer, _ = await parts.bus.call(
        "model.advise", {**body.model_dump(), "at": at}, timeout_s=PLAN_PATIENCE_S
    )
    if answer.get("problems"):
        raise ApiError(422, "invalid", "no advice can be given", answer["problems"])
    found: dict[str, Any] = answer["advice"]
    return {"advice": found}
