"""Scan classes, report by exception and back-off, by numbers."""

from itertools import pairwise

import numpy as np

from scada.poller import Backoff, ChangeFilter, ScanSchedule, place_in_period
from scada.quality import BAD_NO_COMMUNICATION, GOOD


def _send(changes, places, values, now, quality=GOOD):
    places = np.array(places, dtype=np.intp)
    values = np.array(values, dtype=float)
    codes = np.full(len(places), quality, dtype=np.uint32)
    return changes.changed(places, values, codes, now).tolist()


def test_classes_come_due_by_their_periods():
    schedule = ScanSchedule({"fast": 1.0, "slow": 3.0}, now=0.0)
    order = []
    for _ in range(8):
        name, due = schedule.next()
        order.append((name, due))
        schedule.done(name, due)
    assert order == [
        ("fast", 0.0),
        ("slow", 0.0),
        ("fast", 1.0),
        ("fast", 2.0),
        ("fast", 3.0),
        ("slow", 3.0),
        ("fast", 4.0),
        ("fast", 5.0),
    ]
    assert schedule.overruns == 0


def test_a_late_scan_counts_and_leaves_out_what_it_missed():
    schedule = ScanSchedule({"fast": 1.0}, now=0.0)
    schedule.done("fast", 3.4)
    assert schedule.overruns == 3
    assert schedule.next() == ("fast", 4.0)


def test_only_changes_are_sent():
    changes = ChangeFilter(3, heartbeat_s=60.0)
    assert _send(changes, [0, 1, 2], [1.0, 2.0, np.nan], 0.0) == [True, True, True]
    assert _send(changes, [0, 1, 2], [1.0, 2.5, np.nan], 1.0) == [False, True, False]


def test_a_change_of_quality_is_a_change():
    changes = ChangeFilter(1, heartbeat_s=60.0)
    _send(changes, [0], [1.0], 0.0)
    assert _send(changes, [0], [1.0], 1.0, quality=0x40930000) == [True]


def test_an_unchanged_value_is_sent_again_after_the_heartbeat():
    changes = ChangeFilter(1, heartbeat_s=10.0)
    _send(changes, [0], [1.0], 0.0)
    assert _send(changes, [0], [1.0], 9.9) == [False]
    assert _send(changes, [0], [1.0], 10.0) == [True]


def test_a_lost_link_is_said_once_a_point_and_so_is_its_return():
    changes = ChangeFilter(2, heartbeat_s=60.0)
    both = np.arange(2, dtype=np.intp)
    _send(changes, [0], [7.0], 0.0)
    places, values = changes.fail(both, BAD_NO_COMMUNICATION, 1.0)
    assert places.tolist() == [0, 1]
    assert values[0] == 7.0
    assert np.isnan(values[1])
    assert changes.fail(both, BAD_NO_COMMUNICATION, 2.0)[0].tolist() == []
    assert _send(changes, [0], [7.0], 3.0) == [True]


def test_heartbeats_leave_out_what_is_lost_or_never_came():
    changes = ChangeFilter(3, heartbeat_s=10.0)
    _send(changes, [0, 1], [1.0, 2.0], 0.0)
    changes.fail(np.array([1], dtype=np.intp), BAD_NO_COMMUNICATION, 1.0)
    assert changes.overdue(5.0).tolist() == []
    assert changes.overdue(20.0).tolist() == [0]
    assert changes.overdue(21.0).tolist() == []


def test_back_off_doubles_to_its_cap_with_jitter():
    waits = [Backoff(10.0, first_s=0.2, seed=name) for name in range(50)]
    tenth = []
    for backoff in waits:
        for attempt in range(10):
            wait = backoff.next_s()
            ceiling = min(10.0, 0.2 * 2**attempt)
            assert ceiling / 2 <= wait <= ceiling
        tenth.append(wait)
    assert len(set(tenth)) > 40  # links that fell together do not come back together
    waits[0].reset()
    assert waits[0].next_s() <= 0.2


def test_links_scan_at_places_of_their_own_after_the_first_scan():
    schedule = ScanSchedule({"fast": 1.0, "slow": 4.0}, now=10.0, place=0.25)
    assert schedule.next() == ("fast", 10.0)
    schedule.done("fast", 10.1)
    schedule.done("slow", 10.2)
    assert schedule.next() == ("fast", 11.25)
    schedule.done("fast", 11.3)
    schedule.done("fast", 12.3)
    assert schedule.next() == ("fast", 13.25)
    for _ in range(2):
        schedule.done("fast", 13.3)
    assert schedule.next() == ("slow", 15.0)
    assert schedule.overruns == 0


def test_places_in_the_period_are_spread_and_stay():
    places = sorted(place_in_period(f"rtu-{n}") for n in range(200))
    assert places[0] >= 0.0
    assert places[-1] < 1.0
    assert max(b - a for a, b in pairwise(places)) < 0.05
    assert place_in_period("rtu-1") == place_in_period("rtu-1")
