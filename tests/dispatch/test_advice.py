"""Advice against solves of its own: what is said to serve does, and a little less does not."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

import numpy as np
import pytest

from dispatch.advice import gas_allocation, heat_curve, water_advice
from dispatch.request import PlanningContext
from hmi.planning import advise
from hydraulics.heat.run import solve as solve_heat
from hydraulics.steady import solve as solve_water
from network_models.changes import ScaleDemand
from network_models.elements import Demand, HeatSource, Junction, Pipe, Pump, Reservoir
from network_models.network import Network
from network_models.operation import Curve
from network_models.problems import InputError
from network_models.units import PA_PER_M_WATER
from tests.dispatch.conftest import SHANGHAI
from tests.dispatch.test_media_outage import gas_town
from tests.hydraulics.heat_networks import line

AT = datetime(2026, 1, 8, 8, tzinfo=SHANGHAI)
LIMIT_M = 0.14e6 / PA_PER_M_WATER


def works(flow_m3s: float = 0.06) -> Network:
    """R =PU= OUT ==2 km DN300== E, and a closed pipe from a second source S to E."""
    nodes = [
        Reservoir(id="R", elevation_m=0.0),
        Reservoir(id="S", elevation_m=40.0),
        Junction(id="OUT", elevation_m=0.0),
        Junction(id="E", elevation_m=5.0, demands=(Demand(base_m3s=flow_m3s),)),
    ]
    main: dict[str, Any] = {"diameter_m": 0.3, "roughness": 110.0}
    links = [
        Pump(id="PU", start="R", end="OUT", head_curve="C"),
        Pipe(id="M", start="OUT", end="E", length_m=2000.0, **main),
        Pipe(id="B", start="S", end="E", length_m=1000.0, status="closed", **main),
    ]
    return Network(
        medium="water",
        nodes={n.id: n for n in nodes},
        links={k.id: k for k in links},
        curves={"C": Curve(id="C", points=((0.06, 24.0),), kind="pump")},
    )


def at_end_m(net: Network, speed: float) -> float:
    pump = net.links["PU"]
    assert isinstance(pump, Pump)
    tried = replace(net, links={**net.links, "PU": replace(pump, speed=speed)})
    found = solve_water(tried)
    return float(found.pressure_m[found.node_ids.index("E")])


def test_the_works_pressure_that_serves_the_end(context: PlanningContext) -> None:
    net = works()
    assert at_end_m(net, 1.0) < LIMIT_M
    found = water_advice(replace(context, network=net), AT, hours=2.0)
    assert found["now"]["ends_below"] > 0
    by_kind = {row["kind"]: row for row in found["advice"]}
    outlet = by_kind["outlet"]
    assert outlet["reaches"]
    speed = outlet["to"]
    assert at_end_m(net, speed + 1e-4) >= LIMIT_M
    assert at_end_m(net, speed - 0.01) < LIMIT_M
    before, after = outlet["outlet_mpa"]
    rise_m = at_end_m(net, speed) - at_end_m(net, 1.0)
    # What the end gains the outlet gains: the flow is the same.
    assert (after - before) * 1e6 / PA_PER_M_WATER == pytest.approx(rise_m, abs=0.05)
    assert by_kind["boundary"]["elements"] == ("B",)
    assert by_kind["boundary"]["reaches"]
    means = [row["effect"]["mean_mpa"] for row in found["advice"] if row["reaches"]]
    assert means == sorted(means)


def test_a_served_end_lets_the_works_come_down(context: PlanningContext) -> None:
    found = water_advice(replace(context, network=works(0.03)), AT, hours=1.0)
    assert found["now"]["ends_below"] == 0
    assert [row["kind"] for row in found["advice"]] == ["outlet"]
    assert found["advice"][0]["to"] < 1.0
    assert found["advice"][0]["effect"]["ends_below"] == 0


def test_residents_get_gas_first(context: PlanningContext) -> None:
    town = gas_town()
    factory = replace(town.nodes["B"], level="medium", demand_kgs=0.002)
    here = replace(context, network=replace(town, nodes={**town.nodes, "B": factory}))
    homes = 0.001 + 1e-4 + 1e-5
    found = gas_allocation(here, AT, homes + 0.0005)
    assert found["share"]["residents"] == 1.0
    assert found["share"]["others"] == pytest.approx(0.25, rel=1e-6)
    assert found["short_kgs"] == pytest.approx(0.0015, rel=1e-6)
    taken = found["effect"]["residents_kgs"] + found["effect"]["others_kgs"]
    assert taken == pytest.approx(homes + 0.0005, rel=1e-6)
    scarce = gas_allocation(here, AT, homes / 2)
    assert scarce["share"] == {"residents": pytest.approx(0.5), "others": 0.0}
    enough = gas_allocation(here, AT, 1.0)
    assert enough["share"] == {"residents": 1.0, "others": 1.0}
    assert enough["short_kgs"] == 0.0


def test_the_heat_curve_is_the_lowest_that_heats(context: PlanningContext) -> None:
    net = line(2)
    found = heat_curve(replace(context, network=net))
    supply = [row["supply_c"] for row in found["curve"]]
    assert all(row["reaches"] for row in found["curve"])
    # Slow water loses more on the way, so mild days are not always the coolest supply.
    assert max(supply) == supply[0]
    assert all(row["effect"]["lost_w"] <= row["now"]["lost_w"] for row in found["curve"])
    coldest = found["curve"][0]
    plant = net.links["plant"]
    assert isinstance(plant, HeatSource)

    def short_w(supply_c: float) -> float:
        tried = replace(plant, supply_temperature_k=supply_c + 273.15)
        state = solve_heat(
            replace(net, links={**net.links, "plant": tried}), changes=[ScaleDemand(1.0)]
        )
        return float(sum(s.unmet_w for s in state.report.shortfalls))

    wanted = coldest["effect"]["wanted_w"]
    assert short_w(coldest["supply_c"]) <= 1.1e-3 * wanted
    assert short_w(coldest["supply_c"] - 1.0) > 1e-3 * wanted
    assert np.isfinite(coldest["saved_w"])


def test_every_fault_of_a_request_is_named(context: PlanningContext) -> None:
    with pytest.raises(InputError) as caught:
        advise(context, {"hours": -1, "demand": "much", "at": "noon"}, now=AT)
    assert {p.field for p in caught.value.problems} == {"hours", "demand", "at"}
    with pytest.raises(InputError) as caught:
        advise(replace(context, network=gas_town()), {}, now=AT)
    assert [p.field for p in caught.value.problems] == ["available_kgs"]
