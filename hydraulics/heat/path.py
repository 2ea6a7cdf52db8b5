"""The pressure diagram along a way through a solved network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from hydraulics.heat.results import HeatSolution
from hydraulics.types import F64
from network_models.network import Network


@dataclass(frozen=True, slots=True, kw_only=True)
class PressurePath:
    """What stands along a way of K nodes: `length_m` from its first, gauge pressure, temperature,
    height, and how far the absolute pressure is above boiling."""

    node_ids: tuple[str, ...]
    link_ids: tuple[str, ...]
    """The K - 1 links between them."""
    length_m: F64
    pressure_pa: F64
    temperature_k: F64
    elevation_m: F64
    boiling_margin_pa: F64


def pressure_path(net: Network, solution: HeatSolution, nodes: Sequence[str]) -> PressurePath:
    """The diagram along `nodes`, neighbours joined by a link; ValueError where they are not.

    Of several links between two neighbours the one with the greatest flow is taken; what has no
    length adds none.
    """
    between: dict[frozenset[str], list[int]] = {}
    for k, link in enumerate(net.links.values()):
        between.setdefault(frozenset((link.start, link.end)), []).append(k)
    links = list(net.links.values())
    way, lengths = [], [0.0]
    for one, other in pairwise(nodes):
        found = between.get(frozenset((one, other)))
        if not found:
            raise ValueError(f"no link joins {one} and {other}")
        k = max(found, key=lambda i: abs(float(solution.flow_kgs[i])))
        way.append(links[k].id)
        lengths.append(lengths[-1] + float(getattr(links[k], "length_m", 0.0)))
    index = {name: i for i, name in enumerate(net.nodes)}
    at = np.array([index[name] for name in nodes], dtype=np.int64)
    return PressurePath(
        node_ids=tuple(nodes),
        link_ids=tuple(way),
        length_m=np.array(lengths),
        pressure_pa=solution.pressure_pa[at],
        temperature_k=solution.temperature_k[at],
        elevation_m=np.array([net.nodes[name].elevation_m for name in nodes]),
        boiling_margin_pa=solution.boiling_margin_pa[at],
    )
