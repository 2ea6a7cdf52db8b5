"""The bound by prices of water against every plan of tiny fleets that queue at one fill point."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from dispatch.delivery import DeliveryPoint
from dispatch.fleet import Depot, FillPoint
from dispatch.haul import Haul, TruckType
from dispatch.trip_bound import TripBound
from dispatch.trip_pricing import Prices
from dispatch.truck_greedy import greedy_rounds
from tests.dispatch.conftest import truck

SHIFT_S, SETUP_S, TAP_M3S = 7400.0, 300.0, 0.004
CAPACITY_M3 = 8
DRIVE_S = np.array([[0.0, 300.0, 1500.0], [300.0, 0.0, 1500.0], [1500.0, 1500.0, 0.0]])
"""Depot, fill point, delivery point: no truck can make two trips in its shift."""


def one_point(demand_m3: int, flow_m3s: float) -> Haul:
    one = truck(
        "T",
        capacity_m3=float(CAPACITY_M3),
        shift_s=SHIFT_S,
        setup_s=SETUP_S,
        discharge_m3s=TAP_M3S,
    )
    return Haul(
        types=(TruckType(trucks=(one,) * 12, depot=0),),
        depots=(Depot(id="Y", name_zh="", name_en="", x=0.0, y=0.0),),
        fills=(
            FillPoint(id="F", name_zh="", name_en="", x=0.0, y=0.0, element="", flow_m3s=flow_m3s),
        ),
        points=(
            DeliveryPoint(id="P", x=0.0, y=0.0, junction=0, people=1, daily_m3=float(demand_m3)),
        ),
        time_s=DRIVE_S,
    )


def least_trucks(demand_m3: int, flow_m3s: float) -> float:
    """The truth for loads of whole m3: every load of every truck, one filling after the other.

    Infinite where no number of trucks does it.
    """
    to_fill, there, home = DRIVE_S[0, 1], DRIVE_S[1, 2], DRIVE_S[2, 0]

    @cache
    def more(left: int, clock: float) -> float:
        if left <= 0:
            return 0.0
        counts = [np.inf]
        for load in range(1, min(CAPACITY_M3, left) + 1):
            filled = clock + SETUP_S + load / flow_m3s
            if filled + there + SETUP_S + load / TAP_M3S + home <= SHIFT_S:
                counts.append(1.0 + more(left - load, filled))
        return min(counts)

    return more(demand_m3, float(to_fill))


@pytest.mark.parametrize("flow_m3s", [0.02, 0.012, 0.01])
@pytest.mark.parametrize("demand_m3", [7, 13, 20, 28])
def test_trucks_that_fill_in_turn_are_not_asked_for_in_vain(
    demand_m3: int, flow_m3s: float
) -> None:
    haul, truth = one_point(demand_m3, flow_m3s), least_trucks(demand_m3, flow_m3s)
    queued, free = TripBound(haul), TripBound(haul, queues=False)
    listed = TripBound(haul, listed=True)
    for bound in (queued, free, listed):
        bound.know(greedy_rounds(haul))
        assert bound.improve(20) <= truth
    listed.tell_days_apart(greedy_rounds(haul))
    assert listed.improve(20) <= truth
    assert free.value <= queued.value + 1e-6


def test_filling_in_turn_asks_for_more() -> None:
    """No number of trucks fills 28 m3 in time, one after the other; all at once four would."""
    haul = one_point(28, 0.01)
    assert least_trucks(28, 0.01) == np.inf
    queued, free = TripBound(haul), TripBound(haul, queues=False)
    for bound in (queued, free):
        bound.know(greedy_rounds(haul))
    assert free.improve(20) == 4
    assert queued.improve(20) > 4


@pytest.mark.parametrize("flow_m3s", [0.02, 0.012, 0.01])
@pytest.mark.parametrize("demand_m3", [7, 13, 20, 28])
def test_any_prices_of_waiting_prove_no_more_than_the_truth(
    demand_m3: int, flow_m3s: float
) -> None:
    haul, truth = one_point(demand_m3, flow_m3s), least_trucks(demand_m3, flow_m3s)
    bound = TripBound(haul, listed=True)
    dice = np.random.default_rng(demand_m3)
    for _ in range(20):
        prices = Prices(dice.uniform(0.0, 0.2, 1), dice.uniform(0.0, 0.1, 1), np.zeros(1))
        time_s = float(dice.uniform(0.0, 2.0)) / SHIFT_S
        waits = dice.uniform(0.0, 2.0, 4) / SHIFT_S
        assert bound.certify(prices, [{time_s}], waits)[0] <= truth + 1e-6
