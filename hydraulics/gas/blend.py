"""Gas of different sources, mixed by mass flow at every node and carried along the links.

Shares are found node by node from high to low potential, as gas flows; what flows against that
order (compressors) takes some more rounds. A link carries the gas of the node it comes from. Its
gas constant is that gas's; Z is that of the gas that fills the network.
"""

from __future__ import annotations

import numpy as np

from hydraulics.compiled import lean_kernel
from hydraulics.gas.compile import GasArrays
from hydraulics.gas.state import Blend
from hydraulics.gas.tables import GasTables, GasWork
from hydraulics.graph.structure import Structure
from hydraulics.types import F64, I64, U8
from network_models.gas_mixture import wobbe_jm3

ROUNDS = 200
CLOSE = 1e-13


@lean_kernel
def mix(
    structure: Structure, flow: F64, order: I64, feed: F64, own: I64, share: F64, tolerance: float
) -> int:
    """Fill `share` (N, F) by row; how many rounds it took.

    `feed` (N,) is what enters at a row from outside, kg/s, and `own` the number of its gas.
    """
    gases = share.shape[1]
    for turn in range(ROUNDS):
        worst = 0.0
        for i in range(len(order)):
            r = order[i]
            total = feed[r]
            for g in range(gases):
                weighted = feed[r] if own[r] == g else 0.0
                total = feed[r]
                for p in range(structure.near_first[r], structure.near_first[r + 1]):
                    k = structure.near_link[p]
                    other = structure.near_row[p]
                    incoming = flow[k] if structure.end[k] == r else -flow[k]
                    if incoming > 0.0 and other != r:
                        total += incoming
                        weighted += incoming * share[other, g]
                if total > 0.0:
                    value = weighted / total
                    worst = max(worst, abs(value - share[r, g]))
                    share[r, g] = value
        if worst <= tolerance:
            return turn + 1
    return ROUNDS


def shares_of(arrays: GasArrays, work: GasWork, held_feed: F64) -> F64:
    """Share (N, F) by row of each gas by mass at the present flows."""
    s = arrays.structure
    feed = np.maximum(held_feed, 0.0)
    own = arrays.gas_of_node[s.node]
    share = np.zeros((len(s.node), len(arrays.gases)))
    share[:, 0] = 1.0
    order = np.argsort(-work.potential, kind="stable")
    mix(s, work.flow, order, feed, own, share, CLOSE)
    return share


def with_blend(arrays: GasArrays, flow: F64, share: F64) -> GasTables:
    """The tables with each link's gas constant that of the gas it carries."""
    s, tables = arrays.structure, arrays.tables
    constants = np.array([gas.constant for gas in arrays.gases])
    at_row = share @ constants
    upstream = np.where(flow >= 0.0, s.start, s.end)
    ratio = at_row[upstream] / arrays.gas.constant
    return tables._replace(
        base=np.where(tables.linear == 1, tables.base / ratio, tables.base * ratio),
        gravity=tables.gravity / ratio,
        mass_per_pa=tables.mass_per_pa * arrays.gas.constant / at_row,
    )


def blend_of(arrays: GasArrays, share: F64, reached: U8) -> Blend:
    """What people want to know of the gas at each node, in the file's order."""
    s = arrays.structure
    by_mass = share[s.row_of].copy()
    by_mass[reached[s.row_of] == 0] = np.nan
    density = np.array([gas.normal_density for gas in arrays.gases])
    heating = np.array([gas.heating_jm3 for gas in arrays.gases])
    volume = by_mass / density  # normal m3 a kg of the blend
    mixed = 1.0 / volume.sum(axis=1)
    upper = (volume * heating).sum(axis=1) * mixed
    return Blend(
        names=tuple(gas.id for gas in arrays.gases),
        share=by_mass,
        density_kgm3=mixed,
        heating_jm3=upper,
        wobbe_jm3=np.array([wobbe_jm3(h, d) for h, d in zip(upper, mixed, strict=True)]),
    )
