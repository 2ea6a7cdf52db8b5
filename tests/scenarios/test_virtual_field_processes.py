"""The processes of the field: they come back when killed, leave with their parent, fail loudly."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import time
from pathlib import Path

import pytest
from field_process import free_port, running
from pyModbusTCP.client import ModbusClient

from scada.point import Point
from scenarios.virtual_field import FieldConfig, FieldDriver, FieldError, run_field


def config(folder: Path, port: int) -> FieldConfig:
    point = Point(
        id="p",
        utility="gas",
        quantity="setting",
        unit="MPa",
        driver="rtu",
        address="hr:0",
        writable=True,
    )
    return FieldConfig(
        name="test",
        data=str(folder),
        drivers=(FieldDriver(name="rtu", kind="modbus_tcp", port=port),),
        points=(point,),
        networks={},
        cycle_s=0.2,
    )


def alive(pid: int) -> bool:
    """Whether a process runs; one that ended but was not waited for does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def eventually(condition: object, seconds: float = 30.0) -> bool:
    """Whether a callable turns true before the time is over."""
    assert callable(condition)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.05)
    return False


def test_a_killed_process_comes_back(tmp_path: Path) -> None:
    with running(config(tmp_path, free_port())) as field:
        client = ModbusClient("127.0.0.1", field.config.drivers[0].port, timeout=2.0)
        assert client.write_multiple_registers(0, [0x3E80, 0])
        plant, rtu = field.pids()
        os.kill(rtu, signal.SIGKILL)
        # The plant lives on: the new server shows what was written to the old one.
        assert eventually(lambda: client.open() and client.read_holding_registers(0, 1))
        assert eventually(lambda: client.read_holding_registers(0, 2) == [0x3E80, 0])
        os.kill(plant, signal.SIGKILL)
        # Without the plant the RTU still answers, and writes reach the next plant.
        assert client.read_holding_registers(0, 2) == [0x3E80, 0]
        assert eventually(lambda: client.write_multiple_registers(0, [0x3F00, 0]))
        assert client.read_holding_registers(0, 2) == [0x3F00, 0]
        client.close()


def test_no_orphans_when_the_parent_is_killed(tmp_path: Path) -> None:
    with running(config(tmp_path, free_port())) as field:
        pids = field.pids()
        assert all(alive(pid) for pid in pids)
        field.process.kill()
        field.process.wait()
        assert eventually(lambda: not any(alive(pid) for pid in pids))


def test_nothing_is_left_after_a_stop(tmp_path: Path) -> None:
    with running(config(tmp_path, free_port())) as field:
        pids = field.pids()
        field.stop()
        assert not any(alive(pid) for pid in pids)
        assert not (tmp_path / "field.json").exists()
        with socket.socket() as s:
            s.bind(("127.0.0.1", field.config.drivers[0].port))


def test_a_taken_port_is_said(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(FieldError, match="rtu ended before it was ready"):
            asyncio.run(run_field(config(tmp_path, port)))
    assert f"rtu: cannot listen on 127.0.0.1:{port}" in capfd.readouterr().err
