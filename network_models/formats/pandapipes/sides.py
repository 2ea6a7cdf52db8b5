"""Which junctions of a heat network are supply and which return: told by what joins them."""

from __future__ import annotations

from collections.abc import Iterable

from network_models.elements import Side


def sides(
    nodes: Iterable[str],
    through: Iterable[tuple[str, str]],
    supply: Iterable[str],
    back: Iterable[str],
) -> dict[str, Side]:
    """The side of each node.

    `through` are links that stay on one side (pipes, valves, pumps on the way); `supply` and
    `back` are nodes known to be of a side. What neither reaches, or both, is `any`.
    """
    parent = {node: node for node in nodes}

    def root(node: str) -> str:
        while parent[node] != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    for start, end in through:
        if start in parent and end in parent:
            parent[root(start)] = root(end)
    hot = {root(node) for node in supply if node in parent}
    cold = {root(node) for node in back if node in parent}
    words: dict[tuple[bool, bool], Side] = {(True, False): "supply", (False, True): "return"}
    return {node: words.get((root(node) in hot, root(node) in cold), "any") for node in parent}
