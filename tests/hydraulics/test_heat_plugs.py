"""Plug flow: fronts on time and sharp, energy that closes, flow that turns mid-pipe."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hydraulics.heat.fluid import enthalpy_at, fluid_of, temperature_at
from hydraulics.heat.outlets import HOLD, PASS, TAKE, Outlets
from hydraulics.heat.plugs import (
    CAME,
    LEFT,
    LOST,
    TAKEN,
    Carrier,
    Injection,
    PipeHeat,
    new_plugs,
    transport_tables,
)
from network_models.network import Network

FLUID = fluid_of(Network(medium="heat"))
COLD, HOT, GROUND = (enthalpy_at(FLUID, 273.15 + t) for t in (30.0, 90.0, 8.0))


def line(masses: list[float], rates: list[float], first: float = COLD) -> Carrier:
    """Pipes one behind the other, filled with water of `first`."""
    links = len(masses)
    start = np.arange(links, dtype=np.uint32)
    mass = np.array(masses)
    heat = PipeHeat(mass=mass, rate=np.array(rates), ground=np.full(links, GROUND))
    t = transport_tables(links + 1, start, start + 1, mass)
    filled = np.full(links, first)
    plugs = new_plugs(heat, np.full(links + 1, first), filled, filled)
    return Carrier(t, heat, FLUID, plugs)


def plain(links: int) -> Outlets:
    z = np.zeros(links)
    return Outlets(
        mode=np.full(links, PASS, dtype=np.uint8), heat=z, least=z - np.inf, held=z.copy()
    )


def through(nodes: int, flow: float, entering: float) -> Injection:
    """`flow` kg/s in at the first node and out at the last; below 0 the other way."""
    mass, drawn = np.zeros(nodes), np.zeros(nodes)
    way = (0, -1) if flow > 0.0 else (-1, 0)
    mass[way[0]] = drawn[way[1]] = abs(flow)
    return Injection(mass=mass, enthalpy=np.full(nodes, entering), drawn=drawn)


@pytest.mark.parametrize("sections", [1, 20])
@pytest.mark.parametrize("dt", [7.0, 60.0])
def test_a_front_arrives_at_1000_s_and_is_not_smeared(sections: int, dt: float) -> None:
    """1 km at 1 m/s, whole or in 20 pieces: cold until 1000 s, hot one step later."""
    pipe = 70.0 * 1000.0 / sections
    carrier = line([pipe] * sections, [0.0] * sections)
    mixed = []
    for step in range(math.ceil(1400.0 / dt)):
        carrier.advance(
            np.full(sections, 70.0), through(sections + 1, 70.0, HOT), plain(sections), dt, dt
        )
        end, before, after = carrier.plugs.node[-1], step * dt, (step + 1) * dt
        if after <= 1000.0 + 1e-6:
            assert end == pytest.approx(COLD, rel=1e-12)
        elif before >= 1000.0 - 1e-6:
            assert end == pytest.approx(HOT, rel=1e-12)
        else:
            mixed.append(end)
    assert len(mixed) <= 1


def test_the_wall_delays_the_front() -> None:
    """A steel wall with a tenth of the water's heat capacity: a tenth later."""
    carrier = line([70.0 * 1000.0 * 1.1], [0.0])
    for _ in range(109):
        carrier.advance(np.full(1, 70.0), through(2, 70.0, HOT), plain(1), 10.0, 10.0)
    assert carrier.plugs.node[-1] == pytest.approx(COLD)
    for _ in range(3):
        carrier.advance(np.full(1, 70.0), through(2, 70.0, HOT), plain(1), 10.0, 10.0)
    assert carrier.plugs.node[-1] == pytest.approx(HOT)


@pytest.mark.parametrize("dt", [5.0, 60.0, 300.0])
def test_steady_loss_is_that_of_the_exponential(dt: float) -> None:
    """Whether a step is shorter or longer than the way through, the loss is right."""
    rate, flow, mass = 1e-4, 20.0, 2000.0
    carrier = line([mass], [rate], HOT)
    for _ in range(40):
        carrier.advance(np.full(1, flow), through(2, flow, HOT), plain(1), 600.0, dt)
    out = float(carrier.plugs.ledger[LEFT])
    carrier.advance(np.full(1, flow), through(2, flow, HOT), plain(1), 600.0, dt)
    mean = (carrier.plugs.ledger[LEFT] - out) / (600.0 * flow)
    exact = GROUND + (HOT - GROUND) * math.exp(-rate * mass / flow)
    assert mean == pytest.approx(exact, rel=1e-9)


@settings(max_examples=60, deadline=None)
@given(
    flows=st.lists(st.floats(-60.0, 60.0), min_size=3, max_size=25),
    rate=st.floats(0.0, 1e-3),
    dt=st.floats(5.0, 400.0),
    masses=st.lists(st.floats(50.0, 2e4), min_size=2, max_size=4),
)
def test_energy_closes_when_the_flow_turns_mid_pipe(
    flows: list[float], rate: float, dt: float, masses: list[float]
) -> None:
    carrier = line(masses, [rate] * len(masses))
    links = len(masses)
    before = carrier.stored_j()
    for turn, flow in enumerate(flows):
        entering = HOT if turn % 2 else COLD
        carrier.advance(
            np.full(links, flow), through(links + 1, flow, entering), plain(links), dt, dt / 3.0
        )
    book = carrier.plugs.ledger
    change = carrier.stored_j() - before
    assert change == pytest.approx(
        book[CAME] - book[LEFT] - book[TAKEN] - book[LOST],
        abs=1e-9 * (before + book[CAME] + book[LEFT]),
    )


def test_turning_back_brings_the_same_water_back() -> None:
    carrier = line([7000.0], [0.0])
    carrier.advance(np.full(1, 10.0), through(2, 10.0, HOT), plain(1), 300.0, 30.0)
    assert carrier.plugs.node[1] == pytest.approx(COLD)
    came = -carrier.plugs.ledger[LEFT]
    carrier.advance(np.full(1, -10.0), through(2, -10.0, COLD), plain(1), 300.0, 30.0)
    back = carrier.plugs.ledger[LEFT] + came
    assert back == pytest.approx(3000.0 * HOT, rel=1e-12)
    assert carrier.stored_j() == pytest.approx(7000.0 * COLD, rel=1e-12)


def test_standing_water_cools_in_its_place_for_months() -> None:
    carrier = line([500.0], [1e-4], HOT)
    still = Injection(mass=np.zeros(2), enthalpy=np.zeros(2), drawn=np.zeros(2))
    for _ in range(30):
        carrier.advance(np.zeros(1), still, plain(1), 86400.0, 3600.0)
    assert carrier.plugs.node[1] == pytest.approx(GROUND, rel=1e-9)
    assert carrier.stored_j() == pytest.approx(500.0 * GROUND, rel=1e-9)
    assert carrier.plugs.ledger[LOST] == pytest.approx(500.0 * (HOT - GROUND), rel=1e-9)


def test_a_station_takes_its_heat_but_cools_no_further_than_its_return() -> None:
    """Pipe, station, pipe: what the ledger says was taken is what the water lost."""
    carrier = line([100.0, 0.0, 100.0], [0.0] * 3, HOT)
    back = enthalpy_at(FLUID, 273.15 + 50.0)
    outlets = Outlets(
        mode=np.array([PASS, TAKE, PASS], dtype=np.uint8),
        heat=np.array([0.0, 1e6, 0.0]),
        least=np.array([-np.inf, back, -np.inf]),
        held=np.zeros(3),
    )
    carrier.advance(np.full(3, 20.0), through(4, 20.0, HOT), outlets, 100.0, 10.0)
    assert carrier.plugs.taken[1] == pytest.approx(1e8, rel=1e-12)
    carrier.advance(np.full(3, 2.0), through(4, 2.0, HOT), outlets, 100.0, 10.0)
    assert carrier.plugs.taken[1] - 1e8 == pytest.approx(200.0 * (HOT - back), rel=1e-9)
    assert temperature_at(FLUID, carrier.plugs.leaving[1]) == pytest.approx(323.15, abs=1e-9)


def test_an_outlet_that_holds_its_temperature_never_warms() -> None:
    carrier = line([0.0], [0.0], COLD)
    hold = Outlets(
        mode=np.array([HOLD], dtype=np.uint8),
        heat=np.zeros(1),
        least=np.full(1, -np.inf),
        held=np.full(1, 323.15),
    )
    carrier.advance(np.full(1, 2.0), through(2, 2.0, COLD), hold, 10.0, 10.0)
    assert carrier.plugs.node[1] == pytest.approx(COLD)
    carrier.advance(np.full(1, 2.0), through(2, 2.0, HOT), hold, 10.0, 10.0)
    assert temperature_at(FLUID, carrier.plugs.node[1]) == pytest.approx(323.15, abs=1e-9)
