"""Orders of the same hours without a saved plan: compared by valves, or said that they are not."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from dispatch.customers import Customer
from dispatch.rulebook import RuleBook
from hmi.desk.footprints import Footprints
from hmi.desk.outage_service import DeskSettings, OutageService
from hmi.records import SqlOrderBook, engine, migrate
from network_models.network import Network
from network_models.read import read_network
from network_models.valves import IsolationValve
from scenarios.city import make_city
from tests.dispatch.conftest import customer, town, valves

__all__ = ["town", "valves"]

ZONE = ZoneInfo("Asia/Shanghai")
START = datetime(2026, 1, 8, 9, tzinfo=ZONE)
HOUR = timedelta(hours=1)
SETTINGS = DeskSettings(zone=ZONE, profile="jinan", name_zh="示范", name_en="Model")


class Desk:
    """A desk of one town whose clock the test moves."""

    def __init__(
        self,
        folder: Path,
        networks: dict[str, Network],
        known: tuple[IsolationValve, ...] = (),
        customers: tuple[Customer, ...] = (),
    ) -> None:
        self.now = START - 72 * HOUR
        records = engine(folder / "records.db")
        migrate(records)
        self.service = OutageService(
            SqlOrderBook(records),
            RuleBook.load(),
            SETTINGS,
            clock=lambda: self.now,
            footprints=Footprints(networks, known, customers),
        )

    def filed(self, element: str, **more: Any) -> str:
        record = {
            "medium": "water",
            "kind": "planned",
            "element": element,
            "start": START.isoformat(),
            "end": (START + 8 * HOUR).isoformat(),
            "reason": "works",
            "scope": "east",
            **more,
        }
        order_id: str = self.service.open(record, user="pan", role="planner")["id"]
        self.told = self.service.step(order_id, "file", {}, user="pan", role="planner")
        return order_id

    def met(self) -> dict[str, dict[str, list[str]]]:
        found: dict[str, dict[str, list[str]]] = {}
        for one in self.told["conflicts"]:
            found.setdefault(one["with"], {})[one["meets"]] = one["shared"]
        return found

    def open_questions(self) -> dict[str, str]:
        return {one["order"]: one["basis"] for one in self.told["unjudged"]}


@pytest.fixture
def desk(tmp_path: Path, town: Network, valves: tuple[IsolationValve, ...]) -> Desk:
    return Desk(tmp_path, {"water": town}, valves, (customer("hospital", "F", 300, "hospital"),))


def test_orders_without_a_plan_meet_in_their_valves_and_loops(desk: Desk) -> None:
    first = desk.filed("water/link:M1")
    assert desk.told["conflicts"] == []
    assert desk.open_questions() == {first: "valves"}
    second = desk.filed("water/link:M2")
    # Each main alone leaves B the other way round the loop; both leave none.
    assert desk.met() == {first: {"joint": ["B"]}}
    assert desk.open_questions() == {first: "valves", second: "valves"}
    branch = desk.filed("water/link:P5")
    desk.filed("water/link:P6")
    assert desk.met()[branch]["people"] == ["customer hospital"]
    same = desk.filed("water/link:M1")
    assert set(desk.met()[first]) == {"element", "piece", "valves"}
    kept = desk.service.get(same)
    assert kept["conflicts"] == desk.told["conflicts"]
    assert kept["steps"][-1]["details"]["unjudged"] == desk.told["unjudged"]
    # Whoever plans another outage of those hours gets the same footprints.
    beside = {f["id"]: f for f in desk.service.beside(START.isoformat(), START.isoformat())}
    assert beside == {}
    until = (START + HOUR).isoformat()
    beside = {f["id"]: f for f in desk.service.beside(START.isoformat(), until)}
    assert set(beside[second]["valves"]) == {"V-M2-start", "V-M2-end"}


def test_what_cannot_be_compared_is_said(desk: Desk) -> None:
    lost = desk.filed("water/link:M99")
    lower = desk.filed("water/link:M1", work="pressure-reduction")
    gas = desk.filed("gas/link:G1", medium="gas")
    desk.filed("water/link:M1")
    assert set(desk.met()[lower]) == {"element"}
    said = desk.open_questions()
    assert (said[lost], said[lower], said[gas]) == ("element", "not-shut", "element")
    assert all(one["text_zh"] and one["text_en"] for one in desk.told["unjudged"])


def test_an_order_that_overruns_is_still_in_the_way(desk: Desk) -> None:
    now = START - 20 * HOUR
    desk.now = now
    record = {
        "medium": "water",
        "kind": "unplanned",
        "element": "water/link:M1",
        "start": now.isoformat(),
        "end": (now + 2 * HOUR).isoformat(),
        "reason": "burst",
        "scope": "east",
    }
    burst = desk.service.open(record, user="du", role="dispatcher")["id"]
    desk.filed("water/link:M2")
    assert desk.met() == {}
    desk.now = START + HOUR
    late = desk.service.open(
        {**record, "element": "water/link:M2", "start": desk.now.isoformat(),
         "end": (desk.now + HOUR).isoformat()},
        user="du", role="dispatcher",
    )["id"]  # fmt: skip
    found = desk.service.get(late)["conflicts"]
    assert (burst, "joint") in {(one["with"], one["meets"]) for one in found}


def test_gas_and_heat_orders_are_compared_by_valves_placed_by_rule(tmp_path: Path) -> None:
    make_city(tmp_path / "city", seed=1, elements=400)
    networks = {m: read_network(tmp_path / f"city/networks/{m}.json") for m in ("gas", "heat")}
    desk = Desk(tmp_path, networks)
    for medium, net in networks.items():
        link = next(iter(net.links.values()))
        first = desk.filed(f"{medium}/link:{link.id}", medium=medium)
        assert desk.open_questions()[first] == "valves"
        desk.filed(f"{medium}/node:{link.end}", medium=medium)
        assert "piece" in desk.met()[first] or "valves" in desk.met()[first]
