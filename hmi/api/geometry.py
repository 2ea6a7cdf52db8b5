"""A network as the map wants it: columns of ids, places and kinds, indices instead of names."""

from __future__ import annotations

import math
from typing import Any

from network_models.elements import Link, Node
from network_models.network import Network
from network_models.units import GRAVITY_MS2

Place = tuple[float, float]

_KIND_WORDS = {
    "Junction": "junction",
    "Reservoir": "reservoir",
    "Tank": "tank",
    "GasJunction": "junction",
    "GasSource": "source",
    "HeatJunction": "junction",
    "HeatInlet": "source",
    "Pipe": "pipe",
    "GasPipe": "pipe",
    "HeatPipe": "pipe",
    "Pump": "pump",
    "Valve": "valve",
    "Regulator": "regulator",
    "ShortPipe": "pipe",
    "Compressor": "pump",
    "BoosterPump": "pump",
    "GasValve": "valve",
    "HeatValve": "valve",
    "Resistor": "valve",
    "FlowControl": "valve",
    "PressureControl": "valve",
    "Bypass": "valve",
    "CirculationPump": "source",
    "HeatExchanger": "substation",
    "HeatSource": "source",
    "Substation": "substation",
}


def geometry(net: Network) -> dict[str, Any]:
    """The drawing of a network.

    `nodes`: id, x, y, elevation_m, kind (index into `kinds`). `links`: id, start, end (indices of
    nodes), diameter_mm (0 where it has none), length_m, kind, and `vertices` as {link index:
    [x, y, x, y, ...]} for those that bend. `placed` counts nodes whose place the file did not
    give: they stand at the mean of their neighbours.
    """
    places, placed = node_places(net)
    index = {id_: i for i, id_ in enumerate(net.nodes)}
    kinds = sorted(set(_KIND_WORDS.values()))
    nodes, links = list(net.nodes.values()), list(net.links.values())
    return {
        "utility": net.medium,
        "kinds": kinds,
        "placed": placed,
        "gravity": GRAVITY_MS2,
        "nodes": {
            "id": [n.id for n in nodes],
            "x": [round(places[n.id][0], 2) for n in nodes],
            "y": [round(places[n.id][1], 2) for n in nodes],
            "elevation_m": [round(n.elevation_m, 3) for n in nodes],
            "kind": [kinds.index(_kind(n)) for n in nodes],
        },
        "links": {
            "id": [k.id for k in links],
            "start": [index[k.start] for k in links],
            "end": [index[k.end] for k in links],
            "diameter_mm": [round(1e3 * getattr(k, "diameter_m", 0.0), 1) for k in links],
            "length_m": [round(getattr(k, "length_m", 0.0), 2) for k in links],
            "kind": [kinds.index(_kind(k)) for k in links],
            "vertices": {
                str(i): [round(c, 2) for place in k.vertices for c in place]
                for i, k in enumerate(links)
                if k.vertices
            },
        },
    }


def _kind(element: Node | Link) -> str:
    return _KIND_WORDS.get(type(element).__name__, "other")


def node_places(net: Network) -> tuple[dict[str, Place], int]:
    """A place for every node, and how many had none of their own."""
    places = {n.id: n.position for n in net.nodes.values() if n.position is not None}
    missing = [id_ for id_ in net.nodes if id_ not in places]
    neighbours: dict[str, list[str]] = {id_: [] for id_ in net.nodes}
    for link in net.links.values():
        neighbours[link.start].append(link.end)
        neighbours[link.end].append(link.start)
    waiting = missing if places else []
    while waiting:
        found = {
            id_: _mean([places[n] for n in neighbours[id_] if n in places])
            for id_ in waiting
            if any(n in places for n in neighbours[id_])
        }
        if not found:
            break
        places.update(found)
        waiting = [id_ for id_ in waiting if id_ not in found]
    rest = [id_ for id_ in net.nodes if id_ not in places]
    side = max(1, math.ceil(math.sqrt(len(rest))))
    x0 = min((p[0] for p in places.values()), default=0.0)
    y0 = min((p[1] for p in places.values()), default=0.0)
    for k, id_ in enumerate(rest):
        places[id_] = (x0 + 100.0 * (k % side), y0 - 100.0 * (1 + k // side))
    return places, len(missing)


def _mean(places: list[Place]) -> Place:
    n = len(places)
    # Half a metre aside, so that a chain of such nodes does not fall on one spot.
    return (sum(p[0] for p in places) / n + 0.5, sum(p[1] for p in places) / n + 0.5)
