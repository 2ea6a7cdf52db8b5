"""What gas and heat mains have in common: trunk streets as a graph of their own, pipe sizes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scenarios.city.graph import F64, I64, components, largest
from scenarios.city.streets import TRUNK, Streets


@dataclass(frozen=True, slots=True, kw_only=True)
class TrunkStreets:
    """The largest connected set of trunk streets: intersections `node` (m,); `a`, `b` into it."""

    node: I64
    a: I64
    b: I64
    length: F64


def trunk_streets(streets: Streets) -> TrunkStreets:
    """The trunk streets that hang together."""
    chosen = np.flatnonzero(streets.kind == TRUNK)
    a, b = streets.a[chosen], streets.b[chosen]
    label = components(streets.count, a, b)
    touched = np.zeros(streets.count, dtype=np.bool_)
    touched[a] = touched[b] = True
    keep = touched & largest(np.where(touched, label, label.max() + 1 + np.arange(len(label))))
    number = np.cumsum(keep) - 1
    inside = keep[a]
    return TrunkStreets(
        node=np.flatnonzero(keep).astype(np.int64),
        a=number[a[inside]],
        b=number[b[inside]],
        length=streets.length[chosen][inside],
    )


def size_mm(flow_kgs: F64, density_kgm3: float, grade_pam: float, steps: I64) -> I64:
    """The nominal diameters that carry mass flows at a friction of `grade_pam` Pa/m or less.

    Darcy-Weisbach with lambda 0.02: grade = 8 lambda m^2 / (pi^2 rho d^5).
    """
    d = (8.0 * 0.02 * flow_kgs**2 / (np.pi**2 * density_kgm3 * grade_pam)) ** 0.2
    place = np.minimum(np.searchsorted(steps, np.round(1000.0 * d, 6)), len(steps) - 1)
    return np.asarray(steps[place], dtype=np.int64)
