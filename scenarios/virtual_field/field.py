"""A site's virtual field: a process for every driver of the site, one plant behind them.

`data/field.json` lists the endpoints and processes while it runs; `data/truth.npz` is the water
plant's true state (see `plant`), `truth_gas.npz` and `truth_heat.npz` are the others'.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scenarios.virtual_field.child import PlantOrder, ServerOrder
from scenarios.virtual_field.config import FieldConfig
from scenarios.virtual_field.from_site import field_config
from scenarios.virtual_field.processes import Child, Keeper

if TYPE_CHECKING:
    from scenarios.site import Site

FIELD_FILE = "field.json"
_MODULES = {
    "modbus_tcp": "scenarios.virtual_field.modbus_server",
    "opcua": "scenarios.virtual_field.opcua_server",
}
PLANT = "plant"
Ready = Callable[[dict[str, Any]], None]


async def run_field(
    source: Site | FieldConfig, *, on_ready: Ready | None = None, speed: float = 1.0
) -> None:
    """Serve a site's field until cancelled; then stop every process.

    `on_ready` is called once with what is in `field.json`, when every server answers. Raises
    FieldError when a process does not come up (a port is taken, a network cannot be solved);
    a process that dies later is started again. `speed` counts for a site: simulated seconds a
    second.
    """
    config = source if isinstance(source, FieldConfig) else field_config(source, speed=speed)
    config.folder.mkdir(parents=True, exist_ok=True)
    # A socket's name must be short (108 bytes), which a site's own folder may not be.
    with tempfile.TemporaryDirectory(prefix="ringmain-") as private:
        socket = str(Path(private) / "plant.sock")

        def describe() -> None:
            _describe(config, keeper)

        keeper = Keeper(_children(config, socket), on_change=describe)
        try:
            await keeper.start()
            if on_ready is not None:
                on_ready(_describe(config, keeper))
            await keeper.watch()
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
