"""A proposal as JSON: schema `ringmain/outage-plan/1`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from dispatch.check import Deadline
from dispatch.customers import Customer
from dispatch.finding import Finding
from dispatch.impact import CustomerImpact, Impact, LowNode
from dispatch.isolation import Isolation
from dispatch.isolation_steps import steps_of
from dispatch.notice import Notice
from dispatch.request import OutageRequest, PlanningContext, SiteNames
from dispatch.trucks import TruckPlan
from network_models.network import Network
from network_models.units import PA_PER_M_WATER, UNITS
from network_models.valves import IsolationValve

SCHEMA = "ringmain/outage-plan/1"


def proposal_as_dict(
    *,
    context: PlanningContext,
    outage_id: str,
    request: OutageRequest,
    created: datetime,
    isolation: Isolation,
    impact: Impact,
    findings: Sequence[Finding],
    deadlines: Sequence[Deadline],
    notice: Notice,
    trucks: TruckPlan | None,
    blocked_by: Sequence[str],
) -> dict[str, Any]:
    """The whole proposal; times in the site's zone, pressures in MPa, lengths in plan metres."""
    zone = context.timezone
    return {
        "schema": SCHEMA,
        "id": outage_id,
        "medium": "water",
        "element": request.element,
        "kind": request.kind,
        "reason": request.reason,
        "start": request.start.astimezone(zone).isoformat(),
        "end": request.end.astimezone(zone).isoformat(),
        "duration_h": round(request.duration / timedelta(hours=1), 4),
        "created": created.isoformat(),
        "profile": context.settings.profile,
        "isolation": isolation_as_dict(context.network, context.valves, isolation),
        "impact": _impact(context, impact),
        "findings": [finding.as_dict() for finding in findings],
        "deadlines": [deadline.as_dict() for deadline in deadlines],
        "notice": notice.as_dict(),
        "trucks": None if trucks is None else trucks.as_dict(required=True),
        "publishable": not blocked_by,
        "blocked_by": list(blocked_by),
    }


def isolation_as_dict(
    net: Network, known: Sequence[IsolationValve], isolation: Isolation
) -> dict[str, Any]:
    """Valves in the order of closing with their places, what they shut off, and the way back."""
    valves = []
    steps = steps_of(net, known, isolation)
    for order, valve in enumerate(isolation.valves, start=1):
        x, y = valve.position or _valve_place(net, valve.link, valve.side)
        valves.append(
            {
                "id": valve.id,
                "link": valve.link,
                "x": x,
                "y": y,
                "dn_mm": valve.dn_mm,
                "remote": valve.remote,
                "turns": valve.turns,
                "order": order,
            }
        )
    return {
        "valves": valves,
        "already_closed": [valve.id for valve in isolation.already_closed],
        "stuck": [valve.id for valve in isolation.stuck],
        "closed_links": list(isolation.closed_links),
        "segment_nodes": list(isolation.segment_nodes),
        "segment_links": list(isolation.segment_links),
        "extra_cut_off_nodes": list(isolation.extra_cut_off_nodes),
        "sources_lost": list(isolation.sources_lost),
        "opening": list(steps.open_),
        "bleed": list(steps.bleed),
        "flush": list(steps.flush),
        "back_feeds": [asdict(feed) for feed in steps.back_feeds],
        "notes": [note.en for note in isolation.notes],
        "notes_zh": [note.zh for note in isolation.notes],
    }


def _valve_place(net: Network, link: str, side: str) -> tuple[float | None, float | None]:
    place = net.nodes[getattr(net.links[link], side)].position
    return (None, None) if place is None else place


def _impact(context: PlanningContext, impact: Impact) -> dict[str, Any]:
    cut, low = impact.hit("cut_off"), impact.hit("low_pressure")
    return {
        "customers": [_customer(item) for item in impact.customers],
        "households": _sum(cut, "households"),
        "people": _sum(cut, "people"),
        "low_pressure": {
            "customers": len(low),
            "households": _sum(low, "households"),
            "people": _sum(low, "people"),
        },
        "communities": _communities(cut, context.names),
        "priority_users": [_customer(item) for item in impact.priority],
        "hydraulics": {
            "times": [moment.isoformat() for moment in impact.run.times],
            "worst_pressure_mpa": [_mpa(value) for value in impact.worst_end_m.tolist()],
            "worst_node": impact.worst_end_id,
            "end_nodes": len(impact.end_ids),
            "below_limit_nodes": [_low(context.network, n) for n in impact.below_limit if n.is_end],
            "low_nodes": [_low(context.network, n) for n in impact.below_limit if not n.is_end],
            "base_below_nodes": [_low(context.network, n) for n in impact.base_below],
            "dry_nodes": list(impact.dry_nodes),
            "tanks": [
                {
                    "id": tank.id,
                    "minimum_level_m": round(tank.minimum_level_m, 3),
                    "runs_dry_at": _iso(tank.runs_dry_at),
                    "base_runs_dry_at": _iso(tank.base_runs_dry_at),
                }
                for tank in impact.tanks
            ],
            "report": {
                "converged": not impact.run.unbalanced,
                "unbalanced": [moment.isoformat() for moment in impact.run.unbalanced],
                "warnings": list(impact.run.warnings),
                "demand_model": "pda",
            },
        },
    }


def _customer(item: CustomerImpact) -> dict[str, Any]:
    customer: Customer = item.customer
    return {
        "id": customer.id,
        "name_zh": customer.name_zh,
        "name_en": customer.name_en,
        "community": customer.community,
        "class": customer.kind,
        "households": customer.households,
        "people": customer.people,
        "x": customer.x,
        "y": customer.y,
        "effect": item.effect,
        "minimum_pressure_mpa": None if item.minimum_m is None else _mpa(item.minimum_m),
        "hours": item.hours,
    }


def _communities(cut: Iterable[CustomerImpact], names: SiteNames) -> list[dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for item in cut:
        name = item.customer.community
        if not name:
            continue
        zh, en = names.community(name)
        row = found.setdefault(
            name, {"id": name, "name_zh": zh, "name_en": en, "households": 0, "people": 0}
        )
        row["households"] += item.customer.households
        row["people"] += item.customer.people
    return list(found.values())


def _low(net: Network, node: LowNode) -> dict[str, Any]:
    x, y = net.nodes[node.id].position or (None, None)
    return {
        "id": node.id,
        "x": x,
        "y": y,
        "minimum_mpa": _mpa(node.minimum_m),
        "first_below": node.first_below.isoformat(),
        "hours": round(node.hours, 3),
    }


def _sum(hit: Iterable[CustomerImpact], name: str) -> int:
    return sum(int(getattr(item.customer, name)) for item in hit)


def _mpa(head_m: float) -> float | None:
    """A pressure head in MPa; None where there is no supply, for JSON has no NaN."""
    if not np.isfinite(head_m):
        return None
    return round(UNITS["MPa"].from_si(head_m * PA_PER_M_WATER), 6)


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
