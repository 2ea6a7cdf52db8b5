"""Outage proposals on the bus: kept by core, so that they outlive the web process.

`records.save_outage` {proposal} -> {id}; `records.outages` {limit} -> {outages};
`records.outage` {id} -> {proposal}, None where no proposal of that id is kept; its `truck_plans`
are those made anew; `records.save_truck_plan` {id, number, plan, user} -> {kept}, false when
another was kept meanwhile.
"""

from __future__ import annotations

import asyncio
import time
from typing import Any

from sqlalchemy import Engine

from hmi.records.audit import Audit
from hmi.records.order_book import ChangedMeanwhileError
from hmi.records.outages import SqlOutages
from hmi.records.truck_plans import SqlTruckPlans
from scada.ports import Bus, Header

SUMMARY_KEYS = ("id", "element", "start", "end", "created", "publishable", "blocked_by")


async def serve_outages(bus: Bus, records: Engine, trail: Audit) -> None:
    """Answer the `records.*` services from a migrated database; `trail` notes who planned anew."""
    outages, plans = SqlOutages(records), SqlTruckPlans(records)

    async def save(header: Header, _payload: bytes) -> tuple[Header, bytes]:
        return {"id": await asyncio.to_thread(outages.save, header["proposal"])}, b""

    async def recent(header: Header, _payload: bytes) -> tuple[Header, bytes]:
        limit = int(header.get("limit", 50))
        rows = await asyncio.to_thread(outages.list, limit=limit)
        kept = [await asyncio.to_thread(outages.get, row["id"]) for row in rows]
        kept.sort(key=lambda p: str(p["created"]), reverse=True)
        return {"outages": [_summary(p) for p in kept]}, b""

    async def one(header: Header, _payload: bytes) -> tuple[Header, bytes]:
        id_ = str(header["id"])
        try:
            found = await asyncio.to_thread(outages.get, id_)
        except KeyError:
            return {"proposal": None}, b""
        return {"proposal": {**found, "truck_plans": await asyncio.to_thread(plans.of, id_)}}, b""

    async def save_truck_plan(header: Header, _payload: bytes) -> tuple[Header, bytes]:
        return {"kept": await asyncio.to_thread(_keep, plans, trail, header)}, b""

    await bus.serve("records.save_outage", save)
    await bus.serve("records.outages", recent)
    await bus.serve("records.outage", one)
    await bus.serve("records.save_truck_plan", save_truck_plan)


def _keep(plans: SqlTruckPlans, trail: Audit, header: Header) -> bool:
    id_, number, plan, user = header["id"], int(header["number"]), header["plan"], header["user"]
    entered_ns = time.time_ns()
    try:
        plans.add(id_, number, plan, user=user, entered_ns=entered_ns)
    except ChangedMeanwhileError:
        return False
    details = {"proposal": id_, "number": number}
    details |= {name: plan[name] for name in ("now", "reported_m3", "broken", "fire_service")}
    trail.append(
        time_ns=entered_ns,
        user=user,
        action="trucks-planned-anew",
        origin="web",
        details=details,
    )
    return True


def _summary(proposal: dict[str, Any]) -> dict[str, Any]:
    """What a list shows of a proposal."""
    impact = proposal.get("impact") or {}
    return {
        **{key: proposal.get(key) for key in SUMMARY_KEYS},
        "people": impact.get("people"),
        "households": impact.get("households"),
    }
