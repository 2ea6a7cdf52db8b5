"""Streets as a graph for crews and trucks: nearest junction and travel times."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import isclose
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from network_models.formats.table import flag, number, optional, read_table, text
from network_models.problems import InputError

if TYPE_CHECKING:
    import networkx as nx
    from scipy.spatial import cKDTree

_ID = text("id")
_START = text("start")
_END = text("end")
_X1, _Y1, _X2, _Y2 = (number(name) for name in ("x1", "y1", "x2", "y2"))
_LENGTH = number("length_m", minimum=0.0)
_SPEED = number("speed_kmh", minimum=1.0)
_ONEWAY = optional(flag("oneway"), False)
ROAD_COLUMNS = (_ID, _START, _END, _X1, _Y1, _X2, _Y2, _LENGTH, _SPEED, _ONEWAY)

_MS_PER_KMH = 1.0 / 3.6
_SAME_PLACE_M = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Road:
    """A street between two junctions; a one-way street leads from `start` to `end`."""

    id: str
    start: str
    end: str
    x1: float
    y1: float
    x2: float
    y2: float
    length_m: float
    speed_ms: float
    oneway: bool = False

    @property
    def time_s(self) -> float:
        """Seconds to drive along it."""
        return self.length_m / self.speed_ms


def read_roads(path: Path | str) -> tuple[Road, ...]:
    """The streets in a CSV file, in its order; a junction must have one place.

    Raises InputError with all faults.
    """
    table = read_table(path, ROAD_COLUMNS, key=_ID)
    places: dict[str, tuple[float, float]] = {}
    roads = []
    for row in table.rows:
        road = Road(
            id=row[_ID],
            start=row[_START],
            end=row[_END],
            x1=row[_X1],
            y1=row[_Y1],
            x2=row[_X2],
            y2=row[_Y2],
            length_m=row[_LENGTH],
            speed_ms=row[_SPEED] * _MS_PER_KMH,
            oneway=row[_ONEWAY],
        )
        for field, node, place in (
            ("start", road.start, (road.x1, road.y1)),
            ("end", road.end, (road.x2, road.y2)),
        ):
            first = places.setdefault(node, place)
            if not all(
                isclose(a, b, abs_tol=_SAME_PLACE_M) for a, b in zip(first, place, strict=True)
            ):
                table.problem(
                    row.line, field, f"{node} at {place}", f"{node} at {first} as in an earlier row"
                )
        roads.append(road)
    if table.problems:
        raise InputError(table.problems)
    return tuple(roads)


@dataclass(frozen=True, slots=True, kw_only=True)
class Drive:
    """The fastest way between two junctions."""

    time_s: float
    length_m: float


class RoadGraph:
    """The streets compiled for questions; junctions are numbered in the order of `nodes`."""

    def __init__(self, roads: Sequence[Road]) -> None:
        self.roads: tuple[Road, ...] = tuple(roads)
        places: dict[str, tuple[float, float]] = {}
        for road in self.roads:
            places.setdefault(road.start, (road.x1, road.y1))
            places.setdefault(road.end, (road.x2, road.y2))
        self.nodes: tuple[str, ...] = tuple(places)
        self.position_m: NDArray[np.float64] = np.array(
            list(places.values()), dtype=np.float64
        ).reshape(-1, 2)
        self.index: dict[str, int] = {node: i for i, node in enumerate(self.nodes)}

    def nearest(self, x: float, y: float) -> int:
        """The junction nearest to a place. ValueError when there are no streets at all."""
        if not self.nodes:
            raise ValueError("no streets: the road table is empty")
        return int(self._tree.query((x, y))[1])

    def travel_times_s(self, junctions: Sequence[int]) -> NDArray[np.float64]:
        """Shortest driving times between the given junctions, (n, n); inf where no way leads."""
        from scipy.sparse.csgraph import dijkstra

        if not junctions:
            return np.zeros((0, 0))
        unique, place = np.unique(np.asarray(junctions, dtype=np.int64), return_inverse=True)
        times = np.asarray(dijkstra(self._times, indices=unique), dtype=np.float64)
        return times[:, unique][np.ix_(place, place)]

    def drives_to(self, junction: int, starts: Sequence[int]) -> list[Drive | None]:
        """The fastest way to a junction from each start; None where no way leads.

        One search for all: from the junction, against the streets' directions.
        """
        from scipy.sparse.csgraph import dijkstra

        times, following = (
            rows[0]
            for rows in dijkstra(
                self._times.T.tocsr(), indices=[junction], return_predecessors=True
            )
        )
        return [
            Drive(time_s=float(times[at]), length_m=self._length_m(at, junction, following))
            if np.isfinite(times[at])
            else None
            for at in starts
        ]

    def _length_m(self, at: int, junction: int, following: NDArray[np.int32]) -> float:
        length_m = 0.0
        while at != junction:
            after = int(following[at])
            length_m += self._fastest[at, after].length_m
            at = after
        return length_m

    def graph(self) -> nx.DiGraph[str]:
        """The streets as a networkx graph with `time_s` and `length_m` on every edge."""
        import networkx as nx

        graph: nx.DiGraph[str] = nx.DiGraph()
        for node, (x, y) in zip(self.nodes, self.position_m.tolist(), strict=True):
            graph.add_node(node, x=x, y=y)
        for road in self.roads:
            for start, end in _directions(road):
                known = graph.get_edge_data(start, end)
                if known is None or road.time_s < known["time_s"]:
                    graph.add_edge(
                        start, end, time_s=road.time_s, length_m=road.length_m, road=road.id
                    )
        return graph

    @cached_property
    def _tree(self) -> cKDTree:
        from scipy.spatial import cKDTree

        return cKDTree(self.position_m)

    @cached_property
    def _times(self) -> Any:
        """Driving times as a sparse matrix."""
        from scipy.sparse import csr_array

        rows = np.array([key[0] for key in self._fastest], dtype=np.int64)
        columns = np.array([key[1] for key in self._fastest], dtype=np.int64)
        # A stored zero would mean "no edge" to the search.
        least = np.finfo(np.float64).tiny
        times = [max(road.time_s, least) for road in self._fastest.values()]
        size = len(self.nodes)
        return csr_array((times, (rows, columns)), shape=(size, size))

    @cached_property
    def _fastest(self) -> dict[tuple[int, int], Road]:
        """The street to take from one junction to the next: of parallel ones the fastest."""
        fastest: dict[tuple[int, int], Road] = {}
        for road in self.roads:
            for start, end in _directions(road):
                key = (self.index[start], self.index[end])
                if key not in fastest or road.time_s < fastest[key].time_s:
                    fastest[key] = road
        return fastest


def _directions(road: Road) -> tuple[tuple[str, str], ...]:
    forward = (road.start, road.end)
    return (forward,) if road.oneway else (forward, (road.end, road.start))
