"""What a gas is to the solver: gas constant, normal density, viscosity, Z over pressure.

Z by the order: the file's own property; GERG-2008 through pyaga8 where it is installed and the
composition is known (a table over pressure); else Papay's formula on pseudo-critical values, from
the file or by Kay's rule:

    Z = 1 - 3.52 p_r exp(-2.260 T_r) + 0.274 p_r^2 exp(-1.878 T_r)

(J. Papay, 1968), within 1 % to 70 bar for natural gas above 0 C; else 1.
"""

from __future__ import annotations

import importlib.util
import math
from dataclasses import dataclass

import numpy as np

from hydraulics.types import F64
from network_models.gas_mixture import completed, mixture
from network_models.network import Network
from network_models.physics import NORMAL_PRESSURE_PA, NORMAL_TEMPERATURE_K, Fluid, Property
from network_models.property_values import property_at

GAS_CONSTANT = 8.314462618
"""J/(mol K), exact since 2019."""
USUAL_GAS = Fluid(
    id="natural gas",
    fractions=(
        ("methane", 0.92),
        ("ethane", 0.04),
        ("nitrogen", 0.02),
        ("carbon dioxide", 0.01),
        ("propane", 0.01),
    ),
)
"""Taken, and told, where a file names no gas."""
USUAL_VISCOSITY = 1.1e-5
"""Pa s, natural gas at 15 C."""
ENTRIES = 513

CRITICAL: dict[str, tuple[float, float]] = {
    "methane": (4.599e6, 190.56),
    "ethane": (4.872e6, 305.32),
    "propane": (4.248e6, 369.83),
    "n-butane": (3.796e6, 425.12),
    "isobutane": (3.629e6, 407.81),
    "n-pentane": (3.370e6, 469.70),
    "isopentane": (3.378e6, 460.35),
    "hydrogen": (1.296e6, 33.14),
    "carbon monoxide": (3.494e6, 132.86),
    "nitrogen": (3.396e6, 126.19),
    "oxygen": (5.043e6, 154.58),
    "carbon dioxide": (7.377e6, 304.13),
}
"""Critical pressure (Pa) and temperature (K)."""
_GERG = {
    "methane": "methane",
    "ethane": "ethane",
    "propane": "propane",
    "n-butane": "n_butane",
    "isobutane": "isobutane",
    "n-pentane": "n_pentane",
    "isopentane": "isopentane",
    "hydrogen": "hydrogen",
    "carbon monoxide": "carbon_monoxide",
    "nitrogen": "nitrogen",
    "oxygen": "oxygen",
    "carbon dioxide": "carbon_dioxide",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Gas:
    """A gas as the solver takes it.

    `constant` is R in J/(kg K); pandapipes' laws have it by the normal density, p_n / (rho_n T_n).
    `z` and `z_step`, `z_slope` as in `GasTables`; `z_way` says where Z is from.
    """

    id: str
    constant: float
    normal_density: float
    viscosity: Property | None
    z: F64
    z_step: float
    z_slope: float
    z_way: str
    heating_jm3: float
    """Upper heating value, J a normal m3; NaN if unknown."""

    def viscosity_at(self, temperature_k: float) -> float:
        """Pa s; natural gas's where none is known."""
        value = property_at(self.viscosity, temperature_k)
        return USUAL_VISCOSITY if math.isnan(value) else value


def gas_of(fluid: Fluid, temperature_k: float, highest_pa: float, *, foreign: bool) -> Gas:
    """The gas at a temperature, for absolute pressures up to `highest_pa`."""
    full = completed(fluid)
    density = _normal_density(full)
    if full.molar_mass_kgmol is None or foreign:
        constant = NORMAL_PRESSURE_PA / (density * NORMAL_TEMPERATURE_K)
    else:
        constant = GAS_CONSTANT / full.molar_mass_kgmol
    z, step, slope, way = _compressibility(full, temperature_k, highest_pa)
    heating = full.upper_heating_value_jm3
    return Gas(
        id=full.id,
        constant=constant,
        normal_density=density,
        viscosity=full.viscosity,
        z=z,
        z_step=step,
        z_slope=slope,
        z_way=way,
        heating_jm3=math.nan if heating is None else heating,
    )


def gases_of(net: Network) -> dict[str, Fluid]:
    """The fluids a network is fed with, the filling one first; the usual gas where none is."""
    first = net.physics.fluid or next(iter(net.fluids), None)
    named = dict.fromkeys(
        [first, *(gas for n in net.nodes.values() if (gas := getattr(n, "gas", None)) is not None)]
    )
    found = {name: net.fluids[name] for name in named if name is not None}
    return found or {USUAL_GAS.id: USUAL_GAS}


def _normal_density(fluid: Fluid) -> float:
    if fluid.density is not None:
        return property_at(fluid.density, NORMAL_TEMPERATURE_K)
    if fluid.normal_density_kgm3 is not None:
        return fluid.normal_density_kgm3
    if fluid.molar_mass_kgmol is not None:
        return fluid.molar_mass_kgmol * NORMAL_PRESSURE_PA / (GAS_CONSTANT * NORMAL_TEMPERATURE_K)
    return mixture(USUAL_GAS.fractions).density_kgm3


def _compressibility(
    fluid: Fluid, temperature_k: float, highest_pa: float
) -> tuple[F64, float, float, str]:
    """Table, its step, slope and a word for where it is from."""
    given = fluid.compressibility
    if given is not None and given.kind in ("constant", "linear"):
        slope = given.y[1] * 1e-5 if given.kind == "linear" else 0.0
        return np.array([given.y[0]]), 1.0, slope, "the file"
    step = max(highest_pa, 1e5) / (ENTRIES - 1)
    pressure: F64 = step * np.arange(ENTRIES, dtype=np.float64)
    if given is not None:
        return np.array([property_at(given, p * 1e-5) for p in pressure]), step, 0.0, "the file"
    if fluid.fractions and importlib.util.find_spec("pyaga8") is not None:
        return gerg_z(fluid, temperature_k, pressure), step, 0.0, "GERG-2008"
    critical = _critical(fluid)
    if critical is None:
        return np.ones(1), 1.0, 0.0, "ideal gas"
    return papay_z(*critical, temperature_k, pressure), step, 0.0, "Papay"


def _critical(fluid: Fluid) -> tuple[float, float] | None:
    if fluid.critical_pressure_pa is not None and fluid.critical_temperature_k is not None:
        return fluid.critical_pressure_pa, fluid.critical_temperature_k
    if not fluid.fractions:
        return None
    return (
        sum(share * CRITICAL[name][0] for name, share in fluid.fractions),
        sum(share * CRITICAL[name][1] for name, share in fluid.fractions),
    )


def papay_z(critical_pa: float, critical_k: float, temperature_k: float, pressure_pa: F64) -> F64:
    """Papay's Z at absolute pressures."""
    reduced_k = temperature_k / critical_k
    p = pressure_pa / critical_pa
    z: F64 = (
        1.0 - 3.52 * p * math.exp(-2.260 * reduced_k) + 0.274 * p * p * math.exp(-1.878 * reduced_k)
    )
    return np.maximum(z, 0.2)


def gerg_z(fluid: Fluid, temperature_k: float, pressure_pa: F64) -> F64:
    """Z of GERG-2008 at absolute pressures; 1 at none."""
    import pyaga8  # type: ignore[import-untyped,import-not-found,unused-ignore]

    composition = pyaga8.Composition()
    total = sum(share for _, share in fluid.fractions)
    for name, share in fluid.fractions:
        setattr(composition, _GERG[name], share / total)
    gerg = pyaga8.Gerg2008()
    gerg.set_composition(composition)
    gerg.temperature = temperature_k
    z = np.ones(len(pressure_pa))
    for i, p in enumerate(pressure_pa):
        if p > 0.0:
            gerg.pressure = p * 1e-3
            gerg.calc_density(0)
            gerg.calc_properties()
            z[i] = gerg.z
    return z
