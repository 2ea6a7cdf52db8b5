"""Alarms, their acknowledgement, and the event journal."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from pydantic import Field, StringConstraints

from hmi.api.errors import ApiError
from hmi.api.gate import Needs, acting
from hmi.api.parts import Body, Comment, Parts, PartsDep, User
from hmi.api.times import read_time, to_ns
from hmi.security.roles import Action, Identity
from scada.alarm_setting import AlarmSetting

router = APIRouter(prefix="/api", tags=["alarms"])


DAY_NS = 86_400 * 1_000_000_000
LONGEST_REPORT_NS = 31 * DAY_NS

Ids = Annotated[list[str], Field(min_length=1, max_length=5000)]
Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]


class Acknowledgement(Body):
    """Which alarms, by whom."""

    ids: Ids
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


class Shelving(Body):
    """Put aside for a time."""

    ids: Ids
    user: User | None = None
    reason: Reason
    minutes: Annotated[float, Field(gt=0, le=60 * 168)]
    one_shot: bool = False


class Maintenance(Body):
    """Out of service for maintenance, under a permit."""

    ids: Ids
    user: User | None = None
    reason: Reason
    permit: Reason


class Simple(Body):
    """Back on the shelf's or maintenance's end, or a reset."""

    ids: Ids
    user: User | None = None
    comment: Comment = ""


Shelver = Annotated[Identity, Depends(Needs("shelve"))]
Maintainer = Annotated[Identity, Depends(Needs("service"))]


@router.post("/alarms/shelve")
async def shelve(body: Shelving, identity: Shelver, parts: PartsDep) -> dict[str, Any]:
    """Shelve alarms; they come back by themselves."""
    ask = {
        "action": "shelve",
        "comment": body.reason,
        "kind": "one-shot" if body.one_shot else "timed",
        "seconds": body.minutes * 60.0,
    }
    return await _act(ask, body.ids, body.user, "shelve", identity, parts)


@router.post("/alarms/unshelve")
async def unshelve(body: Simple, identity: Shelver, parts: PartsDep) -> dict[str, Any]:
    """Take alarms back from the shelf: what stands is then acknowledged."""
    ask = {"action": "unshelve", "comment": body.comment}
    return await _act(ask, body.ids, body.user, "shelve", identity, parts)


@router.post("/alarms/out-of-service")
async def out_of_service(
    body: Maintenance, identity: Maintainer, parts: PartsDep
) -> dict[str, Any]:
    """Take alarms out of service."""
    ask = {"action": "out_of_service", "comment": body.reason, "permit": body.permit}
    return await _act(ask, body.ids, body.user, "service", identity, parts)


@router.post("/alarms/into-service")
async def into_service(body: Simple, identity: Maintainer, parts: PartsDep) -> dict[str, Any]:
    """Put alarms back into service: what stands is then unacknowledged."""
    ask = {"action": "into_service", "comment": body.comment}
    return await _act(ask, body.ids, body.user, "service", identity, parts)


@router.post("/alarms/reset")
async def reset(
    body: Simple, identity: Annotated[Identity, Depends(Needs("acknowledge"))], parts: PartsDep
) -> dict[str, Any]:
    """Reset latched alarms that were acknowledged."""
    ask = {"action": "reset", "comment": body.comment}
    return await _act(ask, body.ids, body.user, "acknowledge", identity, parts)


@router.get("/alarms/settings")
async def settings(parts: PartsDep) -> dict[str, Any]:
    """What the site decided of its alarms: why each is there, and what is to be done."""
    return {"settings": [describe(setting) for setting in parts.view.alarms.values()]}


@router.get("/alarms/report")
async def report(
    parts: PartsDep,
    from_: Annotated[str | None, Query(alias="from", max_length=40)] = None,
    to: Annotated[str | None, Query(max_length=40)] = None,
) -> dict[str, Any]:
    """Figures by EEMUA 191 of a span; the last day where none is given."""
    end_ns = to_ns(datetime.now(UTC) if to is None else read_time(to, "to", parts.zone))
    from_ns = end_ns - DAY_NS if from_ is None else to_ns(read_time(from_, "from", parts.zone))
    if not 0 < end_ns - from_ns <= LONGEST_REPORT_NS:
        problem = {"field": "from", "found": from_, "expected": "up to 31 days before `to`"}
        raise ApiError(422, "invalid", "the span is empty or too long", [problem])
    ask = {"from_ns": from_ns, "to_ns": end_ns}
    return (await parts.bus.call("core.alarm_report", ask, timeout_s=60.0))[0]


def describe(setting: AlarmSetting) -> dict[str, Any]:
    """A setting as JSON."""
    why = setting.rationale
    return {
        "id": setting.id,
        "group": setting.group,
        "latching": setting.latching,
        "suppress_when": setting.suppress_text,
        "longest_shelf_h": setting.longest_shelf_s / 3600.0,
        **asdict(why),
    }


async def _act(
    ask: dict[str, Any],
    ids: list[str],
    user: str | None,
    action: Action,
    identity: Identity,
    parts: Parts,
) -> dict[str, Any]:
    name = acting(identity, user)
    mine, refused = allowed(ids, action, identity, parts)
    answer: dict[str, Any] = {"done": [], "refused": []}
    if mine:
        answer = (await parts.bus.call("core.alarm_action", {**ask, "ids": mine, "user": name}))[0]
    return {**answer, "refused": [*answer["refused"], *refused]}


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
