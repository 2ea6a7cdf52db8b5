"""Components, supply and segments, checked by hand and against a plain search."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from network_models import IsolationValve, Network, ValveRule, place_valves
from network_models.elements import Junction, Pipe, Pump, Reservoir, Valve
from network_models.topology import (
    components,
    initially_closed,
    link_ends,
    link_mask,
    segments,
    source_nodes,
    supplied,
)


def network(
    pipes: dict[str, tuple[str, str]], *, reservoirs: str = "R", dn: float = 0.1
) -> Network:
    names = dict.fromkeys(node for ends in pipes.values() for node in ends)
    return Network(
        nodes={
            n: Reservoir(id=n, position=(0.0, 0.0))
            if n in reservoirs
            else Junction(id=n, position=(10.0, 20.0))
            for n in names
        },
        links={
            n: Pipe(id=n, start=a, end=b, length_m=1.0, diameter_m=dn, roughness=1.0)
            for n, (a, b) in pipes.items()
        },
    )


LINE = network({"1": ("R", "A"), "2": ("A", "B"), "3": ("B", "C")})


def valve(name: str, link: str, side: str) -> IsolationValve:
    return IsolationValve(id=name, link=link, side="end" if side == "end" else "start")


def test_closed_links_cut_components_and_supply() -> None:
    closed = link_mask(LINE, ["2"])
    labels = components(link_ends(LINE), closed)
    assert labels[0] == labels[1] != labels[2] == labels[3]
    assert supplied(LINE).tolist() == [True] * 4
    assert supplied(LINE, closed).tolist() == [True, True, False, False]
    assert supplied(LINE, without=["R"]).tolist() == [False] * 4
    assert source_nodes(LINE).tolist() == [0]
    assert not initially_closed(LINE).any()


def test_two_valves_in_a_pipe_make_it_a_segment_of_its_own() -> None:
    found = segments(LINE, [valve("a", "2", "start"), valve("b", "2", "end")])
    assert found.count == 3
    assert found.node[0] == found.node[1] == found.link[0]
    assert found.node[2] == found.node[3] == found.link[2]
    own = found.link[1]
    assert found.boundary[own] == ("a", "b")
    assert found.boundary[found.node[0]] == ("a",)
    assert found.boundary[found.node[3]] == ("b",)
    assert found.nodes_of(own).tolist() == []
    assert found.links_of(own).tolist() == [1]


def test_a_valve_in_a_ring_without_a_second_one_isolates_nothing() -> None:
    ring = network({"0": ("R", "A"), "1": ("A", "B"), "2": ("B", "A")})
    found = segments(ring, [valve("a", "1", "start")])
    assert found.count == 1
    assert found.boundary == ((),)


def test_no_valves_one_segment_and_no_network_none() -> None:
    assert segments(LINE, []).count == 1
    assert segments(Network(), []).count == 0


@st.composite
def cities(draw: st.DrawFn) -> tuple[Network, list[IsolationValve]]:
    size = draw(st.integers(2, 12))
    names = ["R", *(f"n{i}" for i in range(size))]
    ends = list(pairwise(names))
    extra = draw(st.lists(st.tuples(st.sampled_from(names), st.sampled_from(names)), max_size=8))
    ends += [(a, b) for a, b in extra if a != b]
    net = network({f"p{i}": pair for i, pair in enumerate(ends)})
    places = [(link, side) for link in net.links for side in ("start", "end")]
    chosen = draw(st.lists(st.sampled_from(places), unique=True))
    return net, [valve(f"v{i}", link, side) for i, (link, side) in enumerate(chosen)]


@settings(deadline=None)
@given(city=cities())
def test_segments_are_what_a_plain_search_finds(city: tuple[Network, list[IsolationValve]]) -> None:
    net, valves = city
    blocked = {(v.link, v.side) for v in valves}
    found = segments(net, valves)
    label = dict(zip([("n", n) for n in net.nodes], found.node, strict=True))
    label |= dict(zip([("l", n) for n in net.links], found.link, strict=True))
    neighbours: dict[tuple[str, str], set[tuple[str, str]]] = {key: set() for key in label}
    for name, link in net.links.items():
        for side, node in (("start", link.start), ("end", link.end)):
            if (name, side) not in blocked:
                neighbours["l", name].add(("n", node))
                neighbours["n", node].add(("l", name))
    for first in label:
        reached, queue = {first}, [first]
        while queue:
            for other in neighbours[queue.pop()] - reached:
                reached.add(other)
                queue.append(other)
        assert {key for key in label if label[key] == label[first]} == reached
    for v in valves:
        link = net.links[v.link]
        pair = {label["l", v.link], label["n", link.start if v.side == "start" else link.end]}
        at = {s for s, ids in enumerate(found.boundary) if v.id in ids}
        assert at == (pair if len(pair) == 2 else set())


def test_a_large_grid_is_cut_as_a_small_one() -> None:
    side = 60
    pipes = {}
    for x in range(side):
        for y in range(side):
            if x + 1 < side:
                pipes[f"h{x},{y}"] = (f"{x},{y}", f"{x + 1},{y}")
            if y + 1 < side:
                pipes[f"v{x},{y}"] = (f"{x},{y}", f"{x},{y + 1}")
    net = network(pipes, reservoirs="0,0")
    both = [valve(f"{n}{s}", n, s) for n in net.links for s in ("start", "end")]
    found = segments(net, both)
    assert found.count == len(net.nodes) + len(net.links)
    assert np.bincount([len(ids) for ids in found.boundary])[2] == len(net.links) + 4


def test_placed_valves_follow_the_rule() -> None:
    star = network({"1": ("A", "R"), "2": ("A", "B"), "3": ("A", "C"), "4": ("C", "D")})
    links = dict(star.links)
    links["1"] = Pipe(id="1", start="A", end="R", length_m=1.0, diameter_m=0.2, roughness=1.0)
    placed = place_valves(Network(nodes=star.nodes, links=links))
    # the thickest pipe has one at the reservoir only, C is a bend, B and D are ends
    assert [(v.id, v.link, v.side, v.dn_mm) for v in placed] == [
        ("1-B", "1", "end", 200.0),
        ("2-A", "2", "start", 100.0),
        ("3-A", "3", "start", 100.0),
    ]
    assert placed[0].position == (1.0, 2.0)
    assert all(v.operable and not v.remote for v in placed)


def test_mains_have_valves_at_both_ends_and_one_at_a_joint() -> None:
    line = network({"1": ("R", "A"), "2": ("A", "B")}, dn=0.3)
    assert [v.id for v in place_valves(line)] == ["1-A", "1-B", "2-B"]
    assert [v.id for v in place_valves(line, ValveRule(mains_dn_mm=400.0))] == ["1-A"]


def test_pumps_and_control_valves_get_none() -> None:
    net = network({"1": ("R", "A")})
    net.links["U"] = Pump(id="U", start="A", end="R", power_w=1.0)
    net.links["V"] = Valve(id="V", start="A", end="R", kind="TCV", diameter_m=0.5)
    assert {v.link for v in place_valves(net)} == {"1"}


def test_every_placed_valve_has_an_id_of_its_own() -> None:
    net = network({"1": ("R", "A"), "2": ("R", "B")})
    net.links["1-A"] = Pipe(
        id="1-A", start="A", end="B", length_m=1.0, diameter_m=0.5, roughness=1.0
    )
    ids = [v.id for v in place_valves(net)]
    assert len(ids) == len(set(ids))
