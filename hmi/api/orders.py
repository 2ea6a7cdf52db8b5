"""Outages as orders: opened, moved step by step, and read back with who did what and when."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query
from fastapi.responses import Response
from pydantic import Field, StringConstraints

from hmi.api.errors import ApiError
from hmi.api.gate import Needs, acting, require
from hmi.api.parts import Body, Parts, PartsDep, User
from hmi.security.roles import Action, Identity
from network_models.problems import InputError

router = APIRouter(prefix="/api/outage-orders", tags=["outage orders"])

PATIENCE_S = 15.0
ASKS: dict[str, Action] = {
    "planner": "plan",
    "dispatcher": "plan",
    "crew": "plan",
    "leader": "approve",
}
"""What an account must be allowed, for the order's utility, to act in a role of the desk."""
PlannerDep = Annotated[Identity, Depends(Needs("plan"))]
Role = Literal["planner", "dispatcher", "leader", "crew"]
Name = Annotated[str, StringConstraints(min_length=1, max_length=100)]


class Opening(Body):
    """What opens an order of any book; `user` is for a lab, where nobody has logged in."""

    record: dict[str, Any]
    user: User | None = None
    role: str


class Stepping(Body):
    """What takes a step on an order of any book."""

    action: Name
    record: dict[str, Any] = Field(default_factory=dict)
    user: User | None = None
    role: str


class OpenOrder(Opening):
    """A new outage: `record` holds medium, kind, element, start, end, and what is known of it."""

    role: Role


class TakeStep(Stepping):
    """A step of the table; `record` holds its details: end, fact, number, why."""

    role: Role


@router.get("/table")
async def table() -> dict[str, Any]:
    """The states of an outage and the ways between them."""
    from dispatch.outages.table import RESTORATION_FACTS, TRANSITIONS

    return {
        "transitions": [
            {
                "action": t.action,
                "from": list(t.sources),
                "to": t.target,
                "roles": list(t.roles),
                "gates": list(t.gates),
                "tells": list(t.tells),
            }
            for t in TRANSITIONS
        ],
        "restoration_facts": {medium: list(f) for medium, f in RESTORATION_FACTS.items()},
    }


@router.post("")
async def open_order(body: OpenOrder, parts: PartsDep, identity: PlannerDep) -> dict[str, Any]:
    """Open an outage: a planned one as a study, an unplanned one underway."""
    medium = str(body.record.get("medium", ""))
    ask = {**body.model_dump(), "user": who(identity, body, medium)}
    return {"order": await ask_desk(parts, "outages.open", ask)}


@router.get("")
async def orders(
    parts: PartsDep, state: Annotated[str | None, Query(max_length=30)] = None
) -> dict[str, Any]:
    """Orders as they stand, the last changed first."""
    return {"orders": await ask_desk(parts, "outages.list", {"state": state})}


@router.get("/{order_id}")
async def order(order_id: str, parts: PartsDep) -> dict[str, Any]:
    """One order with every step it took."""
    return {"order": await ask_desk(parts, "outages.get", {"id": order_id})}


@router.get("/{order_id}/messages")
async def messages(order_id: str, parts: PartsDep) -> dict[str, Any]:
    """What was or will be sent for an order, with receipts."""
    return {"messages": await ask_desk(parts, "outages.messages", {"id": order_id})}


@router.get("/{order_id}/documents.pdf")
async def documents(order_id: str, parts: PartsDep) -> Response:
    """What was or will be sent for an order, as one PDF; 503 without font or `pdf` extra."""
    from hmi.reports.notice_pdf import chinese_font, documents_pdf

    found = await ask_desk(parts, "outages.messages", {"id": order_id})
    if not found:
        raise ApiError(404, "no-documents", f"nothing is to be sent for {order_id!r}")
    try:
        font = chinese_font()
        content = await asyncio.to_thread(documents_pdf, order_id, found, font)
    except InputError as error:
        problems = [problem.as_dict() for problem in error.problems]
        raise ApiError(503, "no-font", "no font with Chinese characters", problems) from error
    except ImportError as error:
        raise ApiError(503, "no-pdf", "install ringmain[pdf] to make PDF files") from error
    return Response(content, media_type="application/pdf")


@router.post("/{order_id}/steps")
async def take_step(
    order_id: str, body: TakeStep, parts: PartsDep, identity: PlannerDep
) -> dict[str, Any]:
    """Take a step; 409 with every reason when it is refused."""
    ask = await _asked(order_id, body, parts, identity)
    return {"order": await ask_desk(parts, "outages.step", ask)}


@router.post("/{order_id}/trial")
async def try_step(
    order_id: str, body: TakeStep, parts: PartsDep, identity: PlannerDep
) -> dict[str, Any]:
    """What a step would lead to and the texts it would send; nothing is done. 409 as for it."""
    ask = await _asked(order_id, body, parts, identity)
    return {"trial": await ask_desk(parts, "outages.trial", ask)}


async def _asked(order_id: str, body: TakeStep, parts: Parts, identity: Identity) -> dict[str, Any]:
    kept = await ask_desk(parts, "outages.get", {"id": order_id})
    user = who(identity, body, kept["order"]["medium"])
    return {"id": order_id, **body.model_dump(), "user": user}


def who(identity: Identity, body: Opening | Stepping, utility: str) -> str:
    """The name the step is noted under; 403 when the account may not act in that role."""
    require(identity, ASKS.get(body.role, "plan"), utility)
    return acting(identity, body.user)


async def ask_desk(parts: Parts, service: str, ask: dict[str, Any]) -> Any:
    """The answer of a desk's service; ApiError with every reason where it has none."""
    answer, _ = await parts.bus.call(service, ask, timeout_s=PATIENCE_S)
    if "refused" in answer:
        raise ApiError(409, "refused", "the step is not possible", answer["refused"])
    if "problems" in answer:
        raise ApiError(422, "invalid", "the order has faults", answer["problems"])
    if "missing" in answer:
        raise ApiError(404, "no-such-order", f"no order {answer['missing']!r}")
    return answer["answer"]
