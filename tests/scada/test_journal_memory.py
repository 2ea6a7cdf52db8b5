"""The alarm journal in memory behaves as its port says."""

from __future__ import annotations

import pytest

from scada.journal_memory import MemoryAlarmJournal


def event(alarm: str, time_ns: int, state: str) -> dict[str, object]:
    return {"id": alarm, "event": "x", "state": state, "time_ns": time_ns}


def test_events_are_numbered_and_the_last_state_counts() -> None:
    journal = MemoryAlarmJournal()
    assert journal.append([]) == []
    assert journal.append([event("a", 1, "unacknowledged"), event("b", 2, "returned")]) == [1, 2]
    assert journal.append([event("b", 3, "normal")]) == [3]
    assert [(s["id"], s["sequence"]) for s in journal.states()] == [("a", 1)]
    assert [e["sequence"] for e in journal.events()] == [3, 2, 1]
    assert [e["sequence"] for e in journal.events(before=3, limit=1)] == [2]
    assert [e["sequence"] for e in journal.events(from_ns=2, to_ns=2)] == [2]


def test_a_batch_that_fails_leaves_nothing() -> None:
    journal = MemoryAlarmJournal()
    journal.failing = True
    with pytest.raises(OSError, match="cannot be written"):
        journal.append([event("a", 1, "unacknowledged")])
    journal.failing = False
    with pytest.raises(KeyError):
        journal.append([event("a", 1, "unacknowledged"), {"id": "b"}])
    assert journal.events() == []
    assert journal.states() == []
