"""The window that does least harm, against plans of each window; outages that meet each other."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

import pytest

from dispatch.best_window import best_windows
from dispatch.conflicts import Footprint, conflicts, footprint_of
from dispatch.joint_cut import cut_together
from dispatch.outage import OutageRequest, PlanningContext, Proposal, plan_outage
from network_models.elements import Junction
from network_models.problems import InputError
from tests.dispatch.conftest import SHANGHAI

START = datetime(2026, 1, 8, 0, tzinfo=SHANGHAI)
HOUR = timedelta(hours=1)
NOW = START - 44 * HOUR


def asked(element: str = "link:P5", start: datetime = START, hours: float = 6.0) -> OutageRequest:
    return OutageRequest(element=element, start=start, end=start + hours * HOUR, reason="检修")


def test_windows_cost_what_their_plans_say_and_late_notices_stand_last(
    context: PlanningContext,
) -> None:
    here = replace(context, settings=replace(context.settings, large_scope_households=None))
    found = best_windows(here, asked(), until=START + 18 * HOUR, every=6 * HOUR, now=NOW)
    assert len(found.windows) == 4
    # 48 h before the start: the first window cannot be announced any more.
    assert [w.start for w in found.windows if not w.in_time] == [START]
    assert found.windows[-1].start == START
    for window in found.windows:
        plan = plan_outage(here, asked(start=window.start), now=NOW)
        assert isinstance(plan, Proposal)
        people_hours = sum(c.customer.people * c.hours for c in plan.impact.customers)
        assert window.hours == pytest.approx(people_hours, rel=0.1)
    costs = [(round(w.hours, 1), w.missed_m3) for w in found.windows[:-1]]
    assert costs == sorted(costs)
    # No more is missed than the cut-off taps would have taken.
    net = here.network
    flows = [d.base_m3s for n in net.nodes.values() if isinstance(n, Junction) for d in n.demands]
    assert all(0.0 < (w.missed_m3 or 0.0) < 2.0 * sum(flows) * 6 * 3600 for w in found.windows)
    # The town drinks by day: who is cut off misses least by night.
    missed = {w.start: w.missed_m3 or 0.0 for w in found.windows}
    assert missed[START] < missed[START + 6 * HOUR]


def test_a_span_that_is_none_is_refused(context: PlanningContext) -> None:
    for until, every in ((START - HOUR, HOUR), (START + 999 * HOUR, HOUR), (START, 0 * HOUR)):
        with pytest.raises(InputError):
            best_windows(context, asked(), until=until, every=every, now=NOW)


def footprint(context: PlanningContext, name: str, element: str, **more: float) -> Footprint:
    request = asked(element, START + more.get("later_h", 0.0) * HOUR)
    plan = plan_outage(context, request, now=NOW).as_dict()
    order = {"id": name, "element": element, "medium": "water", "state": "approved"}
    return footprint_of(order, plan, request.start, request.end)


def test_outages_meet_in_place_people_and_in_the_loop_they_open_twice(
    context: PlanningContext,
) -> None:
    one, two = footprint(context, "A", "link:M1"), footprint(context, "B", "link:M2")
    joint = partial(cut_together, context.network)
    found = {c.meets: c for c in conflicts(one, [two], joint)}
    # Each alone leaves B the other way round the loop; both leave none.
    assert found["joint"].shared == ("B",)
    assert found["joint"].other.id == "B"
    branch, behind = footprint(context, "P", "link:P5"), footprint(context, "Q", "link:P6")
    met = {c.meets for c in conflicts(branch, [behind])}
    assert {"people", "piece"} & met
    # Not at the same time, or with itself: no conflict.
    later = footprint(context, "L", "link:M2", later_h=6.0)
    assert conflicts(one, [later], joint) == ()
    assert conflicts(one, [one], joint) == ()
    # A gas outage is somewhere else, whatever its links are called.
    assert conflicts(one, [replace(two, medium="gas", hit=frozenset())], joint) == ()
