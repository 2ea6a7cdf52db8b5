"""Z at a pressure, from the table or the line of a network."""

from __future__ import annotations

from hydraulics.compiled import lean_kernel
from hydraulics.gas.tables import GasTables


@lean_kernel
def z_at(tables: GasTables, pressure: float) -> float:
    """Compressibility at absolute `pressure` (Pa)."""
    z = tables.z
    if len(z) == 1:
        return float(z[0] + tables.z_slope * pressure)
    x = pressure / tables.z_step
    i = min(int(x), len(z) - 2)
    return float(z[i] + (x - i) * (z[i + 1] - z[i]))


@lean_kernel
def z_slope_at(tables: GasTables, pressure: float) -> float:
    """dZ/dp there, 1/Pa."""
    z = tables.z
    if len(z) == 1:
        return float(tables.z_slope)
    i = min(int(pressure / tables.z_step), len(z) - 2)
    return float((z[i + 1] - z[i]) / tables.z_step)
