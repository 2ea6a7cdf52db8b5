"""The book of all alarms: what needs no look is not looked at, nothing is missed for it."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from scada.alarm_book import AlarmBook
from scada.alarm_logic import AlarmState, limit_rules, step, tick
from scada.point import Limits, Point, Sample
from scada.quality import BAD_NO_COMMUNICATION
from scada.samples import SampleBatch

S = 10**9


def point(name: str, **limits: float) -> Point:
    return Point(id=name, utility="water", quantity="pressure", unit="Pa", limits=Limits(**limits))


def batch(t_s: float, *rows: tuple[int, float] | tuple[int, float, int]) -> SampleBatch:
    times = np.full(len(rows), round(t_s * S), dtype=np.int64)
    return SampleBatch(
        np.array([r[0] for r in rows], dtype=np.uint32),
        np.array([r[1] for r in rows], dtype=np.float64),
        np.array([r[2] if len(r) > 2 else 0 for r in rows], dtype=np.uint32),
        times,
        times,
    )


def told(events: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(e["id"], e["event"]) for e in events]


def test_each_limit_is_an_alarm_of_its_own_the_worst_first() -> None:
    book = AlarmBook([point("P", low_low=1.0, low=2.0, high=8.0, high_high=9.0)])
    assert told(book.step(batch(0, (0, 0.5)), 0)) == [
        ("P.low_low", "raised"),
        ("P.low", "raised"),
    ]
    assert told(book.step(batch(1, (0, 9.5)), S)) == [
        ("P.low_low", "returned"),
        ("P.high_high", "raised"),
        ("P.low", "returned"),
        ("P.high", "raised"),
    ]
    assert len(book) == 4


def test_a_point_that_comes_near_within_a_batch_sees_its_later_samples() -> None:
    book = AlarmBook([point("P", high=8.0)])
    events = book.step(batch(0, (0, 1.0), (0, 9.0), (0, 2.0), (0, 9.0), (0, 3.0)), 0)
    assert [e for _, e in told(events)] == ["raised", "returned", "raised", "returned"]
    assert book.alarms()[0]["occurrences"] == 2
    assert book.raised == 2


def test_the_list_is_unseen_first_then_by_priority_then_newest() -> None:
    points = [
        Point(
            id=name,
            utility="water",
            quantity="flow",
            unit="m3/s",
            priority=priority,  # type: ignore[arg-type]
            limits=Limits(high=1.0),
        )
        for name, priority in [("a", "low"), ("b", "urgent"), ("c", "urgent"), ("d", "high")]
    ]
    book = AlarmBook(points)
    for n in range(4):
        book.step(batch(n, (n, 2.0)), n * S)
    book.adopt(book.acknowledge(["c.high"], "li", "", 9 * S))
    assert [a["source"] for a in book.alarms()] == ["b", "d", "a", "c"]
    assert book.counts() == {
        "urgent": 2,
        "high": 1,
        "medium": 0,
        "low": 1,
        "unacknowledged": 3,
        "held": 0,
    }


def test_an_acknowledgement_changes_nothing_before_it_is_adopted() -> None:
    book = AlarmBook([point("P", high=8.0)])
    book.step(batch(0, (0, 9.0)), 0)
    done = book.acknowledge(None, "li", "seen", S)
    assert book.alarms()[0]["state"] == "unacknowledged"
    assert told(done.events) == [("P.high", "acknowledged")]
    assert (done.events[0]["user"], done.events[0]["comment"]) == ("li", "seen")
    book.adopt(done)
    assert book.alarms()[0]["state"] == "acknowledged"
    # It rises anew: who saw the last one has not seen this one.
    book.step(batch(2, (0, 1.0)), 2 * S)
    book.step(batch(3, (0, 9.0)), 3 * S)
    alarm = book.alarms()[0]
    assert (alarm["state"], alarm["acknowledged_by"], alarm["comment"]) == (
        "unacknowledged",
        "",
        "",
    )


def test_a_returned_alarm_can_be_acknowledged() -> None:
    book = AlarmBook([point("P", high=8.0)])
    book.step(batch(0, (0, 9.0)), 0)
    book.step(batch(1, (0, 1.0)), S)
    assert book.alarms()[0]["state"] == "returned"
    book.adopt(book.acknowledge(["P.high"], "li", "", 2 * S))
    assert book.alarms() == []
    assert len(book) == 0


def test_what_the_events_say_restores_the_book() -> None:
    points = [point("P", low=2.0, high=8.0), point("Q", high=1.0)]
    book = AlarmBook(points)
    events = book.step(batch(0, (0, 9.0), (1, 5.0)), 0)
    done = book.acknowledge(["Q.high"], "li", "known", S)
    book.adopt(done)
    last = {e["id"]: e for e in [*events, *done.events]}
    again = AlarmBook(points)
    assert again.restore(last.values(), {}, 2 * S) == []
    assert again.alarms() == book.alarms()
    # A bad value clears nothing after a restart either; a good one does.
    assert again.step(batch(3, (0, float("nan"), BAD_NO_COMMUNICATION)), 3 * S) == []
    assert told(again.step(batch(4, (0, 5.0), (1, 0.5)), 4 * S)) == [
        ("P.high", "returned"),
        ("Q.high", "cleared"),
    ]


def test_alarms_of_what_is_no_longer_configured_end() -> None:
    book = AlarmBook([point("P", low=2.0, high=8.0), point("Q", high=1.0)])
    events = book.step(batch(0, (0, 9.0), (1, 5.0)), 0)
    fewer = AlarmBook([point("P", low=2.0)])
    gone = fewer.restore(events, {}, S)
    assert told(gone) == [("P.high", "removed"), ("Q.high", "removed")]
    assert {e["state"] for e in gone} == {"normal"}
    assert fewer.alarms() == []


values = st.sampled_from([0.5, 1.0, 1.4, 2.0, 5.0, 8.0, 8.5, 9.5, float("nan")])
moments = st.lists(
    st.tuples(
        st.integers(0, 3),
        st.lists(
            st.tuples(st.integers(0, 2), values, st.sampled_from([0, 0, 0, 0x80310000])),
            max_size=4,
        ),
    ),
    max_size=25,
)


@given(moments)
@settings(max_examples=100, deadline=None)
def test_the_shortcut_never_misses_what_stepping_everything_would_tell(
    story: list[tuple[int, list[tuple[int, float, int]]]],
) -> None:
    points = [
        point("a", low_low=1.0, low=2.0, high=8.0, high_high=9.0, deadband=0.5),
        point("b", high=8.0, on_delay_s=2.0, off_delay_s=1.0),
        point("c", low=1.4),
    ]
    book = AlarmBook(points)
    states = {
        (h, rule.kind): (rule, AlarmState())
        for h, p in enumerate(points)
        for rule in limit_rules(p.limits)
    }
    now = 0
    for wait, rows in story:
        now += wait * S
        got = {*told(book.step(batch(now / S, *rows), now)), *told(book.tick(now))}
        expected = set()
        for h, value, quality in rows:
            for key, (rule, state) in states.items():
                if key[0] == h:
                    sample = Sample(
                        point=h,
                        value=value,
                        quality=quality,
                        source_time_ns=now,
                        arrival_time_ns=now,
                    )
                    after, events = step(rule, state, sample, now)
                    states[key] = (rule, after)
                    expected |= {(f"{points[h].id}.{key[1]}", e) for e in events}
        for key, (rule, state) in states.items():
            after, events = tick(state, rule.delays, now)
            states[key] = (rule, after)
            expected |= {(f"{points[key[0]].id}.{key[1]}", e) for e in events}
        assert got == expected
    for (h, kind), (_, state) in states.items():
        alarm = book.get(f"{points[h].id}.{kind}")
        assert (alarm.state.phase if alarm else "normal") == state.phase
