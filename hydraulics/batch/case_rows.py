"""Changes of cases as rows for the lanes, the same as `hydraulics.changes` makes of a network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from hydraulics.arrays import NetworkArrays, emitter_coefficient
from hydraulics.batch.records import Cases
from hydraulics.changes import break_coefficient, check_changes
from hydraulics.engine import Engine
from network_models.changes import (
    BreakPipe,
    Change,
    CloseLink,
    LoseSource,
    ScaleDemand,
    SetStatus,
)
from network_models.elements import Junction, Link, Pipe


@dataclass(slots=True)
class _Rows:
    """A chunk under construction."""

    hold_first: list[int] = field(default_factory=lambda: [0])
    hold_link: list[int] = field(default_factory=list)
    hold_status: list[int] = field(default_factory=list)
    hold_setting: list[float] = field(default_factory=list)
    leak_first: list[int] = field(default_factory=lambda: [0])
    leak_node: list[int] = field(default_factory=list)
    leak_coefficient: list[float] = field(default_factory=list)
    leak_si: list[float] = field(default_factory=list)
    factor: list[float] = field(default_factory=list)
    part_first: list[int] = field(default_factory=lambda: [0])
    part_node: list[int] = field(default_factory=list)
    part_factor: list[float] = field(default_factory=list)
    backflow: list[int] = field(default_factory=list)


class CaseMaker:
    """Makes rows of changes. `engine` is a fresh one: it shows what a hand does to a link."""

    def __init__(self, arrays: NetworkArrays, engine: Engine) -> None:
        self._arrays = arrays
        self._engine = engine
        self._status = engine.work.status.copy()
        self._setting = engine.work.setting.copy()
        self._touching: dict[str, list[int]] = {}
        for k, link in enumerate(arrays.network.links.values()):
            self._touching.setdefault(link.start, []).append(k)
            self._touching.setdefault(link.end, []).append(k)

    def rows(self, cases: Sequence[Sequence[Change]]) -> Cases:
        """The rows of a chunk. Raises ValueError as `check_changes`."""
        rows = _Rows()
        for changes in cases:
            check_changes(self._arrays.network, changes)
            self._case(rows, changes)
        whole, real = np.int64, np.float64
        return Cases(
            hold_first=np.array(rows.hold_first, dtype=whole),
            hold_link=np.array(rows.hold_link, dtype=np.uint32),
            hold_status=np.array(rows.hold_status, dtype=np.uint8),
            hold_setting=np.array(rows.hold_setting, dtype=real),
            leak_first=np.array(rows.leak_first, dtype=whole),
            leak_node=np.array(rows.leak_node, dtype=np.uint32),
            leak_coefficient=np.array(rows.leak_coefficient, dtype=real),
            leak_si=np.array(rows.leak_si, dtype=real),
            factor=np.array(rows.factor, dtype=real),
            part_first=np.array(rows.part_first, dtype=whole),
            part_node=np.array(rows.part_node, dtype=np.uint32),
            part_factor=np.array(rows.part_factor, dtype=real),
            backflow=np.array(rows.backflow, dtype=np.uint8),
        )

    def _case(self, rows: _Rows, changes: Sequence[Change]) -> None:
        a, engine = self._arrays, self._engine
        hands: list[tuple[int, Literal["open", "closed"] | None, float | None]] = []
        leaks: dict[str, float] = {}
        factor = 1.0
        for change in changes:
            match change:
                case CloseLink(id=id_):
                    hands.append((a.link_index[id_], "closed", None))
                case SetStatus(id=id_, value="open" | "closed" as status):
                    hands.append((a.link_index[id_], status, None))
                case SetStatus(id=id_, value=value):
                    hands.append((a.link_index[id_], None, float(value)))
                case ScaleDemand(factor=f, nodes=None):
                    factor *= f
                case ScaleDemand(factor=f, nodes=chosen):
                    rows.part_node.extend(a.node_index[n] for n in chosen or ())
                    rows.part_factor.extend(f for _ in chosen or ())
                case LoseSource(id=id_):
                    hands.extend((k, "closed", None) for k in self._touching.get(id_, ()))
                case BreakPipe(id=id_, outflow=outflow):
                    hands.append((a.link_index[id_], "closed", None))
                    if outflow:
                        self._leaks(leaks, a.network.links[id_])
        for k, state, setting in hands:
            engine.hold(k, state, setting)
        work = engine.work
        for k in dict.fromkeys(k for k, _, _ in hands):
            rows.hold_link.append(k)
            rows.hold_status.append(int(work.status[k]))
            rows.hold_setting.append(float(work.setting[k]))
            work.held[k] = 0
            work.status[k] = self._status[k]
            work.setting[k] = self._setting[k]
        exponent = a.network.options.emitter_exponent
        for id_, total in leaks.items():
            rows.leak_node.append(int(a.row_of_node[a.node_index[id_]]))
            rows.leak_coefficient.append(emitter_coefficient(total, exponent, a.m3s_per_cfs))
            rows.leak_si.append(total)
        rows.hold_first.append(len(rows.hold_link))
        rows.leak_first.append(len(rows.leak_node))
        rows.part_first.append(len(rows.part_node))
        rows.factor.append(factor)
        rows.backflow.append(int(a.network.options.emitter_backflow and not leaks))

    def _leaks(self, leaks: dict[str, float], link: Link) -> None:
        nodes = self._arrays.network.nodes
        for end in (link.start, link.end):
            node = nodes[end]
            if isinstance(node, Junction) and isinstance(link, Pipe):
                before = leaks.get(end, node.emitter_coefficient)
                leaks[end] = before + break_coefficient(link)
