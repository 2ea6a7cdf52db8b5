"""D1 to D3 and D14: planned stops of three media, and whom each event tells."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tools.walk.town import Town
from tools.walk.walk import HOUR, MINUTE, SECOND, Order, Walk

DAY = timedelta(days=1)
WATER_FACTS = ("flushed", "sample-good", "pressure-verified")


def d1_water_stop(walk: Walk, town: Town) -> None:
    """A planned stop of 30 hours: proposal, authority, trucks, notice, extension, restoration."""
    start = _hour(walk.now) + 74 * HOUR
    end = start + 30 * HOUR
    window = {"start": start.isoformat(), "end": end.isoformat()}
    wanted = {"element": town.pipe, **window, "reason": "更换管道"}
    walk.ask("a viewer plans", "vera", "api/outages/plan", wanted, want=403)
    proposal = walk.ask("plans the stop", "pan", "api/outages/plan", wanted)["proposal"]
    walk.see("valves to close", bool(proposal["isolation"]["valves"]), True)
    walk.see("hours of impact", bool(proposal["impact"]), True)
    order = Order(walk)
    order.open(
        medium="water",
        kind="planned",
        element=town.pipe,
        reason="更换管道",
        scope="东片区",
        **window,
    )
    order.does("pan", "file")
    order.may_not("li", "approve", {"WATER-OUTAGE-APPROVAL-12H", "WATER-TRUCK-24H"})
    fault = {"action": "amend", "record": {"delivery_plan": True}, "role": "planner"}
    steps = f"api/outage-orders/{order.id}/steps"
    walk.ask("claims trucks without a plan", "pan", steps, fault, want=422, why={"proposal"})
    order.does("pan", "amend", delivery_plan=True, proposal=proposal["id"])
    order.may_not("li", "authority-approval", {"document"})
    order.does("li", "authority-approval", number="水务〔2026〕3号")
    as_leader = {"action": "approve", "record": {}, "role": "leader"}
    walk.ask("a dispatcher approves as leader", "du", steps, as_leader, want=403)
    order.does("li", "approve")
    order.may_not("du", "start", {"state"})
    order.does("du", "publish")
    told = order.told()
    forms = ["public/bulletin", "public/media", "public/sms", "hotline/hotline-brief"]
    walk.see("told at publication", [f for f in forms if f in told], forms)
    order.may_not("du", "start", {"announced-window"})
    walk.go(start)
    order.does("du", "start")
    _trucks_anew(walk, proposal, start + 20 * HOUR)
    walk.go(start + 28 * HOUR)
    later = (end + 2 * HOUR).isoformat()
    order.may_not("du", "extend", {"WATER-OUTAGE-APPROVAL-12H"}, end=later)
    order.does("li", "authority-approval", number="水务〔2026〕4号", until=later)
    extended = order.does("du", "extend", end=later)
    walk.see("extension in time", [f["verdict"] for f in extended["findings"]], ["pass"])
    walk.go(start + 31 * HOUR)
    order.does("cai", "work-done")
    order.may_not("du", "restore", {"restoration"})
    for fact in WATER_FACTS:
        order.does("cai", "record", fact=fact)
    restored = order.does("du", "restore")
    walk.see("restored in time", [f["verdict"] for f in restored["findings"]], ["pass"])
    road = order.does("du", "road-told")
    walk.see("road authority in time", [f["verdict"] for f in road["findings"]], ["pass"])
    order.does("du", "close")
    order.state("closed")
    kept = walk.ask("reads every step", "vera", f"api/outage-orders/{order.id}")["order"]
    walk.see("steps with who and when", all(s["user"] and s["at_ns"] for s in kept["steps"]), True)
    walk.see("bulletins", order.told().count("public/bulletin"), 3)


def _trucks_anew(walk: Walk, proposal: dict[str, Any], by: datetime) -> None:
    """A truck breaks down while they deliver: the others take over, and it stands on record."""
    routes = proposal["trucks"]["routes"]
    begins = min(datetime.fromisoformat(route["stops"][0]["arrive"]) for route in routes)
    walk.go(min(begins + HOUR, by))
    path, broken = f"api/outages/{proposal['id']}/trucks", routes[0]["truck"]
    walk.ask("a viewer sends trucks", "vera", path, {}, want=403)
    wrong = {"broken": ["no truck"], "delivered_m3": {"no point": 1.0}}
    why = {"broken", "delivered"}
    walk.ask("trucks and points that are none", "wen", path, wrong, want=422, why=why)
    made = walk.ask("trucks without a broken one", "wen", path, {"broken": [broken]})["truck_plan"]
    walk.see("plan made anew", made["number"], 1)
    used = {route["truck"] for route in made["trucks"]["routes"]}
    walk.see("the broken one rests", broken in used, False)
    kept = walk.ask("reads the plans", "vera", f"api/outages/{proposal['id']}")["proposal"]
    told = [(plan["user"], plan["broken"]) for plan in kept["truck_plans"]]
    walk.see("plans on record", told, [("wen", [broken])])


def d1_lead_times(walk: Walk, _town: Town) -> None:
    """48 hours to the second; a delay is told again; nothing starts on the old notice."""
    start = _hour(walk.now) + 48 * HOUR + 5 * MINUTE
    order = Order(walk)
    order.open(
        medium="water",
        kind="planned",
        element="water/link:any",
        start=start.isoformat(),
        end=(start + 8 * HOUR).isoformat(),
        reason="检修",
        scope="西片区",
    )
    order.does("pan", "file")
    order.does("li", "approve")
    late = walk.now + 48 * HOUR - MINUTE
    early = late + 10 * MINUTE
    order.does("pan", "amend", start=late.isoformat())
    order.does("li", "approve")
    order.may_not("du", "publish", {"WATER-OUTAGE-NOTICE-LARGE"})
    order.does("pan", "amend", start=early.isoformat())
    order.does("li", "approve")
    order.does("du", "publish")
    order.does("pan", "amend", start=(early + DAY).isoformat(), end=(early + 1.3 * DAY).isoformat())
    order.state("requested")
    order.does("li", "approve")
    order.does("du", "publish")
    order.does("du", "cancel")
    walk.see("bulletins", order.told().count("public/bulletin"), 3)


def d2_gas_stop(walk: Walk, town: Town) -> None:
    """A planned gas stop: 48 hours, users told and gas safe before it comes back."""
    start = walk.now + 48 * HOUR + MINUTE
    order = Order(walk)
    order.open(
        medium="gas",
        kind="planned",
        element=town.gas_pipe,
        start=start.isoformat(),
        end=(start + 6 * HOUR).isoformat(),
        reason="调压站检修",
        scope="南片区",
    )
    order.does("pan", "file")
    as_leader = {"action": "approve", "record": {}, "role": "leader"}
    steps = f"api/outage-orders/{order.id}/steps"
    walk.ask("a dispatcher for water approves gas", "wen", steps, as_leader, want=403)
    order.does("li", "approve")
    order.does("du", "publish")
    walk.go(start)
    order.does("cai", "start")
    walk.go(start + 4 * HOUR)
    order.does("cai", "work-done")
    order.may_not("du", "restore", {"GAS-RESTORE-NOTIFY", "GAS-RESTORE-SAFE", "restoration"})
    for who, fact in (("cai", "leak-test"), ("du", "users-notified"), ("cai", "safe")):
        order.does(who, "record", fact=fact)
    order.does("du", "restore")
    order.does("du", "close")
    order.state("closed")


def d3_heat_stop(walk: Walk, town: Town) -> None:
    """A heat stop in season (3 days), and an overhaul that may not lie in it."""
    start = walk.now + 3 * DAY + MINUTE
    order = Order(walk)
    record = {"medium": "heat", "kind": "planned", "element": town.heat_pipe, "scope": "北片区"}
    end = start + 8 * HOUR
    order.open(**record, start=start.isoformat(), end=end.isoformat(), reason="换阀")
    order.does("pan", "file")
    order.does("li", "approve")
    order.does("du", "publish")
    walk.go(start)
    order.does("cai", "start")
    order.does("cai", "work-done")
    order.may_not("du", "restore", {"restoration"})
    for fact in ("filled", "vented"):
        order.does("cai", "record", fact=fact)
    order.does("du", "restore")
    order.does("li", "close")
    order.state("closed")
    for month, why in ((1, {"HEAT-MAINT-OFFSEASON"}), (5, set())):
        begin = datetime(walk.now.year + 1, month, 10, 8, tzinfo=ZoneInfo("Asia/Shanghai"))
        overhaul = Order(walk)
        times = {"start": begin.isoformat(), "end": (begin + 3 * DAY).isoformat()}
        overhaul.open(**record, **times, work="overhaul", reason="年度检修")
        overhaul.does("pan", "file")
        overhaul.does("li", "approve")
        if why:
            overhaul.may_not("du", "publish", why)
        else:
            overhaul.does("du", "publish")


def d14_who_is_told(walk: Walk, _town: Town) -> None:
    """Unplanned stops tell at once whom the matrix names, in both languages, with receipts."""
    cases: list[tuple[dict[str, Any], set[str]]] = [
        ({"medium": "water", "people": 200}, {"users", "hotline"}),
        ({"medium": "water", "people": 30_001}, {"users", "hotline", "public", "authority"}),
        ({"medium": "gas"}, {"users", "hotline", "authority"}),
        ({"medium": "heat"}, {"users", "hotline", "authority"}),
    ]
    start = walk.now - HOUR
    for facts, audiences in cases:
        order = Order(walk)
        order.open(
            "du",
            kind="unplanned",
            element=f"{facts['medium']}/link:any",
            start=start.isoformat(),
            end=(start + 6 * HOUR).isoformat(),
            reason="故障",
            scope="片区",
            **facts,
        )
        found = {form.split("/")[0] for form in order.told()}
        walk.see(f"told of {facts}", found, audiences)
    walk.see("both languages", all(_both(m) for m in _messages(walk, order)), True)
    walk.room.clock.go(walk.now + 2 * SECOND)


def _messages(walk: Walk, order: Order) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = walk.room.ask("du", f"api/outage-orders/{order.id}/messages").body[
        "messages"
    ]
    return rows


def _both(message: dict[str, Any]) -> bool:
    return bool(message["content"]["zh"]) and bool(message["content"]["en"])


def _hour(moment: datetime) -> datetime:
    return moment.replace(minute=0, second=0, microsecond=0)
