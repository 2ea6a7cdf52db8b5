"""What is due next of an outage order, by its state and its medium's rules."""

from __future__ import annotations

from datetime import timedelta

from dispatch.outages.due import next_due
from tests.dispatch.outage_orders import FILED, HOUR, LAW, opened, published, step


def test_a_request_is_to_be_published_by_the_hours_of_its_rule() -> None:
    order = opened()
    due = next_due(order, LAW, FILED)
    assert due is not None
    assert (due.what, due.at) == ("publish", order.start - 48 * HOUR)
    assert due.rule == "WATER-OUTAGE-NOTICE-LARGE"
    assert due.clause
    # A smaller scope and another medium have hours of their own.
    small = next_due(opened(size="small", households=10), LAW, FILED)
    assert small is not None
    assert small.at == order.start - 24 * HOUR
    heat = next_due(opened(medium="heat"), LAW, FILED)
    assert heat is not None
    assert (heat.rule, heat.at) == ("HEAT-NOTICE-PLANNED-3D", order.start - timedelta(days=3))


def test_from_the_notice_to_the_road_authority() -> None:
    order = published(opened())
    due = next_due(order, LAW, FILED)
    assert due is not None
    assert (due.what, due.at) == ("start", order.start)
    running = step(order, "start", order.start).order
    later = step(running, "extend", order.start + HOUR, end=order.end + 3 * HOUR).order
    due = next_due(later, LAW, order.start + HOUR)
    assert due is not None
    assert (due.what, due.at) == ("restore", order.end + 3 * HOUR)
    assert due.rule == "WATER-OUTAGE-RESTORE-ONTIME"
    now = order.start + 2 * HOUR
    done = step(later, "work-done", now).order
    for fact in ("flushed", "sample-good", "pressure-verified"):
        done = step(done, "record", now, fact=fact).order
    back = step(done, "restore", now).order
    due = next_due(back, LAW, now)
    assert due is not None
    assert (due.what, due.at, due.rule) == ("road-told", now + 24 * HOUR, "WATER-ROAD-24H")
    told = step(back, "road-told", now).order
    assert next_due(told, LAW, now) is None


def test_nothing_is_due_of_what_was_dropped() -> None:
    assert next_due(step(opened(), "discard", FILED).order, LAW, FILED) is None
