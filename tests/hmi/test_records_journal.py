"""One contract for the alarm journals: in memory, in SQLite and in PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hmi.records import SqlAlarmJournal, engine, migrate
from scada.journal_memory import MemoryAlarmJournal
from scada.ports import AlarmJournal


@pytest.fixture(params=["memory", "sqlite", "postgres"])
def journal(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[AlarmJournal]:
    if request.param == "memory":
        yield MemoryAlarmJournal()
        return
    sqlite = request.param == "sqlite"
    records = engine(tmp_path / "records.db" if sqlite else request.getfixturevalue("server").url())
    migrate(records)
    yield SqlAlarmJournal(records)
    records.dispose()


def event(alarm: str, state: str, time_ns: int, **more: Any) -> dict[str, Any]:
    return {
        "id": alarm,
        "source": alarm.partition(".")[0],
        "kind": "low",
        "event": "raised",
        "state": state,
        "priority": "high",
        "value": 0.13e6,
        "limit": 0.14e6,
        "unit": "MPa",
        "quality": 0,
        "time_ns": time_ns,
        "user": "",
        "comment": "",
        "text_zh": "末端压力低",
        **more,
    }


def test_numbers_grow_from_one_without_a_hole(journal: AlarmJournal) -> None:
    assert journal.append([]) == []
    assert journal.append([event("a.low", "unacknowledged", 1)]) == [1]
    pair = [event("b.low", "unacknowledged", 2), event("c.low", "unacknowledged", 2)]
    assert journal.append(pair) == [2, 3]


def test_an_event_comes_back_as_it_was(journal: AlarmJournal) -> None:
    stored = event("a.low", "acknowledged", 1, user="王", comment="去现场", occurrences=3)
    journal.append([stored])
    assert journal.events() == [{**stored, "sequence": 1}]
    assert journal.states() == [{**stored, "sequence": 1}]


def test_the_state_of_an_alarm_is_its_last_event(journal: AlarmJournal) -> None:
    journal.append([event("a.low", "unacknowledged", 1), event("b.low", "unacknowledged", 2)])
    journal.append([event("a.low", "acknowledged", 3)])
    journal.append([event("b.low", "returned", 4), event("b.low", "normal", 5)])
    assert [(s["id"], s["state"]) for s in journal.states()] == [("a.low", "acknowledged")]
    journal.append([event("b.low", "unacknowledged", 6)])
    assert [s["id"] for s in journal.states()] == ["a.low", "b.low"]


def test_events_are_paged_from_the_newest(journal: AlarmJournal) -> None:
    journal.append([event("a.low", "unacknowledged", 10 * n) for n in range(1, 11)])
    page = journal.events(limit=4)
    assert [e["sequence"] for e in page] == [10, 9, 8, 7]
    page = journal.events(limit=4, before=page[-1]["sequence"])
    assert [e["sequence"] for e in page] == [6, 5, 4, 3]
    assert [e["sequence"] for e in journal.events(before=3)] == [2, 1]


def test_events_of_a_time_span_include_both_ends(journal: AlarmJournal) -> None:
    journal.append([event("a.low", "unacknowledged", 10 * n) for n in range(1, 11)])
    assert [e["time_ns"] for e in journal.events(from_ns=30, to_ns=50)] == [50, 40, 30]


def test_what_a_reader_changes_is_not_what_is_stored(journal: AlarmJournal) -> None:
    given = event("a.low", "unacknowledged", 1)
    journal.append([given])
    given["state"] = "normal"
    assert journal.states()[0]["state"] == "unacknowledged"
