"""Every head-loss law: odd in flow, monotone, and its gradient is the derivative of its drop."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hydraulics.laws.curve import interpolate, segment
from hydraulics.laws.friction import darcy_weisbach, friction_factor, power_law
from hydraulics.laws.outflow import emitter, pressure_demand
from hydraulics.laws.pump import curve_pump, power_gain, power_pump
from hydraulics.laws.valve import open_valve

Law = Callable[[float], tuple[float, float]]

FIRST = np.array([0, 4], dtype=np.uint32)
XS = np.array([0.0, 1.0, 2.0, 4.0])
YS = np.array([100.0, 90.0, 70.0, 10.0])

SYMMETRIC: dict[str, Law] = {
    "Hazen-Williams": lambda q: power_law(q, 2.3, 1.852, 0.0, 1e-7),
    "Hazen-Williams with minor loss": lambda q: power_law(q, 2.3, 1.852, 0.4, 1e-7),
    "Chezy-Manning": lambda q: power_law(q, 1.1, 2.0, 0.0, 1e-7),
    "Darcy-Weisbach": lambda q: darcy_weisbach(q, 3.0, 1e-3, 1.1e-5, 0.2),
    "valve": lambda q: open_valve(q, 0.5, 1e-7),
    "valve without loss": lambda q: open_valve(q, 0.0, 1e-7),
    "emitter": lambda q: emitter(q, 40.0, 2.0, 1e-7, True),
}
RISING: dict[str, Law] = {
    **SYMMETRIC,
    "power pump": lambda q: power_pump(q, 120.0, 3.0, 1.7, 0.9, 1e-7),
    "curve pump": lambda q: curve_pump(abs(q), 1.1, FIRST, XS, YS, 0),
    "pressure demand": lambda q: pressure_demand(q, 5.0, 60.0, 2.0),
}
FLOWS = st.floats(0.01, 5.0)


@pytest.mark.parametrize("name", SYMMETRIC)
@settings(deadline=None)
@given(q=FLOWS)
def test_odd_in_flow(name: str, q: float) -> None:
    law = SYMMETRIC[name]
    forward, backward = law(q), law(-q)
    assert forward[0] == pytest.approx(-backward[0], rel=1e-12)
    assert forward[1] == pytest.approx(backward[1], rel=1e-12)


@pytest.mark.parametrize("name", RISING)
@settings(deadline=None)
@given(q=st.floats(0.02, 4.5))
def test_gradient_is_the_finite_difference(name: str, q: float) -> None:
    law = RISING[name]
    if name == "curve pump" and min(abs(q / 1.1 - XS)) < 1e-3:
        return  # the curve has a corner there
    step = 1e-6 * q
    slope = (law(q + step)[0] - law(q - step)[0]) / (2.0 * step)
    gradient = law(q)[1]
    if name == "Darcy-Weisbach":  # the cubic meets Swamee-Jain with a small kink
        assert gradient == pytest.approx(slope, rel=2e-3)
    else:
        assert gradient == pytest.approx(slope, rel=1e-4)


@pytest.mark.parametrize("name", RISING)
@settings(deadline=None)
@given(q=st.floats(0.0, 4.0), more=st.floats(0.001, 0.5))
def test_monotone(name: str, q: float, more: float) -> None:
    assert RISING[name](q + more)[0] > RISING[name](q)[0]


def test_still_water_has_a_gradient() -> None:
    assert power_law(0.0, 2.3, 1.852, 0.0, 1e-7) == (0.0, 1e-7 / 1.852)
    assert open_valve(0.0, 0.5, 1e-7) == (0.0, 0.5e-7)


def test_hazen_williams_textbook_value() -> None:
    """1000 ft of 12 in pipe, C 100, 3 cfs: 6.25 ft by the Hazen-Williams tables."""
    drop, _ = power_law(3.0, 4.727 * 1000.0 / 100.0**1.852, 1.852, 0.0, 1e-7)
    assert drop == pytest.approx(4.727 * 1000.0 * (3.0 / 100.0) ** 1.852, rel=1e-12)
    assert drop == pytest.approx(7.15, abs=0.05)


def test_friction_factor_joins_its_pieces() -> None:
    scale = 1.1e-5
    turbulent = 1000.0 * math.pi * scale
    below, above = (
        friction_factor(turbulent * 0.9999999, 1e-3, scale),
        friction_factor(turbulent, 1e-3, scale),
    )
    assert below[0] == pytest.approx(above[0], rel=1e-5)
    laminar = 500.0 * math.pi * scale
    assert friction_factor(laminar * 1.000001, 1e-3, scale)[0] == pytest.approx(0.032, rel=1e-4)


def test_pump_follows_the_affinity_laws() -> None:
    full = power_pump(2.0, 120.0, 3.0, 1.7, 1.0, 1e-7)[0]
    assert power_pump(1.6, 120.0, 3.0, 1.7, 0.8, 1e-7)[0] == pytest.approx(0.64 * full, rel=1e-12)
    bent = curve_pump(2.0, 1.0, FIRST, XS, YS, 0)[0]
    assert bent == -70.0
    assert curve_pump(1.0, 0.5, FIRST, XS, YS, 0)[0] == pytest.approx(0.25 * bent)


def test_constant_power_is_clamped_at_both_ends() -> None:
    assert power_gain(2.0, 8.814)[0] == pytest.approx(-4.407)
    assert power_gain(1e-6, 8.814)[1] == 1e8
    assert power_gain(1e5, 8.814)[1] == 1e-6


def test_demand_stays_between_nothing_and_full() -> None:
    assert pressure_demand(-0.01, 5.0, 60.0, 2.0)[0] < -1e6
    assert pressure_demand(5.01, 5.0, 60.0, 2.0)[0] > 1e6
    assert pressure_demand(2.5, 5.0, 60.0, 2.0)[0] == pytest.approx(15.0, rel=1e-6)


def test_emitter_without_backflow_holds_the_line() -> None:
    assert emitter(-0.01, 40.0, 2.0, 1e-7, False)[0] < -1e6
    assert emitter(0.5, 40.0, 2.0, 1e-7, False)[0] == pytest.approx(10.0, rel=1e-6)


def test_curves_go_on_beyond_their_ends_and_interpolation_does_not() -> None:
    intercept, slope = segment(FIRST, XS, YS, 0, 9.0)
    assert intercept + slope * 6.0 == -50.0
    assert interpolate(XS, YS, 0, 4, 9.0) == 10.0
    assert interpolate(XS, YS, 0, 4, -1.0) == 100.0
    assert interpolate(XS, YS, 0, 4, 1.5) == 80.0
