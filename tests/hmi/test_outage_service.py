"""Outages in the book: a step and its messages together, through crashes, races and bad input."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine

from dispatch.outages import RefusedStepError
from dispatch.rulebook import RuleBook
from hmi.desk.adapters import FileAdapter
from hmi.desk.outage_service import DeskSettings, OutageService
from hmi.records import SqlOrderBook, SqlOutbox, engine, migrate
from hmi.records.outbox import MOST_TRIES, Waiting, send_due
from network_models.problems import InputError

ZONE = ZoneInfo("Asia/Shanghai")
FILED = datetime(2026, 1, 5, 9, tzinfo=ZONE)
HOUR = timedelta(hours=1)
SETTINGS = DeskSettings(zone=ZONE, profile="jinan", name_zh="示范水务", name_en="Model Water")
RECORD: dict[str, Any] = {
    "medium": "water",
    "kind": "planned",
    "element": "water/link:M1",
    "start": "2026-01-08T09:00",
    "end": "2026-01-08T17:00",
    "reason": "更换管道",
    "scope": "东苑小区",
}


class Clock:
    def __init__(self) -> None:
        self.now = FILED

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture(params=["sqlite", "postgres"])
def records(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """A migrated database of either kind."""
    postgres = request.param == "postgres"
    made = engine(request.getfixturevalue("server").url() if postgres else tmp_path / "records.db")
    migrate(made)
    yield made
    made.dispose()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def service(records: Engine, clock: Clock) -> OutageService:
    return OutageService(SqlOrderBook(records), RuleBook.load(), SETTINGS, clock=clock)


def publish(service: OutageService) -> str:
    order_id: str = service.open(RECORD, user="pan", role="planner")["id"]
    service.step(order_id, "file", {}, user="pan", role="planner")
    service.step(order_id, "approve", {}, user="li", role="leader")
    service.step(order_id, "publish", {}, user="du", role="dispatcher")
    return order_id


def test_what_else_is_planned_for_those_hours_is_told_and_kept(
    records: Engine, clock: Clock
) -> None:
    plan = {
        "element": "water/link:M1",
        "isolation": {"valves": [{"id": "V1"}], "segment_links": []},
    }
    plans = {"one": plan, "two": {**plan, "element": "water/link:M2"}}
    service = OutageService(
        SqlOrderBook(records), RuleBook.load(), SETTINGS, clock=clock, proposals=plans.__getitem__
    )
    first = service.open({**RECORD, "proposal": "one"}, user="pan", role="planner")["id"]
    asked = {**RECORD, "element": "water/link:M2", "proposal": "two"}
    second = service.open(asked, user="pan", role="planner")["id"]
    # A study is nobody's business yet.
    filed = service.step(first, "file", {}, user="pan", role="planner")
    assert filed["conflicts"] == []
    service.step(second, "file", {}, user="pan", role="planner")
    approved = service.step(first, "approve", {}, user="li", role="leader")
    (met,) = approved["conflicts"]
    assert (met["with"], met["meets"], met["shared"]) == (second, "valves", ["V1"])
    kept = service.get(first)
    assert kept["conflicts"] == approved["conflicts"]
    assert kept["steps"][-1]["details"]["conflicts"] == approved["conflicts"]
    (beside,) = [f for f in service.beside(RECORD["start"], RECORD["end"]) if f["id"] == second]
    assert beside["valves"] == ["V1"]
    assert service.beside("2026-01-08T17:00", "2026-01-09T17:00") == []


def test_a_step_is_tried_before_it_is_taken(service: OutageService, records: Engine) -> None:
    order_id: str = service.open(RECORD, user="pan", role="planner")["id"]
    service.step(order_id, "file", {}, user="pan", role="planner")
    # Refused as the step itself would be, with every reason.
    with pytest.raises(RefusedStepError) as refused:
        service.trial(order_id, "approve", {}, user="pan", role="planner")
    assert [reason.gate for reason in refused.value.reasons] == ["role"]
    service.step(order_id, "approve", {}, user="li", role="leader")
    seen = service.trial(order_id, "publish", {}, user="du", role="dispatcher")
    assert seen["order"]["state"] == "published"
    audiences = [text["audience"] for text in seen["messages"]]
    assert "public/bulletin" in audiences
    assert "东苑小区" in seen["messages"][0]["content"]["zh"]
    # Nothing was done, and nobody was told.
    kept = service.get(order_id)
    assert (kept["order"]["state"], len(kept["steps"])) == ("approved", 3)
    assert SqlOutbox(records).of_order(order_id) == []
    # What comes next is said, with the list too.
    assert kept["due"]["what"] == "publish"
    assert kept["due"]["rule"] == "WATER-OUTAGE-NOTICE-LARGE"
    assert kept["facts_needed"] == ["flushed", "sample-good", "pressure-verified"]
    assert [row["due"] for row in service.list()] == [kept["due"]]
    # The step taken is the step tried.
    taken = service.step(order_id, "publish", {}, user="du", role="dispatcher")
    assert taken["order"] == seen["order"]
    assert len(SqlOutbox(records).of_order(order_id)) == len(audiences)


def test_a_published_outage_has_its_steps_and_messages(
    service: OutageService, records: Engine, tmp_path: Path
) -> None:
    order_id = publish(service)
    kept = service.get(order_id)
    assert kept["order"]["state"] == "published"
    steps = [(s["number"], s["action"], s["user"], s["role"]) for s in kept["steps"]]
    assert steps == [
        (1, "open", "pan", "planner"),
        (2, "file", "pan", "planner"),
        (3, "approve", "li", "leader"),
        (4, "publish", "du", "dispatcher"),
    ]
    box = SqlOutbox(records)
    forms = [m["audience"] for m in box.of_order(order_id)]
    assert forms == [
        "authority/authority-report",
        "hotline/hotline-brief",
        "public/bulletin",
        "public/media",
        "public/sms",
    ]
    bulletin = next(m for m in box.of_order(order_id) if m["audience"] == "public/bulletin")
    for item in ("更换管道", "东苑小区", "1月8日09:00", "1月8日17:00"):
        assert item in bulletin["content"]["zh"]
    assert "2026-01-08 09:00" in bulletin["content"]["en"]
    adapters = {"file": FileAdapter(tmp_path / "sent")}
    assert send_due(box, adapters, 2**62) == 5
    assert send_due(box, adapters, 2**62) == 0
    assert len(list((tmp_path / "sent").glob("*.json"))) == 5
    assert all(m["state"] == "sent" and m["receipt"] for m in box.of_order(order_id))


def test_a_refused_step_stores_nothing(service: OutageService, records: Engine) -> None:
    record = {**RECORD, "start": "2026-01-07T08:59:59", "end": "2026-01-07T12:00"}
    order_id = service.open(record, user="pan", role="planner")["id"]
    service.step(order_id, "file", {}, user="pan", role="planner")
    service.step(order_id, "approve", {}, user="li", role="leader")
    with pytest.raises(RefusedStepError) as caught:
        service.step(order_id, "publish", {}, user="du", role="dispatcher")
    (reason,) = caught.value.reasons
    assert reason.rule == "WATER-OUTAGE-NOTICE-LARGE"
    assert reason.deadline == datetime(2026, 1, 5, 8, 59, 59, tzinfo=ZONE)
    assert service.get(order_id)["order"]["version"] == 3
    assert SqlOutbox(records).of_order(order_id) == []


def test_every_fault_of_a_record_is_named(service: OutageService) -> None:
    bad = {"medium": "tea", "start": "soon", "end": 5, "people": -1, "colour": "red"}
    with pytest.raises(InputError) as caught:
        service.open(bad, user="pan", role="planner")
    fields = {problem.field for problem in caught.value.problems}
    assert fields == {"medium", "start", "end", "people", "colour", "kind", "element"}
    with pytest.raises(InputError, match="role"):
        service.open(RECORD, user="pan", role="king")
    with pytest.raises(KeyError):
        service.step("OUT-nobody", "file", {}, user="pan", role="planner")


def test_the_scope_is_the_sites_to_say_not_the_planners(
    service: OutageService, records: Engine, clock: Clock
) -> None:
    with pytest.raises(InputError, match="no threshold is set"):
        service.open({**RECORD, "size": "small"}, user="pan", role="planner")
    settings = replace(SETTINGS, large_scope_households=500)
    desk = OutageService(SqlOrderBook(records), RuleBook.load(), settings, clock=clock)

    def size(households: int) -> str:
        made = desk.open({**RECORD, "households": households}, user="pan", role="planner")
        return str(made["order"]["size"])

    assert [size(n) for n in (0, 499, 500)] == ["large", "small", "large"]
    order_id = desk.open({**RECORD, "households": 499}, user="pan", role="planner")["id"]
    with pytest.raises(InputError, match="600 households"):
        claim = {"households": 600, "size": "small"}
        desk.step(order_id, "amend", claim, user="pan", role="planner")
    grown = desk.step(order_id, "amend", {"households": 600}, user="pan", role="planner")
    assert grown["order"]["size"] == "large"


def test_a_delivery_plan_is_one_that_a_saved_proposal_has(records: Engine, clock: Clock) -> None:
    saved = {
        "good": {"element": "water/link:M1", "trucks": {"undelivered_m3": 0.0}},
        "short": {"element": "water/link:M1", "trucks": {"undelivered_m3": 3.0}},
        "none": {"element": "water/link:M1", "trucks": None},
        "other": {"element": "water/link:M2", "trucks": {"undelivered_m3": 0.0}},
    }
    book = SqlOrderBook(records)
    desk = OutageService(book, RuleBook.load(), SETTINGS, clock=clock, proposals=saved.__getitem__)
    for name in ("short", "none", "other", "unknown", ""):
        with pytest.raises(InputError, match="proposal"):
            claim = {**RECORD, "delivery_plan": True, "proposal": name}
            desk.open(claim, user="pan", role="planner")
    order_id = desk.open(RECORD, user="pan", role="planner")["id"]
    with pytest.raises(InputError, match="proposal"):
        desk.step(order_id, "amend", {"delivery_plan": True}, user="pan", role="planner")
    good = {"delivery_plan": True, "proposal": "good"}
    made = desk.step(order_id, "amend", good, user="pan", role="planner")
    assert made["order"]["delivery_plan"] is True


def test_a_correction_keeps_the_original(service: OutageService, clock: Clock) -> None:
    order_id = publish(service)
    clock.now = FILED + 72 * HOUR
    service.step(order_id, "start", {}, user="du", role="dispatcher")
    clock.now += HOUR
    wrong = {"step": 5, "why": "the valve was shut at 09:12", "corrected_at": "2026-01-08T09:12"}
    service.step(order_id, "correct", wrong, user="li", role="leader")
    steps = service.get(order_id)["steps"]
    assert [s["action"] for s in steps][-2:] == ["start", "correct"]
    assert steps[-1]["details"]["corrected_at"] == "2026-01-08T09:12"
    started = datetime.fromisoformat(service.get(order_id)["order"]["started"])
    assert started == FILED + 72 * HOUR


def test_of_two_steps_at_once_one_is_taken(service: OutageService) -> None:
    order_id: str = service.open(RECORD, user="pan", role="planner")["id"]
    service.step(order_id, "file", {}, user="pan", role="planner")
    results: list[str] = []

    def approve() -> None:
        try:
            service.step(order_id, "approve", {}, user="li", role="leader")
            results.append("taken")
        except RefusedStepError:
            results.append("refused")

    threads = [threading.Thread(target=approve) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == ["refused"] * 5 + ["taken"]
    assert [s["number"] for s in service.get(order_id)["steps"]] == [1, 2, 3]


class Refusing:
    def send(self, message: Waiting) -> str:
        raise OSError("no route")


def test_what_does_not_go_is_tried_again_and_given_up_late(
    service: OutageService, records: Engine
) -> None:
    order_id = publish(service)
    box = SqlOutbox(records)
    now = 2**62
    for _ in range(MOST_TRIES):
        assert send_due(box, {"file": Refusing()}, now) == 0
        waiting = box.of_order(order_id)[0]
        assert "no route" in waiting["receipt"]
        now = max(now, waiting["due_ns"])
    assert {m["state"] for m in box.of_order(order_id)} == {"failed"}
    assert {m["attempts"] for m in box.of_order(order_id)} == {MOST_TRIES}


WORKER = """
import sys, itertools
from datetime import datetime, timedelta
from pathlib import Path
from tests.hmi.test_outage_service import RECORD, SETTINGS, FILED, Clock, publish
from dispatch.rulebook import RuleBook
from hmi.desk.adapters import FileAdapter
from hmi.desk.outage_service import OutageService
from hmi.records import SqlOrderBook, SqlOutbox, engine, migrate
from hmi.records.outbox import send_due
records = engine(sys.argv[1]); migrate(records)
service = OutageService(SqlOrderBook(records), RuleBook.load(), SETTINGS, clock=Clock())
box, adapters = SqlOutbox(records), {"file": FileAdapter(Path(sys.argv[2]))}
while True:
    order_id = service.open(RECORD, user="pan", role="planner")["id"]
    print(order_id, 1, flush=True)
    for n, (action, user, role) in enumerate([("file", "pan", "planner"),
            ("approve", "li", "leader"), ("publish", "du", "dispatcher")], start=2):
        service.step(order_id, action, {}, user=user, role=role)
        print(order_id, n, flush=True)
    send_due(box, adapters, 2**62)
"""


def test_kill_9_loses_no_step_and_repeats_no_publication(records: Engine, tmp_path: Path) -> None:
    sent = tmp_path / "sent"
    target = records.url.render_as_string(hide_password=False)
    said: dict[str, int] = {}
    for lines in (6, 8, 9):
        child = subprocess.Popen(
            [sys.executable, "-c", WORKER, target, str(sent)],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert child.stdout is not None
        words = [child.stdout.readline().split() for _ in range(lines)]
        child.kill()
        words += [line.split() for line in child.stdout.read().splitlines()]
        child.wait()
        child.stdout.close()
        said |= {order_id: int(number) for order_id, number in words}
    book, box = SqlOrderBook(records), SqlOutbox(records)
    while send_due(box, {"file": FileAdapter(sent)}, 2**62):
        pass
    for order_id, number in said.items():
        steps = [step["number"] for step in book.steps(order_id)]
        assert len(steps) >= number
        assert steps == list(range(1, len(steps) + 1))
        assert book.get(order_id)["order"]["version"] == len(steps)
        messages = box.of_order(order_id)
        assert len(messages) == (5 if len(steps) == 4 else 0)
        assert {m["state"] for m in messages} <= {"sent"}
        receipts = [m["receipt"] for m in messages]
        assert len(receipts) == len(set(receipts))
        assert all((sent / receipt).is_file() for receipt in receipts)
    published = [o for o in book.orders("outage") if o["order"]["state"] == "published"]
    assert len(list(sent.glob("*.json"))) == 5 * len(published)
    assert len(published) >= 3
