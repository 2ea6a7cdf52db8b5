"""What flows and by which laws: fluids with their properties, and the laws a file asks for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from network_models.elements import GasFriction

ZERO_C_K = 273.15
"""0 degrees Celsius in kelvin."""
NORMAL_PRESSURE_PA = 101325.0
NORMAL_TEMPERATURE_K = ZERO_C_K
"""Normal conditions, to which normal cubic metres refer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Property:
    """A property by temperature in kelvin, or (compressibility) by absolute pressure in bar.

    `constant`: y[0]. `table`: straight lines through (x, y), and beyond the ends too if
    `extrapolate`. `linear`: y[0] + y[1] * argument. `polynomial`: coefficients y, highest power
    first. `sutherland`: y = (eta0, T0, S), eta0 (T0 + S)/(T + S) (T/T0)**1.5.
    """

    kind: Literal["constant", "table", "linear", "polynomial", "sutherland"]
    x: tuple[float, ...] = ()
    y: tuple[float, ...]
    extrapolate: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Fluid:
    """A gas or liquid, by composition or by properties; SI, None where nothing is known.

    `fractions` are mole fractions by component (names of `gas_mixture`). `density` is kg/m3, for
    a gas at normal pressure; `viscosity` Pa s; `heat_capacity` J/(kg K); `compressibility` 1.
    Heating values are J a normal m3. `ideal_heat_capacity` are coefficients of the molar heat
    capacity A + B T + C T^2 in J/(mol K).
    """

    id: str
    phase: Literal["gas", "liquid"] = "gas"
    fractions: tuple[tuple[str, float], ...] = ()
    molar_mass_kgmol: float | None = None
    normal_density_kgm3: float | None = None
    upper_heating_value_jm3: float | None = None
    lower_heating_value_jm3: float | None = None
    critical_pressure_pa: float | None = None
    """Absolute, pseudo-critical for a mixture."""
    critical_temperature_k: float | None = None
    ideal_heat_capacity: tuple[float, ...] = ()
    density: Property | None = None
    viscosity: Property | None = None
    heat_capacity: Property | None = None
    compressibility: Property | None = None
    compressibility_slope: Property | None = None
    """dZ/dp in 1/bar, where a file states it by itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Physics:
    """The laws of a gas or heat network.

    `laws` says whose equations decide: our own, or those of the program the file comes from.
    `other` are that program's options as the file states them, in its own words.
    """

    laws: Literal["ringmain", "pandapipes"] = "ringmain"
    fluid: str | None = None
    """Id of the fluid that fills the network where no source says otherwise."""
    friction: GasFriction = "colebrook"
    ambient_pressure_pa: float = NORMAL_PRESSURE_PA
    ambient_by_height: bool = False
    """Gauge pressures count from the barometric pressure at each node's height."""
    ambient_temperature_k: float = 283.15
    gravity_ms2: float = 9.80665
    gas_temperature_k: float = 288.15
    other: tuple[tuple[str, str], ...] = ()


Quantity = Literal["flow", "pressure"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """Limits of a node's flow (kg/s, into the network at entries, out of it at exits) or gauge
    pressure (Pa); None is no limit."""

    node: str
    quantity: Quantity
    lower: float | None = None
    upper: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One nomination: what entries must feed and exits must get."""

    id: str
    bounds: tuple[Bound, ...]
