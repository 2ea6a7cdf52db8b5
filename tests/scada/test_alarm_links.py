"""Communication and quality alarms: one for a link, never one a point behind it."""

from __future__ import annotations

from typing import Any

import numpy as np

from scada.alarm_book import AlarmBook
from scada.alarm_links import LinkWatch
from scada.alarm_record import AlarmEvent
from scada.point import Point
from scada.quality import (
    BAD_NO_COMMUNICATION,
    BAD_OUT_OF_SERVICE,
    BAD_SENSOR_FAILURE,
    BAD_WAITING_FOR_INITIAL_DATA,
    GOOD,
)

S = 10**9


class Desk:
    """Two links of two points each, and one point without a link."""

    def __init__(self, stored: list[dict[str, Any]] | None = None) -> None:
        names = [("a1", "a"), ("a2", "a"), ("b1", "b"), ("b2", "b"), ("hand", "")]
        points = [
            Point(id=i, utility="water", quantity="flow", unit="m3/s", driver=d) for i, d in names
        ]
        self.book = AlarmBook(points)
        self.watch = LinkWatch(points, self.book, 0)
        self.events: list[AlarmEvent] = []
        self.figures: dict[str, int] = {}
        if stored:
            self.book.restore(stored, self.watch.subjects(stored), 0)
        self.quality = np.full(5, GOOD, dtype=np.uint32)

    def at(self, t_s: float, links: dict[str, str] | None = None, **bad: int) -> list[str]:
        """What is told when these points have these qualities (others keep theirs)."""
        now = round(t_s * S)
        for name, code in bad.items():
            self.quality[["a1", "a2", "b1", "b2", "hand"].index(name)] = code
        if links is not None:
            rows = [{"name": n, "state": s, **self.figures} for n, s in links.items()]
            self.watch.take_links(rows, now)
        events = self.book.tick(now) + self.watch.check(self.quality, now)
        self.events += events
        return [f"{e['id']} {e['event']}" for e in events]


UP = {"a": "up", "b": "up"}


def test_a_link_that_is_down_is_told_at_once_and_once() -> None:
    desk = Desk()
    assert desk.at(0, UP) == []
    assert desk.at(1, {"a": "down", "b": "up"}) == ["link/a.communication raised"]
    dead = {"a1": BAD_NO_COMMUNICATION, "a2": BAD_NO_COMMUNICATION}
    assert desk.at(2, {"a": "down", "b": "up"}, **dead) == []
    assert desk.at(30, {"a": "down", "b": "up"}) == []


def test_a_link_clears_when_it_was_up_for_a_while() -> None:
    desk = Desk()
    desk.at(0, {"a": "down", "b": "up"})
    assert desk.at(1, UP) == []
    assert desk.at(2, {"a": "down", "b": "up"}) == []
    assert desk.at(3, UP) == []
    assert desk.at(5.9, UP) == []
    assert desk.at(6, UP) == ["link/a.communication returned"]


def test_all_points_without_communication_are_a_lost_link_whatever_it_says() -> None:
    desk = Desk()
    desk.at(0, UP)
    assert desk.at(1, UP, a1=BAD_NO_COMMUNICATION) == []
    assert desk.at(2, UP, a2=BAD_NO_COMMUNICATION) == ["link/a.communication raised"]
    assert desk.at(30, UP) == []


def test_a_link_that_is_starting_is_neither_lost_nor_found() -> None:
    desk = Desk()
    assert desk.at(0, {"a": "starting", "b": "starting"}) == []
    desk.at(1, {"a": "down", "b": "up"})
    assert desk.at(9, {"a": "starting", "b": "up"}) == []
    assert desk.at(20, {"a": "starting", "b": "up"}) == []


def test_processes_that_start_late_are_not_lost_links() -> None:
    desk = Desk()
    waiting = dict.fromkeys(("a1", "a2", "b1", "b2"), BAD_WAITING_FOR_INITIAL_DATA)
    assert desk.at(0, **waiting) == []
    assert not desk.watch.silent(29 * S).any()
    assert desk.watch.silent(31 * S).all()


def test_one_bad_point_is_an_alarm_after_a_while_and_clears_with_it() -> None:
    desk = Desk()
    desk.at(0, UP)
    assert desk.at(1, UP, a1=BAD_SENSOR_FAILURE) == []
    assert desk.at(6.9, UP) == []
    assert desk.at(7, UP) == ["a1.quality raised"]
    assert desk.at(8, UP, a1=GOOD) == ["a1.quality returned"]


def test_points_going_bad_with_their_link_are_no_alarms_even_if_the_link_is_told_later() -> None:
    desk = Desk()
    desk.at(0, UP)
    assert desk.at(1, UP, a1=BAD_SENSOR_FAILURE) == []
    assert desk.at(3, {"a": "down", "b": "up"}) == ["link/a.communication raised"]
    assert desk.at(60, {"a": "down", "b": "up"}) == []
    # Up again: the point has as long as ever to become good.
    assert desk.at(61, UP) == []
    assert desk.at(64, UP) == ["link/a.communication returned"]
    assert desk.at(66, UP, a1=GOOD) == []


def test_a_quality_alarm_is_kept_as_it_is_behind_a_lost_link() -> None:
    desk = Desk()
    desk.at(0, UP, a1=BAD_SENSOR_FAILURE)
    assert desk.at(6, UP) == ["a1.quality raised"]
    desk.at(7, {"a": "down", "b": "up"}, a1=BAD_NO_COMMUNICATION)
    assert desk.at(8, {"a": "down", "b": "up"}) == []
    alarm = desk.book.get("a1.quality")
    assert alarm is not None
    assert alarm.state.phase == "unacknowledged"
    desk.at(9, UP, a1=GOOD)
    assert "a1.quality returned" in [f"{e['id']} {e['event']}" for e in desk.events]


def test_points_out_of_service_or_waiting_are_no_alarms_but_one_without_a_link_may_be() -> None:
    desk = Desk()
    desk.at(0, UP, a1=BAD_OUT_OF_SERVICE, b1=BAD_WAITING_FOR_INITIAL_DATA)
    assert desk.at(60, UP, hand=BAD_SENSOR_FAILURE) == []
    assert desk.at(66, UP) == ["hand.quality raised"]


def test_restored_alarms_clear_when_what_they_watch_is_well() -> None:
    desk = Desk()
    desk.at(0, {"a": "down", "b": "up"}, b1=BAD_SENSOR_FAILURE)
    desk.at(6, {"a": "down", "b": "up"})
    stored = list({e["id"]: e for e in desk.events}.values())
    assert {e["id"] for e in stored} == {"link/a.communication", "b1.quality"}
    again = Desk(stored)
    assert len(again.book.alarms()) == 2
    assert again.at(7, UP) == ["b1.quality returned"]
    assert again.at(10, UP) == ["link/a.communication returned"]


DOWN = {"a": "down", "b": "up"}
DEAD = {"a1": BAD_NO_COMMUNICATION, "a2": BAD_NO_COMMUNICATION}


def test_a_link_whose_first_attempt_comes_to_nothing_is_given_time() -> None:
    desk = Desk()
    desk.figures = {"reads": 0}
    assert desk.at(50, {"a": "starting", "b": "up"}) == []
    assert desk.at(55, DOWN, **DEAD) == []  # a busy machine: the attempt timed out
    desk.figures = {"reads": 3}
    assert desk.at(60, UP, a1=GOOD, a2=GOOD) == []
    assert desk.at(70, DOWN) == ["link/a.communication raised"]  # it was up: it is lost


def test_a_link_that_never_comes_up_is_told_after_that_time() -> None:
    desk = Desk()
    desk.figures = {"reads": 0}
    assert desk.at(0, DOWN, **DEAD) == []
    for t in range(1, 31):
        assert desk.at(t, DOWN) == []
    assert desk.at(31, DOWN) == ["link/a.communication raised"]


def test_a_gateway_that_is_started_again_is_given_time_again() -> None:
    desk = Desk()
    desk.figures = {"reads": 900}
    assert desk.at(0, UP) == []
    desk.figures = {"reads": 0}
    assert desk.at(100, DOWN, **DEAD) == []
    desk.figures = {"reads": 2}
    assert desk.at(120, UP, a1=GOOD, a2=GOOD) == []


def test_a_link_that_is_up_without_a_value_and_goes_down_is_lost() -> None:
    desk = Desk()
    desk.figures = {"reads": 0}
    assert desk.at(0, UP) == []
    assert desk.at(1, DOWN) == ["link/a.communication raised"]


def test_an_alarm_that_stands_is_not_taken_back_while_its_link_is_begun_anew() -> None:
    desk = Desk()
    desk.figures = {"reads": 900}
    desk.at(0, UP)
    assert desk.at(1, DOWN, **DEAD) == ["link/a.communication raised"]
    desk.figures = {"reads": 0}
    for t in (10, 20, 30, 45):
        assert desk.at(t, DOWN) == []
    desk.figures = {"reads": 1}
    assert desk.at(50, UP, a1=GOOD, a2=GOOD) == []
    assert desk.at(54, UP) == ["link/a.communication returned"]
