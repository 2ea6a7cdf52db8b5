"""The live model's process may be there before core is."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from hmi.live.service import LiveModel
from scada.bus import MemoryBus
from scada.ports import BusError, Header
from scenarios.init_site import init_site
from scenarios.site import load_site


async def test_the_live_model_waits_for_core(tmp_path: Path) -> None:
    init_site(tmp_path / "city", example="city", network_file=None, seed=3, elements=600)
    bus = MemoryBus()
    live = LiveModel(load_site(tmp_path / "city"), bus.peer())
    running = asyncio.create_task(live.run())
    asked = asyncio.Event()

    async def snapshot(_header: Header, _payload: bytes) -> tuple[Header, bytes]:
        asked.set()
        return {"measured_bytes": 0}, b""

    try:
        await asyncio.sleep(0.2)
        assert not running.done(), "no core yet is no reason to give up"
        with pytest.raises(BusError):
            await bus.call("model.status", {})
        await bus.serve("core.snapshot", snapshot)
        async with asyncio.timeout(60):
            await asked.wait()
            while True:
                try:
                    await bus.call("model.status", {})
                    break
                except BusError:
                    await asyncio.sleep(0.05)
    finally:
        running.cancel()
        await asyncio.wait([running])
