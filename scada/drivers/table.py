"""The kinds of drivers: one small record each. A library is imported when a link needs it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import cast

from scada.drivers.config import DriverKind
from scada.drivers.link import Driver, DriverJob


@dataclass(frozen=True, slots=True)
class DriverType:
    """A kind of driver and where its class is."""

    kind: DriverKind
    title: str
    module: str
    name: str

    def make(self, job: DriverJob) -> Driver:
        """A driver for one link; ValueError when a point's address does not fit the kind."""
        factory = cast(
            "Callable[[DriverJob], Driver]", getattr(import_module(self.module), self.name)
        )
        return factory(job)


DRIVERS: dict[str, DriverType] = {
    driver.kind: driver
    for driver in (
        DriverType("modbus_tcp", "Modbus TCP", "scada.drivers.modbus_tcp", "ModbusTcpDriver"),
        DriverType("opcua", "OPC UA", "scada.drivers.opcua", "OpcUaDriver"),
        DriverType("memory", "In memory", "scada.drivers.memory", "MemoryDriver"),
    )
}
"""Driver kinds by the word that `kind` has in site.toml."""
