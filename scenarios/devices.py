"""The field devices of a new site: how they hold their numbers, and where they listen."""

from __future__ import annotations

import socket
from collections.abc import Collection
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from zlib import crc32

from network_models.problems import InputError, Problem
from scada.drivers.config import DriverConfig
from scada.point_table import PointTable
from scenarios.point_book import Device

DEVICES = (
    Device(name="plc-01", kind="opcua"),
    Device(name="rtu-01", kind="modbus_tcp", word_order="ABCD"),
    Device(name="rtu-02", kind="modbus_tcp", word_order="CDAB", area="ir"),
    Device(name="rtu-03", kind="modbus_tcp", number="int16", word_order="BADC"),
    Device(name="rtu-04", kind="modbus_tcp", word_order="DCBA"),
)
"""One PLC and four RTUs: all word orders, whole numbers and floats, both register areas."""

HOST = "127.0.0.1"
SLOTS = 150
"""How many sites of one machine get ports of their own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """Where a site listens: its RTUs from `modbus` on, one port each."""

    modbus: int = 15020
    opcua: int = 14840
    web: int = 8080

    @property
    def all(self) -> tuple[int, ...]:
        """Every port of the site."""
        rtus = sum(device.kind == "modbus_tcp" for device in DEVICES)
        return (self.web, self.opcua, *range(self.modbus, self.modbus + rtus))


def driver_configs(points: PointTable, ports: Ports) -> tuple[DriverConfig, ...]:
    """The links to the devices that have points, RTUs first."""
    used = {point.driver for point in points}
    rtus = [device for device in DEVICES if device.kind == "modbus_tcp"]
    drivers = [
        DriverConfig(name=device.name, kind="modbus_tcp", host=HOST, port=ports.modbus + i)
        for i, device in enumerate(rtus)
    ]
    drivers += [
        DriverConfig(
            name=device.name,
            kind="opcua",
            url=f"opc.tcp://{HOST}:{ports.opcua}/ringmain/{device.name}",
        )
        for device in DEVICES
        if device.kind == "opcua"
    ]
    return tuple(driver for driver in drivers if driver.name in used)


def free_ports(folder: Path) -> Ports:
    """Ports for a site in `folder` that are free now.

    The search begins at a place that depends on the folder, so that two sites made one after the
    other can run at the same time. InputError when there is no free set.
    """
    first = crc32(str(folder.resolve()).encode()) % SLOTS
    for turn in range(SLOTS):
        slot = (first + turn) % SLOTS
        ports = Ports(modbus=15020 + 10 * slot, opcua=14840 + slot, web=8080 + slot)
        if _all_free(ports.all):
            return ports
    raise InputError(
        [
            Problem(
                file=str(folder),
                line=None,
                field="ports",
                found="none free",
                expected="free ports from 8080, 14840 and 15020 on",
            )
        ]
    )


def _all_free(ports: Collection[int]) -> bool:
    for port in ports:
        with closing(socket.socket(socket.AF_INET, socket.SOCK_STREAM)) as probe:
            try:
                probe.bind((HOST, port))
            except OSError:
                return False
    return True
