"""D1 to D3: a planned stop of water, of gas and of heat, from request to closed."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from tests.stories.desk import HOUR, MINUTE, SECOND, ZONE, StoryDesk

MONDAY = datetime(2026, 1, 5, 9, tzinfo=ZONE)


def test_d1_a_thirty_hour_water_stop(tmp_path: Path) -> None:
    desk = StoryDesk(tmp_path, MONDAY)
    start = MONDAY + 71 * HOUR
    desk.opens(
        medium="water",
        kind="planned",
        element="water/link:DN600",
        start=start.isoformat(),
        end=(start + 30 * HOUR).isoformat(),
        reason="更换DN600管道",
        scope="东苑小区、滨河小区",
        people=12000,
        households=4000,
    )
    desk.does("planner", "file")
    # Over 12 h: the authority; over 24 h: a delivery plan.
    assert desk.may_not("leader", "approve") == {"WATER-OUTAGE-APPROVAL-12H", "WATER-TRUCK-24H"}
    desk.does("planner", "amend", delivery_plan=True)
    desk.does("leader", "authority-approval", number="水务〔2026〕3号")
    desk.does("leader", "approve")
    # 48 hours, to the second.
    desk.at(start - 48 * HOUR + SECOND)
    assert desk.may_not("dispatcher", "publish") == {"WATER-OUTAGE-NOTICE-LARGE"}
    desk.at(start - 48 * HOUR)
    desk.does("dispatcher", "publish")
    assert {"public/bulletin", "public/sms", "hotline/hotline-brief"} <= set(desk.told())
    desk.at(start - MINUTE)
    assert desk.may_not("dispatcher", "start") == {"announced-window"}
    desk.at(start)
    desk.does("dispatcher", "start")
    # It will overrun by two hours: the authority approved 30 h, not 32.
    desk.at(start + 28 * HOUR)
    new_end = (start + 32 * HOUR).isoformat()
    assert desk.may_not("dispatcher", "extend", end=new_end) == {"WATER-OUTAGE-APPROVAL-12H"}
    desk.does("leader", "authority-approval", number="水务〔2026〕4号", until=new_end)
    extended = desk.does("dispatcher", "extend", end=new_end)
    assert [f["verdict"] for f in extended["findings"]] == ["pass"]
    desk.at(start + 31 * HOUR)
    desk.does("crew", "work-done")
    assert desk.may_not("dispatcher", "restore") == {"restoration"}
    for fact in ("flushed", "sample-good", "pressure-verified"):
        desk.does("crew", "record", fact=fact)
    restored = desk.does("dispatcher", "restore")
    assert [f["verdict"] for f in restored["findings"]] == ["pass"]
    desk.does("leader", "close")
    assert desk.state == "closed"
    steps = desk.service.get(desk.order_id)["steps"]
    assert all(step["user"] and step["entered_ns"] for step in steps)
    assert sum(form == "public/bulletin" for form in desk.told()) == 3


def test_d2_a_planned_gas_stop(tmp_path: Path) -> None:
    desk = StoryDesk(tmp_path, MONDAY)
    start = MONDAY + 48 * HOUR
    desk.opens(
        medium="gas",
        kind="planned",
        element="gas/link:G7",
        start=start.isoformat(),
        end=(start + 6 * HOUR).isoformat(),
        reason="调压站检修",
        scope="南片区",
    )
    desk.does("planner", "file")
    desk.does("leader", "approve")
    desk.does("dispatcher", "publish")
    desk.at(start)
    desk.does("crew", "start")
    desk.at(start + 4 * HOUR)
    desk.does("crew", "work-done")
    refused = desk.may_not("dispatcher", "restore")
    assert refused == {"GAS-RESTORE-NOTIFY", "GAS-RESTORE-SAFE", "restoration"}
    desk.does("crew", "record", fact="leak-test")
    desk.does("dispatcher", "record", fact="users-notified")
    assert desk.may_not("dispatcher", "restore") == {"GAS-RESTORE-SAFE"}
    desk.does("crew", "record", fact="safe")
    desk.does("dispatcher", "restore")
    desk.does("dispatcher", "close")
    assert desk.state == "closed"


def test_d3_heat_stops_filling_and_overhaul(tmp_path: Path) -> None:
    def heat(folder: str, now: datetime, **record: Any) -> StoryDesk:
        desk = StoryDesk(tmp_path / folder, now)
        facts = {"medium": "heat", "kind": "planned", "element": "heat/link:H1"}
        desk.opens(**facts, reason="检修", scope="北片区", **record)
        desk.does("planner", "file")
        desk.does("leader", "approve")
        return desk

    stop = heat("stop", MONDAY, start="2026-01-08T08:59:59+08:00", end="2026-01-08T18:00:00+08:00")
    assert stop.may_not("dispatcher", "publish") == {"HEAT-NOTICE-PLANNED-3D"}
    stop.does("planner", "amend", start="2026-01-08T09:00+08:00")
    stop.does("leader", "approve")
    stop.does("dispatcher", "publish")
    stop.at(datetime(2026, 1, 8, 9, tzinfo=ZONE))
    stop.does("crew", "start")
    stop.does("crew", "work-done")
    assert stop.may_not("dispatcher", "restore") == {"restoration"}
    for fact in ("filled", "vented"):
        stop.does("crew", "record", fact=fact)
    stop.does("dispatcher", "restore")

    autumn = datetime(2026, 11, 1, 8, tzinfo=ZONE)
    filling = heat(
        "filling", autumn, work="filling", start="2026-11-04T08:00", end="2026-11-04T20:00"
    )
    filling.does("dispatcher", "publish")
    assert filling.state == "published"

    winter = heat(
        "winter", MONDAY, work="overhaul", start="2026-03-01T08:00", end="2026-03-05T08:00"
    )
    assert winter.may_not("dispatcher", "publish") == {"HEAT-MAINT-OFFSEASON"}
    spring = heat(
        "spring", MONDAY, work="overhaul", start="2026-04-01T08:00", end="2026-04-05T08:00"
    )
    spring.does("dispatcher", "publish")
    assert spring.state == "published"
