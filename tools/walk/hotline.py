"""D10 and D11: the life of a hotline order, and the month's rates."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from tools.walk.town import Town
from tools.walk.walk import HOUR, Walk

DAY = timedelta(days=1)
CHAIN = ["unit", "business-section", "duty-supervisor", "supervision-section", "centre-leader"]


class Work:
    """A hotline order, worked by people in their roles."""

    def __init__(self, walk: Walk, **record: Any) -> None:
        self.walk = walk
        body = {"record": {"utility": "water", "text": "水压低", **record}, "role": "operator"}
        made = walk.ask(f"opens a {record['type']}", "du", "api/work-orders", body)["order"]
        self.id = made["id"]

    def does(self, who: str, role: str, action: str, **record: Any) -> dict[str, Any]:
        """A step that is possible."""
        body = {"action": action, "record": record, "role": role}
        path = f"api/work-orders/{self.id}/steps"
        return self.walk.ask(f"{role} {action}", who, path, body)["order"]  # type: ignore[no-any-return]

    def may_not(self, who: str, role: str, action: str, why: str, **record: Any) -> None:
        """A step that is refused."""
        body = {"action": action, "record": record, "role": role}
        path = f"api/work-orders/{self.id}/steps"
        self.walk.ask(f"{role} {action}", who, path, body, want=409, why={why})

    def sent(self) -> None:
        """Dispatched and confirmed."""
        self.does("du", "operator", "dispatch")
        self.does("cai", "unit", "confirm")

    def clocks(self, **wanted: str) -> None:
        """See that clocks are in these states."""
        kept = self.walk.room.ask("vera", f"api/work-orders/{self.id}").body["order"]
        known = {timer["clock"]: timer["state"] for timer in kept["timers"]}
        self.walk.see("clocks", {name: known.get(name, "none") for name in wanted}, wanted)


def d11_order(walk: Walk, _town: Town) -> None:
    """Dispatch, receipt, two extensions, pending, supervision, a repeated call, closing."""
    began = walk.now
    one = Work(walk, type="complaint")
    one.clocks(dispatch="running", limit="running")
    one.may_not("cai", "unit", "confirm", "work-order")
    one.sent()
    one.clocks(dispatch="met")
    for days in (3, 4):
        one.does("du", "business", "extend", until=(began + days * DAY).isoformat())
    until = (began + 5 * DAY).isoformat()
    one.may_not("du", "business", "extend", "HOT-EXTENSION", until=until)
    one.may_not("li", "leader", "pend", "HOT-PENDING", approvals=CHAIN[:4])
    one.does("li", "leader", "pend", approvals=CHAIN)
    one.clocks(limit="suspended")
    one.does("cai", "unit", "handled")
    one.clocks(limit="met")
    one.does("du", "operator", "close")
    hard = Work(walk, type="complaint")
    hard.sent()
    for _ in range(2):
        after = hard.does("cai", "unit", "not-handled")
    walk.see("after two failures", after["work"]["state"], "supervised")
    again = Work(walk, type="emergency")
    turned = again.does("du", "operator", "repeat")
    walk.see("a repeated call", turned["work"]["type"], "complaint")
    body = {"action": "dispatch", "record": {}, "role": "operator"}
    path = f"api/work-orders/{again.id}/steps"
    walk.ask("a viewer dispatches", "vera", path, body, want=403)


def d10_rates(walk: Walk, _town: Town) -> None:
    """The rates of a month with what they are made of."""
    done = Work(walk, type="complaint", utility="heat")
    done.sent()
    done.does("cai", "unit", "handled")
    open_still = Work(walk, type="complaint", utility="heat")
    open_still.sent()
    ask = {
        "start": (walk.now - HOUR).isoformat(),
        "end": (walk.now + HOUR).isoformat(),
        "statistics_day": (walk.now + DAY).isoformat(),
        "utility": "heat",
    }
    path = f"api/work-orders/rates?{urlencode(ask)}"
    rates = {r["name"]: r for r in walk.ask("the rates", "vera", path)["rates"]}
    walk.see("names", sorted(rates), ["closing", "cumulative", "monthly", "timely"])
    parts = rates["cumulative"]["numerator"], rates["cumulative"]["denominator"]
    walk.see("some are open", parts[0] < parts[1], True)
