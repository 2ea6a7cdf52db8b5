"""What comes if nothing is done: a tank runs dry, and the people behind it are counted in time."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from dispatch.customers import Customer
from hmi.live.outlook import Forecaster, Outlook
from hydraulics.demand_groups import demand_groups
from hydraulics.estimation import Measurements, fit_demands
from hydraulics.state import CLOSED_LINK
from hydraulics.water import SteadyWater
from network_models import Network
from network_models.elements import Demand, Junction, Pipe, Reservoir, Tank
from scada.point import Limits, Point
from scenarios.whatif_people import people_of
from tests.scada.core_room import open_room

LIMIT_PA = 140e3
PEOPLE = 4120


def town() -> Network:
    """A source, a tank of 314 m3 in the end, and a town that takes 0.1 m3/s between them."""
    nodes = [
        Reservoir(id="R", elevation_m=60.0),
        Junction(id="A", elevation_m=10.0, demands=(Demand(base_m3s=0.1),)),
        Tank(id="T", elevation_m=50.0, initial_level_m=2.0, minimum_level_m=0.0,
             maximum_level_m=6.0, diameter_m=10.0),
    ]  # fmt: skip
    common = {"length_m": 300.0, "diameter_m": 0.5, "roughness": 120.0}
    links = [
        Pipe(id="P", start="R", end="A", **common),
        Pipe(id="Q", start="A", end="T", **common),
    ]
    return Network(nodes={n.id: n for n in nodes}, links={link.id: link for link in links})


def customer() -> Customer:
    return Customer(
        id="C",
        element="water/node:A",
        households=1400,
        people=PEOPLE,
        kind="residential",
        community="",
        name_zh="",
        name_en="",
        x=0.0,
        y=0.0,
    )


def look(*, source_shut: bool) -> Outlook:
    net = town()
    model = SteadyWater(net)
    group = demand_groups(net, model.boundary(0.0).demand_m3s, most=1)
    none, numbers = np.zeros(0), np.zeros(0, dtype=np.int64)
    measured = Measurements(
        node=numbers, head_m=none, head_sigma_m=none,
        link=numbers, flow_m3s=none, flow_sigma_m3s=none,
    )  # fmt: skip

    def boundary_at(later_s: float):  # type: ignore[no-untyped-def]
        boundary = model.boundary(later_s)
        if not source_shut:
            return boundary
        status = boundary.status.copy()
        status[0] = CLOSED_LINK
        return replace(boundary, status=status)

    estimate = fit_demands(model.solve, boundary_at(0.0), group, measured)
    ahead = Forecaster(net, model, people_of(net, [customer()], 200.0), LIMIT_PA)
    return ahead.look(boundary_at, estimate, group)


def test_a_town_on_its_tank_alone_is_dry_when_the_tank_is() -> None:
    told = look(source_shut=True)
    # 157 m3 at 0.1 m3/s last 26 minutes: 20 minutes on all is well, 30 minutes on it is not.
    assert (told.people_now, told.people, told.in_min) == (0, PEOPLE, 30.0)
    assert told.tank == "T"
    assert told.tank_empty_min == pytest.approx(26.2, abs=0.3)


def test_a_town_with_its_source_has_nothing_to_fear() -> None:
    told = look(source_shut=False)
    assert (told.people_now, told.people, told.tank) == (0, 0, "")


async def test_an_alarm_that_stands_tells_what_comes_of_it_while_the_model_is_fresh() -> None:
    limits = Limits(low=140e3)
    some = [
        Point(id="P", utility="water", quantity="pressure", unit="Pa", limits=limits),
        Point(id="G", utility="gas", quantity="pressure", unit="Pa", limits=limits),
    ]
    told = look(source_shut=True).as_dict()
    async with open_room(some) as room:

        async def model_says() -> None:
            header = {"time_ns": room.clock.now_ns(), "utility": "water", "outlook": told}
            await room.bus.call("core.model", header, room.core.live.modelled().to_bytes())

        async def shown() -> dict[str, bool]:
            return {a["id"]: "outlook" in a for a in (await room.ask("core.alarms"))["alarms"]}

        await model_says()
        await room.advance(1.0)
        await room.send((0, 100e3), (1, 100e3))
        assert await shown() == {"P.low": False, "G.low": False}  # said before it came
        await room.advance(1.0)
        await model_says()
        assert await shown() == {"P.low": True, "G.low": False}
        (alarm,) = [a for a in (await room.ask("core.alarms"))["alarms"] if a["id"] == "P.low"]
        assert (alarm["outlook"]["people"], alarm["outlook"]["in_min"]) == (PEOPLE, 30.0)
        await room.advance(90.0)
        assert await shown() == {"P.low": False, "G.low": False}  # the model is away
