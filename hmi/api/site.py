"""The site itself: names, points, networks, valves, customers."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from fastapi import APIRouter, Request, Response

from hmi.api.describe import (
    describe_customers,
    describe_points,
    describe_site,
    describe_valves,
)
from hmi.api.errors import ApiError
from hmi.api.geometry import geometry
from hmi.api.parts import PartsDep

router = APIRouter(prefix="/api", tags=["site"])


class Fixed:
    """A JSON answer that never changes while the process runs: made once, with its tag."""

    def __init__(self, value: Any) -> None:
        self.body = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
        self.tag = f'"{hashlib.sha256(self.body).hexdigest()[:16]}"'

    def answer(self, request: Request) -> Response:
        """The value, or 304 when the page has it already."""
        headers = {"etag": self.tag, "cache-control": "no-cache"}
        if request.headers.get("if-none-match") == self.tag:
            return Response(status_code=304, headers=headers)
        return Response(self.body, media_type="application/json", headers=headers)


def _fixed(request: Request, key: str, value: Any) -> Response:
    made: dict[str, Fixed] = request.app.state.fixed
    if key not in made:
        made[key] = Fixed(value())
    return made[key].answer(request)


@router.get("/site")
async def site(request: Request, parts: PartsDep) -> Response:
    """Names, time zone, networks, units and quality names."""
    return _fixed(request, "site", lambda: describe_site(parts.view))


@router.get("/points")
async def points(request: Request, parts: PartsDep) -> Response:
    """The point list as columns, in the order of handles."""
    return _fixed(request, "points", lambda: describe_points(parts.view.points))


@router.get("/network/{utility}")
async def network(utility: str, request: Request, parts: PartsDep) -> Response:
    """The drawing of one network."""
    net = parts.view.networks.get(utility)
    if net is None:
        raise ApiError(404, "no-such-network", f"this site has no {utility[:20]} network")
    return _fixed(request, f"network/{utility}", lambda: geometry(net))


@router.get("/valves")
async def valves(request: Request, parts: PartsDep) -> Response:
    """Isolation valves."""
    return _fixed(request, "valves", lambda: {"valves": describe_valves(parts.view.valves)})


@router.get("/customers")
async def customers(request: Request, parts: PartsDep) -> Response:
    """Customers and their communities."""
    return _fixed(
        request, "customers", lambda: {"customers": describe_customers(parts.view.customers)}
    )
