"""The list of all trips against every trip there is, and the sets that need whole trips."""

from __future__ import annotations

from itertools import chain, combinations, pairwise, permutations

import numpy as np
import pytest
from scipy.optimize import linprog

from dispatch.delivery import DeliveryPoint
from dispatch.fleet import Depot, FillPoint
from dispatch.haul import Haul, TruckType
from dispatch.trip_bound import TripBound
from dispatch.trip_cuts import Cut, short_sets
from dispatch.trip_list import best_listed, trip_list
from dispatch.trip_pricing import Prices, best_values, day_demand, driven, kind_of
from dispatch.truck_greedy import greedy_rounds
from tests.dispatch.conftest import truck

VOLUMES = (1.5, 2.0, 3.5, 6.5)
TANK_M3 = 5.0
PRICE_S = 1e-4


def town(volumes: tuple[float, ...] = VOLUMES, tank_m3: float = TANK_M3, seed: int = 1) -> Haul:
    """A depot, two fill points and delivery points, with shortest ways between them."""
    size = 3 + len(volumes)
    time_s = np.random.default_rng(seed).uniform(60.0, 900.0, (size, size))
    np.fill_diagonal(time_s, 0.0)
    for k in range(size):
        time_s = np.minimum(time_s, time_s[:, [k]] + time_s[[k], :])
    one = truck("T", capacity_m3=tank_m3, shift_s=6 * 3600.0)
    return Haul(
        types=(TruckType(trucks=(one,) * 8, depot=0),),
        depots=(Depot(id="Y", name_zh="", name_en="", x=0.0, y=0.0),),
        fills=tuple(
            FillPoint(id=f, name_zh="", name_en="", x=0.0, y=0.0, element="", flow_m3s=flow)
            for f, flow in (("F", 0.01), ("G", 0.02))
        ),
        points=tuple(
            DeliveryPoint(id=str(i), x=0.0, y=0.0, junction=0, people=1, daily_m3=volume)
            for i, volume in enumerate(volumes)
        ),
        time_s=time_s,
    )


def some_prices(seed: int, cuts: int) -> Prices:
    dice = np.random.default_rng(seed)
    return Prices(
        water=dice.uniform(0.0, 0.3, len(VOLUMES)),
        first=dice.uniform(0.0, 0.2, len(VOLUMES)),
        filling_s=dice.uniform(0.0, 1e-4, 2),
        trip=float(dice.uniform(0.0, 0.1)),
        cuts=dice.uniform(0.0, 0.1, cuts),
    )


def best_of_all(haul: Haul, prices: Prices, cuts: tuple[Cut, ...]) -> np.ndarray:
    """The most that trips are worth by fill point and end, every order tried, volumes by a
    linear programme of their own; a call counts also where nothing is left."""
    demand, one = day_demand(haul), haul.types[0].one
    wanted = np.minimum(demand.volume_m3, one.capacity_m3)
    ends = [*haul.fill_places, haul.types[0].depot]
    best = np.full((len(haul.fills), len(ends)), -np.inf)
    points = range(len(haul.points))
    for f, fill in enumerate(haul.fills):
        busy = PRICE_S + float(prices.filling_s[f])
        per_m3 = PRICE_S / one.discharge_m3s + busy / fill.flow_m3s
        for there in chain.from_iterable(combinations(points, n) for n in range(1, 5)):
            # Two volumes a point: the one that has the second price too, and the rest.
            first = [min(float(demand.rest_m3[i]), float(wanted[i])) for i in there]
            gain = [prices.water[i] + prices.first[i] - per_m3 for i in there]
            gain += [prices.water[i] - per_m3 for i in there]
            high = first + [float(wanted[i]) - r for i, r in zip(there, first, strict=True)]
            row = np.ones((1, len(high)))
            solved = linprog(
                -np.array(gain),
                A_ub=row,
                b_ub=[one.capacity_m3],
                bounds=[(0.0, each) for each in high],
            )
            fixed = -float(solved.fun) + prices.trip - busy * one.setup_s
            fixed -= PRICE_S * one.setup_s * len(there)
            fixed += sum(
                float(price)
                for cut, price in zip(cuts, prices.cuts, strict=True)
                if not cut.points.isdisjoint(there)
            )
            for order in permutations(haul.point_places[i] for i in there):
                way = [haul.fill_places[f], *order]
                drive = sum(haul.time_s[a, b] for a, b in pairwise(way))
                for e, end in enumerate(ends):
                    total = fixed - PRICE_S * (drive + haul.time_s[order[-1], end])
                    best[f, e] = max(best[f, e], total)
    return best


@pytest.mark.parametrize("seed", range(6))
def test_the_list_knows_the_best_trip(seed: int) -> None:
    haul, prices = town(seed=seed), some_prices(seed, 0)
    demand = day_demand(haul)
    kind = kind_of(haul, demand, 0)
    listed = trip_list(haul, demand, kind)
    assert listed is not None
    values, columns = best_listed(haul, demand, kind, listed, prices, PRICE_S)
    assert values == pytest.approx(best_of_all(haul, prices, ()), abs=1e-9)
    assert (best_values(haul, demand, kind, prices, PRICE_S)[0] >= values - 1e-9).all()
    for column in columns:
        assert column.volume_m3.sum() <= TANK_M3 + 1e-9
        assert (column.volume_m3 <= demand.volume_m3 + 1e-9).all()


@pytest.mark.parametrize("seed", range(6))
def test_calls_at_sets_of_points_are_never_worth_more_than_counted(seed: int) -> None:
    haul = town(seed=seed)
    cuts = (Cut(frozenset({0, 1, 2}), 2.0), Cut(frozenset({1, 3}), 2.0))
    prices = some_prices(seed, len(cuts))
    demand = day_demand(haul)
    kind = kind_of(haul, demand, 0)
    listed = trip_list(haul, demand, kind)
    assert listed is not None
    values, _ = best_listed(haul, demand, kind, listed, prices, PRICE_S, cuts=cuts)
    assert (values >= best_of_all(haul, prices, cuts) - 1e-9).all()


def test_a_list_that_would_be_too_long_is_not_made() -> None:
    haul = town()
    demand = day_demand(haul)
    assert trip_list(haul, demand, kind_of(haul, demand, 0), most=5) is None


def test_half_trips_to_three_points_are_too_few() -> None:
    """Three points of 6 m3, a tank of 12: trips to two of them, half of each, call 1.5 times."""
    haul = town((6.0, 6.0, 6.0), 12.0)
    demand = day_demand(haul)
    kind = kind_of(haul, demand, 0)
    pairs = [
        driven(haul, demand, kind, 0, -1, {a: 6.0, b: 6.0}) for a, b in ((0, 1), (1, 2), (0, 2))
    ]
    found = short_sets(pairs, [0.5] * 3, demand.volume_m3, 12.0, [])
    assert found == [Cut(frozenset({0, 1, 2}), 2.0)]
    assert short_sets(pairs, [0.5] * 3, demand.volume_m3, 12.0, found) == []
    assert short_sets(pairs, [1.0, 1.0, 0.0], demand.volume_m3, 12.0, []) == []


def test_sets_that_need_whole_trips_raise_the_bound() -> None:
    """Seven points of 7 m3 and a tank of 12, all volumes in parts if need be."""
    haul = town((7.0,) * 7, 12.0)
    bounds = TripBound(haul), TripBound(haul, listed=True)
    for bound in bounds:
        bound.know(greedy_rounds(haul))
        bound.improve(40)
    assert bounds[1].value > bounds[0].value + 1e-3
