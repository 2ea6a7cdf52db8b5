"""What carried water must do whatever the peer says; flows are given, nothing is solved."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from small import junction, network, pipe

from hydraulics.arrays import compile_network
from hydraulics.quality.run import QualityReport, Transport
from hydraulics.quality.tables import Kind
from hydraulics.types import F64
from network_models.elements import Reservoir
from network_models.network import Network
from network_models.operation import ReactionOptions, Times

VOLUME_M3 = float(np.pi * 0.3**2 / 4.0 * 500.0)
"""Of a pipe of the line below."""


def line(initial: float = 0.0) -> Network:
    """R - A - B, 500 m of DN300 each; steps of a minute."""
    source = Reservoir(id="R", elevation_m=50.0, initial_quality=initial)
    return network(
        [source, junction("A"), junction("B")],
        [pipe("1", "R", "A"), pipe("2", "A", "B")],
        times=Times(duration_s=86400, quality_step_s=60),
    )


def carry(
    net: Network, kind: Kind, moves: list[tuple[float, float, float]]
) -> tuple[list[F64], QualityReport]:
    """Node quality after each move: seconds, m3/s through both pipes, m3/s of it taken at A."""
    transport = Transport(compile_network(net), kind, trace_node="R", tolerance=0.0)
    found, stored, time_s = [], 0.0, 0.0
    for seconds, flow, taken in moves:
        flows, demands = np.array([flow, flow - taken]), np.array([-flow, taken, flow - taken])
        transport.move(flows, demands, time_s, seconds)
        time_s += seconds
        found.append(np.empty(3))
        stored = transport.read(found[-1], np.empty(2))[1]
    return found, transport.report(stored)


def test_a_front_arrives_on_time() -> None:
    """To a quality step: what enters a pipe within a step can fill it up and leave."""
    travel_s = 2.0 * VOLUME_M3 / 0.01
    before = 60.0 * (np.floor(travel_s / 60.0) - 1.0)
    found, report = carry(line(), "trace", [(before, 0.01, 0.0), (180.0, 0.01, 0.0)])
    assert found[0][2] == 0.0
    assert found[1][2] == 100.0
    assert abs(report.relative_error) < 1e-9


def test_all_water_is_of_the_only_source_in_the_end() -> None:
    found, _ = carry(line(), "trace", [(4.0 * VOLUME_M3 / 0.01, 0.01, 0.004)])
    np.testing.assert_allclose(found[0], 100.0, rtol=1e-12)


def test_standing_water_grows_old_second_by_second() -> None:
    found, _ = carry(
        line(), "age", [(36000.0, 0.01, 0.0), (3600.0, 0.01, 0.01), (7200.0, 0.01, 0.01)]
    )
    assert found[2][2] - found[1][2] == pytest.approx(2.0, abs=1e-9)
    assert found[2][1] == pytest.approx(found[1][1], abs=1e-9)


def test_age_is_the_time_travelled() -> None:
    found, _ = carry(line(), "age", [(36000.0, 0.01, 0.0)])
    travel_h = VOLUME_M3 / 0.01 / 3600.0
    # Water of a step enters and leaves together: up to two steps of a minute.
    np.testing.assert_allclose(found[0], [0.0, travel_h, 2.0 * travel_h], atol=2.0 / 60.0)


@pytest.mark.parametrize("rest", [0.0, 600.0])
def test_water_that_turns_comes_back_as_it_went(rest: float) -> None:
    """Half a pipe of traced water goes in and out again; with and without a rest between."""
    half = 0.5 * VOLUME_M3 / 0.01
    there, back = (half, 0.01, 0.0), (half, -0.01, 0.0)
    stand = [(rest, 0.0, 0.0)] if rest else []
    _, report = carry(line(), "trace", [there, *stand, back])
    assert report.came == pytest.approx(100.0 * 0.5 * VOLUME_M3)
    assert report.left == pytest.approx(report.came)
    assert report.stored == pytest.approx(0.0, abs=1e-9)


def test_decay_is_exponential_over_the_time_travelled() -> None:
    net = replace(line(2.0), reactions=ReactionOptions(global_bulk=-5.0))
    found, report = carry(net, "chemical", [(36000.0, 0.01, 0.0)])
    for n in (1, 2):
        travel_s = n * VOLUME_M3 / 0.01
        least, most = (2.0 * np.exp(-5.0 * (travel_s + s) / 86400.0) for s in (120.0, -120.0))
        assert least < found[0][n] < most
    assert report.made < 0.0
    assert abs(report.relative_error) < 1e-9
