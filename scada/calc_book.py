"""Calculated and simulated points: in which order they are computed, when, and what they keep.

`total` adds up a rate over time (a flow to a volume) by trapezoids between good values; over a
gap of more than `MAX_GAP_S`, or while its input is bad, nothing is added and the result says so.
`counter` makes one growing count of a counter that rolls over; what it counted while nobody
looked is in the difference, as long as it rolled over once at most. Both go on after a restart
from the kept state.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scada.calc_eval import Sight, Value, evaluate
from scada.calc_parse import (
    STATEFUL,
    WAVES,
    CalcError,
    Node,
    Number,
    Op,
    dimension_of,
    dimension_of_unit,
    in_words,
    nodes_of,
    parse,
    points_of,
)
from scada.point import Point
from scada.point_check import CALC_DRIVERS
from scada.quality import UNCERTAIN_LAST_USABLE, is_good
from scada.samples import F64, I64, U32, SampleBatch

NS_PER_S = 1_000_000_000
PERIOD_S = 1.0
"""How often what depends on the time is computed."""
HEARTBEAT_S = 20.0
MAX_GAP_S = 600.0


def is_calculated(point: Point) -> bool:
    """Whether the point's address is an expression."""
    return point.driver in CALC_DRIVERS


def faults_of(points: Sequence[Point]) -> list[tuple[str, str]]:
    """(point id, what was expected) of every expression that cannot be used, over a whole list."""
    faults: list[tuple[str, str]] = []
    known = {p.id: dimension_of_unit(p.unit) for p in points}
    trees: dict[str, Node] = {}
    for point in filter(is_calculated, points):
        try:
            tree = trees[point.id] = parse(point.address)
            found, wanted = dimension_of(tree, known), known[point.id]
            if found != wanted:
                told = f"a result in {in_words(wanted)} ({point.unit}), not {in_words(found)}"
                raise CalcError(told)
        except CalcError as error:
            faults.append((point.id, str(error)))
    try:
        _order(trees)
    except CycleError as error:
        ring = error.args[1]
        faults.append((ring[0], "no ring of points: " + " -> ".join(ring)))
    return faults


def _order(trees: Mapping[str, Node]) -> list[str]:
    """Ids of calculated points, each after those it reads; CycleError for a ring."""
    graph = {id_: [p for p in points_of(tree) if p in trees] for id_, tree in trees.items()}
    return list(TopologicalSorter(graph).static_order())


class CalcBook:
    """The calculated points of a sound list (`faults_of` found nothing)."""

    def __init__(self, points: Sequence[Point]) -> None:
        self._points = points
        self._handle = {p.id: handle for handle, p in enumerate(points)}
        trees = {p.id: parse(p.address) for p in points if is_calculated(p)}
        self.handles = [self._handle[id_] for id_ in _order(trees)]
        """Of the calculated points, in the order of computing."""
        self._trees = {self._handle[id_]: tree for id_, tree in trees.items()}
        self._inputs = {
            handle: np.array([self._handle[p] for p in points_of(tree)], dtype=np.intp)
            for handle, tree in self._trees.items()
        }
        self._by_time = {
            handle
            for handle, tree in self._trees.items()
            if any(isinstance(n, Op) and n.name in WAVES for n in nodes_of(tree))
        }
        self._kept: dict[str, dict[str, float]] = {}
        self._sent_ns: dict[int, int] = {}
        self._waves_ns = 0

    def __len__(self) -> int:
        return len(self.handles)

    def state(self) -> dict[str, Any]:
        """What totals and counters must not forget, as JSON."""
        return {id_: dict(kept) for id_, kept in self._kept.items()}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from a kept state; what does not fit the list is left out."""
        for id_, kept in state.items():
            handle = self._handle.get(id_)
            tree = None if handle is None else self._trees.get(handle)
            if isinstance(tree, Op) and tree.name in STATEFUL:
                self._kept[id_] = {name: float(value) for name, value in dict(kept).items()}

    def step(
        self,
        now_ns: int,
        value: F64,
        quality: U32,
        source_ns: I64,
        changed: NDArray[np.bool_],
    ) -> SampleBatch:
        """Compute what depends on a changed point or on the time; the samples to take.

        (n,) arrays by handle; `changed` gets the points that were computed as well.
        """
        waves = now_ns - self._waves_ns >= PERIOD_S * NS_PER_S
        if waves:
            self._waves_ns = now_ns
        fresh: dict[int, tuple[float, int, int]] = {}
        for handle in self.handles:
            inputs = self._inputs[handle]
            moved = bool(len(inputs)) and bool(changed[inputs].any())
            idle = now_ns - self._sent_ns.get(handle, 0) >= HEARTBEAT_S * NS_PER_S
            if not (moved or idle or (waves and handle in self._by_time)):
                continue

            def look(id_: str) -> Value:
                at = self._handle[id_]
                if at in fresh:
                    return fresh[at][0], fresh[at][1]
                return float(value[at]), int(quality[at])

            times = [fresh[i][2] if i in fresh else int(source_ns[i]) for i in inputs.tolist()]
            at_ns = now_ns if handle in self._by_time else max(times, default=now_ns) or now_ns
            fresh[handle] = (*self._compute(handle, look, at_ns, now_ns), at_ns)
            self._sent_ns[handle] = now_ns
            changed[handle] = True
        return _batch(fresh, now_ns)

    def _compute(self, handle: int, look: Any, at_ns: int, now_ns: int) -> Value:
        point, tree = self._points[handle], self._trees[handle]
        sight = Sight(look, now_ns / NS_PER_S, point.id)
        if not isinstance(tree, Op) or tree.name not in STATEFUL:
            return evaluate(tree, sight)
        value, quality = evaluate(tree.args[0], sight)
        if tree.name == "total":
            return self._total(point.id, value, quality, at_ns)
        rollover = tree.args[1]
        return self._counter(
            point.id, value, quality, rollover.value if isinstance(rollover, Number) else 0.0
        )

    def _total(self, id_: str, rate: float, quality: int, at_ns: int) -> Value:
        kept = self._kept.setdefault(id_, {"total": 0.0})
        if quality >> 31 or not math.isfinite(rate):
            kept.pop("rate", None)  # what flowed while nobody knew is not made up
            return kept["total"], UNCERTAIN_LAST_USABLE
        at_s = at_ns / NS_PER_S
        gap = at_s - kept.get("at_s", at_s)
        if "rate" in kept and 0.0 <= gap <= MAX_GAP_S:
            kept["total"] += 0.5 * (rate + kept["rate"]) * gap
        elif gap > 0.0:
            quality = quality if not is_good(quality) else UNCERTAIN_LAST_USABLE
        if gap >= 0.0 or "rate" not in kept:
            kept["rate"], kept["at_s"] = rate, at_s
        return kept["total"], quality

    def _counter(self, id_: str, count: float, quality: int, rollover: float) -> Value:
        kept = self._kept.setdefault(id_, {"total": 0.0})
        if quality >> 31 or not math.isfinite(count):
            return kept["total"], UNCERTAIN_LAST_USABLE
        if "last" in kept:
            step = count - kept["last"]
            if step < 0.0:
                # down to near nothing from near the end: it rolled over; else it was set to zero
                rolled = step + rollover
                step = rolled if 0.0 <= rolled < rollover / 2.0 else count
            kept["total"] += step
        kept["last"] = count
        return kept["total"], quality


def _batch(fresh: Mapping[int, tuple[float, int, int]], now_ns: int) -> SampleBatch:
    n = len(fresh)
    return SampleBatch(
        np.array(list(fresh), dtype=np.uint32),
        np.array([v for v, _, _ in fresh.values()], dtype=np.float64),
        np.array([q for _, q, _ in fresh.values()], dtype=np.uint32),
        np.array([t for _, _, t in fresh.values()], dtype=np.int64),
        np.full(n, now_ns, dtype=np.int64),
    )
