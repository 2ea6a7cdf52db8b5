"""Makes a point list: gives every point a place on a field device and a raw number format."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from network_models.units import UNITS
from scada.point import Limits, Point, Priority, RegisterType, Utility, WordOrder
from scada.point_table import PointTable
from scada.registers import REGISTERS

STEP_INT16: dict[str, float] = {
    "MPa": 0.0001,
    "kPa": 0.1,
    "Pa": 1.0,
    "m": 0.001,
    "mHead": 0.01,
    "m3/h": 0.2,
    "degC": 0.01,
    "ratio": 0.0001,
    "mg/L": 0.001,
    "NTU": 0.001,
    "t/h": 0.1,
    "MW": 0.01,
}
"""What one count of a 16-bit converter means, by unit."""

DEADBAND: dict[str, float] = {
    "MPa": 0.001,
    "kPa": 0.2,
    "Pa": 10.0,
    "m": 0.01,
    "mHead": 0.02,
    "m3/h": 0.5,
    "degC": 0.1,
    "t/h": 0.5,
    "mg/L": 0.01,
    "NTU": 0.01,
}
"""Smaller changes are not stored; in the point's unit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """How a device holds its numbers: as 32-bit floats, or as scaled 16-bit whole numbers."""

    name: str
    kind: Literal["modbus_tcp", "opcua"]
    number: RegisterType = "float32"
    word_order: WordOrder = "ABCD"
    area: Literal["hr", "ir"] = "hr"
    """Where readings lie; what can be written is always a holding register."""


@dataclass(slots=True)
class PointBook:
    """Points in the making."""

    devices: Mapping[str, Device]
    points: list[Point] = field(default_factory=list)
    _next: dict[tuple[str, str], int] = field(default_factory=dict)

    def add(
        self,
        id_: str,
        device: str,
        utility: Utility,
        quantity: str,
        unit: str,
        element: str,
        text: tuple[str, str],
        *,
        scan: str = "normal",
        writable: bool = False,
        limits: Mapping[str, float] | None = None,
        alarm_deadband: float = 0.0,
        on_delay_s: float = 0.0,
        priority: Priority = "medium",
        rule: str = "",
        end_point: bool = False,
    ) -> None:
        """Put a point on a device (`model`: filled by the live model).

        `limits` and `alarm_deadband` are in the point's unit; `text` is Chinese and English.
        """
        number, order, scale, address = self._place(id_, device, quantity, unit, writable)
        known = UNITS[unit]
        self.points.append(
            Point(
                id=id_,
                utility=utility,
                quantity=quantity,
                unit=unit,
                element=element,
                driver=device,
                address=address,
                type=number,
                word_order=order,
                scale=scale,
                scan=scan,
                writable=writable,
                deadband=DEADBAND.get(unit, 0.0) * known.factor,
                limits=Limits(
                    **{name: known.to_si(value) for name, value in (limits or {}).items()},
                    deadband=alarm_deadband * known.factor,
                    on_delay_s=on_delay_s,
                ),
                priority=priority,
                rule=rule,
                end_point=end_point,
                text_zh=text[0],
                text_en=text[1],
            )
        )

    def table(self) -> PointTable:
        """The finished list."""
        return PointTable(self.points)

    def _place(
        self, id_: str, name: str, quantity: str, unit: str, writable: bool
    ) -> tuple[RegisterType, WordOrder, float, str]:
        """Type, word order, scale and address of the next point of a device."""
        if name == "model":
            return "float64", "ABCD", 1.0, id_.removeprefix("MODEL-").lower().replace("-", "_")
        device = self.devices[name]
        binary = quantity == "status"
        if device.kind == "opcua":
            return ("bool" if binary else "float64"), "ABCD", 1.0, f"ns=2;s={id_.replace('-', '.')}"
        if binary:
            area = "co" if writable else "di"
            return "bool", "ABCD", 1.0, f"{area}:{self._take(name, area, 1)}"
        area = "hr" if writable else device.area
        # a command is a float even on a device with scaled readings: no rounding on the way back
        number: RegisterType = "float32" if writable else device.number
        scale = STEP_INT16[unit] if number == "int16" else 1.0
        return (
            number,
            device.word_order,
            scale,
            f"{area}:{self._take(name, area, REGISTERS[number])}",
        )

    def _take(self, device: str, area: str, width: int) -> int:
        place = self._next.get((device, area), 0)
        self._next[(device, area)] = place + width
        return place
