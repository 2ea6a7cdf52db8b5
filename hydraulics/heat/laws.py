"""Pressure losses of hot water: each law is (drop, gradient) by mass flow, Pa and kg/s.

Darcy-Weisbach: drop = (f L / d + K) m |m| / (2 rho A^2). References: Colebrook, J. ICE 11 (1939);
Nikuradse, VDI-Forschungsheft 361 (1933); Swamee and Jain, J. Hydraul. Div. ASCE 102 (1976).
pandapipes adds 64 / Re to Nikuradse's factor at every Reynolds number.
"""

from __future__ import annotations

import math

from hydraulics.compiled import inner_kernel
from hydraulics.heat.kinds import (
    COLEBROOK,
    COLEBROOK_ALONE,
    KV_BAR_PA,
    KV_DENSITY,
    NEAR_NOTHING,
    NIKURADSE,
    SECONDS_AN_HOUR,
)
from hydraulics.types import F64

_C = 2.0 / math.log(10.0)
LAMINAR, TURBULENT = 2000.0, 4000.0


@inner_kernel
def friction_factor(reynolds: float, relative: float, model: int) -> tuple[float, float]:
    """Darcy friction factor and its slope by Reynolds number (> 0); `relative` roughness k/d."""
    if model == NIKURADSE:
        root = -_C * math.log(relative / 3.71)
        return 1.0 / (root * root) + 64.0 / reynolds, -64.0 / (reynolds * reynolds)
    if model == COLEBROOK:
        if reynolds <= LAMINAR:
            return 64.0 / reynolds, -64.0 / (reynolds * reynolds)
        if reynolds < TURBULENT:
            high, _ = _colebrook(TURBULENT, relative)
            slope = (high - 64.0 / LAMINAR) / (TURBULENT - LAMINAR)
            return 64.0 / LAMINAR + slope * (reynolds - LAMINAR), slope
        return _colebrook(reynolds, relative)
    if model == COLEBROOK_ALONE:
        return _colebrook(reynolds, relative)
    y1 = 5.74 / reynolds**0.9
    y2 = relative / 3.7 + y1
    root = -_C * math.log(y2)
    return 1.0 / (root * root), -1.8 * _C * y1 / (y2 * root**3 * reynolds)


@inner_kernel
def _colebrook(reynolds: float, relative: float) -> tuple[float, float]:
    """x = 1 / sqrt(f) = -2 log10(k / (3.71 d) + 2.51 x / Re), by Newton's method."""
    a, b = relative / 3.71, 2.51 / reynolds
    # In creeping flow from 0: the steps, of a concave function, never pass the root.
    x = max(0.0, -_C * math.log(a + 5.74 / reynolds**0.9))
    for _ in range(60):
        y = a + b * x
        step = (x + _C * math.log(y)) / (1.0 + _C * b / y)
        x -= step
        if abs(step) < 1e-13 * x:
            break
    y = a + b * x
    slope = _C * x * b / (y * reynolds) / (1.0 + _C * b / y)
    return 1.0 / (x * x), -2.0 * slope / x**3


@inner_kernel
def pipe_loss(
    flow: float,
    length: float,
    diameter: float,
    roughness: float,
    minor: float,
    density: float,
    viscosity: float,
    model: int,
) -> tuple[float, float]:
    """Drop (Pa) along a pipe at a mass flow (kg/s), and its gradient."""
    area = 0.25 * math.pi * diameter * diameter
    scale = 1.0 / (2.0 * density * area * area)
    q = abs(flow)
    reynolds = q * diameter / (viscosity * area)
    laminar = 64.0 * viscosity * area / diameter * length / diameter * scale
    if reynolds < 1e-3:
        # Hagen-Poiseuille: (drop, gradient) stay regular at rest, whatever the model.
        return laminar * flow, laminar
    factor, slope = friction_factor(reynolds, roughness / diameter, model)
    loss = factor * length / diameter + minor
    drop = scale * loss * q * flow
    gradient = scale * q * (2.0 * loss + slope * reynolds * length / diameter)
    return drop, max(gradient, 1e-3 * laminar)


@inner_kernel
def minor_loss(flow: float, diameter: float, minor: float, density: float) -> tuple[float, float]:
    """Drop (Pa) of a loss coefficient; next to nothing without one."""
    area = 0.25 * math.pi * diameter * diameter
    r = minor / (2.0 * density * area * area)
    return r * abs(flow) * flow + NEAR_NOTHING * flow, 2.0 * r * abs(flow) + NEAR_NOTHING


@inner_kernel
def throttle_loss(flow: float, kv_m3h: float, density: float) -> tuple[float, float]:
    """Drop (Pa) of a valve of a kv value: V = kv sqrt(dp / 1 bar * 1000 / density)."""
    volume = flow / density * SECONDS_AN_HOUR / kv_m3h
    r = KV_BAR_PA * density / KV_DENSITY
    gradient = 2.0 * r * abs(volume) * SECONDS_AN_HOUR / (density * kv_m3h)
    return r * volume * abs(volume) + NEAR_NOTHING * flow, gradient + NEAR_NOTHING


@inner_kernel
def pump_lift(
    flow: float, coefficients: F64, first: int, end: int, density: float, speed: float
) -> tuple[float, float]:
    """Lift (Pa) of a pump's polynomial of its volume flow, and its slope by mass flow.

    By speed: V ~ w, lift ~ w^2. Backward flow passes without a lift, and a lift is never negative.
    """
    if flow < 0.0 or speed <= 0.0:
        return 0.0, 0.0
    volume = flow / density / speed
    lift, slope = 0.0, 0.0
    for i in range(first, end):
        slope = slope * volume + lift
        lift = lift * volume + coefficients[i]
    if lift <= 0.0:
        return 0.0, 0.0
    return lift * speed * speed, slope * speed / density
