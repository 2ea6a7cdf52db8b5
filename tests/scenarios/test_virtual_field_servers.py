"""The simulated RTU and PLC as foreign clients see them: pyModbusTCP, mbpoll, an OPC UA client."""

from __future__ import annotations

import asyncio
import math
import re
import shutil
import struct
import subprocess
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from asyncua import Client, ua
from field_process import RunningField, free_port, running
from pyModbusTCP.client import ModbusClient

from scada.point import Point, WordOrder
from scenarios.virtual_field import FieldConfig, FieldDriver

ORDERS: tuple[WordOrder, ...] = ("ABCD", "CDAB", "BADC", "DCBA")
# How each order packs a float, in the words of the struct module alone.
PACK: dict[str, Callable[[float], tuple[int, ...]]] = {
    "ABCD": lambda v: struct.unpack(">2H", struct.pack(">f", v)),
    "CDAB": lambda v: struct.unpack(">2H", struct.pack(">f", v))[::-1],
    "BADC": lambda v: struct.unpack("<2H", struct.pack(">f", v)),
    "DCBA": lambda v: struct.unpack("<2H", struct.pack(">f", v))[::-1],
}


def set_point(name: str, address: str, order: WordOrder, driver: str = "rtu") -> Point:
    return Point(
        id=name,
        utility="gas",
        quantity="setting",
        unit="MPa",
        driver=driver,
        address=address,
        word_order=order,
        writable=True,
    )


def switch(name: str, address: str, driver: str = "rtu", *, writable: bool = True) -> Point:
    return Point(
        id=name,
        utility="gas",
        quantity="status",
        unit="on/off",
        driver=driver,
        address=address,
        type="bool",
        writable=writable,
    )


def points() -> tuple[Point, ...]:
    rtu = [set_point(f"sp-{o}", f"hr:{10 + 2 * i}", o) for i, o in enumerate(ORDERS)]
    pressure = Point(
        id="p",
        utility="gas",
        quantity="pressure",
        unit="MPa",
        driver="rtu",
        address="ir:7",
        type="uint16",
        scale=0.0001,
    )
    plc = [
        Point(
            id=f"t{i}",
            utility="heat",
            quantity="temperature",
            unit="degC",
            driver="plc",
            address=f"ns=2;s=PLC.T{i}",
            text_en=f"Supply {i}",
        )
        for i in range(130)
    ]
    return (
        *rtu,
        pressure,
        switch("on", "co:5"),
        switch("seen", "di:17", writable=False),
        switch("bit", "hr:100.3"),
        set_point("far", "9/hr:0", "ABCD"),
        *plc,
        set_point("plc-sp", "ns=2;s=PLC.SP", "ABCD", "plc"),
        switch("plc-on", "ns=2;i=77", "plc"),
    )


@pytest.fixture(scope="module")
def field(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningField]:
    config = FieldConfig(
        name="test",
        data=str(tmp_path_factory.mktemp("field")),
        drivers=(
            FieldDriver(name="rtu", kind="modbus_tcp", port=free_port()),
            FieldDriver(
                name="plc", kind="opcua", url=f"opc.tcp://127.0.0.1:{free_port()}/ringmain/plc"
            ),
        ),
        points=points(),
        networks={},
        cycle_s=0.2,
    )
    with running(config) as made:
        yield made


@pytest.fixture
def rtu(field: RunningField) -> Iterator[ModbusClient]:
    client = ModbusClient("127.0.0.1", field.config.drivers[0].port, timeout=5.0)
    yield client
    client.close()


def test_field_json_names_every_endpoint(field: RunningField) -> None:
    rtu, plc = field.said["endpoints"]
    assert rtu["endpoint"] == f"127.0.0.1:{field.config.drivers[0].port}"
    assert plc["endpoint"] == field.config.drivers[1].url
    assert (rtu["points"], plc["points"]) == (9, 132)
    assert len({*field.pids(), field.process.pid}) == 4
    assert (Path(field.config.data) / "field.json").exists()


@pytest.mark.parametrize("order", ORDERS)
def test_floats_in_every_word_order(rtu: ModbusClient, order: str) -> None:
    address = 10 + 2 * ORDERS.index(order)  # type: ignore[arg-type]
    assert rtu.write_multiple_registers(address, list(PACK[order](0.3125)))
    assert tuple(rtu.read_holding_registers(address, 2)) == PACK[order](0.3125)


@pytest.mark.parametrize(("order", "flags"), [("ABCD", ["-B"]), ("CDAB", [])])
def test_mbpoll_reads_and_writes(field: RunningField, order: str, flags: list[str]) -> None:
    mbpoll = shutil.which("mbpoll")
    if mbpoll is None:
        pytest.skip("mbpoll is not installed")
    address = 10 + 2 * ORDERS.index(order)  # type: ignore[arg-type]
    base = [mbpoll, "-0", "-1", "-t", "4:float", "-r", str(address), *flags]
    base += ["-p", str(field.config.drivers[0].port), "127.0.0.1"]
    wrote = subprocess.run([*base, "0.21875"], capture_output=True, text=True, check=False)
    assert wrote.returncode == 0, wrote.stdout + wrote.stderr
    read = subprocess.run(base, capture_output=True, text=True, check=False)
    assert re.search(rf"\[{address}\]:\s+0\.21875\b", read.stdout), read.stdout


def test_measurements_move_and_hold_still_for_nobody(rtu: ModbusClient) -> None:
    seen = set()
    for _ in range(100):
        seen.add(rtu.read_input_registers(7, 1)[0])
        if len(seen) > 3:
            break
        time.sleep(0.1)
    assert len(seen) > 3
    assert all(1000 < raw < 4000 for raw in seen)


def test_coils_inputs_and_bits(rtu: ModbusClient) -> None:
    assert rtu.read_discrete_inputs(17, 1) == [True]
    for on in (False, True):
        assert rtu.write_single_coil(5, on)
        assert rtu.read_coils(5, 1) == [on]
        assert rtu.write_single_register(100, on << 3)
        assert rtu.read_holding_registers(100, 1) == [on << 3]


def test_holes_refused_writes_and_foreign_units_answer_exceptions(rtu: ModbusClient) -> None:
    for answer, code in (
        (lambda: rtu.read_holding_registers(0, 5), 2),
        (lambda: rtu.read_holding_registers(10, 9), 2),
        (lambda: rtu.read_coils(100, 1), 2),
        (lambda: rtu.write_single_register(10, 1), 3),
        (lambda: rtu.write_single_register(200, 1), 2),
        (lambda: rtu.write_multiple_registers(10, [0x7FC0, 0]), 3),
    ):
        assert not answer()
        assert rtu.last_except == code


def test_another_unit_behind_the_same_endpoint(field: RunningField) -> None:
    client = ModbusClient("127.0.0.1", field.config.drivers[0].port, unit_id=9, timeout=5.0)
    assert client.write_multiple_registers(0, list(PACK["ABCD"](0.5)))
    assert tuple(client.read_holding_registers(0, 2)) == PACK["ABCD"](0.5)
    assert client.read_input_registers(7, 1) is None
    client.close()


class Changes:
    """Counts the data changes of a subscription by node."""

    def __init__(self) -> None:
        self.seen: dict[str, list[float]] = {}

    def datachange_notification(self, node: object, value: float, _data: object) -> None:
        self.seen.setdefault(str(node), []).append(value)


async def test_opc_ua_reads_subscribes_and_writes(field: RunningField) -> None:
    async with Client(field.config.drivers[1].url, timeout=10) as client:
        nodes = [client.get_node(f"ns=2;s=PLC.T{i}") for i in range(130)]
        first = await nodes[0].read_data_value()
        assert first.StatusCode is not None
        assert first.StatusCode.is_good()
        assert first.SourceTimestamp is not None
        assert -30.0 < first.Value.Value < 60.0
        assert first.Value.VariantType == ua.VariantType.Float
        assert (await nodes[0].read_type_definition()).Identifier == ua.ObjectIds.AnalogItemType
        unit = await (await nodes[0].get_child("0:EngineeringUnits")).read_value()
        assert unit.DisplayName.Text == "degC"

        changes = Changes()
        subscription = await client.create_subscription(100, changes)
        await subscription.subscribe_data_change(nodes)
        for _ in range(100):
            if len(changes.seen) == 130 and min(map(len, changes.seen.values())) > 2:
                break
            await asyncio.sleep(0.1)
        assert len(changes.seen) == 130
        # Written on change only: a node never tells the same value twice.
        assert all(a != b for v in changes.seen.values() for a, b in pairwise(v))
        await subscription.delete()

        setting = client.get_node("ns=2;s=PLC.SP")
        await setting.write_value(ua.Variant(0.25, ua.VariantType.Float))
        assert await setting.read_value() == 0.25
        running_ = client.get_node("ns=2;i=77")
        await running_.write_value(ua.Variant(False, ua.VariantType.Boolean))
        assert await running_.read_value() is False
        with pytest.raises(ua.UaStatusCodeError) as refused:
            await setting.write_value(ua.Variant(math.nan, ua.VariantType.Float))
        assert refused.value.code == ua.StatusCodes.BadOutOfRange
        assert await setting.read_value() == 0.25
        with pytest.raises(ua.UaStatusCodeError):
            await nodes[0].write_value(ua.Variant(1.0, ua.VariantType.Float))
        with pytest.raises(ua.UaStatusCodeError):
            await setting.write_value(ua.Variant(1.0, ua.VariantType.Double))
        assert await setting.read_value() == 0.25


async def test_opc_ua_folders_stay_small(field: RunningField) -> None:
    async with Client(field.config.drivers[1].url, timeout=10) as client:
        top = await client.nodes.objects.get_child("2:plc")
        sizes = [len(await folder.get_children()) for folder in await top.get_children()]
    assert sizes == [100, 32]
