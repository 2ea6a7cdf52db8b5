"""A web server that is told to stop while somebody waits for an answer."""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
import uvicorn

from hmi.app import SERVER_OPTIONS, create_app
from hmi.security.access import LabAccess
from scada.bus import MemoryBus
from tests.hmi.feeder import Feeder


async def test_who_waits_is_told_and_no_trace_is_left(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A plan that took longer than the server waits was a plain 500 and a page of traces."""
    bus = MemoryBus()
    feeder = Feeder(bus, side=6)
    feeder.plan_delay_s = 600.0
    await feeder.start()
    app = create_app(bus.peer(), feeder.view, tmp_path, access=LabAccess())
    config = uvicorn.Config(
        app, port=0, log_config=None, timeout_graceful_shutdown=1, **SERVER_OPTIONS
    )
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn offers no event to wait for
        await asyncio.sleep(0.01)
    address = f"http://localhost:{server.servers[0].sockets[0].getsockname()[1]}"
    start = datetime.now(UTC) + timedelta(days=4)
    end = start + timedelta(hours=8)
    asked = {"element": "water/link:P1", "start": start.isoformat(), "end": end.isoformat()}
    caplog.set_level(logging.INFO)
    async with httpx.AsyncClient(base_url=address, timeout=60.0) as client:
        waits = asyncio.create_task(client.post("/api/outages/plan", json=asked))
        while not server.server_state.tasks:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        server.should_exit = True
        reply = await waits
    await serving
    await feeder.stop()
    assert (reply.status_code, reply.json()["error"]["code"]) == (503, "unavailable")
    assert "look whether it was done" in reply.json()["error"]["message"]
    assert "x-content-type-options" in reply.headers
    assert [record for record in caplog.records if record.exc_info] == []
    assert "POST /api/outages/plan was under way" in caplog.text
