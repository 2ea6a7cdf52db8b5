"""Outage proposals on the bus: kept by core, so that they outlive the web process.

`records.save_outage` {proposal} -> {id}; `records.outages` {limit} -> {outages};
`records.outage` {id} -> {proposal}, None where no proposal of that id is kept.
"""

from __future__ import annotations

import asyncio
from typing import Any

from sqlalchemy import Engine

from hmi.records.outages import SqlOutages
from scada.ports import Bus, Header

SUMMARY_KEYS = ("id", "element", "start", "end", "created", "publishable", "blocked_by")


async def serve_outages(bus: Bus, records: Engine) -> None:
    """Answer the `records.*` services from a migrated database."""
    outages = SqlOutages(records)

    async def save(header: Header, _payload: bytes) -> tuple[Header, bytes]:
        return {"id": await asyncio.to_thread(outages.save, header["proposal"])}, b""

    async def recent(header: Header, _payload: bytes) -> tuple[Header, bytes]:
        limit = int(header.get("limit", 50))
        rows = await asyncio.to_thread(outages.list, limit=limit)
        kept = [await asyncio.to_thread(outages.get, row["id"]) for row in rows]
        kept.sort(key=lambda p: str(p["created"]), reverse=True)
        return {"outages": [_summary(p) for p in kept]}, b""

    async def one(header: Header, _payload: bytes) -> tuple[Header, bytes]:
        try:
            found = await asyncio.to_thread(outages.get, str(header["id"]))
        except KeyError:
            return {"proposal": None}, b""
        return {"proposal": found}, b""

    await bus.serve("records.save_outage", save)
    await bus.serve("records.outages", recent)
    await bus.serve("records.outage", one)


def _summary(proposal: dict[str, Any]) -> dict[str, Any]:
    """What a list shows of a proposal."""
    impact = proposal.get("impact") or {}
    return {
        **{key: proposal.get(key) for key in SUMMARY_KEYS},
        "people": impact.get("people"),
        "households": impact.get("households"),
    }
