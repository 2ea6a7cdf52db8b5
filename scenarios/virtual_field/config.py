"""What the virtual field is told: drivers to serve, their points, the networks behind them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from scada.point import Point

ServedKind = Literal["modbus_tcp", "opcua"]


class FieldError(RuntimeError):
    """The virtual field cannot start or go on; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldDriver:
    """One server: a Modbus TCP RTU (host, port, unit) or an OPC UA PLC (url)."""

    name: str
    kind: ServedKind
    host: str = "127.0.0.1"
    port: int = 502
    unit: int = 1
    url: str = ""

    @property
    def endpoint(self) -> str:
        """Where a client finds it."""
        return self.url if self.kind == "opcua" else f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldConfig:
    """A whole virtual field.

    `networks` maps a utility to its file. `speed` is simulated seconds a second; clocks of the
    plant begin at the site's local time. Points of drivers that are not served are left out.
    """

    name: str
    data: str
    drivers: tuple[FieldDriver, ...]
    points: tuple[Point, ...]
    networks: dict[str, str]
    timezone: str = "Asia/Shanghai"
    seed: int = 1
    speed: float = 1.0
    cycle_s: float = 1.0
    plant_step_s: float = 2.0

    def points_of(self, driver: str) -> tuple[Point, ...]:
        """The points a driver serves, in the order of the list."""
        return tuple(p for p in self.points if p.driver == driver)

    @property
    def folder(self) -> Path:
        """Where `truth.npz` and `field.json` are written."""
        return Path(self.data)
