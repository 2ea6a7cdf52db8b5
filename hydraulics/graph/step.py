"""Newton's step on potentials: links linearised, flows eliminated, nodal balance solved.

A link obeys q' = q - shift + inverse (h_start - h_end): `inverse` is one over the gradient of its
loss, `shift` its loss beyond what the potentials explain times `inverse` (loss(q) * inverse for a
plain law; (loss(q) - lift) * inverse with something that lifts). With inverse and shift 0 the flow
is given (a pump of fixed flow) or none (closed). Todini and Pilati's global gradient algorithm.

A step of a medium:

    begin(structure, system)                       rows empty
    ... the medium adds its outflows:  diagonal[row] += slope,  right[row] += given inflow
    add_links(structure, held, potential, inverse, shift, flow, system)
    advance(structure, system)                     factorise and substitute: right = potentials
    move_flows(structure, system, inverse, shift, flow, 1.0)
"""

from __future__ import annotations

from hydraulics.compiled import lean_kernel
from hydraulics.graph.structure import Structure, System
from hydraulics.linear import factorise, substitute
from hydraulics.types import F64, U8


@lean_kernel
def begin(structure: Structure, system: System) -> None:
    """Empty the rows."""
    diagonal, right, lower = system.diagonal, system.right, system.lower
    for i in range(len(diagonal)):
        diagonal[i] = 0.0
        right[i] = 0.0
    for i in range(len(lower)):
        lower[i] = 0.0


@lean_kernel
def add_links(
    structure: Structure,
    held: U8,
    potential: F64,
    inverse: F64,
    shift: F64,
    flow: F64,
    system: System,
) -> None:
    """Add the links and close held rows: h = `potential` where `held` (N,) is not 0.

    Rows that are never free must be held. A row without any conductance (what no source reaches)
    must be held too: see `hydraulics.graph.supply`.
    """
    start, end, place = structure.start, structure.end, structure.place
    diagonal, right, lower = system.diagonal, system.right, system.lower
    for k in range(len(start)):
        a, b, p = start[k], end[k], inverse[k]
        push = shift[k] - flow[k]
        if a == b:
            continue
        if held[a] == 0 and held[b] == 0:
            diagonal[a] += p
            diagonal[b] += p
            right[a] += push
            right[b] -= push
            lower[place[k]] -= p
        elif held[a] == 0:
            diagonal[a] += p
            right[a] += push + p * potential[b]
        elif held[b] == 0:
            diagonal[b] += p
            right[b] += p * potential[a] - push
    for i in range(len(diagonal)):
        if held[i] != 0:
            diagonal[i] = 1.0
            right[i] = potential[i]


@lean_kernel
def advance(structure: Structure, system: System) -> int:
    """Solve: `system.right` becomes the new potentials. Returns -1, or the row that is singular."""
    s = structure
    bad = factorise(s.first, s.target, s.row, s.runs, system.diagonal, system.lower, system.right)
    if bad < 0:
        substitute(s.first, s.row, s.runs, system.lower, system.right)
    return bad


@lean_kernel
def move_flows(
    structure: Structure, system: System, inverse: F64, shift: F64, flow: F64, share: float
) -> tuple[float, float]:
    """Flows after a step, `share` of the way; the sums of changes and of flows, by size."""
    start, end, new = structure.start, structure.end, system.right
    moved = 0.0
    total = 0.0
    for k in range(len(start)):
        change = share * (inverse[k] * (new[start[k]] - new[end[k]]) - shift[k])
        flow[k] += change
        moved += abs(change)
        total += abs(flow[k])
    return moved, total


@lean_kernel
def excess(structure: Structure, flow: F64, row: int) -> float:
    """What flows into `row` by its links less what flows out."""
    total = 0.0
    for i in range(structure.near_first[row], structure.near_first[row + 1]):
        k = structure.near_link[i]
        if structure.end[k] == row:
            total += flow[k]
        if structure.start[k] == row:
            total -= flow[k]
    return total
