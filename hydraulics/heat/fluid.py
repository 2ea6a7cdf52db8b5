"""The fluid of a heat network as one table by temperature: density, viscosity, heat content.

Properties are straight lines between the table's temperatures, so enthalpy, the integral of the
heat capacity, is known exactly and so is its inverse: what mixes and what cools is enthalpy, and
energy closes to rounding.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from hydraulics.compiled import lean_kernel
from hydraulics.heat import water_properties as water
from hydraulics.types import F64
from network_models.network import Network
from network_models.physics import Fluid, Property
from network_models.property_values import property_at


class FluidTable(NamedTuple):
    """Properties at growing temperatures (M,), SI; beyond the ends the last line goes on."""

    temperature: F64
    density: F64
    viscosity: F64
    capacity: F64
    enthalpy: F64
    """J/kg above the first temperature."""


def fluid_of(net: Network) -> FluidTable:
    """The fluid that fills a network: the one its file describes, or water."""
    fluid = net.fluids.get(net.physics.fluid or "")
    needed = () if fluid is None else (fluid.density, fluid.viscosity, fluid.heat_capacity)
    if fluid is None or any(given is None for given in needed):
        grid = np.arange(273.5, water.MOST_K, 0.5)
        return _table(
            grid,
            water.density_kgm3(grid),
            water.viscosity_pas(grid),
            water.heat_capacity_jkgk(grid),
        )
    return _of_file(fluid)


def _of_file(fluid: Fluid) -> FluidTable:
    """Tables keep all their temperatures; what is no line has one every kelvin."""
    given = [p for p in (fluid.density, fluid.viscosity, fluid.heat_capacity) if p is not None]
    knots: set[float] = {273.15, 473.15}
    for one in given:
        if one.kind == "table":
            knots.update(one.x)
        elif one.kind in ("polynomial", "sutherland"):
            knots.update(np.arange(273.15, 473.2, 1.0).tolist())
    grid = np.array(sorted(knots))
    return _table(grid, *(_values(one, grid) for one in given))


def _values(given: Property, grid: Iterable[float]) -> F64:
    open_ended = given if given.kind != "table" else _beyond(given)
    return np.array([property_at(open_ended, float(t)) for t in grid])


def _beyond(given: Property) -> Property:
    return Property(kind="table", x=given.x, y=given.y, extrapolate=True)


def _table(grid: F64, density: F64, viscosity: F64, capacity: F64) -> FluidTable:
    steps = 0.5 * (capacity[1:] + capacity[:-1]) * np.diff(grid)
    return FluidTable(
        temperature=grid,
        density=density,
        viscosity=viscosity,
        capacity=capacity,
        enthalpy=np.concatenate(([0.0], np.cumsum(steps))),
    )


@lean_kernel
def cell(grid: F64, value: float) -> int:
    """The cell of a growing grid a value is in; that at the end for values beyond."""
    low, high = 0, len(grid) - 1
    while high - low > 1:
        middle = (low + high) // 2
        if grid[middle] <= value:
            low = middle
        else:
            high = middle
    return low


@lean_kernel
def lookup(grid: F64, values: F64, argument: float) -> float:
    """A property at a temperature (K)."""
    i = cell(grid, argument)
    share = (argument - grid[i]) / (grid[i + 1] - grid[i])
    return float(values[i] + share * (values[i + 1] - values[i]))


@lean_kernel
def enthalpy_at(f: FluidTable, temperature: float) -> float:
    """Enthalpy (J/kg) at a temperature (K)."""
    i = cell(f.temperature, temperature)
    d = temperature - f.temperature[i]
    slope = (f.capacity[i + 1] - f.capacity[i]) / (f.temperature[i + 1] - f.temperature[i])
    return float(f.enthalpy[i] + d * (f.capacity[i] + 0.5 * slope * d))


@lean_kernel
def temperature_at(f: FluidTable, enthalpy: float) -> float:
    """Temperature (K) at an enthalpy (J/kg): the root of the cell's parabola."""
    i = cell(f.enthalpy, enthalpy)
    slope = (f.capacity[i + 1] - f.capacity[i]) / (f.temperature[i + 1] - f.temperature[i])
    over = enthalpy - f.enthalpy[i]
    c = f.capacity[i]
    root = max(0.0, c * c + 2.0 * slope * over) ** 0.5
    return float(f.temperature[i] + 2.0 * over / (c + root))


@lean_kernel
def enthalpies(f: FluidTable, temperature: F64, enthalpy: F64) -> None:
    """Write enthalpies (J/kg) of temperatures (K)."""
    for i in range(len(temperature)):
        enthalpy[i] = enthalpy_at(f, temperature[i])


@lean_kernel
def two_enthalpies(f: FluidTable, one_k: F64, one: F64, other_k: F64, other: F64) -> None:
    """Write the enthalpies of two arrays of temperatures."""
    for i in range(len(one)):
        one[i] = enthalpy_at(f, one_k[i])
    for i in range(len(other)):
        other[i] = enthalpy_at(f, other_k[i])


@lean_kernel
def two_temperatures(f: FluidTable, one: F64, one_k: F64, other: F64, other_k: F64) -> None:
    """Write the temperatures of two arrays of enthalpies."""
    for i in range(len(one)):
        one_k[i] = temperature_at(f, one[i])
    for i in range(len(other)):
        other_k[i] = temperature_at(f, other[i])
