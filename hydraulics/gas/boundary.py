"""A case of a gas network: its demands, sources and hands on links, with changes carried out."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hydraulics.changes import check_changes
from hydraulics.gas.compile import GasArrays
from hydraulics.gas.tables import (
    COMPRESSOR,
    CONTROL,
    FLOW,
    OPEN,
    OUTLET_OF,
    RATIO_OF,
    REGULATOR,
    SHUT,
)
from hydraulics.types import F64, U8
from network_models.changes import (
    BreakPipe,
    Change,
    CloseLink,
    LoseSource,
    ScaleDemand,
    SetStatus,
)
from network_models.elements import GasPipe, Link

END_LOSS = 1.5
"""Entrance into the half pipe and exit into the open, in velocity heads."""
HEAT_RATIO = 1.3
"""cp / cv of natural gas."""
DISCHARGE = 0.8
"""Of a hole in a pipe's wall."""


@dataclass(slots=True, kw_only=True)
class GasCase:
    """What a solve is given. Rows and slots as the kernels have them; absolute pressures.

    `factor` (N,) multiplies demands, `extra` (N,) kg/s is added to them, `leak` (N,) kg/s a Pa
    flows out of holes (`leak_coefficient`).
    """

    source: U8
    held: F64
    ceiling: F64
    factor: F64
    extra: F64
    state: U8
    setting: F64
    ratio: F64
    leak: F64


def plain_case(arrays: GasArrays) -> GasCase:
    """The network as its file has it."""
    s = arrays.structure
    return GasCase(
        source=arrays.source[s.node],
        held=arrays.held_pa[s.node],
        ceiling=arrays.ceiling_pa[s.node],
        factor=np.ones(len(s.node)),
        extra=np.zeros(len(s.node)),
        state=arrays.first.copy(),
        setting=arrays.setting.copy(),
        ratio=arrays.ratio.copy(),
        leak=np.zeros(len(s.node)),
    )


def case_of(arrays: GasArrays, changes: Sequence[Change]) -> GasCase:
    """The case of `changes`. ValueError names ids the network does not have."""
    case = plain_case(arrays)
    check_changes(arrays.network, changes, GasPipe)
    s = arrays.structure
    for change in changes:
        match change:
            case CloseLink(id=id_):
                case.state[s.slot_of[arrays.link_index[id_]]] = SHUT
            case SetStatus(id=id_, value="closed"):
                case.state[s.slot_of[arrays.link_index[id_]]] = SHUT
            case SetStatus(id=id_, value="open"):
                _open(arrays, case, int(s.slot_of[arrays.link_index[id_]]))
            case SetStatus(id=id_, value=float() | int() as value):
                _set(arrays, case, id_, float(value))
            case ScaleDemand(factor=f, nodes=None):
                case.factor *= f
            case ScaleDemand(factor=f, nodes=chosen):
                for id_ in chosen or ():
                    case.factor[s.row_of[arrays.node_index[id_]]] *= f
            case LoseSource(id=id_):
                _lose(arrays, case, id_)
            case BreakPipe(id=id_, outflow=outflow):
                case.state[s.slot_of[arrays.link_index[id_]]] = SHUT
                if outflow:
                    _break(arrays, case, arrays.network.links[id_])
    return case


def demands_at(arrays: GasArrays, case: GasCase, time_s: float) -> F64:
    """Demand less given feed by row, kg/s, at an instant of the patterns."""
    # a source that holds its pressure, or is lost, gives no flow of its own
    fed = np.where((case.source == 0) & np.isfinite(case.ceiling), arrays.fed_kgs, 0.0)
    total = arrays.base_kgs * case.factor - fed
    if len(arrays.patterns) > 1:
        times = arrays.network.times
        number = int((time_s + times.pattern_start_s) // max(times.pattern_step_s, 1))
        values = np.array([p[number % len(p)] for p in arrays.patterns])
        total *= values[arrays.pattern_of_row]
    total += case.extra
    return total


def _set(arrays: GasArrays, case: GasCase, id_: str, value: float) -> None:
    """A new setting: a regulator's or compressor's gauge pressure, a ratio, a flow."""
    k = int(arrays.structure.slot_of[arrays.link_index[id_]])
    tables = arrays.tables
    if tables.kind[k] == FLOW:
        case.setting[k] = value
    elif k not in tables.controls:
        raise ValueError(f"link {id_} has no setting")
    elif tables.kind[k] == COMPRESSOR and tables.control[k] == RATIO_OF:
        case.ratio[k] = value
    else:
        case.setting[k] = value + tables.ambient[tables.held_row[k]]
        if tables.kind[k] == REGULATOR or tables.control[k] == OUTLET_OF:
            case.state[k] = CONTROL


def _open(arrays: GasArrays, case: GasCase, k: int) -> None:
    """Open a link; a regulator or compressor then does not control, whatever the pressures."""
    kind = arrays.tables.kind[k]
    case.state[k] = OPEN
    if kind == REGULATOR:
        case.setting[k] = math.inf
    elif kind == COMPRESSOR:
        case.setting[k], case.ratio[k] = 0.0, 1.0


def _lose(arrays: GasArrays, case: GasCase, id_: str) -> None:
    """A source feeds no more: it neither holds a pressure nor gives a flow, its links are shut."""
    i = arrays.node_index[id_]
    row = int(arrays.structure.row_of[i])
    case.source[row] = 0
    case.ceiling[row] = math.inf
    s = arrays.structure
    for p in range(int(s.near_first[row]), int(s.near_first[row + 1])):
        case.state[s.near_link[p]] = SHUT


def _break(arrays: GasArrays, case: GasCase, pipe: Link) -> None:
    """Gas flows out of either half of a pipe broken in its middle.

    p^2 - p_air^2 = base (lambda L / 2 / D + 1.5) m^2 with the rough factor, Z = 1.
    """
    if not isinstance(pipe, GasPipe):
        return
    s = arrays.structure
    k = int(s.slot_of[arrays.link_index[pipe.id]])
    relative = max(pipe.roughness_m, 1e-6) / pipe.diameter_m
    rough = 1.0 / (2.0 * math.log10(3.71 / relative)) ** 2
    area = math.pi * pipe.diameter_m**2 / 4.0
    base = arrays.gas.constant * float(arrays.temperature_k.mean()) / area**2
    loss = base * (rough * float(arrays.tables.slender[k]) / 2.0 + END_LOSS)
    for row in (int(s.start[k]), int(s.end[k])):
        case.leak[row] += 1.0 / math.sqrt(loss)


def leak_coefficient(arrays: GasArrays, area_m2: float) -> float:
    """kg/s a Pa of a hole: m = c sqrt(p^2 - p_air^2), which is choked flow at high pressure.

    c = Cd A / sqrt(R T) sqrt(g) (2 / (g + 1))^((g + 1) / (2 g - 2)), g = 1.3, Cd = 0.8.
    """
    g = HEAT_RATIO
    choked = math.sqrt(g) * (2.0 / (g + 1.0)) ** ((g + 1.0) / (2.0 * (g - 1.0)))
    root: float = math.sqrt(arrays.gas.constant * float(arrays.temperature_k.mean()))
    return float(DISCHARGE * area_m2 * choked / root)
