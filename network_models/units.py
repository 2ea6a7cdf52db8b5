"""One table of units: every conversion at the edges goes through here.

A unit belongs to one quantity; `to_si` gives `value * factor + offset`. Pressures are gauge.
SI units used inside: Pa, m, m3/s, kg/s, K, m/s, W, J, 1 (ratios, speeds, statuses), s.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Quantity = Literal[
    "pressure",
    "level",
    "head",
    "flow",
    "mass_flow",
    "temperature",
    "velocity",
    "power",
    "energy",
    "speed",
    "status",
    "position",
    "volume",
    "concentration",
    "turbidity",
    "setting",
    "count",
]

WATER_DENSITY_KGM3 = 1000.0
GRAVITY_MS2 = 9.80665
PA_PER_M_WATER = WATER_DENSITY_KGM3 * GRAVITY_MS2
"""Pascals a metre of water head: 0.14 MPa is 14.28 m."""


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit of one quantity; SI value = value * factor + offset."""

    name: str
    quantity: Quantity
    factor: float
    offset: float = 0.0

    def to_si(self, value: float) -> float:
        """`value` in this unit, as SI."""
        return value * self.factor + self.offset

    def from_si(self, value: float) -> float:
        """An SI value, in this unit."""
        return (value - self.offset) / self.factor


_UNITS = (
    Unit("Pa", "pressure", 1.0),
    Unit("kPa", "pressure", 1e3),
    Unit("MPa", "pressure", 1e6),
    Unit("bar", "pressure", 1e5),
    Unit("mH2O", "pressure", PA_PER_M_WATER),
    Unit("m", "level", 1.0),
    Unit("mm", "level", 1e-3),
    Unit("mHead", "head", 1.0),
    Unit("m3/s", "flow", 1.0),
    Unit("m3/h", "flow", 1.0 / 3600.0),
    Unit("L/s", "flow", 1e-3),
    Unit("kg/s", "mass_flow", 1.0),
    Unit("kg/h", "mass_flow", 1.0 / 3600.0),
    Unit("t/h", "mass_flow", 1000.0 / 3600.0),
    Unit("K", "temperature", 1.0),
    Unit("degC", "temperature", 1.0, 273.15),
    Unit("m/s", "velocity", 1.0),
    Unit("W", "power", 1.0),
    Unit("kW", "power", 1e3),
    Unit("MW", "power", 1e6),
    Unit("J", "energy", 1.0),
    Unit("kWh", "energy", 3.6e6),
    Unit("GJ", "energy", 1e9),
    Unit("m3", "volume", 1.0),
    Unit("L", "volume", 1e-3),
    Unit("ratio", "speed", 1.0),
    Unit("%", "position", 0.01),
    Unit("on/off", "status", 1.0),
    Unit("mg/L", "concentration", 1e-3),
    Unit("NTU", "turbidity", 1.0),
    Unit("pcs", "count", 1.0),
)

UNITS: dict[str, Unit] = {u.name: u for u in _UNITS}
"""Every unit a point or a report may use, by its name."""


def units_of(quantity: str) -> tuple[str, ...]:
    """The unit names of a quantity, the SI unit first."""
    return tuple(u.name for u in _UNITS if u.quantity == quantity)
