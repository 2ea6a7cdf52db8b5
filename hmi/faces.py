"""The process that shows the room to others: OPC UA, Modbus, Sparkplug, as site.toml says."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from scada.ports import Bus
from scenarios.site import Site

CERTIFICATES = "certificates"


def wanted(site: Site) -> bool:
    """Whether the site shows any face."""
    return bool(site.opcua_url or site.sparkplug_url or site.modbus_port)


async def run_faces(site: Site, bus: Bus) -> None:
    """Run every face the site asks for, until cancelled."""
    points = list(site.points)
    runs: list[Callable[[], Coroutine[Any, Any, None]]] = []
    if site.opcua_url:
        from scada.faces.opcua import OpcUaFace, OpcUaFaceConfig

        config = OpcUaFaceConfig(
            url=site.opcua_url,
            folder=site.data / CERTIFICATES,
            users={site.opcua_user: site.opcua_password_hash} if site.opcua_user else {},
            open=site.opcua_open,
        )
        runs.append(OpcUaFace(points, bus, config).run)
    if site.modbus_port:
        from scada.faces.modbus import ModbusFace

        runs.append(ModbusFace(points, bus, site.modbus_host, site.modbus_port).run)
    if site.sparkplug_url:
        from scada.clock import SystemClock
        from scada.faces.sparkplug import SparkplugConfig, SparkplugFace

        spark = SparkplugConfig(
            url=site.sparkplug_url, group=site.sparkplug_group, host=site.sparkplug_host
        )
        runs.append(SparkplugFace(points, bus, SystemClock(), spark).run)
    async with asyncio.TaskGroup() as tasks:
        for run in runs:
            tasks.create_task(run())
