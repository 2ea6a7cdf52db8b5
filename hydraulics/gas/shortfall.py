"""Who gets less gas than it wants, and the element that binds.

From a user that falls short the way of its gas is followed up to the source. On it binds, in this
order: a link that keeps gas out (without supply); a regulator that stands fully open although what
lies before it would do (its capacity); else the pipe that loses the largest share of squared
pressure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hydraulics.gas.state import Shortfall
from hydraulics.gas.tables import (
    LOCKED,
    OPEN,
    REGULATOR,
    SHUT,
    SLAMMED,
    GasTables,
    GasWork,
)

if TYPE_CHECKING:
    from hydraulics.gas.compile import GasArrays

LEAST_KGS = 1e-9
SHARE = 1e-6


def shortfalls_of(arrays: GasArrays, tables: GasTables, work: GasWork) -> tuple[Shortfall, ...]:
    """All users that fall short, in the file's order."""
    s = arrays.structure
    wanted = np.maximum(work.demand, 0.0)
    lack = wanted - np.where(work.reached != 0, np.maximum(work.delivered, 0.0), 0.0)
    short = np.flatnonzero((lack > LEAST_KGS) & (lack > SHARE * wanted))
    if not len(short):
        return ()
    ways = _Ways(arrays, tables, work)
    found = []
    for r in sorted(short.tolist(), key=lambda row: int(s.node[row])):
        element, reason = ways.binding(r)
        found.append(
            Shortfall(
                node=arrays.node_ids[s.node[r]],
                wanted_kgs=float(wanted[r]),
                delivered_kgs=float(wanted[r] - lack[r]),
                element=element,
                reason=reason,
            )
        )
    return tuple(found)


class _Ways:
    """The way of the gas to each row: the link that brings the most, known once a row."""

    def __init__(self, arrays: GasArrays, tables: GasTables, work: GasWork) -> None:
        self._arrays, self._tables, self._work = arrays, tables, work
        self._closed = self._closed_edges()

    def binding(self, row: int) -> tuple[str, str]:
        """The link that binds a row, and why."""
        arrays, s = self._arrays, self._arrays.structure
        if self._work.reached[row] == 0:
            k = self._closed.get(row)
            if k is None:
                return "", "no way to a source"
            return arrays.link_ids[s.link[k]], "closed: no way to a source"
        best, reason, loss = -1, "", -1.0
        seen = set()
        while row not in seen:
            seen.add(row)
            k = self._brings(row)
            if k < 0:
                break
            a, b = int(s.start[k]), int(s.end[k])
            pa, pb = self._work.pressure[a], self._work.pressure[b]
            full = self._tables.kind[k] == REGULATOR and self._work.state[k] == OPEN
            if full and self._tables.capacity[k] > 0.0 and pa > pb * (1.0 + 1e-3):
                return arrays.link_ids[s.link[k]], "regulator at its capacity"
            lost = float(pa * pa - pb * pb) if self._work.flow[k] >= 0 else float(pb * pb - pa * pa)
            if self._tables.kind[k] == 0 and lost > loss:
                best, reason, loss = k, "loses the most pressure on the way", lost
            row = a if self._work.flow[k] > 0.0 else b
            if self._work.source[row] != 0:
                break
        if best < 0:
            return "", "the source's pressure is too low"
        return arrays.link_ids[s.link[best]], reason

    def _brings(self, row: int) -> int:
        s, flow = self._arrays.structure, self._work.flow
        best, most = -1, 0.0
        for p in range(int(s.near_first[row]), int(s.near_first[row + 1])):
            k = int(s.near_link[p])
            incoming = flow[k] if int(s.end[k]) == row else -flow[k]
            if incoming > most:
                best, most = k, float(incoming)
        return best

    def _closed_edges(self) -> dict[int, int]:
        """For every row without supply the closed link at the edge of its region, if there is."""
        s, work = self._arrays.structure, self._work
        state, reached = work.state, work.reached
        shut = (state == SHUT) | (state == SLAMMED) | (state == LOCKED)
        edge = np.flatnonzero(shut & (reached[s.start] != reached[s.end]))
        found: dict[int, int] = {}
        for k in edge.tolist():
            first = int(s.end[k] if reached[s.start[k]] else s.start[k])
            waiting = [] if first in found else [first]
            while waiting:
                row = waiting.pop()
                if row in found:
                    continue
                found[row] = k
                for p in range(int(s.near_first[row]), int(s.near_first[row + 1])):
                    other = int(s.near_row[p])
                    if not reached[other] and not shut[s.near_link[p]] and other not in found:
                        waiting.append(other)
        return found
