"""Which gas point sets what in the live model, and which is compared with what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hmi.live.mapping import MODEL_DRIVER
from hmi.live.medium import F64, I64
from hydraulics.gas.model import GasModel
from hydraulics.gas.state import GasSolution
from hydraulics.gas.tables import REGULATOR
from network_models.elements import GasSource, Regulator
from scada.point import Point

PRESSURE_SIGMA_RELATIVE = 0.02
"""Instrument, pipes and demands of single streets together, of the gauge pressure."""
FLOW_SIGMA_RELATIVE = 0.05
FLOW_SIGMA_LEAST_M3S = 0.01


@dataclass(frozen=True, slots=True)
class Beside:
    """Point `point` is `sign` * the model's node pressure or link flow at `index` * `factor`."""

    point: int
    is_flow: bool
    index: int
    factor: float


@dataclass(frozen=True, slots=True)
class Feed:
    """Point `point` times `kgs` is what a source feeds, link `index` times `sign` in the model."""

    point: int
    index: int
    sign: float
    kgs: float


class GasTies:
    """The ties of one compiled network's points, by handle.

    Boundary: `gates` (points by the row of a gate that holds its pressure), `settings` (points by
    the slot of a regulator), `status` (slots). `feeds` meter sources; `beside` is compared.
    """

    def __init__(self, model: GasModel, points: Sequence[Point]) -> None:
        self._model, self._net = model, model.arrays.network
        self._density = model.arrays.gas.normal_density
        self.gates: dict[int, list[int]] = {}
        self.settings: dict[int, list[int]] = {}
        self.status: dict[int, int] = {}
        self.feeds: list[Feed] = []
        self.beside: list[Beside] = []
        for handle, point in enumerate(points):
            if point.utility == "gas" and point.driver != MODEL_DRIVER:
                self._tie(handle, point)

    def _tie(self, handle: int, point: Point) -> None:
        kind, _, name = point.element.partition(":")
        arrays = self._model.arrays
        if kind == "node" and name in arrays.node_index:
            self._tie_node(handle, point, name, arrays.node_index[name])
        elif kind == "link" and name in arrays.link_index:
            self._tie_link(handle, point, name, arrays.link_index[name])

    def _tie_node(self, handle: int, point: Point, name: str, index: int) -> None:
        arrays, tables = self._model.arrays, self._model.tables
        node = self._net.nodes[name]
        row = int(arrays.structure.row_of[index])
        if point.quantity == "pressure":
            regulators = [
                int(k)
                for k in np.flatnonzero(tables.kind == REGULATOR)
                if tables.held_row[k] == row
            ]
            if isinstance(node, GasSource) and node.control == "pressure":
                self.gates.setdefault(row, []).append(handle)
            elif regulators:
                for k in regulators:
                    self.settings.setdefault(k, []).append(handle)
            else:
                self.beside.append(Beside(handle, False, index, 1.0))
        elif isinstance(node, GasSource) and point.quantity in ("flow", "mass_flow"):
            links = [
                (i, 1.0 if k.start == name else -1.0)
                for i, k in enumerate(self._net.links.values())
                if name in (k.start, k.end)
            ]
            if len(links) == 1:
                index, sign = links[0]
                self._add_flow(handle, point, index, sign, feeds=True)

    def _tie_link(self, handle: int, point: Point, name: str, index: int) -> None:
        link = self._net.links[name]
        slot = int(self._model.arrays.structure.slot_of[index])
        if point.quantity == "status":
            self.status[handle] = slot
        elif point.quantity in ("flow", "mass_flow"):
            ends = [isinstance(self._net.nodes[end], GasSource) for end in (link.start, link.end)]
            sign = -1.0 if ends == [False, True] else 1.0
            self._add_flow(handle, point, index, sign, feeds=ends[0] != ends[1])
        elif isinstance(link, Regulator) and point.quantity in ("setting", "pressure"):
            self.settings.setdefault(slot, []).append(handle)
        elif point.quantity == "pressure":
            end = self._model.arrays.node_index[link.end]
            self.beside.append(Beside(handle, False, end, 1.0))

    def _add_flow(self, handle: int, point: Point, index: int, sign: float, *, feeds: bool) -> None:
        per_kgs = 1.0 if point.quantity == "mass_flow" else 1.0 / self._density
        # A link's meter counts along the link, a source's counts what it feeds.
        along = sign if point.element.startswith("node:") else 1.0
        if feeds and index not in {feed.index for feed in self.feeds}:
            self.feeds.append(Feed(handle, index, sign, sign * along / per_kgs))
        self.beside.append(Beside(handle, True, index, along * per_kgs))

    def modelled(self, solution: GasSolution) -> tuple[I64, F64, F64]:
        """Handles, modelled SI values and standard deviations of the measured points."""
        values = np.array(
            [
                (solution.flow_kgs[b.index] if b.is_flow else solution.pressure_pa[b.index])
                * b.factor
                for b in self.beside
            ],
            dtype=np.float64,
        )
        flows = np.array([b.is_flow for b in self.beside], dtype=bool)
        sigma = np.where(
            flows,
            np.maximum(FLOW_SIGMA_RELATIVE * np.abs(values), FLOW_SIGMA_LEAST_M3S),
            np.maximum(PRESSURE_SIGMA_RELATIVE * np.abs(values), 1.0),
        )
        return np.array([b.point for b in self.beside], dtype=np.int64), values, sigma
