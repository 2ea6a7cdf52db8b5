"""What the transport kernels read of a network, SI: volumes, mixing, who touches whom."""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np

from hydraulics.arrays import NetworkArrays
from hydraulics.types import F64, I64, U8, U32
from hydraulics.us_units import FOOT3_M3
from network_models.elements import Pipe, Reservoir, Tank

Kind = Literal["age", "trace", "chemical"]

JUNCTION, RESERVOIR, TANK = range(3)
MIXED, TWO_COMPARTMENTS, FIFO, LIFO = range(4)
AGE, TRACE, CHEMICAL = range(3)
KINDS: dict[Kind, int] = {"age": AGE, "trace": TRACE, "chemical": CHEMICAL}
UNITS: dict[Kind, str] = {"age": "h", "trace": "%", "chemical": "mg/L"}
_MIXING = {"MIXED": MIXED, "2COMP": TWO_COMPARTMENTS, "FIFO": FIFO, "LIFO": LIFO}


class QualityTables(NamedTuple):
    """A network for the transport: nodes (N,) and links (L,) in file order, tanks (T,)."""

    kind: U8
    """(N,): junction, reservoir or tank."""
    tank: I64
    """(N,): its row among the tanks, -1 elsewhere."""
    start: U32
    end: U32
    volume: F64
    """(L,) m3 of pipes, 0 of pumps and valves."""
    near_first: U32
    near_link: U32
    tank_node: I64
    tank_mixing: U8
    tank_zone: F64
    """(T,) m3 of the mixing zone of two compartments."""
    tank_volume: F64
    """(T,) m3 at the start."""
    tank_most: F64
    """(T,) m3 of a full tank; more than that spills."""


def quality_tables(a: NetworkArrays) -> QualityTables:
    """The tables of a compiled network."""
    net = a.network
    nodes = list(net.nodes.values())
    kind = np.array(
        [
            RESERVOIR if isinstance(n, Reservoir) else TANK if isinstance(n, Tank) else 0
            for n in nodes
        ],
        dtype=np.uint8,
    )
    tanks = [(i, n) for i, n in enumerate(nodes) if isinstance(n, Tank)]
    row = np.full(len(nodes), -1, dtype=np.int64)
    row[[i for i, _ in tanks]] = np.arange(len(tanks))
    sources = a.tables.sources[[int(a.row_of_node[i]) - a.junctions for i, _ in tanks]]
    links = a.tables.links
    start = a.node_of_row[links["start"].astype(np.int64)].astype(np.uint32)
    end = a.node_of_row[links["end"].astype(np.int64)].astype(np.uint32)
    both = np.concatenate((start, end))
    near_first = np.zeros(len(nodes) + 1, dtype=np.uint32)
    near_first[1:] = np.cumsum(np.bincount(both, minlength=len(nodes)))
    return QualityTables(
        kind=kind,
        tank=row,
        start=start,
        end=end,
        volume=np.array(
            [
                np.pi * k.diameter_m**2 / 4.0 * k.length_m if isinstance(k, Pipe) else 0.0
                for k in net.links.values()
            ]
        ),
        near_first=near_first,
        near_link=(np.argsort(both, kind="stable") % max(len(start), 1)).astype(np.uint32),
        tank_node=np.array([i for i, _ in tanks], dtype=np.int64),
        tank_mixing=np.array([_MIXING[n.mixing] for _, n in tanks], dtype=np.uint8),
        tank_zone=np.array([n.mixing_fraction for _, n in tanks])
        * sources["greatest_volume"]
        * FOOT3_M3,
        tank_volume=sources["volume"] * FOOT3_M3,
        tank_most=sources["greatest_volume"] * FOOT3_M3,
    )
