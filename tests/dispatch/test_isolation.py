"""What valves cut off: the asked piece, more when one is stuck, and islands nobody meant."""

from dataclasses import replace

import numpy as np
import pytest

from dispatch.isolation import isolate
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
