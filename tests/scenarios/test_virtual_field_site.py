"""A site's field read and commanded by the ordinary gateway, over the wire."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from field_process import free_port, running

from scada.bus import MemoryBus
from scada.clock import SystemClock
from scada.drivers.config import DriverConfig
from scada.gateway import Gateway
from scada.point import Point, RegisterType, Utility, WordOrder
from scada.point_table import PointTable
from scada.quality import is_good
from scada.samples import SampleBatch
from scenarios.site import Site
from scenarios.virtual_field import FieldError
from scenarios.virtual_field.from_site import field_config


def point(
    name: str,
    driver: str,
    address: str,
    quantity: str = "pressure",
    unit: str = "kPa",
    *,
    type: RegisterType = "float32",
    order: WordOrder = "ABCD",
    scale: float = 1.0,
    writable: bool = False,
    utility: Utility = "gas",
) -> Point:
    return Point(
        id=name,
        utility=utility,
        quantity=quantity,
        unit=unit,
        driver=driver,
        address=address,
        type=type,
        word_order=order,
        scale=scale,
        writable=writable,
    )


def site(folder: Path, drivers: tuple[DriverConfig, ...], points: list[Point]) -> Site:
    return Site(
        path=folder,
        name_zh="试验",
        name_en="Test",
        language="en",
        timezone="Asia/Shanghai",
        profile="jinan",
        seed=5,
        networks={},
        network_files={},
        scan={"normal": 0.2},
        drivers=drivers,
        points=PointTable(points),
        valves=(),
        customers=(),
        roads=(),
        fleet=(),
        fill_points=(),
        depots=(),
        web_host="127.0.0.1",
        web_port=8080,
        data=folder / "data",
        live_cycle_s=5.0,
        large_scope_households=None,
        gas_night_ban=None,
        litres_per_person_day=20.0,
        litres_source="",
    )


def city(folder: Path) -> Site:
    """Two units behind one port, a PLC, every word order, and a point of the live model."""
    port, url = free_port(), f"opc.tcp://127.0.0.1:{free_port()}/plc"
    drivers = (
        DriverConfig(name="one", kind="modbus_tcp", port=port, unit=1, backoff_s=0.2),
        DriverConfig(name="two", kind="modbus_tcp", port=port, unit=2, backoff_s=0.2),
        DriverConfig(name="plc", kind="opcua", url=url, publishing_s=0.2, backoff_s=0.2),
    )
    points = [
        point("a", "one", "hr:0", order="CDAB"),
        point("b", "one", "hr:2", order="DCBA"),
        point("c", "one", "ir:40", type="uint16", scale=0.01),
        point("d", "two", "hr:0", order="BADC", type="float64"),
        point("e", "plc", "ns=2;s=E", "temperature", "degC", utility="heat"),
        point("on", "two", "co:9", "status", "on/off", type="bool", writable=True),
        point("set", "one", "hr:10", "setting", "kPa", order="BADC", writable=True),
        point("plc-set", "plc", "ns=2;s=SET", "setting", "kPa", type="float64", writable=True),
        point("model", "model", "end_min_pressure"),
    ]
    return site(folder, drivers, points)


class Core:
    """Takes samples and remembers the last of each point."""

    def __init__(self) -> None:
        self.value: dict[int, float] = {}
        self.quality: dict[int, int] = {}

    async def take(self, header: dict[str, Any], payload: bytes) -> tuple[dict[str, Any], bytes]:
        samples = SampleBatch.from_bytes(payload)
        for i, handle in enumerate(samples.point.tolist()):
            self.value[handle] = float(samples.value[i])
            self.quality[handle] = int(samples.quality[i])
        return {"number": header["number"]}, b""


async def until(condition: Callable[[], bool], seconds: float = 20.0) -> None:
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110  # any condition, not one event
            await asyncio.sleep(0.02)


def test_units_behind_one_port_share_a_server(tmp_path: Path) -> None:
    config = field_config(city(tmp_path))
    assert [d.name for d in config.drivers] == ["one", "plc"]
    addresses = {p.id: (p.driver, p.address) for p in config.points}
    assert addresses["d"] == ("one", "2/hr:0")
    assert addresses["a"] == ("one", "hr:0")
    assert "model" not in addresses
    assert config.seed == 5


def test_a_site_without_a_field_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FieldError, match="no modbus_tcp or opcua driver"):
        field_config(site(tmp_path, (DriverConfig(name="m", kind="memory"),), []))


async def test_the_gateway_reads_and_commands_the_field(tmp_path: Path) -> None:
    made = city(tmp_path)
    served = [made.points.handle(p.id) for p in made.points if p.driver != "model"]
    with running(field_config(made)):
        bus, core = MemoryBus(), Core()
        await bus.serve("core.samples", core.take)
        gateway = Gateway("g", made.points, made.drivers, made.scan, bus.peer(), SystemClock())
        task = asyncio.create_task(gateway.run())
        try:
            await until(lambda: all(is_good(core.quality.get(h, 1 << 31)) for h in served))
            values = {made.points[h].id: core.value[h] for h in served}
            for name in ("a", "b", "c", "d"):
                assert values[name] == pytest.approx(0.2e6, rel=0.2), name
            assert 230.0 < values["e"] < 310.0
            for name, value in (("set", 123_500.0), ("plc-set", 98_250.0), ("on", 0.0)):
                handle = made.points.handle(name)
                ask = {"point": handle, "value": value, "origin": "manual"}
                answer, _ = await bus.call("gateway.write", ask)
                assert answer["ok"], answer
                assert answer["readback"] == pytest.approx(value)
                await until(lambda h=handle, v=value: bool(np.isclose(core.value[h], v)))  # type: ignore[misc]
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
