"""A web application on a feeder, asked in this process."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
from fastapi import FastAPI

from hmi.app import create_app
from scada.bus import MemoryBus
from tests.hmi.feeder import Feeder


@asynccontextmanager
async def running(
    static: Path, *, side: int = 6, live: bool = False
) -> AsyncIterator[tuple[FastAPI, httpx.AsyncClient, Feeder]]:
    """The application, a client of it and the feeder behind it."""
    bus = MemoryBus()
    feeder = Feeder(bus, side=side)
    await feeder.start(live=live)
    app = create_app(bus.peer(), feeder.view, static, hosts=["room.example"])
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    try:
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=transport, base_url="http://localhost") as client,
        ):
            yield app, client, feeder
    finally:
        await feeder.stop()
