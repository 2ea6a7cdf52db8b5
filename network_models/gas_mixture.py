"""Properties of a gas from its mole fractions, by the formulas of ISO 6976:1995.

At normal conditions (0 C, 101.325 kPa), combustion at 25 C. With mole fractions x:

    M = sum x M_j                              kg/mol
    Z = 1 - (sum x sqrt(b_j))^2                summation factors at 0 C
    density = p M / (Z R T)                    kg/m3
    H = p / (Z R T) sum x H_j                  J/m3, upper and lower
    Wobbe = H_upper / sqrt(density / 1.292923) J/m3, against dry air

The standard's table values are kJ/mol and good to 0.1 % for natural gases; hydrogen's negative
summation factor is the standard's own.
"""

from __future__ import annotations

from dataclasses import replace
from math import sqrt
from typing import NamedTuple

from network_models.physics import NORMAL_PRESSURE_PA, NORMAL_TEMPERATURE_K, Fluid

GAS_CONSTANT = 8.314510
"""J/(mol K), the value the standard calculates with."""
AIR_DENSITY_KGM3 = 1.292923
_WATER_HEAT_KJ = 44.016
"""Heat of evaporation of water at 25 C, kJ/mol."""


class Component(NamedTuple):
    """A pure gas: molar mass, upper heating value, summation factor, water of its combustion."""

    molar_mass_kgmol: float
    upper_kj_mol: float
    root_b: float
    water_mol: float


COMPONENTS: dict[str, Component] = {
    "methane": Component(16.043e-3, 890.63, 0.0490, 2.0),
    "ethane": Component(30.070e-3, 1560.69, 0.1000, 3.0),
    "propane": Component(44.097e-3, 2219.17, 0.1453, 4.0),
    "n-butane": Component(58.123e-3, 2877.40, 0.2069, 5.0),
    "isobutane": Component(58.123e-3, 2868.20, 0.2049, 5.0),
    "n-pentane": Component(72.150e-3, 3535.77, 0.2864, 6.0),
    "isopentane": Component(72.150e-3, 3528.83, 0.2510, 6.0),
    "hydrogen": Component(2.0159e-3, 285.83, -0.0040, 1.0),
    "carbon monoxide": Component(28.010e-3, 282.98, 0.0265, 0.0),
    "nitrogen": Component(28.0135e-3, 0.0, 0.0224, 0.0),
    "oxygen": Component(31.9988e-3, 0.0, 0.0316, 0.0),
    "carbon dioxide": Component(44.010e-3, 0.0, 0.0819, 0.0),
}


class Mixture(NamedTuple):
    """What follows from a composition; heating values and Wobbe are J a normal m3."""

    molar_mass_kgmol: float
    compressibility: float
    density_kgm3: float
    upper_heating_value_jm3: float
    lower_heating_value_jm3: float
    wobbe_jm3: float


def mixture(fractions: tuple[tuple[str, float], ...]) -> Mixture:
    """The properties of a gas of these mole fractions; ValueError names unknown components."""
    unknown = [name for name, _ in fractions if name not in COMPONENTS]
    if unknown or not fractions:
        known = ", ".join(COMPONENTS)
        raise ValueError(f"unknown components {', '.join(unknown) or '(none given)'}: {known}")
    parts = [(COMPONENTS[name], share) for name, share in fractions]
    mass = sum(share * part.molar_mass_kgmol for part, share in parts)
    z = 1.0 - sum(share * part.root_b for part, share in parts) ** 2
    moles_m3 = NORMAL_PRESSURE_PA / (z * GAS_CONSTANT * NORMAL_TEMPERATURE_K)
    upper = 1e3 * sum(share * part.upper_kj_mol for part, share in parts)
    water = 1e3 * _WATER_HEAT_KJ * sum(share * part.water_mol for part, share in parts)
    density = moles_m3 * mass
    return Mixture(
        molar_mass_kgmol=mass,
        compressibility=z,
        density_kgm3=density,
        upper_heating_value_jm3=moles_m3 * upper,
        lower_heating_value_jm3=moles_m3 * (upper - water),
        wobbe_jm3=wobbe_jm3(moles_m3 * upper, density),
    )


def wobbe_jm3(upper_heating_value_jm3: float, density_kgm3: float) -> float:
    """The upper Wobbe index of a gas by its normal density."""
    return upper_heating_value_jm3 / sqrt(density_kgm3 / AIR_DENSITY_KGM3)


def completed(gas: Fluid) -> Fluid:
    """The gas with what follows from its composition, where the file does not state it."""
    if not gas.fractions:
        return gas
    found = mixture(gas.fractions)

    def stated(value: float | None, derived: float) -> float:
        return derived if value is None else value

    return replace(
        gas,
        molar_mass_kgmol=stated(gas.molar_mass_kgmol, found.molar_mass_kgmol),
        normal_density_kgm3=stated(gas.normal_density_kgm3, found.density_kgm3),
        upper_heating_value_jm3=stated(gas.upper_heating_value_jm3, found.upper_heating_value_jm3),
        lower_heating_value_jm3=stated(gas.lower_heating_value_jm3, found.lower_heating_value_jm3),
    )
