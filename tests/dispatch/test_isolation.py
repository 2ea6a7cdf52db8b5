"""What valves cut off: the asked piece, more when one is stuck, and islands nobody meant."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from dispatch.isolation import isolate
from dispatch.isolation_steps import back_feeds, heat_pair, replan, steps_of
from network_models.elements import Link, Pipe
from network_models.elements.heat import HeatJunction, HeatPipe, HeatSource, Substation
from network_models.network import Network
from network_models.problems import InputError
from network_models.topology import supplied
from network_models.valves import IsolationValve

Valves = tuple[IsolationValve, ...]


def test_a_main_in_a_loop_is_shut_at_both_ends_and_nobody_loses_water(
    town: Network, valves: Valves
) -> None:
    result = isolate(town, valves, "water/link:M1")
    assert {valve.id for valve in result.valves} == {"V-M1-start", "V-M1-end"}
    assert result.segment_links == ("M1",)
    assert result.cut_off_nodes == ()
    assert any("no node between" in note.en for note in result.notes)


def test_a_branch_takes_what_hangs_on_it(town: Network, valves: Valves) -> None:
    result = isolate(town, valves, "link:P5")
    assert [valve.id for valve in result.valves] == ["V-P5-start", "V-P6-start"]
    assert result.segment_nodes == ("E",)
    assert result.extra_cut_off_nodes == ("F",)
    assert any("outside the valves" in note.en for note in result.notes)


def test_the_next_valve_is_taken_where_one_is_stuck(town: Network, valves: Valves) -> None:
    stuck = tuple(
        replace(valve, operable=valve.id not in {"V-M1-end", "V-P6-start"}) for valve in valves
    )
    result = isolate(town, stuck, "M1")
    assert [valve.id for valve in result.stuck] == ["V-M1-end"]
    assert set(result.segment_nodes) == {"B"}
    assert set(result.segment_links) == {"M1"}
    assert {valve.id for valve in result.valves} == {"V-M1-start", "V-M2-start"}
    assert any("cannot be shut: V-M1-end" in note.en for note in result.notes)


def test_an_element_may_be_a_node(town: Network, valves: Valves) -> None:
    result = isolate(town, valves, "node:B")
    assert {valve.id for valve in result.valves} == {"V-M1-end", "V-M2-start"}
    assert result.segment_nodes == ("B",)


def test_a_valve_on_a_closed_link_needs_no_hand(town: Network, valves: Valves) -> None:
    closed = replace(town, links={**town.links, "M1": replace(town.links["M1"], status="closed")})
    result = isolate(closed, valves, "node:B")
    assert [valve.id for valve in result.valves] == ["V-M2-start"]
    assert [valve.id for valve in result.already_closed] == ["V-M1-end"]


def test_remote_valves_close_first_then_the_large_ones(town: Network, valves: Valves) -> None:
    changed = tuple(replace(valve, remote=valve.id == "V-P7-start") for valve in valves)
    result = isolate(town, changed, "node:C")
    order = [valve.id for valve in result.valves]
    assert order[0] == "V-P7-start"
    assert order[-1] == "V-P5-start"


def test_a_source_in_the_piece_does_not_feed_it(town: Network, valves: Valves) -> None:
    result = isolate(town, valves, "node:R")
    assert result.sources_lost == ("R",)
    assert result.segment_nodes == ("R",)
    assert "A" not in result.extra_cut_off_nodes  # the tower still reaches it


def test_without_valves_everything_is_cut(town: Network) -> None:
    result = isolate(town, (), "M1")
    assert set(result.segment_nodes) == set(town.nodes)
    assert result.valves == ()
    assert any("no valve stands" in note.en for note in result.notes)


def test_an_unknown_element_is_named(town: Network, valves: Valves) -> None:
    with pytest.raises(InputError, match="X9"):
        isolate(town, valves, "water/link:X9")
    with pytest.raises(InputError, match="node:M1"):
        isolate(town, valves, "node:M1")


@pytest.mark.parametrize("element", ["M0", "M1", "M2", "P5", "P6", "P7", "P8", "node:C", "node:T"])
def test_the_piece_is_cut_off_and_the_rest_is_not(
    town: Network, valves: Valves, element: str
) -> None:
    """Closing the links named leaves exactly the named nodes without a source."""
    result = isolate(town, valves, element)
    closed = np.array([link in result.closed_links for link in town.link_ids])
    alive = supplied(town, closed, without=result.sources_lost)
    dead = {name for name, there in zip(town.node_ids, alive, strict=True) if not there}
    assert dead == set(result.cut_off_nodes)


def test_an_area_is_taken_out_with_the_valves_around_it(
    town: Network, valves: tuple[IsolationValve, ...]
) -> None:
    """M1 and M2 meet in B, which is out too: the four valves around B stay open, two are shut."""
    out = isolate(town, valves, ["link:M1", "node:B", "link:M2"])
    assert {valve.id for valve in out.valves} == {"V-M1-start", "V-M2-end"}
    assert set(out.segment_links) == {"M1", "M2"}
    assert out.segment_nodes == ("B",)


def test_a_valve_found_stuck_takes_the_next_ones(
    town: Network, valves: tuple[IsolationValve, ...]
) -> None:
    first = isolate(town, valves, "link:M1")
    assert {valve.id for valve in first.valves} == {"V-M1-start", "V-M1-end"}
    again = replan(town, valves, "link:M1", {"V-M1-end"})
    assert {valve.id for valve in again.valves} == {"V-M1-start", "V-M2-start"}
    assert [valve.id for valve in again.stuck] == ["V-M1-end"]


def test_a_closed_boundary_link_feeds_back(
    town: Network, valves: tuple[IsolationValve, ...]
) -> None:
    """G and its tank out, the branch E-F would lose supply by P5; a closed link from B gives it."""
    link = Pipe(
        id="X",
        start="B",
        end="F",
        length_m=1500.0,
        diameter_m=0.1,
        roughness=110.0,
        status="closed",
    )
    net = replace(town, links={**town.links, "X": link})
    valve = IsolationValve(id="V-X", link="X", side="start")
    out = isolate(net, (*valves, valve), "link:P5")
    assert "F" in out.cut_off_nodes
    beyond = (*valves, valve, IsolationValve(id="V-P6-end", link="P6", side="end"))
    out = isolate(net, beyond, "link:P5")
    assert set(out.extra_cut_off_nodes) == {"F"}
    (feed,) = back_feeds(net, beyond, out)
    assert (feed.link, feed.nodes, feed.valves) == ("X", 1, ("V-X",))
    steps = steps_of(net, beyond, out)
    assert steps.back_feeds == (feed,)
    assert set(steps.open_) == set(steps.close)
    assert steps.bleed and steps.flush


def test_a_heat_main_is_shut_with_its_pair() -> None:
    def junction(name: str, x: float, y: float, side: Any) -> HeatJunction:
        return HeatJunction(id=name, elevation_m=0.0, position=(x, y), side=side)

    nodes = {}
    for i in range(4):
        nodes[f"S{i}"] = junction(f"S{i}", 100.0 * i, 0.0, "supply")
        nodes[f"R{i}"] = junction(f"R{i}", 100.0 * i, 1.0, "return")
    links: dict[str, Link] = {
        "plant": HeatSource(
            id="plant",
            start="R0",
            end="S0",
            supply_temperature_k=370.0,
            pressure_rise_pa=2e5,
        ),
        "house": Substation(id="house", start="S3", end="R3", heat_w=1e5),
    }
    for side in "SR":
        for i in range(3):
            name = f"{side}P{i}"
            links[name] = HeatPipe(
                id=name, start=f"{side}{i}", end=f"{side}{i + 1}", length_m=100.0, diameter_m=0.2
            )
    net = Network(medium="heat", nodes=nodes, links=links)
    assert heat_pair(net, "SP1") == "RP1"
    assert heat_pair(net, "RP2") == "SP2"
    assert heat_pair(net, "plant") is None
    valves = [
        IsolationValve(id=f"{name}-{side}", link=name, side=side)
        for name in ("SP0", "SP1", "SP2", "RP0", "RP1", "RP2")
        for side in ("start", "end")
    ]
    out = isolate(net, valves, ["link:SP1", "link:RP1"])
    assert {v.id for v in out.valves} == {"SP1-start", "SP1-end", "RP1-start", "RP1-end"}
    assert {"S2", "S3"} <= set(out.extra_cut_off_nodes)
