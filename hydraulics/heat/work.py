"""What changes in a solve: the boundary of an instant, and the state that iteration moves."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from hydraulics.graph.structure import System, new_system
from hydraulics.heat.outlets import Outlets
from hydraulics.heat.plugs import Injection, transport_tables
from hydraulics.heat.tables import HeatArrays
from hydraulics.quality.order import Course, new_course
from hydraulics.quality.segments import Segments, new_segments
from hydraulics.quality.tables import QualityTables
from hydraulics.types import F64, U8, U32

KEEPS_NONE, KEEPS_START, KEEPS_END = range(3)


class HeatBoundary(NamedTuple):
    """What is given at an instant, in rows (N,) and slots (L,)."""

    demand: F64
    """(N,) kg/s that leave the network."""
    held: U8
    """(N,) 1 where a node holds its pressure."""
    level: F64
    """(N,) Pa absolute, where held."""
    is_open: U8
    """(L,) 0 is shut by hand."""
    wanted: F64
    """(L,) W that stations, exchangers and pipes are to take out of the water."""
    given: F64
    """(L,) kg/s of links whose flow is given; NaN: it is not."""
    plant_k: F64
    """(L,) K behind a plant; NaN: it does not heat."""
    keeps: U8
    """(L,) which end's pressure a plant keeps."""
    keeps_pa: F64
    """(L,) Pa absolute at that end."""


class HeatWork(NamedTuple):
    """The state of a solve and its work space, in rows and slots."""

    potential: F64
    """Pa absolute"""
    rise: F64
    """(N,) Pa: how far a held row's potential is below what is held."""
    flow: F64
    state: U8
    changes: U8
    """How often a link's state has turned: after `MOST_TURNS` it stays."""
    held: U8
    reached: U8
    conducts: U8
    queue: U32
    inverse: F64
    shift: F64
    want: F64
    """kg/s a station would take with its valve where it likes."""
    density: F64
    viscosity: F64
    node_h: F64
    node_k: F64
    out_h: F64
    out_k: F64
    """K and J/kg behind each link."""
    inject: Injection
    outlets: Outlets
    course: Course
    still: F64
    """(L,) flows the order is made of: none through plants."""
    segments: Segments
    """Empty: the order's kernel turns plugs, and a steady state has none."""
    tables: QualityTables
    system: System


def new_work(a: HeatArrays) -> HeatWork:
    """Before the first solve: flows of a cold start."""
    s = a.structure
    nodes, links = len(s.node), len(s.link)
    z = np.zeros
    return HeatWork(
        potential=z(nodes),
        rise=z(nodes),
        flow=a.start_flow.copy(),
        state=z(links, dtype=np.uint8),
        changes=z(links, dtype=np.uint8),
        held=z(nodes, dtype=np.uint8),
        reached=z(nodes, dtype=np.uint8),
        conducts=z(links, dtype=np.uint8),
        queue=z(nodes, dtype=np.uint32),
        inverse=z(links),
        shift=z(links),
        want=z(links),
        density=z(links),
        viscosity=z(links),
        node_h=z(nodes),
        node_k=z(nodes),
        out_h=z(links),
        out_k=z(links),
        inject=Injection(mass=z(nodes), enthalpy=z(nodes), drawn=z(nodes)),
        outlets=Outlets(
            mode=z(links, dtype=np.uint8),
            heat=z(links),
            least=np.full(links, -np.inf),
            held=z(links),
        ),
        course=new_course(nodes, links),
        still=z(links),
        segments=new_segments(links, 1),
        tables=transport_tables(nodes, s.start, s.end, a.links.length),
        system=new_system(s),
    )
