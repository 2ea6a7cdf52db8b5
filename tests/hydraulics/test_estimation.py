"""The demand fit on a small network whose truth is known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from hydraulics.demand_groups import demand_groups
from hydraulics.estimation import Measurements, fit_demands
from hydraulics.water import SteadyWater
from network_models import Network
from network_models.elements import Demand, Junction, Link, Node, Pipe, Reservoir


def grid(side: int = 6) -> Network:
    """A square grid fed at one corner; every junction takes 1 L/s."""
    nodes: dict[str, Node] = {"R": Reservoir(id="R", elevation_m=60.0, position=(-100.0, 0.0))}
    links: dict[str, Link] = {}

    def pipe(a: str, b: str, diameter_m: float = 0.15) -> None:
        id_ = f"{a}-{b}"
        links[id_] = Pipe(
            id=id_, start=a, end=b, length_m=100.0, diameter_m=diameter_m, roughness=110.0
        )

    for i in range(side):
        for j in range(side):
            nodes[f"J{i}{j}"] = Junction(
                id=f"J{i}{j}", demands=(Demand(base_m3s=1e-3),), position=(100.0 * i, 100.0 * j)
            )
            if i:
                pipe(f"J{i - 1}{j}", f"J{i}{j}")
            if j:
                pipe(f"J{i}{j - 1}", f"J{i}{j}")
    pipe("R", "J00", 0.3)
    return Network(nodes=nodes, links=links)


@pytest.fixture(scope="module")
def case() -> tuple[SteadyWater, np.ndarray, np.ndarray, Measurements]:
    """Model, groups, true factors, and exact measurements at every third node and the inlet."""
    net = grid()
    model = SteadyWater(net)
    boundary = model.boundary(0.0)
    group = demand_groups(net, boundary.demand_m3s, most=4)
    true = np.array([0.7, 1.3, 1.1, 0.9])
    factor = np.append(true, 1.0)[group]
    truth = model.solve(replace(boundary, demand_m3s=boundary.demand_m3s * factor), None)
    node = np.arange(1, len(net.nodes), 3)
    link = np.array([net.link_ids.index("R-J00")])
    measured = Measurements(
        node=node,
        head_m=truth.head_m[node],
        head_sigma_m=np.full(len(node), 0.05),
        link=link,
        flow_m3s=truth.flow_m3s[link],
        flow_sigma_m3s=np.array([1e-4]),
    )
    return model, group, true, measured


def test_groups_cover_every_demand_once_and_alike(case) -> None:
    model, group, true, _ = case
    assert set(group) == {-1, 0, 1, 2, 3}
    assert (group == -1).sum() == 1
    counts = np.bincount(group[group >= 0])
    assert counts.max() - counts.min() <= 2
    assert len(true) == len(counts)
    again = demand_groups(grid(), model.boundary(0.0).demand_m3s, most=4)
    assert (again == group).all()


def test_exact_measurements_give_the_true_factors(case) -> None:
    model, group, true, measured = case
    found = fit_demands(
        model.solve, model.boundary(0.0), group, measured, prior_sigma=10.0, iterations=8
    )
    assert found.factor == pytest.approx(true, rel=1e-2)
    assert found.suspect == ()


def test_a_lying_sensor_is_named_and_not_obeyed(case) -> None:
    model, group, true, measured = case
    head = measured.head_m.copy()
    head[4] += 5.0
    found = fit_demands(
        model.solve,
        model.boundary(0.0),
        group,
        replace(measured, head_m=head),
        prior_sigma=10.0,
        iterations=10,
    )
    assert found.suspect == (4,)
    assert found.factor == pytest.approx(true, abs=0.1)


def test_without_measurements_the_forecast_stands(case) -> None:
    model, group, _, _ = case
    nothing = np.empty(0)
    none = Measurements(
        node=np.empty(0, dtype=np.int64),
        head_m=nothing,
        head_sigma_m=nothing,
        link=np.empty(0, dtype=np.int64),
        flow_m3s=nothing,
        flow_sigma_m3s=nothing,
    )
    found = fit_demands(model.solve, model.boundary(0.0), group, none)
    assert (found.factor == 1.0).all()
    assert found.solves == 1


def test_a_measurement_the_model_cannot_answer_is_left_out(case) -> None:
    model, group, true, measured = case
    head = measured.head_m.copy()
    head[0] = np.nan
    found = fit_demands(
        model.solve,
        model.boundary(0.0),
        group,
        replace(measured, head_m=head),
        prior_sigma=10.0,
        iterations=8,
    )
    assert found.factor == pytest.approx(true, rel=1e-2)
    assert np.isnan(found.normalised_residual[0])
