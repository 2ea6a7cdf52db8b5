"""Pipe friction: power laws (Hazen-Williams, Chezy-Manning) and Darcy-Weisbach.

References: L. Rossman et al., EPANET 2.2 User Manual, chapter 12 (2020); Dunlop's cubic between
laminar and turbulent flow as cited there; Swamee and Jain, J. Hydraul. Div. ASCE 102 (1976).
"""

from __future__ import annotations

import math

from hydraulics.compiled import lean_kernel

LAMINAR = 500.0 * math.pi
"""q / (viscosity * diameter) at Reynolds number 2000."""
TURBULENT = 1000.0 * math.pi
"""The same at Reynolds number 4000."""
A8 = 5.74 * (math.pi / 4.0) ** 0.9
A9 = -2.0 / math.log(10.0)
AB = 5.74 / 4000.0**0.9
AC = -1.8 * 2.0 / math.log(10.0) * AB


@lean_kernel
def power_law(
    flow: float, resistance: float, exponent: float, minor: float, floor: float
) -> tuple[float, float]:
    """drop = resistance * |q|**exponent + minor * q**2, with q's sign.

    Below a friction gradient of `floor` (ft/cfs) friction is linear, so that the Jacobian of
    still water stays regular.
    """
    q = abs(flow)
    gradient = exponent * resistance * q ** (exponent - 1.0)
    if gradient < floor:
        gradient = floor / exponent
        drop = gradient * q
    else:
        drop = gradient * q / exponent
    if minor > 0.0:
        drop += minor * q * q
        gradient += 2.0 * minor * q
    return (-drop if flow < 0.0 else drop), gradient


@lean_kernel
def friction_factor(q: float, roughness: float, scale: float) -> tuple[float, float]:
    """Darcy friction factor f and df/dq above Reynolds number 2000.

    `q` > 0 in cfs, `roughness` relative to the diameter, `scale` = viscosity * diameter.
    Swamee-Jain from Re 4000 on, Dunlop's cubic below.
    """
    w = q / scale
    if w >= TURBULENT:
        y1 = A8 / w**0.9
        y2 = roughness / 3.7 + y1
        y3 = A9 * math.log(y2)
        f = 1.0 / (y3 * y3)
        return f, 1.8 * f * y1 * A9 / y2 / y3 / q
    y2 = roughness / 3.7 + AB
    y3 = A9 * math.log(y2)
    fa = 1.0 / (y3 * y3)
    fb = (2.0 + AC / (y2 * y3)) * fa
    r = w / LAMINAR
    x1 = 7.0 * fa - fb
    x2 = 0.128 - 17.0 * fa + 2.5 * fb
    x3 = -0.128 + 13.0 * fa - (fb + fb)
    x4 = 0.032 - 3.0 * fa + 0.5 * fb
    f = x1 + r * (x2 + r * (x3 + r * x4))
    return f, (x2 + r * (2.0 * x3 + r * 3.0 * x4)) / scale / LAMINAR


@lean_kernel
def darcy_weisbach(
    flow: float, resistance: float, roughness: float, scale: float, minor: float
) -> tuple[float, float]:
    """drop = (f(q) * resistance + minor) * q * |q|; Hagen-Poiseuille up to Re 2000.

    `resistance` = L / (2 g d A**2); the rest as in `friction_factor`.
    """
    q = abs(flow)
    if q <= LAMINAR * scale:
        r = 16.0 * math.pi * scale * resistance
        return flow * (r + minor * q), r + 2.0 * minor * q
    f, dfdq = friction_factor(q, roughness, scale)
    r = f * resistance + minor
    return r * q * flow, 2.0 * r * q + dfdq * resistance * q * q
