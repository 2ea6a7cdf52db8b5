"""Gas and heat outages: who falls below what and when, against closed forms; law and notice."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pytest

from dispatch.media_impact import GasImpact, HeatImpact
from dispatch.media_outage import MediaProposal
from dispatch.outage import OutageRequest, PlanningContext, plan_outage
from hydraulics.gas.gas import gas_of
from network_models.network import Network
from network_models.physics import Fluid
from network_models.problems import InputError
from network_models.valves import IsolationValve
from tests.dispatch.conftest import SHANGHAI
from tests.hydraulics.gas_small import gas_network, pipe, source, user
from tests.hydraulics.heat_networks import line

START = datetime(2026, 1, 8, 9, tzinfo=SHANGHAI)
DAY = timedelta(days=1)
VALVES = (
    IsolationValve(id="K", link="s", side="start", dn_mm=500.0),
    IsolationValve(id="L", link="v", side="start", dn_mm=500.0),
)
GAS = Fluid(id="ideal", molar_mass_kgmol=0.0167)


def gas_town() -> Network:
    """S ==s== A ==v== B ==1== U, low pressure; I takes gas at A, V at the source."""
    low: dict[str, Any] = {"level": "low"}
    return gas_network(
        [
            source("S", 3000.0),
            user("A", **low),
            user("I", 1e-4, **low),
            user("B", **low),
            user("U", 0.001, **low),
            user("V", 1e-5, **low),
        ],
        [
            pipe("s", "S", "A", 10.0, 0.5),
            pipe("i", "A", "I", 10.0, 0.1),
            pipe("v", "A", "B", 10.0, 0.5),
            pipe("1", "B", "U", 1000.0, 0.5),
            pipe("2", "S", "V", 10.0, 0.3),
        ],
        fluids={"ideal": GAS},
        physics={"fluid": "ideal"},
    )


def plan(
    context: PlanningContext, net: Network, element: str, *valves: IsolationValve, **more: Any
) -> MediaProposal:
    hours = more.pop("hours", 12.0)
    asked = {
        "element": element,
        "start": START.isoformat(),
        "end": (START + timedelta(hours=hours)).isoformat(),
        "reason": "检修",
        **more,
    }
    here = replace(context, network=net, valves=valves, customers=())
    request = OutageRequest.from_dict(asked, SHANGHAI)
    found = plan_outage(here, request, now=START - 5 * DAY)
    assert isinstance(found, MediaProposal)
    return found


def test_gas_users_live_on_what_the_shut_pipes_hold(context: PlanningContext) -> None:
    found = plan(context, gas_town(), "gas/node:A", *VALVES)
    impact = found.impact
    assert isinstance(impact, GasImpact)
    assert not found.valves_placed
    assert [v.id for v in found.isolation.valves] == ["K", "L"]
    # V dp / (R T) = q t
    constant = gas_of(GAS, 288.15, 1e5, foreign=False).constant
    volume = math.pi * 0.25**2 * (1000.0 + 5.0)
    assert impact.limit_pa is not None
    expected = volume * (3000.0 - impact.limit_pa) / (constant * 288.15) / 0.001
    assert [u.id for u in impact.users] == ["I", "U"]
    inside, fed = impact.users
    assert (inside.inside, inside.falls_s, inside.below_h) == (True, 0.0, 12.0)
    assert not fed.inside
    assert fed.falls_s == pytest.approx(expected, rel=0.02)
    assert fed.below_h == pytest.approx(12.0 - fed.falls_s / 3600.0)
    assert impact.settled and impact.watched == 3


def test_rooms_cool_by_the_hour(context: PlanningContext) -> None:
    found = plan(context, line(), "heat/link:s1", hours=30.0, outdoor_c=-5.0)
    impact = found.impact
    assert isinstance(impact, HeatImpact)
    assert found.valves_placed
    # Supply and return are shut together; what lies behind them gets nothing.
    assert {"s1", "r1"} <= {v.link for v in found.isolation.valves}
    assert set(impact.cut_off) == {"X2", "X3"}
    assert impact.households > 0
    for course in impact.verdict.courses:
        for limit in (18.0, 16.0, 12.0):
            hours = course.falls_h[limit]
            if course.station.id == "X1":
                assert hours is None
            else:
                # The water in the pipes warms the rooms a little longer than the closed form says.
                assert hours == pytest.approx(60.0 * np.log(25.0 / (limit + 5.0)), abs=0.8)
    verdicts = {f.rule: f.verdict for f in found.findings}
    assert verdicts["HEAT-NOTICE-PLANNED-3D"] == "pass"
    assert verdicts["HEAT-ROOM-MIN-16"] == "violation"


def test_the_proposal_is_one_json_object_in_both_media(context: PlanningContext) -> None:
    for found, named in (
        (plan(context, gas_town(), "gas/node:A", *VALVES), "gas"),
        (plan(context, line(), "heat/link:s1"), "heat"),
    ):
        told = json.loads(json.dumps(found.as_dict(), allow_nan=False))
        assert told["medium"] == named
        assert told["impact"][named]
        assert told["publishable"]
        assert "检修" in told["notice"]["zh"]


def test_a_late_notice_is_blocked(context: PlanningContext) -> None:
    here = replace(context, network=gas_town(), valves=(), customers=())
    asked = OutageRequest(element="gas/node:U", start=START, end=START + DAY, reason="检修")
    just = plan_outage(here, asked, now=START - 2 * DAY)
    late = plan_outage(here, asked, now=START - 2 * DAY + timedelta(seconds=1))
    assert just.publishable
    assert late.blocked_by == ("GAS-OUTAGE-NOTICE",)


def test_weather_that_is_none_is_named() -> None:
    with pytest.raises(InputError) as caught:
        OutageRequest.from_dict({"element": "", "outdoor_c": "mild"}, SHANGHAI)
    assert {"element", "start", "end", "outdoor_c"} == {p.field for p in caught.value.problems}
