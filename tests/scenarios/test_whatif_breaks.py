"""Breaks ranked in one study equal the same cases solved one by one with `solve(changes=...)`."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from dispatch.customers import Customer
from hydraulics import simulate, solve, solve_many
from hydraulics.changes import break_coefficient
from network_models import Network, read_network
from network_models.changes import BreakPipe, CloseLink
from network_models.elements import Demand, Junction, Pipe, Reservoir
from network_models.operation import Options, Pattern, Times
from network_models.topology import segments
from network_models.valve_placing import place_valves
from network_models.valves import IsolationValve
from scenarios.peak import peak_time_s
from scenarios.whatif_breaks import Study, study_breaks
from scenarios.whatif_cases import cases_of
from scenarios.whatif_people import people_of
from tests.hmi.command import library, unproved

LIMIT_M = 20.0
WANTED_M = 25.0
PDA = partial(solve, demand_model="pda", required_pressure_m=WANTED_M)


def ring() -> Network:
    """R - A, a ring A - B - C, and a branch C - D. 10 L/s everywhere; C and D lie high."""

    def pipe(id_: str, start: str, end: str, mm: float) -> Pipe:
        return Pipe(
            id=id_,
            start=start,
            end=end,
            length_m=600.0,
            diameter_m=mm / 1000.0,
            roughness=120.0,
        )

    heights = {"A": 10.0, "B": 12.0, "C": 25.0, "D": 26.0}
    nodes = {"R": Reservoir(id="R", elevation_m=60.0)} | {
        name: Junction(id=name, elevation_m=z, demands=(Demand(base_m3s=0.01),))
        for name, z in heights.items()
    }
    links = (
        pipe("1", "R", "A", 300),
        pipe("2", "A", "B", 200),
        pipe("3", "B", "C", 200),
        pipe("4", "C", "A", 200),
        pipe("5", "C", "D", 150),
    )
    return Network(nodes=nodes, links={k.id: k for k in links}, options=Options(accuracy=1e-7))


VALVES = tuple(
    IsolationValve(id=name, link=link, side=side)  # type: ignore[arg-type]
    for name, link, side in (
        ("V2", "2", "start"),
        ("V3", "3", "end"),
        ("V4a", "4", "end"),
        ("V4c", "4", "start"),
        ("V5", "5", "start"),
    )
)


def study(net: Network, valves: tuple[IsolationValve, ...] | None, **more: object) -> Study:
    solver = partial(solve_many, demand_model="pda", required_pressure_m=WANTED_M)
    people = people_of(net, more.pop("customers", None), 150.0)  # type: ignore[arg-type]
    return study_breaks(
        net,
        cases_of(net, valves),
        people,
        limit_m=LIMIT_M,
        solver=solver,
        **more,  # type: ignore[arg-type]
    )


def test_every_break_equals_its_case_alone() -> None:
    net = ring()
    base = PDA(net)
    taps = [i for i, n in enumerate(net.nodes.values()) if isinstance(n, Junction)]
    found = study(net, VALVES)
    assert len(found.pipes) == 5
    assert not found.unsolved
    for row in found.pipes:
        alone = PDA(net, changes=[BreakPipe(row.case.id)])
        cut = [i for i in taps if math.isnan(alone.pressure_m[i])]
        low = [
            i for i in taps if alone.pressure_m[i] < LIMIT_M <= base.pressure_m[i] and i not in cut
        ]
        assert (row.nodes_cut, row.nodes_low) == (len(cut), len(low))
        demand = base.demand_m3s * 3600.0
        assert row.demand_cut_m3h == pytest.approx(demand[cut].sum(), rel=1e-6)
        assert row.demand_low_m3h == pytest.approx(demand[low].sum(), rel=1e-6)
        # Estimated: 10 L/s all day at 150 L a person.
        each = 0.01 * 86400.0 / 0.150
        assert row.people == pytest.approx(each * len(cut + low))
        if low:
            worst = min(low, key=lambda i: alone.pressure_m[i])
            assert row.worst_node == net.node_ids[worst]
            assert row.worst_m == pytest.approx(alone.pressure_m[worst], abs=1e-6)
        # What enters is what customers get and what the burst lets out.
        entering = -alone.demand_m3s[net.node_ids.index("R")] * 3600.0
        had = -base.demand_m3s[net.node_ids.index("R")] * 3600.0
        # The half on the side of a reservoir lets nothing out: a fixed head has no emitter.
        assert row.outflow_m3h > 0.0 or row.case.id == "1"
        assert entering == pytest.approx(had - row.missing_m3h + row.outflow_m3h, rel=1e-4)
    ranks = [(row.people, row.demand_cut_m3h + row.demand_low_m3h) for row in found.pipes]
    assert ranks == sorted(ranks, reverse=True)


def test_every_segment_equals_its_links_closed() -> None:
    net = ring()
    pieces = segments(net, VALVES)
    found = study(net, VALVES)
    assert len(found.segments) == pieces.count
    for row in found.segments:
        inside = set(pieces.nodes_of(row.case.segment).tolist())
        links = {net.link_ids[k] for k in pieces.links_of(row.case.segment)}
        links |= {v.link for v in VALVES if v.id in pieces.boundary[row.case.segment]}
        alone = PDA(net, changes=[CloseLink(k) for k in sorted(links)])
        dry = np.flatnonzero(np.isnan(alone.pressure_m))
        assert row.nodes_cut == len(dry)
        assert {i for i in inside if i != net.node_ids.index("R")} <= set(dry.tolist())
        assert row.outflow_m3h == 0.0
        missing = (
            np.maximum(solve_base(net), 0.0).sum()
            - np.maximum(np.nan_to_num(alone.demand_m3s), 0.0).sum()
        )
        assert row.missing_m3h == pytest.approx(missing * 3600.0, abs=1e-3)


def solve_base(net: Network) -> np.ndarray:
    demand: np.ndarray = PDA(net).demand_m3s
    return demand


def test_net3_ranks_as_one_by_one() -> None:
    net = read_network(library("Net3.inp"))
    people = people_of(net, None, 180.0)
    solver = partial(solve_many, demand_model="pda", required_pressure_m=20.0, time_s=3600.0)
    found = study_breaks(
        net, cases_of(net, None), people, limit_m=14.0, solver=solver, segments=False
    )
    base = solve(net, demand_model="pda", required_pressure_m=20.0, time_s=3600.0)
    assert len(found.pipes) + len(found.unsolved) == 117
    tap = np.array([isinstance(n, Junction) for n in net.nodes.values()])
    for row in found.pipes[::12]:
        alone = solve(
            net,
            demand_model="pda",
            required_pressure_m=20.0,
            time_s=3600.0,
            changes=[BreakPipe(row.case.id)],
        )
        gone = np.isnan(alone.pressure_m) & tap
        with np.errstate(invalid="ignore"):
            low = (alone.pressure_m < 14.0) & (base.pressure_m >= 14.0) & tap
        assert row.people == pytest.approx(people.at_node[gone | low].sum())


def customer(id_: str, element: str, people: int, kind: str = "residential") -> Customer:
    return Customer(
        id=id_,
        element=element,
        households=people // 3,
        people=people,
        kind=kind,
        community="",
        name_zh=id_,
        name_en=id_,
        x=0.0,
        y=0.0,
    )


def test_customers_at_nodes_and_along_links_are_counted() -> None:
    net = ring()
    customers = [
        customer("home", "node:D", 300),
        customer("clinic", "node:D", 20, "hospital"),
        customer("street", "link:5", 50),
        customer("ringside", "link:3", 7),
    ]
    found = study(net, VALVES, customers=customers)
    branch = next(row for row in found.segments if row.case.nodes.tolist() == [4])
    assert branch.case.valves == ("V5",)
    assert branch.people_cut == 300 + 20 + 50
    assert branch.priority == (0,)
    middle = next(row for row in found.pipes if row.case.id == "3")
    assert middle.people_cut == 7


def test_a_valve_that_cannot_be_shut_makes_a_larger_segment() -> None:
    net = ring()
    stuck = tuple(replace(v, operable=False) if v.id == "V5" else v for v in VALVES)
    sound, worse = cases_of(net, VALVES), cases_of(net, stuck)
    assert len(worse.segments) == len(sound.segments) - 1
    assert worse.inoperable == 1
    names = [net.link_ids.index("5")]
    (case,) = (c for c in worse.segments if set(names) <= set(c.links.tolist()))
    assert {net.node_ids[i] for i in case.nodes} == {"C", "D"}


def test_without_valves_they_are_placed_by_rule_and_said_so() -> None:
    net = ring()
    cases = cases_of(net, None)
    assert cases.placed_by_rule
    assert cases.valves == len(place_valves(net))
    assert not cases_of(net, VALVES).placed_by_rule
    assert len({case.id for case in cases.segments}) == len(cases.segments)


def test_a_base_without_balance_ends_the_study() -> None:
    net = ring()

    def failing(net: Network, cases: object) -> object:
        return ((k, unproved(state)) for k, state in solve_many(net, cases))  # type: ignore[arg-type]

    found = study_breaks(
        net,
        cases_of(net, VALVES),
        people_of(net, None, 150.0),
        limit_m=LIMIT_M,
        solver=failing,  # type: ignore[arg-type]
    )
    assert found.base_faults
    assert not found.pipes
    assert not found.segments


def test_the_outflow_is_the_law_of_the_break() -> None:
    pipe = ring().links["1"]
    assert isinstance(pipe, Pipe)
    head = 30.0
    area = math.pi * 0.3**2 / 4.0
    speed = math.sqrt(2 * 9.80665 * head / (0.02 * 300.0 / 0.3 + 1.5))
    assert break_coefficient(pipe) * math.sqrt(head) == pytest.approx(area * speed)


def test_the_peak_is_where_the_demands_add_up_to_most() -> None:
    net = ring()
    assert peak_time_s(net) == 0.0
    day = replace(
        net,
        patterns={"d": Pattern(id="d", multipliers=(0.5, 1.0, 1.7, 1.7, 0.2))},
        options=Options(default_pattern="d"),
        times=Times(duration_s=5 * 7200, pattern_step_s=7200),
    )
    assert peak_time_s(day) == 2 * 7200
    run = simulate(day)
    total = np.maximum(run.demand_m3s, 0.0).sum(axis=1)
    assert run.times_s[int(total.argmax())] == 2 * 7200
    late = replace(day, times=replace(day.times, pattern_start_s=7200))
    assert peak_time_s(late) == 7200
