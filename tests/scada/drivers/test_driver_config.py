"""Links as site.toml describes them: every fault of every table at once."""

import pytest

from network_models.problems import InputError
from scada.drivers.config import read_drivers


def test_links_are_read():
    modbus, opcua = read_drivers(
        [
            {"name": "rtu-01", "kind": "modbus_tcp", "port": 15020, "timeout_s": 1},
            {"name": "plc-01", "kind": "opcua", "url": "opc.tcp://127.0.0.1:4840/x"},
        ]
    )
    assert (modbus.port, modbus.unit, modbus.max_gap) == (15020, 1, 8)
    assert modbus.endpoint == "modbus+tcp://127.0.0.1:15020/1"
    assert opcua.endpoint == "opc.tcp://127.0.0.1:4840/x"


def test_every_fault_is_named():
    with pytest.raises(InputError) as caught:
        read_drivers(
            [
                {"name": "a", "kind": "modbus_tcp", "port": 0, "unit": 1.5, "colour": "red"},
                {"name": "a", "kind": "opcua", "url": "http://x", "publishing_s": True},
                {"kind": "profibus", "host": 5},
                {"name": "model", "kind": "memory"},
            ]
        )
    assert sorted(p.field for p in caught.value.problems) == sorted(
        [
            "drivers.a.port",
            "drivers.a.unit",
            "drivers.a.colour",
            "drivers.a.url",
            "drivers.a.publishing_s",
            "drivers.a.name",
            "drivers.3.name",
            "drivers.3.kind",
            "drivers.3.host",
            "drivers.model.name",
        ]
    )


def test_a_password_does_not_show():
    (config,) = read_drivers(
        [{"name": "p", "kind": "opcua", "url": "opc.tcp://h:1", "password": "secret"}]
    )
    assert "secret" not in repr(config)


def test_holes_are_checked():
    (config,) = read_drivers([{"name": "a", "kind": "modbus_tcp", "holes": ["hr:1-2", "3/ir:9-9"]}])
    assert config.holes == ("hr:1-2", "3/ir:9-9")
    bad = {"name": "a", "kind": "modbus_tcp", "holes": ["hr:5-2", "hr:1", "hr:1.2-3", "x:1-2"]}
    with pytest.raises(InputError) as caught:
        read_drivers([bad])
    assert [p.field for p in caught.value.problems] == ["drivers.a.holes"] * 4
