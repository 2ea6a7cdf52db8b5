"""All states of ISA-18.2 in the book, against a table of their own with the standard's letters.

The table below is written from the standard's diagram, not from the code: A normal,
B unacknowledged, C acknowledged, D returned unacknowledged, E latched unacknowledged,
F latched acknowledged; G shelved, H suppressed by design and I out of service stand beside them.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from scada import alarm_actions as does
from scada.alarm_book import AlarmBook
from scada.alarm_setting import AlarmSetting
from scada.journal_memory import MemoryAlarmJournal
from scada.point import Limits, Point
from tests.scada.test_alarm_book import batch

S = 10**9
LETTER = {
    "normal": "A",
    "unacknowledged": "B",
    "acknowledged": "C",
    "returned": "D",
    "latched": "E",
    "latched-acknowledged": "F",
}

PLAIN = {
    ("A", "rises"): "B",
    ("B", "acknowledged"): "C",
    ("B", "ends"): "D",
    ("C", "ends"): "A",
    ("D", "acknowledged"): "A",
    ("D", "rises"): "B",
}
LATCHING = {
    ("A", "rises"): "B",
    ("B", "acknowledged"): "C",
    ("B", "ends"): "E",
    ("C", "ends"): "F",
    ("E", "acknowledged"): "F",
    ("E", "rises"): "B",
    ("F", "rises"): "B",
    ("F", "reset"): "A",
}
AFTER_SHELF_BY_HAND = {"B": "C", "D": "A", "E": "F"}
AFTER_SHELF_BY_TIME = {"C": "B"}
AFTER_DESIGN = {"C": "B"}


def made(latching: bool) -> AlarmBook:
    point = Point(id="P", utility="water", quantity="pressure", unit="Pa", limits=Limits(high=8.0))
    setting = AlarmSetting(point="P", kind="high", latching=latching)
    return AlarmBook([point], settings={setting.id: setting})


class Letters(RuleBasedStateMachine):
    """Drives a book and the table side by side; the book may be restored at any moment."""

    @initialize(latching=st.booleans())
    def begin(self, latching: bool) -> None:
        self.latching = latching
        self.table = LATCHING if latching else PLAIN
        self.book = made(latching)
        self.journal = MemoryAlarmJournal()
        self.now = S
        self.letter = "A"
        self.shelf: tuple[str, int] | None = None
        self.hidden: int | None = None
        self.service: int | None = None
        self.raised = 0

    def tell(self, events: list[dict[str, Any]]) -> None:
        self.journal.append(json.loads(json.dumps(events)))

    def move(self, what: str) -> bool:
        to = self.table.get((self.letter, what))
        if to is None:
            return False
        if what == "rises":
            self.raised = self.now
        if what == "ends" and self.shelf is not None and self.shelf[0] == "one-shot":
            self.shelf = None
        self.letter = to
        return True

    def do(self, action: Any) -> bool:
        change = self.book.act(["P.high"], action, "li", self.now)
        self.tell(change.events)
        self.book.adopt(change)
        return not change.refused

    @rule(value=st.sampled_from([5.0, 9.0]))
    def sample(self, value: float) -> None:
        self.tell(self.book.step(batch(self.now / S, (0, value)), self.now))
        self.move("rises" if value > 8.0 else "ends")

    @rule()
    def operator_acknowledges(self) -> None:
        assert self.do(does.acknowledge("li", "")) == self.move("acknowledged")

    @rule()
    def operator_resets(self) -> None:
        assert self.do(does.reset("li", "")) == self.move("reset")

    @rule(kind=st.sampled_from(["timed", "one-shot"]), seconds=st.integers(1, 4))
    def operator_shelves(self, kind: Any, seconds: int) -> None:
        assert self.do(does.shelve("li", "chatters", kind, float(seconds), 10.0))
        self.shelf = (kind, self.now + seconds * S)

    @rule()
    def operator_takes_it_back(self) -> None:
        assert self.do(does.unshelve("li", "")) == (self.shelf is not None)
        if self.shelf is not None:
            self.letter = AFTER_SHELF_BY_HAND.get(self.letter, self.letter)
        self.shelf = None

    @rule(on=st.booleans())
    def plant_hides_it(self, on: bool) -> None:
        self.tell(self.book.suppress("P.high", "pump off" if on else "", self.now))
        if on and self.hidden is None:
            self.hidden = self.now
        elif not on and self.hidden is not None:
            self.leave_design(self.hidden)
            self.hidden = None

    @rule()
    def maintenance_begins(self) -> None:
        assert self.do(does.out_of_service("li", "new sensor", "P-17")) == (self.service is None)
        self.service = self.now if self.service is None else self.service

    @rule()
    def maintenance_ends(self) -> None:
        assert self.do(does.into_service("li", "")) == (self.service is not None)
        if self.service is not None:
            self.leave_design(self.service)
        self.service = None

    def leave_design(self, since: int) -> None:
        if self.letter == "D" and self.raised >= since:
            self.letter = "A"  # it came and went while nobody was to see it
        self.letter = AFTER_DESIGN.get(self.letter, self.letter)

    @rule(seconds=st.integers(1, 3))
    def time_passes(self, seconds: int) -> None:
        for _ in range(seconds):
            self.now += S
            self.tell(self.book.tick(self.now))
            if self.shelf is not None and self.now >= self.shelf[1]:
                self.letter = AFTER_SHELF_BY_TIME.get(self.letter, self.letter)
                self.shelf = None

    @rule(value=st.sampled_from([5.0, 9.0]))
    def core_is_killed_and_starts_again(self, value: float) -> None:
        self.book = made(self.latching)
        assert self.book.restore(self.journal.states(), {}, self.now) == []
        self.sample(value)

    @invariant()
    def same_letter_and_holds(self) -> None:
        alarm = self.book.get("P.high")
        letter = "A" if alarm is None else LETTER[alarm.state.phase]
        assert letter == self.letter
        held = {} if alarm is None else alarm.holds.as_dict()
        expected = {
            name
            for name, on in (
                ("shelf", self.shelf),
                ("suppressed", self.hidden),
                ("service", self.service),
            )
            if on is not None
        }
        assert set(held) == expected
        counts = self.book.counts()
        shown = letter != "A" and not expected
        assert counts["medium"] == shown
        assert counts["unacknowledged"] == (shown and letter in "BDE")
        assert counts["held"] == bool(expected)

    @invariant()
    def the_journal_knows_it(self) -> None:
        """State is stored before it is published: the last event is the present state."""
        stored = {row["id"]: row for row in self.journal.states()}
        alarm = self.book.get("P.high")
        if alarm is None or (alarm.state.phase == "normal" and not alarm.holds.any):
            assert stored == {}
            return
        assert stored["P.high"]["state"] == alarm.state.phase
        assert stored["P.high"]["holds"] == alarm.holds.as_dict()


TestLetters = Letters.TestCase
TestLetters.settings = settings(max_examples=120, stateful_step_count=40, deadline=None)


@pytest.mark.parametrize(
    ("action", "why"),
    [
        (does.shelve("li", "", "timed", 60.0, 600.0), "reason"),
        (does.shelve("li", "x", "timed", 601.0, 600.0), "up to"),
        (does.shelve("li", "x", "timed", 0.0, 600.0), "up to"),
        (does.unshelve("li", ""), "not shelved"),
        (does.out_of_service("li", "x", ""), "permit"),
        (does.into_service("li", ""), "in service already"),
        (does.reset("li", ""), "nothing to reset"),
        (does.acknowledge("li", ""), "not an alarm now"),
    ],
)
def test_what_cannot_be_done_says_why(action: Any, why: str) -> None:
    change = made(False).act(["P.high"], action, "li", 0)
    assert why in change.refused[0]["reason"]
    assert change.events == []


def test_an_alarm_nobody_knows_is_refused() -> None:
    change = made(False).act(["Q.high", "P.low"], does.unshelve("li", ""), "li", 0)
    assert [r["id"] for r in change.refused] == ["Q.high", "P.low"]


def test_a_clock_set_back_does_not_prolong_a_shelf() -> None:
    book = made(False)
    change = book.act(["P.high"], does.shelve("li", "x", "timed", 60.0, 600.0), "li", 10_000 * S)
    book.adopt(change)
    assert book.tick(10_001 * S) == []
    assert [e["event"] for e in book.tick(5_000 * S)] == ["shelf-ended"]
