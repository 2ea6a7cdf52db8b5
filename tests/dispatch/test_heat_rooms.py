"""Rooms judged by the rulebook: limits, hours until them, refunds."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from dispatch.heat_rooms import Station, judge_rooms, room_limits_c
from dispatch.rulebook import RuleBook

BOOK = RuleBook.load()
JINAN = BOOK.on(date(2026, 12, 1), "jinan")
HOUR = 3600.0


def test_limits_are_those_of_the_rules() -> None:
    assert room_limits_c(BOOK) == (18.0, 16.0, 12.0)


def test_hours_refund_and_verdict() -> None:
    """One room falls a degree an hour from 20 C for 9 h and stays; the other stays warm."""
    times = np.arange(0.0, 49.0) * HOUR
    cold = 273.15 + np.maximum(20.0 - np.arange(0.0, 49.0), 11.0)
    warm = np.full(49, 273.15 + 19.0)
    homes = [
        Station(id="A", households=100, area_m2=9e3),
        Station(id="B", households=50, area_m2=4e3),
    ]
    found = judge_rooms(BOOK, JINAN, homes, times, np.stack((cold, warm), axis=1))
    assert found.violated and found.rule == "HEAT-ROOM-MIN-16"
    first, second = found.courses
    assert first.station.id == "A"
    assert first.falls_h == {
        18.0: pytest.approx(2.0),
        16.0: pytest.approx(4.0),
        12.0: pytest.approx(8.0),
    }
    assert first.below_h[12.0] == pytest.approx(40.0)
    assert first.refunds == ((0, 100.0), (1, 100.0))
    assert second.finding is not None and second.finding.verdict == "pass"
    assert second.falls_h == {18.0: None, 16.0: None, 12.0: None}
    record = found.as_dict()
    assert record["households_below"] == {"18": 100, "16": 100, "12": 100}
    assert record["refund_household_days"] == pytest.approx(200.0)


def test_tenths_decide_as_rooms_are_measured() -> None:
    times = np.array([0.0, HOUR])
    for celsius, percent, verdict in (
        (15.96, 0.0, "pass"),
        (15.9, 50.0, "violation"),
        (11.9, 100.0, "violation"),
    ):
        room = np.full((2, 1), 273.15 + celsius)
        found = judge_rooms(BOOK, JINAN, [Station(id="A", households=1, area_m2=90.0)], times, room)
        assert found.courses[0].refund_days == pytest.approx(percent / 100.0)
        assert found.verdict == verdict
