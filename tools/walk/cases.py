"""D4 to D8 and D12: incidents from the first report to the evaluation."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tools.walk.town import Town
from tools.walk.walk import HOUR, MINUTE, SECOND, Order, Walk

DAY = timedelta(days=1)
SCRIPT = ["close-angle-valve", "ventilate", "no-switches", "no-phone"]
TEXTS = {"cause": "老化", "measures": "抱箍", "improvement": "更新", "prevention": "巡检"}


class Incident:
    """An incident, worked by people in their roles."""

    def __init__(self, walk: Walk, who: str = "du", **record: Any) -> None:
        self.walk = walk
        body = {"record": record, "role": "dispatcher"}
        name = f"opens an incident: {record['kind']}"
        made = walk.ask(name, who, "api/incidents", body)["incident"]
        self.id = made["id"]

    def does(self, who: str, action: str, **record: Any) -> None:
        """A step."""
        role = "crew" if who == "cai" else "dispatcher"
        body = {"action": action, "record": record, "role": role}
        self.walk.ask(action, who, f"api/incidents/{self.id}/steps", body)

    @property
    def report(self) -> dict[str, Any]:
        """The evaluation report as it stands."""
        answer = self.walk.room.ask("vera", f"api/incidents/{self.id}").body
        report: dict[str, Any] = answer["incident"]["report"]
        return report

    def clocks(self, **wanted: str) -> None:
        """See that clocks are in these states, or do not run ("none")."""
        known = {timer["clock"]: timer["state"] for timer in self.report["timers"]}
        self.walk.see("clocks", {name: known.get(name, "none") for name in wanted}, wanted)

    def verdicts(self, what: str, wanted: dict[str, str]) -> None:
        """See what rules say in `told` or `measured`."""
        known = {finding["rule"]: finding["verdict"] for finding in self.report[what]}
        self.walk.see(what, {name: known.get(name, "none") for name in wanted}, wanted)


def d4_burst(walk: Walk, town: Town) -> None:
    """A burst: clocks, valve plan, notices, an excuse with evidence, restoration, evaluation."""
    began = walk.now - 10 * MINUTE
    burst = Incident(
        walk,
        kind="burst",
        element=town.pipe,
        reported=began.isoformat(),
        hotline_at=(began - 5 * MINUTE).isoformat(),
        source="hotline",
        place=list(town.place),
        dn_mm=300.0,
        people=4000,
        households=1300,
        expected_h=10.0,
    )
    _send_crew(burst)
    burst.does("cai", "arrived")
    burst.does("du", "response-started")
    burst.clocks(arrival="met", stop="running", repair="running")
    end = began + 11 * HOUR
    wanted = {"element": town.pipe, "start": began.isoformat(), "end": end.isoformat()}
    plan = walk.ask("valves to close", "du", "api/outages/plan", {**wanted, "kind": "unplanned"})
    walk.see("valves to close", bool(plan["proposal"]["isolation"]["valves"]), True)
    order = Order(walk)
    order.open(
        "du",
        medium="water",
        kind="unplanned",
        reason="爆管",
        scope="东片区",
        people=4000,
        proposal=plan["proposal"]["id"],
        **wanted,
    )
    burst.does("cai", "stopped")
    burst.does("du", "users-told")
    burst.verdicts("told", {"WATER-OUTAGE-UNPLANNED-MEDIA": "not-applicable"})
    burst.does("du", "note", people=31_000, priority_users=1)
    burst.verdicts("told", {"WATER-OUTAGE-UNPLANNED-MEDIA": "required"})
    for step in ("media-told", "authority-told", "sampled", "controlled"):
        burst.does("du", step)
    order.does("du", "extend", end=(end + 4 * HOUR).isoformat())
    walk.see("users told of the delay", order.told().count("public/sms") > 0, True)
    order.does("cai", "work-done")
    order.may_not("du", "restore", {"restoration"})
    for fact in ("flushed", "sample-good", "pressure-verified"):
        order.does("cai", "record", fact=fact)
    burst.does("cai", "repaired")
    burst.clocks(stop="met", repair="met", road="running")
    order.does("du", "restore")
    order.does("du", "close")
    for step in ("restored", "site-cleared", "road-told"):
        burst.does("du", step)
    rows = walk.ask("the crews after it", "vera", "api/crews")["crews"]
    working = [r["id"] for r in rows if r["work"] and r["work"]["job"] == burst.id]
    walk.see("nobody works on it", working, [])
    burst.does("du", "note", texts=TEXTS)
    complete = burst.report["complete"]["verdict"]
    walk.see("the report lacks nothing", complete in {"pass", "no-rule"}, True)
    walk.see("level", bool(burst.report["level"]), True)
    late = Incident(
        walk,
        kind="burst",
        element=town.pipe,
        reported=(walk.now - 40 * HOUR).isoformat(),
        source="patrol",
        dn_mm=300.0,
    )
    late.clocks(arrival="late", stop="late", repair="late")
    bad = {"action": "excuse", "record": {"clock": "repair", "reason": "rain"}, "role": "crew"}
    path = f"api/incidents/{late.id}/steps"
    walk.ask("an excuse of no kind", "cai", path, bad, want=422, why={"reason", "evidence"})
    late.does("cai", "excuse", clock="repair", reason="road", evidence="photo 12")
    late.clocks(repair="excused")


def _send_crew(burst: Incident) -> None:
    """The soonest crew by the roads goes, once; a site without crews notes a name."""
    walk = burst.walk
    if not walk.ask("the crews", "vera", "api/crews")["crews"]:
        burst.does("du", "dispatched", crew="D1")
        return
    found = walk.ask("who is there first", "vera", f"api/crews/options?job={burst.id}")
    free = [one for one in found["options"] if one["works_on"] is None]
    crew = free[0]["crew"]
    path, body = f"api/crews/{crew}/assign", {"job": burst.id}
    walk.ask("a viewer sends a crew", "vera", path, body, want=403)
    sent = walk.ask("sends the first crew", "du", path, body)["assignment"]
    walk.see("sent to", sent["job"], burst.id)
    walk.ask("sends it again", "du", path, body, want=409, why={"crew"})
    kept = walk.room.ask("vera", f"api/incidents/{burst.id}").body["incident"]["incident"]
    walk.see("the incident knows", (kept["crew"], "dispatched" in kept["steps"]), (crew, True))


def d5_gas_leak(walk: Walk, town: Town) -> None:
    """A gas leak: the script, cordon, remote closing, report, safety before gas comes back."""
    began = walk.now - 20 * MINUTE
    leak = Incident(
        walk,
        kind="gas-leak",
        element=town.gas_pipe,
        reported=began.isoformat(),
        source="hotline",
    )
    told = {"GAS-LEAK-SCRIPT": "violation", "GAS-LEAK-CORDON": "violation"}
    leak.verdicts("told", {**told, "GAS-OUTAGE-EMERG": "violation"})
    leak.does("du", "note", script=SCRIPT)
    leak.does("du", "dispatched")
    leak.does("cai", "arrived")
    leak.does("cai", "note", site_measures=["cordon", "signs"])
    leak.does("du", "meter-closed")
    order = Order(walk)
    order.open(
        "du",
        medium="gas",
        kind="unplanned",
        element=town.gas_pipe,
        start=began.isoformat(),
        end=(began + 6 * HOUR).isoformat(),
        reason="燃气泄漏",
        scope="南片区",
    )
    for step in ("users-told", "authority-told", "controlled"):
        leak.does("du", step)
    passed = dict.fromkeys([*told, "GAS-OUTAGE-EMERG"], "pass")
    leak.verdicts("told", passed)
    leak.clocks(arrival="met")
    order.does("cai", "work-done")
    order.may_not("du", "restore", {"GAS-RESTORE-NOTIFY", "GAS-RESTORE-SAFE", "restoration"})
    for who, fact in (("du", "users-notified"), ("cai", "leak-test"), ("cai", "safe")):
        order.does(who, "record", fact=fact)
    order.does("du", "restore")
    for step in ("repaired", "restored"):
        leak.does("cai", step)
    order.does("li", "close")
    leak.does("du", "note", texts=TEXTS)
    walk.see("summary", leak.report["texts"], TEXTS)


def d6_no_gas(walk: Walk, town: Town) -> None:
    """No gas: a planned stop is explained; else a visit within the hour, and a measurement."""
    began = walk.now - HOUR - MINUTE
    planned = Incident(
        walk,
        kind="no-gas",
        element=town.gas_pipe,
        reported=began.isoformat(),
        source="hotline",
        planned_outage=True,
    )
    planned.clocks(arrival="none")
    visit = Incident(
        walk, kind="no-gas", element=town.gas_pipe, reported=began.isoformat(), source="hotline"
    )
    visit.clocks(arrival="late")
    at = (began + HOUR).isoformat()
    visit.does("cai", "arrived", at=at)
    visit.clocks(arrival="met")
    visit.does("cai", "measured", pressure_pa=1400.0)
    visit.verdicts("measured", {"GAS-PRESSURE-NG": "violation"})
    visit.does("cai", "note", pressure_pa=2000.0)
    visit.verdicts("measured", {"GAS-PRESSURE-NG": "pass"})


def d7_low_pressure(walk: Walk, town: Town) -> None:
    """Low pressure: calls that a stop explains, calls that lead to a pipe, and a test on site."""
    began = walk.now - 2 * MINUTE
    order = Order(walk)
    order.open(
        "du",
        medium="water",
        kind="unplanned",
        element=f"water/node:{town.node}",
        start=began.isoformat(),
        end=(began + 5 * HOUR).isoformat(),
        reason="爆管",
        scope="东片区",
    )
    record = {"type": "facility", "utility": "water", "text": "没水", "node": town.node}
    call = walk.ask("a call at a known stop", "du", "api/work-orders", _work(record))["order"]
    walk.see("the caller is told", bool(call["answer"]) and call["answer"]["outage"], order.id)
    order.does("cai", "work-done")
    for fact in ("flushed", "sample-good", "pressure-verified"):
        order.does("cai", "record", fact=fact)
    order.does("du", "restore")
    ids = []
    for k in range(3):
        x, y = town.place[0] + 30.0 * k, town.place[1] + 20.0
        record = {"type": "facility", "utility": "water", "text": "水压低", "place": [x, y]}
        made = walk.ask("a call", "du", "api/work-orders", _work(record))["order"]
        walk.see("no stop explains it", made["answer"], None)
        ids.append(made["id"])
    calls = walk.ask("the calls on the map", "vera", "api/work-orders/calls")
    kinds = {pin["id"]: pin["kind"] for pin in calls["pins"]}
    walk.see("pins", [kinds[id_] for id_ in ids], ["cluster"] * 3)
    walk.see("near a pipe", bool(calls["clusters"][0]["link"]), True)
    case = Incident(
        walk,
        kind="low-pressure",
        element=f"water/node:{town.node}",
        reported=began.isoformat(),
        source="hotline",
        households=1000,
    )
    case.clocks(measure="running")
    case.does("cai", "measured", pressure_pa=120_000.0)
    wanted = {"WATER-PRESSURE-END-MIN": "violation", "WATER-PRESSURE-COMMUNITY-1000": "violation"}
    case.verdicts("measured", wanted)
    case.clocks(measure="met")
    record = {"type": "complaint", "utility": "water", "text": "片区改造", "complexity": "complex"}
    rebuild = walk.ask("an area to be rebuilt", "du", "api/work-orders", _work(record))["order"]
    walk.see("limit", bool(rebuild["work"]["limit"]), True)


def d8_heat_out(walk: Walk, town: Town) -> None:
    """Heat out for a day is an accident with a report; cold rooms are tested and refunded."""
    began = walk.now - 25 * HOUR
    fault = Incident(
        walk,
        kind="heat-fault",
        element=town.heat_pipe,
        reported=began.isoformat(),
        source="alarm",
    )
    fault.verdicts("told", {"HEAT-NOTICE-FAULT": "violation"})
    fault.does("du", "users-told")
    fault.verdicts("told", {"HEAT-NOTICE-FAULT": "pass"})
    fault.clocks(repair="late", **{"accident-report": "running"})
    walk.see("operating accident", fault.report["operating_accident"], True)
    fault.does("du", "authority-told")
    fault.does("cai", "repaired")
    fault.does("cai", "restored")
    fault.clocks(repair="missed", **{"accident-report": "met"})
    room = Incident(
        walk,
        kind="cold-room",
        element=town.heat_pipe,
        reported=(walk.now - 4 * DAY).isoformat(),
        source="hotline",
    )
    room.clocks(test="running")
    room.does("cai", "measured", room_c=11.5, liable="supplier")
    refund = {f["rule"]: f["result"] for f in room.report["measured"]}
    walk.see("refund, per cent", refund["HEAT-REFUND"], 100.0)
    room.clocks(test="met")


def d12_response(walk: Walk, town: Town) -> None:
    """The general response: level, start and effect in time, who is told, evaluation."""
    began = walk.now - 30 * MINUTE
    event = Incident(
        walk,
        kind="burst",
        element=town.pipe,
        reported=began.isoformat(),
        source="alarm",
        dn_mm=600.0,
        people=40_000,
        expected_h=20.0,
        priority_users=1,
    )
    walk.see("level", event.report["level"], "II")
    for step in ("response-started", "controlled", "users-told", "media-told", "authority-told"):
        event.does("du", step)
    for step in ("repaired", "restored"):
        event.does("cai", step)
    event.does("du", "note", texts=TEXTS)
    walk.see("evaluation", event.report["complete"]["verdict"] in {"pass", "no-rule"}, True)
    again = {"action": "controlled", "record": {}, "role": "dispatcher"}
    path = f"api/incidents/{event.id}/steps"
    walk.ask("a step taken twice", "du", path, again, want=422, why={"step"})
    ahead = {"at": (walk.now + HOUR).isoformat()}
    early = {"action": "sampled", "record": ahead, "role": "dispatcher"}
    walk.ask("a step of tomorrow", "du", path, early, want=422, why={"at"})
    look = {"record": {"kind": "burst", "element": "x"}, "role": "dispatcher"}
    walk.ask("a viewer opens an incident", "vera", "api/incidents", look, want=403)
    walk.room.clock.go(walk.now + SECOND)


def _work(record: dict[str, Any]) -> dict[str, Any]:
    return {"record": record, "role": "operator"}
