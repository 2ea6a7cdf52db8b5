"""Which points bind the model and which are compared with it."""

from __future__ import annotations

import numpy as np
import pytest

from hmi.live.frames import StateFrame
from hmi.live.mapping import Role, map_points
from hydraulics import solve
from network_models import Network
from network_models.elements import Demand, Junction, Pipe, Pump, Reservoir, Tank, Valve
from network_models.units import PA_PER_M_WATER
from scada.point import Point


@pytest.fixture(scope="module")
def net() -> Network:
    nodes = [
        Reservoir(id="R", elevation_m=50.0),
        Junction(id="A", elevation_m=10.0, demands=(Demand(base_m3s=0.01),)),
        Junction(id="B", elevation_m=5.0),
        Tank(
            id="T",
            elevation_m=40.0,
            initial_level_m=3.0,
            minimum_level_m=0.0,
            maximum_level_m=6.0,
            diameter_m=10.0,
        ),
    ]
    links = [
        Pipe(id="P", start="R", end="A", length_m=500.0, diameter_m=0.3, roughness=120.0),
        Pipe(id="Q", start="A", end="T", length_m=500.0, diameter_m=0.3, roughness=120.0),
        Valve(id="V", start="A", end="B", kind="PRV", diameter_m=0.2, setting=20.0),
        Pump(id="U", start="R", end="A", power_w=1000.0),
    ]
    return Network(nodes={n.id: n for n in nodes}, links={link.id: link for link in links})


def point(quantity: str, unit: str, element: str, **more: object) -> Point:
    return Point(
        id=f"{quantity}.{element}",
        utility="water",
        quantity=quantity,
        unit=unit,
        element=element,
        driver=str(more.pop("driver", "rtu")),
        **more,  # type: ignore[arg-type]
    )


@pytest.mark.parametrize(
    ("quantity", "unit", "element", "role", "si", "model"),
    [
        ("level", "m", "node:T", Role.SOURCE_HEAD, 3.2, 43.2),
        ("head", "mHead", "node:R", Role.SOURCE_HEAD, 51.0, 51.0),
        ("pressure", "MPa", "node:A", Role.NODE_HEAD, 20.0 * PA_PER_M_WATER, 30.0),
        ("pressure", "MPa", "link:V", Role.LINK_SETTING, 25.0 * PA_PER_M_WATER, 25.0),
        ("flow", "m3/h", "link:P", Role.LINK_FLOW, 0.02, 0.02),
        ("status", "on/off", "link:U", Role.LINK_STATUS, 1.0, 1.0),
        ("speed", "ratio", "link:U", Role.LINK_SETTING, 0.9, 0.9),
    ],
)
def test_a_point_becomes_a_model_value_and_back(
    net: Network, quantity: str, unit: str, element: str, role: Role, si: float, model: float
) -> None:
    (tie,) = map_points([point(quantity, unit, element)], net).ties
    assert tie.role is role
    assert tie.to_model(si) == pytest.approx(model)
    assert tie.to_point(tie.to_model(si)) == pytest.approx(si)


def test_what_the_model_does_not_know_is_left_alone(net: Network) -> None:
    strangers = [
        point("concentration", "mg/L", "node:A"),
        point("pressure", "MPa", "node:none"),
        point("power", "kW", "link:U"),
        Point(id="g", utility="gas", quantity="pressure", unit="Pa", element="node:A", driver="r"),
    ]
    assert map_points(strangers, net).ties == ()
    figure = point("pressure", "MPa", "", driver="model", address="end_min_pressure")
    assert map_points([figure], net).figures == {"end_min_pressure": 0}


def test_a_state_survives_the_bus(net: Network) -> None:
    solution = solve(net)
    frame = StateFrame.of(solution)
    header = {"n_nodes": len(solution.head_m), "n_links": len(solution.flow_m3s)}
    back = StateFrame.from_message(header, frame.payload())
    assert np.array_equal(back.head_m, solution.head_m, equal_nan=True)
    assert np.array_equal(back.flow_m3s, solution.flow_m3s)
    with pytest.raises(ValueError, match="not a state"):
        StateFrame.from_message({**header, "n_links": 99}, frame.payload())
