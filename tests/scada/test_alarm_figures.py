"""Alarm floods, and the figures of EEMUA 191."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scada.alarm_flood import Flood
from scada.alarm_kpi import report

S = 10**9
H = 3600 * S
DAY = 24 * H


def event(t_ns: int, id_: str, what: str, state: str, **more: Any) -> dict[str, Any]:
    base = {"id": id_, "event": what, "state": state, "time_ns": t_ns, "priority": "low"}
    return {**base, "kind": "low", "held": False, **more}


def raised(t_ns: int, id_: str = "a", **more: Any) -> dict[str, Any]:
    return event(t_ns, id_, "raised", "unacknowledged", **more)


def returned(t_ns: int, id_: str = "a") -> dict[str, Any]:
    return event(t_ns, id_, "returned", "returned")


def test_a_flood_begins_above_ten_and_ends_below_five() -> None:
    flood = Flood()
    told = []
    for t in range(12):
        told += flood.take([raised(t * S, f"a{t}")], t * S)
    assert [(e["event"], e["time_ns"]) for e in told] == [("flood-began", 10 * S)]
    assert flood.figures() == {"flood_since_ns": 10 * S, "alarms_10_min": 12}
    assert flood.take([], 606 * S) == []  # five of the last ten minutes are left
    (ended,) = flood.take([], 607 * S)
    assert (ended["event"], ended["value"]) == ("flood-ended", 12.0)
    assert flood.figures()["flood_since_ns"] is None


def test_what_is_hidden_is_no_flood() -> None:
    flood = Flood()
    hidden = [raised(S, f"a{n}", held=True) for n in range(30)]
    assert flood.take(hidden, S) == []


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 120), min_size=1, max_size=80))
def test_a_flood_agrees_with_counting_each_window(gaps: list[int]) -> None:
    flood, times, now, inside = Flood(), [], 0, False
    for gap in gaps:
        now += gap * S
        flood.take([raised(now)], now)
        times.append(now)
        count = sum(now - 600 * S < t <= now for t in times)
        inside = count > 10 or (inside and count >= 5)
        assert (flood.since_ns is not None) == inside


def test_the_figures_of_a_quiet_day_are_acceptable() -> None:
    events = []
    for n in range(96):  # four an hour, each of its own, standing for ten minutes
        t = n * 900 * S
        events += [raised(t, f"a{n}"), event(t + 60 * S, f"a{n}", "acknowledged", "acknowledged")]
        events += [event(t + 600 * S, f"a{n}", "cleared", "normal")]
    figures = report(events, 0, DAY)
    assert figures["alarms"] == 96
    assert figures["per_day"] == pytest.approx(96.0)
    assert figures["per_10_min"] == pytest.approx(2 / 3)
    assert figures["median_s_to_acknowledge"] == 60.0
    assert (figures["fleeting"], figures["chattering"], figures["stale"]) == (0, 0, 0)
    verdicts = figures["verdicts"]
    assert {k for k, v in verdicts.items() if v != "acceptable"} == {"top_10_share"}


def test_chattering_fleeting_and_stale_alarms_are_named() -> None:
    events = [raised(0, "old")]
    for n in range(3):
        events += [raised(H + 20 * n * S, "shaky"), returned(H + (20 * n + 5) * S, "shaky")]
    figures = report(events, H, H + DAY + S)
    assert figures["stale_ids"] == ["old"]
    assert figures["chattering_ids"] == ["shaky"]
    assert figures["fleeting"] == 3
    assert figures["alarms"] == 3  # what rose before the span is not counted in it
    slower = [raised(H, "x"), raised(H + 31 * S, "x"), raised(H + 62 * S, "x")]
    assert report(slower, 0, DAY)["chattering"] == 0


def test_time_in_flood_is_measured_between_its_ends() -> None:
    events = [raised(t * S, f"a{t}") for t in range(11)]
    figures = report(events, 0, DAY)
    assert figures["floods"] == 1
    assert figures["share_of_time_in_flood"] == pytest.approx((606 - 10) / 86_400)
    assert figures["most_in_10_min"] == 11
    assert figures["verdicts"]["share_of_time_in_flood"] == "acceptable"


def test_commands_floods_and_held_alarms_are_not_counted() -> None:
    events = [
        event(S, "V.command", "requested", "pending", kind="command"),
        event(S, "alarms.flood", "flood-began", "normal", kind="flood"),
        raised(S, "shelved", held=True),
        event(2 * S, "shelved", "shelf-ended", "unacknowledged"),
    ]
    assert report(events, 0, DAY)["alarms"] == 1


def test_an_empty_span_and_an_empty_journal() -> None:
    with pytest.raises(ValueError, match="span"):
        report([], DAY, DAY)
    figures = report([], 0, DAY)
    assert figures["alarms"] == 0
    assert set(figures["verdicts"].values()) == {"acceptable"}
