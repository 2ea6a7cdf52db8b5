"""Rates of change, deviation from the model, suppression by design, first-out groups."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scada.alarm_book import AlarmBook
from scada.alarm_derived import DerivedWatch, RateOfChange
from scada.alarm_setting import AlarmSetting, Condition
from scada.point import Limits, Point
from scada.quality import BAD_NO_COMMUNICATION
from tests.scada.test_alarm_book import batch, told

S = 10**9
POINTS = (
    Point(id="P", utility="water", quantity="pressure", unit="MPa", limits=Limits(low=2e5)),
    Point(id="PUMP", utility="water", quantity="status", unit="on/off"),
    Point(id="T", utility="heat", quantity="temperature", unit="degC"),
)


@dataclass
class Present:
    """Present values, as the live table has them."""

    value: np.ndarray = field(default_factory=lambda: np.array([3e5, 1.0, 350.0]))
    quality: np.ndarray = field(default_factory=lambda: np.zeros(3, dtype=np.uint32))
    model_value: np.ndarray = field(default_factory=lambda: np.array([3e5, 1.0, 350.0]))
    model_quality: np.ndarray = field(default_factory=lambda: np.zeros(3, dtype=np.uint32))


def room(*which: AlarmSetting) -> tuple[AlarmBook, DerivedWatch, Present]:
    chosen = {setting.id: setting for setting in which}
    book = AlarmBook(POINTS, settings=chosen)
    return book, DerivedWatch(POINTS, chosen, book), Present()


def test_a_fall_of_pressure_over_its_window_is_an_alarm() -> None:
    fall = AlarmSetting(point="P", kind="fall", limit=5e4, deadband=1e4, window_s=60.0)
    _, watch, now = room(fall)
    events = []
    for t in range(240):
        if 100 <= t < 160:
            now.value[0] = 3e5 - 1e3 * (t - 100)  # 60 kPa a minute for a minute
        events += [(t, *row) for row in told(watch.check(now, t * S))]
    assert [row[1:] for row in events] == [("P.fall", "raised"), ("P.fall", "returned")]
    # More than 50 kPa have gone within a minute at 151 s, no more than 40 kPa at 179 s.
    assert [row[0] for row in events] == [151, 179]


def test_a_rate_is_not_known_before_half_its_window_nor_across_a_gap() -> None:
    rate = RateOfChange(60.0)
    assert rate.take(0.0, 0) is None
    assert rate.take(10.0, 29 * S) is None
    assert rate.take(10.0, 30 * S) == pytest.approx(20.0)
    assert rate.take(math.nan, 31 * S) is None
    assert rate.take(0.0, 32 * S) is None
    assert rate.take(0.0, 20 * S) is None  # the clock was set back


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from([0.0, 1.0, 5.0]), min_size=40, max_size=120))
def test_a_rate_is_the_difference_over_the_window(values: list[float]) -> None:
    rate = RateOfChange(30.0)
    for t, value in enumerate(values):
        found = rate.take(value, t * S)
        if t >= 30:
            assert found == pytest.approx((value - values[t - 30]) / 30.0 * 60.0)


def test_a_deviation_from_the_model_has_hysteresis_and_needs_both_values() -> None:
    deviation = AlarmSetting(point="T", kind="deviation", limit=3.0, deadband=1.0)
    book, watch, now = room(deviation)
    story = []
    for t, (value, good) in enumerate(
        [(353.0, True), (353.1, True), (352.5, True), (360.0, False), (351.9, True)]
    ):
        now.value[2] = value
        now.model_quality[2] = 0 if good else BAD_NO_COMMUNICATION
        story += told(watch.check(now, t * S))
    assert story == [("T.deviation", "raised"), ("T.deviation", "returned")]
    (alarm,) = book.alarms()
    assert (alarm["unit"], alarm["limit"]) == ("K", 3.0)
    assert alarm["value"] == pytest.approx(1.9)


PUMP_OFF = (Condition(point="PUMP", comparison="=", value=0.0),)
HIDDEN = AlarmSetting(
    point="P", kind="low", suppress_when=PUMP_OFF, suppress_text="PUMP = 0", release_s=30.0
)


def test_a_stopped_pump_hides_its_low_pressure_and_a_started_one_shows_what_stands() -> None:
    book, watch, now = room(HIDDEN)
    now.value[1] = 0.0
    assert told(watch.check(now, 0)) == [("P.low", "suppressed")]
    assert told(book.step(batch(1, (0, 1e5)), S)) == [("P.low", "raised")]
    assert book.counts()["unacknowledged"] == 0
    now.value[1] = 1.0
    assert watch.check(now, 10 * S) == []  # the pressure may need half a minute to build up
    assert watch.check(now, 39 * S) == []
    assert told(watch.check(now, 40 * S)) == [("P.low", "unsuppressed")]
    assert book.counts()["unacknowledged"] == 1


def test_what_came_and_went_while_hidden_bothers_nobody() -> None:
    book, watch, now = room(HIDDEN)
    now.value[1] = 0.0
    watch.check(now, 0)
    book.step(batch(1, (0, 1e5)), S)
    book.step(batch(2, (0, 3e5)), 2 * S)
    now.value[1] = 1.0
    watch.check(now, 3 * S)
    assert told(watch.check(now, 34 * S)) == [("P.low", "unsuppressed")]
    assert book.alarms() == []
    assert len(book) == 0


def test_a_state_that_cannot_be_seen_hides_nothing() -> None:
    book, watch, now = room(HIDDEN)
    now.value[1] = 0.0
    watch.check(now, 0)
    now.quality[1] = BAD_NO_COMMUNICATION
    watch.check(now, S)
    assert told(watch.check(now, 32 * S)) == [("P.low", "unsuppressed")]
    assert len(book) == 0


def test_of_a_group_the_first_one_is_named_until_all_are_normal() -> None:
    names = ("a", "b", "c")
    points = [
        Point(id=n, utility="water", quantity="flow", unit="m3/s", limits=Limits(high=1.0))
        for n in names
    ]
    chosen = {f"{n}.high": AlarmSetting(point=n, kind="high", group="trip") for n in names}
    book = AlarmBook(points, settings=chosen)

    def first() -> list[str]:
        return [a["id"] for a in book.alarms() if a["first"]]

    book.step(batch(1, (1, 2.0)), S)
    book.step(batch(2, (0, 2.0), (2, 2.0)), 2 * S)
    assert first() == ["b.high"]
    change = book.acknowledge(None, "li", "", 3 * S)
    book.adopt(change)
    book.step(batch(4, (1, 0.5)), 4 * S)  # the first one clears, the others stand
    assert first() == []
    book.step(batch(5, (1, 2.0)), 5 * S)
    assert first() == ["b.high"]  # it was, and it is back
    book.adopt(book.acknowledge(None, "li", "", 6 * S))
    book.step(batch(7, (0, 0.5), (1, 0.5), (2, 0.5)), 7 * S)
    assert len(book) == 0
    book.step(batch(8, (2, 2.0)), 8 * S)
    assert first() == ["c.high"]


def test_a_setting_refines_a_limit_and_adds_one() -> None:
    points = [
        Point(
            id="P",
            utility="water",
            quantity="pressure",
            unit="Pa",
            limits=Limits(low=2.0, deadband=0.5, on_delay_s=1.0),
        )
    ]
    chosen = {
        "P.low": AlarmSetting(point="P", kind="low", limit=3.0, on_delay_s=0.0, priority="urgent"),
        "P.high": AlarmSetting(point="P", kind="high", limit=9.0, latching=True),
    }
    book = AlarmBook(points, settings=chosen)
    assert told(book.step(batch(0, (0, 2.5)), 0)) == [("P.low", "raised")]
    assert book.alarms()[0]["priority"] == "urgent"
    assert told(book.step(batch(1, (0, 9.5)), S)) == [("P.low", "returned"), ("P.high", "raised")]
    assert told(book.step(batch(2, (0, 5.0)), 2 * S)) == [("P.high", "latched")]
