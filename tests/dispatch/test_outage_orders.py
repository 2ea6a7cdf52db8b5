"""The life of an outage: gates to the second, roles, extension, restoration, corrections."""

from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import Any

import pytest

from dispatch.outages import OutageOrder, RefusedStepError, Step, open_outage, take_step
from dispatch.outages.gates import GATES
from dispatch.outages.order import State
from dispatch.outages.table import RESTORATION_FACTS, TRANSITIONS
from tests.dispatch.outage_orders import FILED, HOUR, LAW, ZONE, opened, published, step

SECOND = timedelta(seconds=1)


def refused(order: OutageOrder, action: str, at: datetime, law: Any = LAW, **more: Any) -> set[str]:
    """The gates, or the rules behind them, that a step fails."""
    with pytest.raises(RefusedStepError) as caught:
        step(order, action, at, law, **more)
    return {reason.rule or reason.gate for reason in caught.value.reasons}


def run(order: OutageOrder, *steps: tuple[str, datetime], facts: bool = True) -> OutageOrder:
    for action, at in steps:
        order = step(order, action, at).order
    return order


def test_the_whole_way_of_a_planned_stop() -> None:
    order = published(opened())
    start, end = order.start, order.end
    order = run(order, ("start", start), ("work-done", start + 5 * HOUR))
    for fact in RESTORATION_FACTS["water"]:
        order = step(order, "record", start + 6 * HOUR, fact=fact).order
    outcome = step(order, "restore", end)
    assert outcome.tells == ("public", "hotline", "authority")
    assert [f.verdict for f in outcome.findings] == ["pass"]
    closed = step(outcome.order, "close", end + HOUR).order
    assert (closed.state, closed.version) == ("closed", 11)
    assert OutageOrder.from_dict(closed.as_dict()) == closed


@pytest.mark.parametrize(
    ("changes", "hours", "rule"),
    [
        ({}, 48, "WATER-OUTAGE-NOTICE-LARGE"),
        ({"size": "small"}, 24, "WATER-OUTAGE-NOTICE-SMALL"),
        ({"work": "secondary", "size": "small"}, 48, "WATER-SECONDARY-48H"),
        ({"medium": "gas"}, 48, "GAS-OUTAGE-NOTICE"),
        ({"medium": "heat"}, 72, "HEAT-NOTICE-PLANNED-3D"),
        ({"medium": "heat", "work": "filling"}, 72, "HEAT-NOTICE-FILL-3D"),
    ],
)
def test_publication_meets_its_lead_time_to_the_second(
    changes: dict[str, Any], hours: int, rule: str
) -> None:
    order = run(opened(**changes), ("file", FILED))
    order = step(order, "approve", FILED).order
    last = order.start - hours * HOUR
    assert step(order, "publish", last).order.state == "published"
    assert refused(order, "publish", last + SECOND) == {rule}


def test_an_overhaul_lies_outside_the_season_and_is_told_fifteen_days_before() -> None:
    at = datetime(2026, 4, 1, 9, tzinfo=ZONE)
    summer: dict[str, Any] = {"medium": "heat", "work": "overhaul", "at": at}
    order = opened(**summer, start=at + timedelta(days=15), end=at + timedelta(days=20))
    assert published(order, at).state == "published"
    late = opened(**summer, start=at + timedelta(days=15) - SECOND, end=at + timedelta(days=20))
    order = run(late, ("file", at), ("approve", at))
    assert refused(order, "publish", at) == {"HEAT-NOTICE-OVERHAUL-15D"}
    winter = opened(
        medium="heat", work="overhaul", start=FILED + 480 * HOUR, end=FILED + 500 * HOUR
    )
    order = run(winter, ("file", FILED), ("approve", FILED))
    assert refused(order, "publish", FILED) == {"HEAT-MAINT-OFFSEASON"}


@pytest.mark.parametrize("missing", ["reason", "scope"])
def test_a_notice_without_an_item_is_blocked(missing: str) -> None:
    order = run(opened(**{missing: " "}), ("file", FILED), ("approve", FILED))
    assert refused(order, "publish", FILED) == {"WATER-OUTAGE-NOTICE-CONTENT"}


def test_over_twelve_hours_needs_the_authority_and_over_a_day_trucks() -> None:
    long = run(opened(end=FILED + 102 * HOUR), ("file", FILED))
    assert refused(long, "approve", FILED) == {"WATER-OUTAGE-APPROVAL-12H", "WATER-TRUCK-24H"}
    long = step(long, "authority-approval", FILED, number="2026-17").order
    assert refused(long, "approve", FILED) == {"WATER-TRUCK-24H"}
    long = step(long, "amend", FILED, delivery_plan=True).order
    assert step(long, "approve", FILED).order.state == "approved"
    exactly = run(opened(end=FILED + 84 * HOUR), ("file", FILED))
    assert step(exactly, "approve", FILED).order.state == "approved"


def test_roles_and_four_eyes() -> None:
    order = run(opened(), ("file", FILED))
    by_planner = Step(action="approve", at=FILED, user="pan", role="planner")
    with pytest.raises(RefusedStepError, match="approve is for leader"):
        take_step(order, by_planner, LAW, now=FILED)
    same_person = Step(action="approve", at=FILED, user="pan", role="leader")
    with pytest.raises(RefusedStepError, match="whoever filed"):
        take_step(order, same_person, LAW, now=FILED)


def test_a_delayed_start_is_announced_again_with_its_lead_time() -> None:
    order = published(opened())
    later = {"start": order.start + 24 * HOUR, "end": order.end + 24 * HOUR}
    outcome = step(order, "amend", FILED + 10 * HOUR, **later)
    assert (outcome.order.state, outcome.order.approver) == ("requested", "")
    order = run(outcome.order, ("approve", FILED + 30 * HOUR), ("publish", FILED + 48 * HOUR))
    assert len(order.publications) == 2
    assert refused(order, "start", later["start"] - SECOND) == {"announced-window"}
    assert step(order, "start", later["start"]).order.state == "underway"


def test_nothing_starts_on_a_notice_for_another_window() -> None:
    order = published(opened())
    moved = replace(order, end=order.end + HOUR)
    assert refused(moved, "start", order.start) == {"announced-window"}


def test_an_extension_is_told_again_and_approval_is_judged_on_the_new_total() -> None:
    order = run(published(opened()), ("start", FILED + 72 * HOUR))
    at = FILED + 79 * HOUR
    outcome = step(order, "extend", at, end=order.end + 2 * HOUR)
    assert outcome.tells == ("public", "hotline", "authority")
    assert [f.verdict for f in outcome.findings] == ["pass"]
    too_long = order.start + 12 * HOUR + SECOND
    assert refused(order, "extend", at, end=too_long) == {"WATER-OUTAGE-APPROVAL-12H"}
    approved = step(order, "authority-approval", at, number="9", until=too_long).order
    assert step(approved, "extend", at, end=too_long).order.end == too_long
    assert refused(approved, "extend", at, end=too_long + HOUR) == {"WATER-OUTAGE-APPROVAL-12H"}
    assert refused(order, "extend", at, end=order.end) == {"later-end"}


def test_a_late_second_notice_goes_out_and_is_a_violation() -> None:
    order = run(published(opened()), ("start", FILED + 72 * HOUR))
    outcome = step(order, "extend", order.end + SECOND, end=order.end + 2 * HOUR)
    assert [f.verdict for f in outcome.findings] == ["violation"]


@pytest.mark.parametrize("medium", ["water", "gas", "heat"])
def test_supply_is_restored_only_with_every_fact(medium: str) -> None:
    order = published(opened(medium=medium))
    order = run(order, ("start", order.start), ("work-done", order.start + HOUR))
    wanted = [*RESTORATION_FACTS[medium], *(["safe"] if medium == "gas" else [])]
    at = order.start + 2 * HOUR
    for fact in wanted:
        assert refused(order, "restore", at)
        order = step(order, "record", at, fact=fact).order
    assert step(order, "restore", at).order.state == "restored"
    again = step(order, "rework", at).order
    again = step(again, "work-done", at).order
    assert refused(again, "restore", at)


def test_gas_restoration_names_the_law_and_a_night_ban_is_optional() -> None:
    order = published(opened(medium="gas", end=FILED + 96 * HOUR))
    order = run(order, ("start", order.start), ("work-done", order.start + HOUR))
    at = datetime(2026, 1, 8, 23, tzinfo=ZONE)
    rules = refused(order, "restore", at)
    assert rules == {"GAS-RESTORE-NOTIFY", "GAS-RESTORE-SAFE", "restoration"}
    for fact in ("users-notified", "leak-test", "safe"):
        order = step(order, "record", at, fact=fact).order
    assert step(order, "restore", at).order.state == "restored"
    banned = replace(LAW, night_ban=(time(22), time(6)))
    assert refused(order, "restore", at, banned) == {"night"}
    assert step(order, "restore", at + 7 * HOUR, banned).order.state == "restored"


def test_an_unplanned_stop_tells_at_once_and_the_media_over_the_limits() -> None:
    def tells(people: int, hours: float, medium: Any = "water") -> tuple[str, ...]:
        open_step = Step(action="open", at=FILED, user="du", role="dispatcher")
        end = FILED + hours * HOUR
        facts: dict[str, Any] = {"medium": medium, "kind": "unplanned", "element": "water/link:M1"}
        outcome = open_outage("OUT-2", open_step, LAW, **facts, start=FILED, end=end, people=people)
        assert outcome.order.state == "underway"
        return outcome.tells

    assert tells(30_000, 12) == ("users", "hotline")
    assert "authority" in tells(30_001, 1)
    assert "public" in tells(1, 12.01)
    assert tells(5, 1, "gas") == ("users", "hotline", "authority")


def test_steps_are_entered_late_but_never_early_and_publication_never_back_dated() -> None:
    order = published(opened())
    now = order.start + HOUR
    late = Step(action="start", at=order.start, user="du", role="dispatcher")
    assert take_step(order, late, LAW, now=now).order.started == order.start
    early = Step(action="start", at=now + SECOND, user="du", role="dispatcher")
    with pytest.raises(RefusedStepError, match="future"):
        take_step(order, early, LAW, now=now)
    approved = run(opened(), ("file", FILED), ("approve", FILED))
    back_dated = Step(action="publish", at=FILED, user="du", role="dispatcher")
    with pytest.raises(RefusedStepError, match="counts from when it is entered"):
        take_step(approved, back_dated, LAW, now=FILED + HOUR)


def test_a_correction_adds_and_changes_nothing() -> None:
    order = published(opened())
    outcome = step(order, "correct", FILED, step=2, why="wrong hour", at_was="08:00")
    assert replace(outcome.order, version=order.version, last_at=order.last_at) == order
    assert refused(order, "correct", FILED, step=99, why="x") == {"step"}
    assert refused(order, "correct", FILED, step=1) == {"why"}


def test_the_table_is_whole() -> None:
    states = set(State.__args__)  # type: ignore[attr-defined]
    named = {s for t in TRANSITIONS for s in (*t.sources, t.target or t.sources[0])}
    assert named == states
    assert {gate for t in TRANSITIONS for gate in t.gates} == set(GATES)
    assert len({t.action for t in TRANSITIONS}) == len(TRANSITIONS)
