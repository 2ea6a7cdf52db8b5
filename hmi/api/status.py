"""How the room itself is doing: core, model, links and this process."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

from fastapi import APIRouter

from hmi.api.parts import PartsDep
from scada.ports import Bus, BusError

router = APIRouter(prefix="/api", tags=["status"])

ASK_PATIENCE_S = 3.0


@router.get("/status")
async def status(parts: PartsDep) -> dict[str, Any]:
    """Counters of every process; a part that does not answer is null, with the reason."""
    (core, core_error), (model, model_error) = await asyncio.gather(
        _ask(parts.bus, "core.status"), _ask(parts.bus, "model.status")
    )
    return {
        "time": datetime.now(UTC).isoformat(),
        "core": core,
        "core_error": core_error,
        "model": model,
        "model_error": model_error,
        "links": parts.stream.links,
        "states": {utility: header for utility, (header, _) in parts.stream.states.items()},
        "web": {
            "version": parts.view.version,
            "started": parts.started.isoformat(),
            **parts.stream.figures(),
        },
    }


async def _ask(bus: Bus, service: str) -> tuple[dict[str, Any] | None, str]:
    try:
        return (await bus.call(service, {}, timeout_s=ASK_PATIENCE_S))[0], ""
    except BusError as error:
        return None, str(error)
