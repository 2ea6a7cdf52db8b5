"""Heating curve and cooling rooms: known values, exactness of the steps, laws of both models."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hydraulics.heat.curve import HeatingCurve
from hydraulics.heat.rooms import Buildings, Rooms, balanced, seconds_until, stepped

C0 = 273.15


def building(**wishes: float) -> Buildings:
    return Buildings.alike(np.array([1e5]), indoor_k=C0 + 20.0, outdoor_k=C0 - 10.0, **wishes)


def test_quality_regulation_at_half_load() -> None:
    curve = HeatingCurve(supply_k=C0 + 95, return_k=C0 + 70, room_k=C0 + 18, outdoor_k=C0 - 9)
    supply, back = curve.at_share(0.5)
    assert supply - C0 == pytest.approx(62.1, abs=0.05)
    assert back - C0 == pytest.approx(49.6, abs=0.05)
    assert curve.at_outdoor(C0 - 9) == pytest.approx((C0 + 95, C0 + 70))
    assert curve.at_outdoor(C0 + 25) == pytest.approx((C0 + 18, C0 + 18))


def test_hours_until_18_and_16_without_heat() -> None:
    b = building(time_constant_h=60.0)
    start = Rooms(air_k=np.array([C0 + 20]), wall_k=np.array([C0 + 20]))
    none = np.zeros(1)
    hours = {t: seconds_until(b, start, none, C0 - 10, C0 + t)[0] / 3600 for t in (18, 16, 12)}
    assert hours[18] == pytest.approx(4.14, abs=0.05)
    assert hours[16] == pytest.approx(8.59, abs=0.05)
    assert hours[12] == pytest.approx(60 * np.log(30 / 22), rel=1e-9)


def test_never_below_what_the_heat_holds_and_at_once_if_below() -> None:
    b = building()
    start = balanced(b, np.array([1e5]), C0 - 10)
    assert start.air_k[0] == pytest.approx(C0 + 20)
    assert seconds_until(b, start, np.array([9.5e4]), C0 - 10, C0 + 18)[0] == np.inf
    assert seconds_until(b, start, np.array([0.0]), C0 - 10, C0 + 21)[0] == 0.0


@settings(max_examples=40, deadline=None)
@given(
    share=st.floats(0.1, 0.95),
    coupling=st.floats(1.0, 12.0),
    heat=st.floats(0.0, 2e5),
    outdoor=st.floats(-30.0, 15.0),
)
def test_two_nodes_step_exactly(share: float, coupling: float, heat: float, outdoor: float) -> None:
    b = building(wall_share=share, coupling=coupling)
    start = Rooms(air_k=np.array([C0 + 20.0]), wall_k=np.array([C0 + 17.0]))
    q = np.array([heat])
    once = stepped(b, start, q, C0 + outdoor, 7200.0)
    twice = stepped(b, stepped(b, start, q, C0 + outdoor, 3000.0), q, C0 + outdoor, 4200.0)
    assert once.air_k == pytest.approx(twice.air_k, abs=1e-9)
    assert once.wall_k == pytest.approx(twice.wall_k, abs=1e-9)
    # The derivative is that of the two heat balances.
    tiny = stepped(b, start, q, C0 + outdoor, 1e-2)
    loss, tau = b.loss_w_k[0], b.time_constant_s[0]
    capacity = loss * tau
    into = coupling * loss
    air = (heat + into * (-3.0) - 0.5 * loss * (20.0 - outdoor)) / (capacity * (1 - share))
    wall = (into * 3.0 - 0.5 * loss * (17.0 - outdoor)) / (capacity * share)
    assert (tiny.air_k - start.air_k)[0] / 1e-2 == pytest.approx(air, rel=2e-3, abs=1e-8)
    assert (tiny.wall_k - start.wall_k)[0] / 1e-2 == pytest.approx(wall, rel=2e-3, abs=1e-8)


def test_the_air_of_a_heavy_building_falls_faster_at_first() -> None:
    light, heavy = building(), building(wall_share=0.9)
    none = np.zeros(1)
    after = []
    for b in (light, heavy):
        start = Rooms(air_k=np.array([C0 + 20]), wall_k=np.array([C0 + 20]))
        after.append(stepped(b, start, none, C0 - 10, 3600.0))
    assert after[1].air_k[0] < after[0].air_k[0] < C0 + 20
    assert after[1].wall_k[0] > after[1].air_k[0]
