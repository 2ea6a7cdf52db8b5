"""A web application on a feeder, asked in this process."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI

from hmi.app import create_app
from hmi.security.access import Access, LabAccess
from scada.bus import MemoryBus
from tests.hmi.feeder import Feeder


@asynccontextmanager
async def running(
    static: Path,
    *,
    side: int = 6,
    live: bool = False,
    access: Callable[[Any], Access] | None = None,
) -> AsyncIterator[tuple[FastAPI, httpx.AsyncClient, Feeder]]:
    """The application, a client of it and the feeder behind it."""
    bus = MemoryBus()
    feeder = Feeder(bus, side=side)
    await feeder.start(live=live)
    peer = bus.peer()
    door = access(peer) if access else LabAccess()
    app = create_app(peer, feeder.view, static, hosts=["room.example"], access=door)
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    try:
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=transport, base_url="http://localhost") as client,
        ):
            yield app, client, feeder
    finally:
        await feeder.stop()
