"""Plain pipes: neither check valves nor beside a source, so that no solver check touches them.

They are most of any network. In a solve they live in arrays of their own, sorted by their place in
the matrix: their laws are straight loops that become vector instructions, and assembling walks
through memory. All other links are `Tables.others`, in file order.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from hydraulics.compiled import lean_kernel
from hydraulics.laws.friction import A8, A9, AB, AC, LAMINAR, TURBULENT
from hydraulics.laws.power import power
from hydraulics.types import F64, I64, U32, Table

CLOSED_INVERSE = 1e-8
"""1 / gradient of a closed link."""
LN2 = 0.6931471805599453


class Pipes(NamedTuple):
    """Plain pipes (P,), rising by `place`."""

    link: U32  # row of the link
    start: U32
    end: U32
    place: U32
    resistance: F64
    minor: F64
    rough: F64  # roughness / 3.7 diameters; Darcy-Weisbach only from here on
    scale: F64  # viscosity * diameter
    cubic: F64  # (4, P) friction factor between laminar and turbulent flow
    slot: I64  # (L,) place of each link here, -1 of other links


def plain_pipes(links: Table, plain: I64) -> Pipes:
    """The tables of the link rows `plain`."""
    at = plain[np.argsort(links["place"][plain], kind="stable")]
    slot = np.full(len(links), -1, dtype=np.int64)
    slot[at] = np.arange(len(at))
    rough = links["roughness"][at] / 3.7
    y2 = rough + AB
    y3 = A9 * np.log(y2)
    fa = 1.0 / (y3 * y3)
    fb = (2.0 + AC / (y2 * y3)) * fa
    cubic = (
        7.0 * fa - fb,
        0.128 - 17.0 * fa + 2.5 * fb,
        -0.128 + 13.0 * fa - 2.0 * fb,
        0.032 - 3.0 * fa + 0.5 * fb,
    )
    return Pipes(
        link=at.astype(np.uint32),
        start=links["start"][at].copy(),
        end=links["end"][at].copy(),
        place=links["place"][at].copy(),
        resistance=links["resistance"][at].copy(),
        minor=links["minor"][at].copy(),
        rough=rough,
        scale=links["scale"][at].copy(),
        cubic=np.array(cubic),
        slot=slot,
    )


@lean_kernel
def friction_power(
    pipes: Pipes, flow: F64, exponent: float, floor: float, inverse: F64, shift: F64
) -> None:
    """`inverse` and `shift` by a power law (Hazen-Williams, Chezy-Manning); see `power_law`."""
    resistance, minor = pipes.resistance, pipes.minor
    less = exponent - 1.0
    share = 1.0 / exponent
    for i in range(len(flow)):
        q = abs(flow[i])
        gradient = exponent * resistance[i] * power(q, less)
        low = gradient < floor
        secant = floor * share if low else gradient * share
        gradient = secant if low else gradient
        loss = minor[i] * q
        one = 1.0 / (gradient + 2.0 * loss)
        inverse[i] = one
        shift[i] = flow[i] * ((secant + loss) * one)


@lean_kernel
def log2(x: float) -> float:
    """The binary logarithm of x > 0 to 1e-15 absolute, without a call (see `laws.power`)."""
    bits = np.float64(x).view(np.int64)
    moved = bits + (np.int64(0x3FF0000000000000) - np.int64(0x3FE6A09E667F3BCD))
    whole = np.int64((moved >> np.int64(52)) | np.int64(0x4330000000000000)).view(np.float64)
    n = float(whole) - (2.0**52 + 1023.0)
    part = (moved & np.int64(0x000FFFFFFFFFFFFF)) + np.int64(0x3FE6A09E667F3BCD)
    m = float(np.int64(part).view(np.float64))
    f = (m - 1.0) / (m + 1.0)
    s = f * f
    high = 0.41219840205383124 + s * (
        0.3206163877791511 + s * (0.26144426044714764 + s * 0.2429159517980245)
    )
    series = 2.885390081777927 + s * (0.9617966939243348 + s * (0.5770780172462815 + s * high))
    return n + f * series


@lean_kernel
def friction_darcy(pipes: Pipes, flow: F64, inverse: F64, shift: F64) -> None:
    """`inverse` and `shift` by Darcy-Weisbach; see `darcy_weisbach`. All three flow regimes are
    worked out for every pipe and the right one is taken."""
    resistance, minor = pipes.resistance, pipes.minor
    rough, scale = pipes.rough, pipes.scale
    c0, c1, c2, c3 = pipes.cubic[0], pipes.cubic[1], pipes.cubic[2], pipes.cubic[3]
    for i in range(len(flow)):
        q = abs(flow[i])
        w = q / scale[i]
        y1 = A8 / power(max(w, LAMINAR), 0.9)
        y2 = rough[i] + y1
        y3 = A9 * LN2 * log2(y2)
        f = 1.0 / (y3 * y3)
        slope = 1.8 * f * y1 * A9 / (y2 * y3 * max(q, LAMINAR * scale[i]))
        r = w / LAMINAR
        between = c0[i] + r * (c1[i] + r * (c2[i] + r * c3[i]))
        rise = (c1[i] + r * (2.0 * c2[i] + r * 3.0 * c3[i])) / (scale[i] * LAMINAR)
        f = f if w >= TURBULENT else between
        slope = slope if w >= TURBULENT else rise
        still = 16.0 * np.pi * scale[i] * resistance[i]
        loss = minor[i] * q
        drop = (f * resistance[i] + minor[i]) * q
        gradient = 2.0 * drop + slope * resistance[i] * q * q
        laminar = q <= LAMINAR * scale[i]
        drop = still + loss if laminar else drop
        gradient = still + 2.0 * loss if laminar else gradient
        one = 1.0 / gradient
        inverse[i] = one
        shift[i] = flow[i] * (drop * one)


@lean_kernel
def assemble_pipes(
    pipes: Pipes,
    flow: F64,
    inverse: F64,
    shift: F64,
    diagonal: F64,
    lower: F64,
    right: F64,
) -> None:
    """Add the pipes' terms to the linear system."""
    start, end, place = pipes.start, pipes.end, pipes.place
    for i in range(len(flow)):
        a, b, p = start[i], end[i], inverse[i]
        push = shift[i] - flow[i]
        lower[place[i]] -= p
        diagonal[a] += p
        diagonal[b] += p
        right[a] += push
        right[b] -= push


@lean_kernel
def update_pipes(
    pipes: Pipes, flow: F64, inverse: F64, shift: F64, head: F64, relax: float
) -> tuple[float, float, float]:
    """New flows; sum of their sizes, sum and greatest of their changes.

    `shift` is overwritten with the changes: their size is summed apart, four sums at a time.
    """
    start, end = pipes.start, pipes.end
    for i in range(len(flow)):
        step = (shift[i] - inverse[i] * (head[start[i]] - head[end[i]])) * relax
        shift[i] = step
        flow[i] -= step
    t0, t1, t2, t3 = 0.0, 0.0, 0.0, 0.0
    m0, m1, m2, m3 = 0.0, 0.0, 0.0, 0.0
    g0, g1, g2, g3 = 0.0, 0.0, 0.0, 0.0
    whole = len(flow) // 4 * 4
    for i in range(0, whole, 4):
        t0 += abs(flow[i])
        t1 += abs(flow[i + 1])
        t2 += abs(flow[i + 2])
        t3 += abs(flow[i + 3])
        d0, d1, d2, d3 = abs(shift[i]), abs(shift[i + 1]), abs(shift[i + 2]), abs(shift[i + 3])
        m0 += d0
        m1 += d1
        m2 += d2
        m3 += d3
        g0, g1, g2, g3 = max(g0, d0), max(g1, d1), max(g2, d2), max(g3, d3)
    for i in range(whole, len(flow)):
        t0 += abs(flow[i])
        d0 = abs(shift[i])
        m0 += d0
        g0 = max(g0, d0)
    return t0 + t1 + (t2 + t3), m0 + m1 + (m2 + m3), max(g0, g1, g2, g3)
