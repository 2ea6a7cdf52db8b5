"""What leaves a link that is no pipe: the heat it takes out of the water that passes."""

from __future__ import annotations

from typing import NamedTuple

from hydraulics.compiled import inner_kernel
from hydraulics.heat.fluid import FluidTable, enthalpy_at, temperature_at
from hydraulics.types import F64, U8

PASS, TAKE, HOLD, DROP = range(4)
"""Nothing happens; a heat is taken; an outlet temperature is held; a temperature drop is held."""


class Outlets(NamedTuple):
    """How each link (L,) changes the enthalpy of its water."""

    mode: U8
    heat: F64
    """W to take (TAKE); of a pipe what it loses whatever its temperature."""
    least: F64
    """J/kg: TAKE cools no further; -inf where there is no limit."""
    held: F64
    """K: the outlet temperature of HOLD, the drop of DROP."""


@inner_kernel
def outlet(o: Outlets, f: FluidTable, k: int, flow: float, entering: float) -> float:
    """Enthalpy (J/kg) behind link `k` with |flow| kg/s of `entering` in front of it."""
    mode = o.mode[k]
    if mode == TAKE:
        leaving = entering - o.heat[k] / flow
        if o.heat[k] > 0.0 and leaving < o.least[k]:
            return float(min(entering, o.least[k]))
        return float(leaving)
    if mode == HOLD:
        return float(min(entering, enthalpy_at(f, o.held[k])))
    if mode == DROP:
        return float(enthalpy_at(f, temperature_at(f, entering) - o.held[k]))
    return entering
