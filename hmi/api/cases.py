"""Incidents and hotline orders: opened, moved step by step, read back with clocks and rates."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query

from hmi.api.errors import ApiError
from hmi.api.gate import Needs
from hmi.api.orders import Opening, Stepping, ask_desk, who
from hmi.api.parts import PartsDep
from hmi.security.roles import Identity

router = APIRouter(prefix="/api", tags=["incidents and hotline orders"])

PlannerDep = Annotated[Identity, Depends(Needs("plan"))]
DeskRole = Literal["planner", "dispatcher", "crew", "leader"]
HotlineRole = Literal["operator", "unit", "business", "leader"]
When = Annotated[str, Query(max_length=40)]


class OpenIncident(Opening):
    """A new incident: kind, element, and what is known of it."""

    role: DeskRole = "dispatcher"


class IncidentStep(Stepping):
    """A step taken (`arrived`), an `excuse`, or a `note` of new estimates."""

    role: DeskRole = "dispatcher"


class OpenWork(Opening):
    """A new hotline order: type, utility, text."""

    role: HotlineRole = "operator"


class WorkStep(Stepping):
    """A step of a hotline order: dispatch, confirm, extend, pend, handled, close, repeat."""

    role: HotlineRole


@router.post("/incidents")
async def open_incident(
    body: OpenIncident, parts: PartsDep, identity: PlannerDep
) -> dict[str, Any]:
    """Open an incident; its clocks run from when it was reported."""
    utility = _utility(str(body.record.get("kind", "")))
    user = who(identity, body, utility)
    ask = {**body.model_dump(), "user": user}
    return {"incident": await ask_desk(parts, "incidents.open", ask)}


@router.get("/incidents")
async def incidents(parts: PartsDep) -> dict[str, Any]:
    """Incidents, the last changed first."""
    return {"incidents": await ask_desk(parts, "incidents.list", {})}


@router.get("/incidents/timers")
async def incident_timers(parts: PartsDep) -> dict[str, Any]:
    """Every clock that runs, as points: seconds left, negative when late, the next to end first."""
    return {"timers": await ask_desk(parts, "incidents.timers", {})}


@router.get("/incidents/{incident_id}")
async def incident(incident_id: str, parts: PartsDep) -> dict[str, Any]:
    """One incident with its report, its running clocks and every step."""
    return {"incident": await ask_desk(parts, "incidents.get", {"id": incident_id})}


@router.post("/incidents/{incident_id}/steps")
async def incident_step(
    incident_id: str, body: IncidentStep, parts: PartsDep, identity: PlannerDep
) -> dict[str, Any]:
    """Take a step on an incident."""
    kept = await ask_desk(parts, "incidents.get", {"id": incident_id})
    user = who(identity, body, _utility(kept["incident"]["kind"]))
    ask = {"id": incident_id, **body.model_dump(), "user": user}
    return {"incident": await ask_desk(parts, "incidents.step", ask)}


@router.post("/work-orders")
async def open_work(body: OpenWork, parts: PartsDep, identity: PlannerDep) -> dict[str, Any]:
    """Open a hotline order."""
    user = who(identity, body, str(body.record.get("utility", "")))
    ask = {**body.model_dump(), "user": user}
    return {"order": await ask_desk(parts, "works.open", ask)}


@router.get("/work-orders")
async def works(parts: PartsDep) -> dict[str, Any]:
    """Hotline orders, the last changed first."""
    return {"orders": await ask_desk(parts, "works.list", {})}


@router.get("/work-orders/rates")
async def work_rates(
    parts: PartsDep,
    start: When,
    end: When,
    statistics_day: When,
    utility: Annotated[str, Query(max_length=10)] = "",
) -> dict[str, Any]:
    """Monthly, cumulative and timely rates of the orders dispatched in a period."""
    ask = {"start": start, "end": end, "statistics_day": statistics_day, "utility": utility}
    return {"rates": await ask_desk(parts, "works.rates", ask)}


@router.get("/work-orders/calls")
async def work_calls(parts: PartsDep) -> dict[str, Any]:
    """Open calls of a day with a place: known (an outage explains it), of a cluster, or open."""
    return await ask_desk(parts, "works.calls", {})  # type: ignore[no-any-return]


@router.get("/work-orders/{order_id}")
async def work(order_id: str, parts: PartsDep) -> dict[str, Any]:
    """One hotline order with every step."""
    return {"order": await ask_desk(parts, "works.get", {"id": order_id})}


@router.post("/work-orders/{order_id}/steps")
async def work_step(
    order_id: str, body: WorkStep, parts: PartsDep, identity: PlannerDep
) -> dict[str, Any]:
    """Take a step on a hotline order; 409 when it is refused."""
    kept = await ask_desk(parts, "works.get", {"id": order_id})
    user = who(identity, body, kept["work"]["utility"])
    ask = {"id": order_id, **body.model_dump(), "user": user}
    return {"order": await ask_desk(parts, "works.step", ask)}


def _utility(kind: str) -> str:
    from dispatch.incidents.clocks import UTILITY

    if kind not in UTILITY:
        problem = {"field": "kind", "found": kind, "expected": "one of " + ", ".join(UTILITY)}
        raise ApiError(422, "invalid", "no such kind of incident", [problem])
    return UTILITY[kind]
