"""A site's virtual field: a process for every driver of the site, one plant behind them.

`data/field.json` lists the endpoints and processes while it runs; `data/truth.npz` is the water
plant's true state (see `plant`).
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from scenarios.virtual_field.child import PlantOrder, ServerOrder
from scenarios.virtual_field.config import FieldConfig
from scenarios.virtual_field.processes import Child, Keeper

FIELD_FILE = "field.json"
_MODULES = {
    "modbus_tcp": "scenarios.virtual_field.modbus_server",
    "opcua": "scenarios.virtual_field.opcua_server",
}
PLANT = "plant"
Ready = Callable[[dict[str, Any]], None]


def run_field(
    config: FieldConfig, *, for_seconds: float | None = None, on_ready: Ready | None = None
) -> None:
    """Serve the field until SIGTERM, SIGINT or `for_seconds`; then stop every process.

    `on_ready` is called once with what is in `field.json`, when every server answers. Raises
    FieldError when a process does not come up (a port is taken, a network cannot be solved);
    a process that dies later is started again.
    """
    asyncio.run(serve_field(config, for_seconds=for_seconds, on_ready=on_ready))


async def serve_field(
    config: FieldConfig, *, for_seconds: float | None = None, on_ready: Ready | None = None
) -> None:
    """`run_field` in a running event loop."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    config.folder.mkdir(parents=True, exist_ok=True)
    # A socket's name must be short (108 bytes), which a site's own folder may not be.
    with tempfile.TemporaryDirectory(prefix="ringmain-") as private:
        socket = str(Path(private) / "plant.sock")

        def describe() -> None:
            _describe(config, keeper)

        keeper = Keeper(_children(config, socket), on_change=describe)
        try:
            starting = asyncio.create_task(keeper.start())
            stopping = asyncio.create_task(stop.wait())
            await asyncio.wait((starting, stopping), return_when=asyncio.FIRST_COMPLETED)
            if starting.done():
                starting.result()
                if on_ready is not None:
                    on_ready(_describe(config, keeper))
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), for_seconds)
            starting.cancel()
            stopping.cancel()
        finally:
            await keeper.stop()
            (config.folder / FIELD_FILE).unlink(missing_ok=True)


def _children(config: FieldConfig, socket: str) -> list[Child]:
    plant = Child(
        PLANT, "scenarios.virtual_field.plant_process", PlantOrder(socket=socket, config=config)
    )
    servers = [
        Child(
            driver.name,
            _MODULES[driver.kind],
            ServerOrder(socket=socket, driver=driver, points=config.points_of(driver.name)),
        )
        for driver in config.drivers
    ]
    return [plant, *servers]


def _describe(config: FieldConfig, keeper: Keeper) -> dict[str, Any]:
    """Write `field.json`: who serves what, by which process."""
    children = {child.name: child for child in keeper.children}
    said: dict[str, Any] = {
        "site": config.name,
        "pid": os.getpid(),
        "plant": {"pid": children[PLANT].pid, "restarts": children[PLANT].restarts},
        "endpoints": [
            {
                "name": driver.name,
                "kind": driver.kind,
                "endpoint": driver.endpoint,
                "unit": driver.unit,
                "points": len(config.points_of(driver.name)),
                "pid": children[driver.name].pid,
                "ready": children[driver.name].ready.is_set(),
                "restarts": children[driver.name].restarts,
            }
            for driver in config.drivers
        ],
    }
    file = config.folder / FIELD_FILE
    partial = file.with_name(f".{file.name}.part")
    partial.write_text(json.dumps(said, indent=1), encoding="utf-8")
    partial.replace(file)
    return said
