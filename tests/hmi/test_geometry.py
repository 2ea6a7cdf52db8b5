"""Drawings of networks whose files give few places or none."""

from __future__ import annotations

from hmi.api.geometry import geometry, node_places
from network_models.elements import Junction, Pipe
from network_models.network import Network


def chain(*places: tuple[float, float] | None) -> Network:
    nodes = {f"J{k}": Junction(id=f"J{k}", position=p) for k, p in enumerate(places)}
    links = {
        f"P{k}": Pipe(
            id=f"P{k}",
            start=f"J{k}",
            end=f"J{k + 1}",
            length_m=10.0,
            diameter_m=0.3,
            roughness=100.0,
        )
        for k in range(len(places) - 1)
    }
    return Network(nodes=nodes, links=links)


def test_a_node_without_a_place_stands_by_its_neighbours() -> None:
    places, missing = node_places(chain((0.0, 0.0), None, (10.0, 0.0)))
    assert missing == 1
    assert abs(places["J1"][0] - 5.0) < 1.0


def test_a_chain_without_places_does_not_fall_on_one_spot() -> None:
    places, missing = node_places(chain((0.0, 0.0), None, None, None))
    assert missing == 3
    assert len(set(places.values())) == 4


def test_a_network_without_any_place_is_still_drawn() -> None:
    drawing = geometry(chain(None, None, None))
    assert drawing["placed"] == 3
    assert len({*zip(drawing["nodes"]["x"], drawing["nodes"]["y"], strict=True)}) == 3


def test_an_empty_network_is_an_empty_drawing() -> None:
    drawing = geometry(Network())
    assert drawing["nodes"]["id"] == []
    assert drawing["links"]["id"] == []
