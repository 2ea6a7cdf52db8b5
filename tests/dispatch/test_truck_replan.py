"""The rest of a day planned anew from what has been delivered."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from dispatch.roads import RoadGraph
from dispatch.truck_replan import delivered_by_plan, replan_trucks, trucks_now
from network_models.problems import InputError
from tests.dispatch.test_truck_queue import START, STREET, YARD, ZONE, fill, plan, trucks
from tests.dispatch.truck_checker import violations

FLEET, FILLS = trucks(9), [fill("F", 2, 0.006), fill("G", 8, 0.006)]
NOON = START + timedelta(hours=2)


@pytest.fixture(scope="module")
def morning() -> dict[str, Any]:
    return plan(FLEET, FILLS, 12.0).as_dict(required=True)


def anew(
    old: dict[str, Any], delivered: dict[str, float], now: datetime = NOON, **more: Any
) -> dict[str, Any]:
    made = replan_trucks(
        old, delivered, RoadGraph(STREET), FLEET, [YARD], FILLS, now=now, zone=ZONE,
        iterations=200, **more
    )  # fmt: skip
    return made.as_dict(required=True)


def faults(old: dict[str, Any], new: dict[str, Any], now: datetime = NOON) -> list[str]:
    """What the checker finds; it is told only where trucks are and what they have on board."""
    begun = {state.truck: state for state in trucks_now(old, now)}
    return violations(new, STREET, FLEET, FILLS, now, begun=begun)


def brought(made: dict[str, Any]) -> float:
    return float(
        sum(s["load_m3"] for r in made["routes"] for s in r["stops"] if s["kind"] == "deliver")
    )


def test_a_day_that_goes_to_plan_is_only_finished(morning: dict[str, Any]) -> None:
    new = anew(morning, {})
    done = sum(delivered_by_plan(morning, NOON).values())
    assert 0.0 < done < morning["daily_m3"]
    assert brought(new) == pytest.approx(morning["daily_m3"] - done, abs=0.05)
    assert new["undelivered_m3"] == 0.0
    assert faults(morning, new) == []


def test_what_was_not_delivered_is_brought_later(morning: dict[str, Any]) -> None:
    nothing = {point["id"]: 0.0 for point in morning["points"]}
    new = anew(morning, nothing)
    assert brought(new) == pytest.approx(morning["daily_m3"], abs=0.05)
    assert faults(morning, new) == []


def test_what_is_there_already_is_not_brought_again(morning: dict[str, Any]) -> None:
    full = {point["id"]: point["daily_m3"] for point in morning["points"]}
    new = anew(morning, full)
    on_board = sum(sum(state.brings_m3.values()) for state in trucks_now(morning, NOON))
    assert brought(new) == pytest.approx(on_board, abs=0.05)


def test_others_take_over_from_a_truck_that_breaks_down(morning: dict[str, Any]) -> None:
    broken = morning["routes"][0]["truck"]
    new = anew(morning, {}, broken=[broken])
    assert broken not in {route["truck"] for route in new["routes"]}
    assert new["undelivered_m3"] == 0.0
    assert faults(morning, new) == []


def test_a_plan_made_anew_can_be_made_anew(morning: dict[str, Any]) -> None:
    new = anew(morning, {})
    later = NOON + timedelta(hours=1)
    again = anew(new, {}, later)
    done = sum(delivered_by_plan(morning, NOON).values()) + sum(
        delivered_by_plan(new, later).values()
    )
    assert brought(again) == pytest.approx(morning["daily_m3"] - done, abs=0.1)
    assert faults(new, again, later) == []


def test_every_fault_of_what_is_told_is_named_at_once(morning: dict[str, Any]) -> None:
    with pytest.raises(InputError) as caught:
        anew(morning, {"nowhere": 1.0, "P3": -2.0}, broken=["T99"])
    assert [p.field for p in caught.value.problems] == ["delivered", "delivered.P3", "broken"]


def test_no_truck_works_longer_than_its_shift(morning: dict[str, Any]) -> None:
    late = START + timedelta(hours=7, minutes=30)
    new = anew(morning, {point["id"]: 0.0 for point in morning["points"]}, late)
    assert faults(morning, new, late) == []


def test_the_checker_sees_a_truck_that_is_elsewhere(morning: dict[str, Any]) -> None:
    new = anew(morning, {})
    begun = {
        state.truck: replace(state, x=state.x + 4500.0, ready=state.ready)
        for state in trucks_now(morning, NOON)
        if state.ready <= NOON
    }
    assert violations(new, STREET, FLEET, FILLS, NOON, begun=begun)
