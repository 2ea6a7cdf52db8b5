"""The past of a point, thinned to what a screen can show."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal

import numpy as np
from fastapi import APIRouter, Query, Request, Response

from hmi.api.errors import ApiError
from hmi.api.parts import PartsDep
from hmi.api.times import read_time, to_ns

router = APIRouter(prefix="/api", tags=["history"])

BINARY = "application/octet-stream"


@router.get("/history", response_model=None)
async def history(
    request: Request,
    parts: PartsDep,
    point: Annotated[str, Query(max_length=200)],
    from_: Annotated[str | None, Query(alias="from", max_length=40)] = None,
    to: Annotated[str | None, Query(max_length=40)] = None,
    max_points: Annotated[int, Query(ge=2, le=20000)] = 1000,
    origin: Literal["measured", "model"] = "measured",
) -> Response | dict[str, Any]:
    """Values of a point (SI), by default of the last hour.

    JSON columns time_ms, value (null where not a number) and quality; or, with
    `Accept: application/octet-stream`, the bus's arrays: int64 ns, float64, uint32.
    """
    end = read_time(to, "to", parts.zone) if to else datetime.now(UTC)
    start = read_time(from_, "from", parts.zone) if from_ else end - timedelta(hours=1)
    if start >= end:
        raise ApiError(422, "invalid", "from must be before to")
    parts.handle(point)
    ask = {
        "point": point,
        "from_ns": to_ns(start),
        "to_ns": to_ns(end),
        "max_points": max_points,
        "origin": origin,
    }
    header, payload = await parts.bus.call("core.history", ask)
    if BINARY in request.headers.get("accept", ""):
        return Response(payload, media_type=BINARY, headers={"x-count": str(header["n"])})
    n = int(header["n"])
    time_ns = np.frombuffer(payload, "<i8", n)
    value = np.frombuffer(payload, "<f8", n, 8 * n)
    quality = np.frombuffer(payload, "<u4", n, 16 * n)
    return {
        "point": point,
        "origin": origin,
        "time_ms": (time_ns // 1_000_000).tolist(),
        "value": [v if np.isfinite(v) else None for v in value.tolist()],
        "quality": quality.tolist(),
    }
