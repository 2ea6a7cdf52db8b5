"""Days of many loads: trips made anew, dealt to fewer trucks, driven by compiled code."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from dispatch.day_deal import deal
from dispatch.day_fewest import fewest_trucks
from dispatch.day_search import fit_shifts
from dispatch.delivery import DeliveryPoint
from dispatch.fill_queue import with_queues
from dispatch.fleet import Depot, FillPoint, Truck, drop_and_go
from dispatch.haul import Haul, TruckType
from dispatch.rounds import Round, RoundPlan
from dispatch.truck_greedy import greedy_rounds
from dispatch.truck_search import plan_rounds


def town(points: int, *, seed: int = 1, number: int = 40, swap: bool = False) -> Haul:
    """Points around three fill points and a yard, as the crow flies, two types of trucks."""
    dice = random.Random(seed)
    places = np.array([[dice.uniform(0, 6000), dice.uniform(0, 6000)] for _ in range(points + 4)])
    time_s = np.linalg.norm(places[:, None] - places[None, :], axis=2) / 8.0
    fills = tuple(
        FillPoint(id=f"F{i}", name_zh="", name_en="", x=0, y=0, element="node:F", flow_m3s=0.02)
        for i in range(3)
    )
    small = Truck(
        id="S", depot="D", capacity_m3=5.0, shift_s=28800.0, discharge_m3s=0.004, setup_s=400.0
    )
    large = replace(small, id="L", capacity_m3=8.0)
    types = [drop_and_go(one, 300.0) if swap else one for one in (small, large)]
    return Haul(
        types=tuple(TruckType(trucks=(one,) * (number // 2), depot=0) for one in types),
        depots=(Depot(id="D", name_zh="", name_en="", x=0, y=0),),
        fills=fills,
        points=tuple(
            DeliveryPoint(
                id=f"P{i}",
                x=0,
                y=0,
                junction=0,
                people=100,
                daily_m3=dice.uniform(1.0, 9.0),
                priority=i % 9 == 0,
            )
            for i in range(points)
        ),
        time_s=time_s,
    )


def check_day(haul: Haul, rounds: tuple[Round, ...]) -> None:
    """Every point gets its water, and no trip is more than its truck can carry."""
    brought: Counter[int] = Counter()
    for each in rounds:
        one = haul.types[each.kind].one
        for trip in each.trips:
            assert sum(load.volume_m3 for load in trip.loads) <= one.capacity_m3 + 1e-6
            assert len({load.point for load in trip.loads}) == len(trip.loads)
            assert not one.sets_down or len(trip.loads) == 1
            for load in trip.loads:
                assert load.volume_m3 > 0.0
                brought[load.point] += load.volume_m3
    for number, point in enumerate(haul.points):
        assert brought[number] == pytest.approx(point.daily_m3, abs=1e-6)


def late_s(haul: Haul, rounds: tuple[Round, ...]) -> float:
    queued = with_queues(haul, rounds)
    return sum(max(q.end_s - haul.types[q.round.kind].one.shift_s, 0.0) for q in queued)


@pytest.mark.parametrize("swap", [False, True])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_trips_made_anew_bring_the_same_water_and_are_less_late(seed: int, swap: bool) -> None:
    haul = town(60, seed=seed, swap=swap)
    begin = deal(haul, greedy_rounds(haul).rounds, (1, 1))
    before_s = late_s(haul, begin)
    rounds, after_s = fit_shifts(haul, begin, seed=seed, tries=30_000)
    check_day(haul, rounds)
    assert after_s == pytest.approx(late_s(haul, rounds))
    assert before_s > 0.0
    assert after_s < before_s
    assert fit_shifts(haul, begin, seed=seed, tries=30_000)[0] == rounds


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_compiled_code_drives_a_day_as_the_timetable_does(seed: int) -> None:
    haul = town(40, seed=seed)
    rounds = deal(haul, greedy_rounds(haul).rounds, (6, 6))
    # Without a turn the trips stay, so that only the drive is compared.
    same, driven_s = fit_shifts(haul, rounds, seed=1, tries=0)
    assert driven_s == pytest.approx(late_s(haul, rounds))
    assert [len(each.trips) for each in same] == [len(r.trips) for r in rounds if r.trips]
    from dispatch.day_kernel import less_late
    from dispatch.day_search import arrays

    day = arrays(haul, rounds)
    less_late(*day, 0, 100.0, 1)
    ends = [each.end_s for each in with_queues(haul, rounds)]
    assert day.clocks.end_s == pytest.approx(ends)


@pytest.mark.parametrize("mix", [(4, 0), (0, 4), (2, 3)])
@pytest.mark.parametrize("swap", [False, True])
def test_dealing_keeps_all_water_and_cuts_what_nobody_carries(
    mix: tuple[int, int], swap: bool
) -> None:
    haul = town(20, swap=swap)
    rounds = deal(haul, greedy_rounds(haul).rounds, mix)
    assert Counter(each.kind for each in rounds) == Counter({k: n for k, n in enumerate(mix) if n})
    check_day(haul, rounds)


def test_a_day_is_done_with_fewer_trucks_where_it_can_be() -> None:
    haul = town(30, number=80)
    # A truck for each trip.
    alone = [Round(r.kind, (trip,)) for r in greedy_rounds(haul).rounds for trip in r.trips]
    spare = RoundPlan(tuple(alone), ())
    assert late_s(haul, spare.rounds) == 0.0
    found = fewest_trucks(haul, spare, least=1, works=True, tries=200_000, seed=1)
    assert found is not None
    assert len(found.rounds) < len(spare.rounds)
    assert late_s(haul, found.rounds) == 0.0
    check_day(haul, found.rounds)


def test_a_day_of_many_loads_beats_the_plain_plan() -> None:
    haul = town(110, number=60)
    plan = plan_rounds(haul, iterations=150, seed=1, enough=5)
    check_day(haul, plan.rounds)
    assert late_s(haul, plan.rounds) == 0.0
    plain = plan_rounds(haul, iterations=150, seed=1, feasible=False)
    assert plan.rank < plain.rank


def test_a_fleet_that_hardly_does_brings_no_less_than_the_plain_plan() -> None:
    haul = town(110, number=60)
    few = [replace(kind, trucks=kind.trucks[:5]) for kind in haul.types]
    tight = replace(haul, types=tuple(few))
    plan = plan_rounds(tight, iterations=30, seed=1, enough=5)
    plain = plan_rounds(tight, iterations=30, seed=1, feasible=False)
    assert plan.rank <= plain.rank
    assert plain.undelivered
    assert late_s(tight, plan.rounds) == 0.0
    # What was cut out of the rounds is told, load by load.
    brought = sum(load.volume_m3 for r in plan.rounds for t in r.trips for load in t.loads)
    wanted = sum(point.daily_m3 for point in tight.points)
    assert brought + plan.undelivered_m3 == pytest.approx(wanted)
