"""Stories of planned outages, from the request to the notice."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from dispatch.finding import Finding
from dispatch.outage import OutageRequest, OutageSettings, PlanningContext, Proposal, plan_outage
from network_models.network import Network
from network_models.problems import InputError

SHANGHAI = ZoneInfo("Asia/Shanghai")
BERLIN = ZoneInfo("Europe/Berlin")
START = datetime(2026, 3, 10, 8, tzinfo=SHANGHAI)
EARLY = START - timedelta(days=5)


def plan(
    context: PlanningContext,
    element: str = "link:P5",
    hours: float = 10.0,
    *,
    now: datetime = EARLY,
    start: datetime = START,
    **more: Any,
) -> Proposal:
    request = OutageRequest(
        element=element,
        start=start,
        end=start + timedelta(hours=hours),
        **{"reason": "更换阀门", "reason_en": "valve replacement", **more},
    )
    return plan_outage(context, request, now=now)


def finding(proposal: Proposal, rule: str) -> Finding:
    (found,) = [f for f in proposal.findings if f.rule == rule]
    return found


@pytest.fixture(scope="module")
def branch(context: PlanningContext) -> Proposal:
    """Thirty hours on the branch to the hospital, without an approval."""
    return plan(context, hours=30.0)


def test_the_hospital_at_the_end_of_the_branch_is_named(branch: Proposal) -> None:
    record = branch.as_dict()
    impact: Any = record["impact"]
    assert {c["id"] for c in impact["customers"]} == {"C-E", "C-F", "H-1", "S-1"}
    assert all(c["effect"] == "cut_off" and c["hours"] == 30.0 for c in impact["customers"])
    assert [c["id"] for c in impact["priority_users"]] == ["H-1", "S-1"]
    assert (impact["households"], impact["people"]) == (300, 1500)
    assert impact["communities"] == [
        {
            "id": "river",
            "name_zh": "滨河小区",
            "name_en": "Riverside",
            "households": 300,
            "people": 1300,
        }
    ]


def test_a_long_stop_waits_for_its_approval_and_has_its_delivery_plan(branch: Proposal) -> None:
    assert branch.blocked_by == ("WATER-OUTAGE-APPROVAL-12H",)
    assert finding(branch, "WATER-TRUCK-24H").verdict == "pass"
    assert branch.trucks is not None
    assert branch.trucks.complete
    fills = {s.id for r in branch.trucks.routes for s in r.stops if s.kind == "fill"}
    assert fills == {"F1"}  # F2 stands at E, which is dry


def test_the_proposal_is_plain_json(branch: Proposal) -> None:
    record = branch.as_dict()
    assert json.loads(json.dumps(record, allow_nan=False)) == record
    assert record["schema"] == "ringmain/outage-plan/1"
    assert record["duration_h"] == 30.0
    assert record["publishable"] is False


def test_the_same_request_gives_the_same_proposal(
    context: PlanningContext, branch: Proposal
) -> None:
    assert plan(context, hours=30.0).as_dict() == branch.as_dict()


def test_the_notice_says_the_four_items_in_both_languages(branch: Proposal) -> None:
    text = branch.notice
    assert text.items.missing == ()
    assert text.zh.splitlines()[0] == "关于计划停水的公告"
    for part in (
        "停水原因：更换阀门",
        "滨河小区、市第一医院、滨河小学停水，涉及居民300户，共1500人",
        "停水开始时间：2026年3月10日（星期二）8时00分",
        "恢复正常供水时间：2026年3月11日（星期三）14时00分",
        "送水车",
        "2026年3月5日",
    ):
        assert part in text.zh
    for part in (
        "Reason: valve replacement",
        "No water: Riverside, First Hospital, River School (300 households, 1500 people)",
        "Start: Tuesday, 10 March 2026, 08:00 (UTC+08:00)",
        "resumes: Wednesday, 11 March 2026, 14:00 (UTC+08:00) (30 hours in all)",
    ):
        assert part in text.en


def test_a_notice_without_a_reason_is_blocked(context: PlanningContext) -> None:
    proposal = plan(context, reason=" ", reason_en="")
    content = finding(proposal, "WATER-OUTAGE-NOTICE-CONTENT")
    assert (content.verdict, content.result) == ("blocked", "missing: reason")
    assert proposal.notice.as_dict()["missing"] == ["reason"]
    assert "【待填写】" in proposal.notice.zh


@pytest.mark.parametrize(
    ("early", "verdict"),
    [
        (timedelta(hours=48), "pass"),
        (timedelta(hours=48) - timedelta(seconds=1), "blocked"),
        (timedelta(hours=47, minutes=59), "blocked"),
    ],
)
def test_forty_eight_hours_to_the_second(
    context: PlanningContext, early: timedelta, verdict: str
) -> None:
    proposal = plan(context, now=START - early)
    found = finding(proposal, "WATER-OUTAGE-NOTICE-LARGE")
    assert found.verdict == verdict
    assert found.deadline == START - timedelta(hours=48)
    assert proposal.publishable is (verdict == "pass")
    publish = next(d for d in proposal.deadlines if d.rule == "WATER-OUTAGE-NOTICE-LARGE")
    assert (publish.at, publish.met) == (START - timedelta(hours=48), verdict == "pass")


@pytest.mark.parametrize(("hours", "early", "verdict"), [(10, 24, "pass"), (10, 23.99, "blocked")])
def test_a_site_with_a_threshold_has_small_stops(
    context: PlanningContext, hours: float, early: float, verdict: str
) -> None:
    small = replace(context, settings=replace(context.settings, large_scope_households=301))
    proposal = plan(small, hours=hours, now=START - timedelta(hours=early))
    assert finding(proposal, "WATER-OUTAGE-NOTICE-LARGE").verdict == "not-applicable"
    assert finding(proposal, "WATER-OUTAGE-NOTICE-SMALL").verdict == verdict
    large = replace(context, settings=replace(context.settings, large_scope_households=300))
    assert finding(plan(large), "WATER-OUTAGE-NOTICE-SMALL").verdict == "not-applicable"


@pytest.mark.parametrize(
    ("length", "approved", "verdict"),
    [
        (timedelta(hours=12), None, "not-applicable"),
        (timedelta(hours=12, minutes=1), None, "required"),
        (timedelta(hours=12, minutes=1), False, "blocked"),
        (timedelta(hours=12, minutes=1), True, "pass"),
    ],
)
def test_approval_over_twelve_hours(
    context: PlanningContext, length: timedelta, approved: bool | None, verdict: str
) -> None:
    proposal = plan(context, hours=length / timedelta(hours=1), approved=approved)
    assert finding(proposal, "WATER-OUTAGE-APPROVAL-12H").verdict == verdict
    assert proposal.publishable is (verdict in {"not-applicable", "pass"})


@pytest.mark.parametrize(("minutes", "verdict"), [(0, "not-applicable"), (1, "pass")])
def test_trucks_over_twenty_four_hours(
    context: PlanningContext, minutes: int, verdict: str
) -> None:
    proposal = plan(context, hours=24.0 + minutes / 60.0, approved=True)
    assert finding(proposal, "WATER-TRUCK-24H").verdict == verdict
    assert (proposal.trucks is None) is (verdict == "not-applicable")


def test_a_long_stop_without_trucks_is_blocked(context: PlanningContext) -> None:
    proposal = plan(replace(context, fleet=()), hours=25.0, approved=True)
    assert finding(proposal, "WATER-TRUCK-24H").verdict == "blocked"
    assert finding(proposal, "WATER-TRUCK-READY").verdict == "violation"
    assert proposal.blocked_by == ("WATER-TRUCK-24H",)


def test_clock_changes_do_not_shorten_the_notice(context: PlanningContext) -> None:
    """Clocks go forward on 29 March 2026 in Berlin: the deadline is an hour earlier by the wall."""
    berlin = replace(context, timezone=BERLIN)
    start = datetime(2026, 3, 30, 8, tzinfo=BERLIN)
    wall = datetime(2026, 3, 28, 8, tzinfo=BERLIN)
    late = plan(berlin, start=start, now=wall)
    assert finding(late, "WATER-OUTAGE-NOTICE-LARGE").verdict == "blocked"
    good = plan(berlin, start=start, now=datetime(2026, 3, 28, 7, tzinfo=BERLIN))
    assert finding(good, "WATER-OUTAGE-NOTICE-LARGE").verdict == "pass"
    assert "2026-03-28T07:00:00+01:00" in {d.as_dict()["at"] for d in good.deadlines}


def test_a_window_over_a_clock_change_is_as_long_as_it_is(context: PlanningContext) -> None:
    berlin = replace(context, timezone=BERLIN)
    request = OutageRequest(
        element="P5",
        start=datetime(2026, 3, 28, 20, tzinfo=BERLIN),
        end=datetime(2026, 3, 29, 9, tzinfo=BERLIN),
        reason="更换阀门",
    )
    proposal = plan_outage(berlin, request, now=datetime(2026, 3, 20, tzinfo=BERLIN))
    assert proposal.as_dict()["duration_h"] == 12.0
    assert finding(proposal, "WATER-OUTAGE-APPROVAL-12H").verdict == "not-applicable"


def test_a_main_in_the_loop_cuts_off_nobody_but_pressure_falls(context: PlanningContext) -> None:
    proposal = plan(context, "water/link:M1")
    impact = proposal.impact
    assert impact.hit("cut_off") == ()
    assert {c.customer.id for c in impact.hit("low_pressure")} == {"C-E", "C-F", "H-1", "S-1"}
    assert {node.id for node in impact.below_limit} == {"E", "F"}
    assert all(node.first_below == START for node in impact.below_limit)
    assert finding(proposal, "WATER-PRESSURE-END-MIN").verdict == "pass"
    assert proposal.notice.zh.startswith("关于计划降压供水的公告")


def weaker(context: PlanningContext, head_m: float) -> PlanningContext:
    net: Network = context.network
    lower = replace(net.nodes["R"], elevation_m=head_m)
    tower = replace(net.nodes["T"], elevation_m=head_m - 20.0)
    return replace(context, network=replace(net, nodes={**net.nodes, "R": lower, "T": tower}))


def test_end_pressure_below_the_limit_is_a_violation_with_the_nodes(
    context: PlanningContext,
) -> None:
    """From 6 to 9 in the morning, with one side of the loop shut, the far mains fall too low."""
    proposal = plan(weaker(context, 36.0), "M1")
    found = finding(proposal, "WATER-PRESSURE-END-MIN")
    assert (found.verdict, found.result, found.limit) == ("violation", "not met", 0.14)
    assert {node.id for node in proposal.impact.below_limit if node.is_end} == {"B", "C"}
    assert proposal.impact.worst_end_id == "B"
    assert proposal.publishable  # a violation to weigh, but no rule that forbids the notice


def test_ends_below_the_limit_anyway_are_told_apart(context: PlanningContext) -> None:
    proposal = plan(weaker(context, 21.0), "link:P6")
    found = finding(proposal, "WATER-PRESSURE-END-MIN")
    assert (found.verdict, found.result) == ("violation", "not met, and so without the outage")
    assert proposal.impact.base_below
    assert not [node for node in proposal.impact.below_limit if node.is_end]


def test_a_large_community_with_low_pressure_is_a_violation(context: PlanningContext) -> None:
    """East Court has 2200 households; some of them fall low."""
    proposal = plan(weaker(context, 36.0), "M1")
    found = finding(proposal, "WATER-PRESSURE-COMMUNITY-1000")
    assert (found.verdict, found.value) == ("violation", 2200.0)


def test_a_tower_that_runs_dry_is_foreseen(context: PlanningContext) -> None:
    """With junction C shut the hill lives on its tower, which lasts some hours."""
    proposal = plan(context, "node:C", hours=20.0, approved=True)
    (tank,) = proposal.impact.tanks
    assert tank.base_runs_dry_at is None
    assert tank.runs_dry_at is not None
    assert START + timedelta(hours=8) < tank.runs_dry_at < START + timedelta(hours=20)
    hill = next(c for c in proposal.impact.customers if c.customer.id == "C-G")
    assert hill.effect == "cut_off"
    assert 0.0 < hill.hours < 12.0
    assert "G" in proposal.impact.dry_nodes


def test_a_profile_without_rules_says_so(context: PlanningContext) -> None:
    other = replace(context, settings=OutageSettings(profile="shaoxing"))
    proposal = plan(other, hours=30.0)
    assert {f.verdict for f in proposal.findings} == {"no-rule"}
    assert proposal.trucks is None


def test_an_unplanned_stop_is_told_to_the_media(context: PlanningContext) -> None:
    proposal = plan(context, hours=13.0, kind="unplanned", now=START)
    assert finding(proposal, "WATER-OUTAGE-NOTICE-LARGE").verdict == "not-applicable"
    assert finding(proposal, "WATER-OUTAGE-UNPLANNED-NOTICE").verdict == "required"
    assert finding(proposal, "WATER-OUTAGE-UNPLANNED-MEDIA").verdict == "required"
    assert proposal.publishable
    assert proposal.notice.zh.startswith("关于临时停水的公告")


def test_work_on_secondary_supply_needs_its_own_notice(context: PlanningContext) -> None:
    proposal = plan(context, secondary=True, now=START - timedelta(hours=47))
    assert "WATER-SECONDARY-48H" in proposal.blocked_by


def test_progress_is_told(context: PlanningContext) -> None:
    told: list[tuple[str, float]] = []
    request = OutageRequest(element="P5", start=START, end=START + timedelta(hours=1), reason="x")
    plan_outage(
        context, request, now=EARLY, progress=lambda stage, share: told.append((stage, share))
    )
    shares = [share for _, share in told]
    assert shares == sorted(shares)
    assert shares[-1] == 1.0


def test_a_window_that_is_none_is_refused(context: PlanningContext) -> None:
    with pytest.raises(InputError, match="after the start"):
        plan(context, hours=0.0)
    with pytest.raises(InputError, match="offset"):
        plan(context, start=START.replace(tzinfo=None))
    with pytest.raises(InputError, match="X9"):
        plan(context, "link:X9")
    with pytest.raises(InputError, match="at most"):
        plan(context, hours=24.0 * 3650)
    for year in (1, 9999):
        with pytest.raises(InputError, match="a year from"):
            plan(context, start=START.replace(year=year))


def test_a_request_is_read_with_every_fault_at_once() -> None:
    good = {"element": "P5", "start": "2026-03-10T08:00", "end": "2026-03-10T18:00+08:00"}
    request = OutageRequest.from_dict(good, SHANGHAI)
    assert request.start == START
    assert request.duration == timedelta(hours=10)
    bad = {"start": "soon", "kind": "secret", "colour": "red", "approved": "maybe"}
    with pytest.raises(InputError) as caught:
        OutageRequest.from_dict(bad, SHANGHAI)
    fields = [p.field for p in caught.value.problems]
    assert set(fields) == {"element", "start", "end", "kind", "colour", "approved"}
