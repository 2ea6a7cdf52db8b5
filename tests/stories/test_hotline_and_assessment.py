"""D10, D11 and D14: the assessment of a month, the life of a hotline order, who is told what."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from dispatch.indicators import (
    accident_rate,
    burst_rate,
    pressure_rate,
    repair_rate,
    room_rate,
)
from dispatch.indicators import (
    test_points as point_density,
)
from dispatch.workorders import WorkOrder, WorkRefusedError, open_order, rates, take
from dispatch.workorders.order import repeat_call
from dispatch.zones import Zone, balance
from tests.stories.desk import HOUR, JINAN, MINUTE, SECOND, ZONE, StoryDesk, rules

T0 = datetime(2026, 1, 5, 9, tzinfo=ZONE)
DAY = timedelta(days=1)


def act(order: WorkOrder, action: str, role: str, at: datetime, **more: object) -> WorkOrder:
    return take(order, action, at=at, by=role, role=role, rules=JINAN, **more)  # type: ignore[arg-type]


def complaint(name: str = "W1", **changes: object) -> WorkOrder:
    base = WorkOrder(id=name, type="complaint", utility="water", received=T0, text="水压低")
    return open_order(replace(base, **changes), JINAN)  # type: ignore[arg-type]


def confirmed(order: WorkOrder) -> WorkOrder:
    order = act(order, "dispatch", "operator", T0 + 10 * MINUTE)
    return act(order, "confirm", "unit", T0 + 15 * MINUTE)


def test_d11_a_complaint_from_call_to_closing() -> None:
    order = complaint()
    assert order.limit == T0 + 2 * DAY
    late = act(order, "dispatch", "operator", T0 + 30 * MINUTE + SECOND)
    assert [f.verdict for f in late.findings] == ["violation", "pass"]
    order = confirmed(order)
    assert [f.verdict for f in order.findings] == ["pass", "pass"]
    with pytest.raises(WorkRefusedError, match="extend is for business"):
        act(order, "extend", "unit", T0 + HOUR, until=T0 + 3 * DAY)
    for days in (3, 4):
        order = act(order, "extend", "business", T0 + HOUR, until=T0 + days * DAY)
    with pytest.raises(WorkRefusedError) as third:
        act(order, "extend", "business", T0 + HOUR, until=T0 + 5 * DAY)
    assert third.value.finding is not None
    assert third.value.finding.rule == "HOT-EXTENSION"
    order = act(order, "handled", "unit", T0 + 4 * DAY)
    assert order.in_time is True
    assert act(order, "close", "operator", T0 + 4 * DAY).state == "closed"


def test_d11_pending_needs_every_signature_and_two_failures_supervision() -> None:
    order = confirmed(complaint())
    chain = ["unit", "business-section", "duty-supervisor", "supervision-section"]
    with pytest.raises(WorkRefusedError, match="centre-leader"):
        act(order, "pend", "leader", T0 + HOUR, approvals=chain)
    pending = act(order, "pend", "leader", T0 + HOUR, approvals=[*chain, "centre-leader"])
    assert pending.state == "pending"
    once = act(order, "not-handled", "unit", T0 + HOUR)
    assert (once.state, once.failures) == ("confirmed", 1)
    twice = act(once, "not-handled", "unit", T0 + 2 * HOUR)
    assert (twice.state, twice.findings[-1].effect) == ("supervised", "supervision")


def test_d11_a_repeated_call_turns_an_open_order_into_a_complaint() -> None:
    order = WorkOrder(id="E", type="emergency", utility="water", received=T0, text="爆管")
    again = repeat_call(order, T0 + DAY, JINAN)
    assert (again.type, again.repeats, again.limit) == ("complaint", 1, T0 + 3 * DAY)
    closed = repeat_call(replace(order, state="closed"), T0 + DAY, JINAN)
    assert (closed.type, closed.repeats) == ("emergency", 1)


def test_direct_water_complaints_count_working_days() -> None:
    friday = datetime(2026, 2, 13, 9, tzinfo=ZONE)
    order = complaint(channel="direct", received=friday)
    assert order.limit == datetime(2026, 2, 24, 23, 59, 59, tzinfo=ZONE)


def test_d10_the_month_is_assessed_with_what_its_figures_are_made_of() -> None:
    samples = [(True, "")] * 95 + [(False, "")] * 2 + [(False, "planned-outage")]
    samples += [(False, "source-shortage")] * 3
    pressure = pressure_rate(samples, JINAN)
    assert pressure.value == pytest.approx(100 * 95 / 98)
    assert (pressure.denominator, pressure.excluded) == (98, (("source-shortage", 3),))
    assert [f.verdict for f in pressure.findings] == ["violation"]
    assert pressure_rate(samples, JINAN, exclude_planned=True).denominator == 97
    repairs = repair_rate(["met"] * 39 + ["missed"] + ["excused"] * 2, JINAN)
    assert repairs.value == pytest.approx(97.5)
    assert [f.verdict for f in repairs.findings] == ["pass", "violation"]
    assert repair_rate(["excused"], JINAN).value is None
    assert burst_rate(10, 10.0, 1.0, JINAN).findings[0].verdict == "pass"
    assert point_density(25.0, 2, JINAN).findings[0].verdict == "violation"
    assert room_rate(989, 1000, JINAN).findings[0].verdict == "violation"
    heat = accident_rate([(30.0, 0.5e6)], 2880.0, 10e6, JINAN)
    assert heat.value == pytest.approx(0.05208, rel=1e-3)
    assert heat.findings[0].verdict == "pass"
    assert pressure_rate(samples, rules("shaoxing")).value is None


def test_d10_order_rates_of_a_month() -> None:
    done = act(confirmed(complaint("A")), "handled", "unit", T0 + DAY)
    late = act(confirmed(complaint("B")), "handled", "unit", T0 + 3 * DAY)
    open_still = confirmed(complaint("C"))
    chain = [
        "unit",
        "business-section",
        "duty-supervisor",
        "supervision-section",
        "centre-leader",
    ]
    pending = act(confirmed(complaint("D")), "pend", "leader", T0 + HOUR, approvals=chain)
    found = {
        rate.name: rate
        for rate in rates(
            [done, late, open_still, pending],
            JINAN,
            start=T0 - DAY,
            end=T0 + 20 * DAY,
            statistics_day=T0 + 25 * DAY,
            utility="water",
        )
    }
    assert (found["monthly"].numerator, found["monthly"].denominator) == (2, 3)
    assert found["monthly"].excluded == ("D",)
    assert (found["cumulative"].numerator, found["cumulative"].denominator) == (2, 4)
    assert (found["timely"].numerator, found["timely"].denominator) == (1, 4)
    assert found["closing"].finding is not None
    assert found["closing"].finding.verdict == "violation"


def test_d10_zone_leakage_from_night_flow_with_a_meter_that_fails() -> None:
    times = [T0.replace(hour=0) + i * 15 * MINUTE for i in range(96)]
    hours = np.arange(96) / 4
    flow = np.where((hours >= 2) & (hours < 4), 0.004, 0.02)
    outlet = np.full(96, 0.001)
    inlet = flow + outlet
    zone = Zone(id="Z", meters={"in": 1, "out": -1}, length_km=3.0, night_use_m3s=0.001)
    found = balance(zone, times, {"in": inlet, "out": outlet}, JINAN, zone_of_day=ZONE)
    assert found.leakage_m3s == pytest.approx(0.003)
    assert found.indicator is not None
    assert found.indicator.value == pytest.approx(3.6)
    assert found.indicator.findings[0].verdict == "violation"
    inlet[8:12] = np.nan
    partly = balance(zone, times, {"in": inlet, "out": outlet}, JINAN, zone_of_day=ZONE)
    assert partly.leakage_m3s == pytest.approx(0.003)
    assert partly.covered == pytest.approx(92 / 96)
    dead = np.full(96, np.nan)
    none = balance(zone, times, {"in": dead, "out": outlet}, JINAN, zone_of_day=ZONE)
    assert none.indicator is None
    with pytest.raises(KeyError, match="in"):
        balance(zone, times, {"out": outlet}, JINAN, zone_of_day=ZONE)


@pytest.mark.parametrize(
    ("facts", "told"),
    [
        ({"medium": "water"}, {"users", "hotline"}),
        ({"medium": "water", "people": 30_001}, {"users", "hotline", "public", "authority"}),
        ({"medium": "gas"}, {"users", "hotline", "authority"}),
        ({"medium": "heat"}, {"users", "hotline", "authority"}),
    ],
)
def test_d14_an_unplanned_stop_tells_whom_the_matrix_names(
    facts: dict[str, object], told: set[str], tmp_path: Path
) -> None:
    desk = StoryDesk(tmp_path, T0)
    desk.opens(
        "dispatcher",
        kind="unplanned",
        element="x/link:1",
        start=T0.isoformat(),
        end=(T0 + 6 * HOUR).isoformat(),
        reason="故障",
        scope="片区",
        **facts,
    )
    assert {form.split("/")[0] for form in desk.told()} == told


def test_d14_a_planned_stop_tells_public_hotline_and_authority(tmp_path: Path) -> None:
    desk = StoryDesk(tmp_path, T0)
    desk.opens(
        medium="water",
        kind="planned",
        element="water/link:1",
        start=(T0 + 50 * HOUR).isoformat(),
        end=(T0 + 55 * HOUR).isoformat(),
        reason="检修",
        scope="片区",
    )
    assert desk.told() == []
    desk.does("planner", "file")
    desk.does("leader", "approve")
    assert desk.told() == []
    desk.does("dispatcher", "publish")
    assert {form.split("/")[0] for form in desk.told()} == {"public", "hotline", "authority"}
    desk.does("dispatcher", "cancel")
    assert sum(form == "public/bulletin" for form in desk.told()) == 2
