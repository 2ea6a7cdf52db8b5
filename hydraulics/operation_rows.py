"""Rows of curves, patterns, demands and simple controls for the kernels."""

from __future__ import annotations

import numpy as np

from hydraulics.tables import (
    ABOVE,
    ACTIVE,
    AT_CLOCKTIME,
    AT_TIME,
    BELOW,
    CLOSED,
    CONTROL,
    DEMAND,
    MISSING,
    OPEN,
)
from hydraulics.types import F64, I64, U32, Table
from hydraulics.us_units import FOOT3_M3, FOOT_M
from network_models.elements import Junction, Pipe, Pump, Tank, Valve
from network_models.network import Network
from network_models.operation import Control

STATUS = {"open": OPEN, "closed": CLOSED, "active": ACTIVE}


class CurveRows:
    """All curves end to end, in the kernels' units by how they are used."""

    def __init__(self, net: Network, factor: float) -> None:
        scale = _scales(net, factor)
        self.row: dict[str, int] = {id_: i for i, id_ in enumerate(net.curves)}
        xs: list[float] = []
        ys: list[float] = []
        first = [0]
        for id_, curve in net.curves.items():
            sx, sy = scale.get(id_, (1.0, 1.0))
            xs.extend(x / sx for x, _ in curve.points)
            ys.extend(y / sy for _, y in curve.points)
            first.append(len(xs))
        self.first: U32 = np.array(first, dtype=np.uint32)
        self.x: F64 = np.array(xs, dtype=np.float64)
        self.y: F64 = np.array(ys, dtype=np.float64)

    def points(self, id_: str) -> tuple[F64, F64]:
        """The points of one curve."""
        begin, end = self.first[self.row[id_]], self.first[self.row[id_] + 1]
        return self.x[begin:end], self.y[begin:end]


def _scales(net: Network, factor: float) -> dict[str, tuple[float, float]]:
    scale: dict[str, tuple[float, float]] = {}
    for link in net.links.values():
        if isinstance(link, Pump) and link.head_curve is not None:
            scale[link.head_curve] = (factor, FOOT_M)
        elif isinstance(link, Valve) and link.curve is not None and link.kind == "GPV":
            scale[link.curve] = (factor, FOOT_M)
    for node in net.nodes.values():
        if isinstance(node, Tank) and node.volume_curve is not None:
            scale[node.volume_curve] = (FOOT_M, FOOT3_M3)
    return scale


def pattern_rows(net: Network) -> tuple[dict[str, int], U32, F64]:
    """Row of each pattern id, first places, multipliers. Row 0 is the constant 1."""
    rows: dict[str, int] = {}
    first, values = [0, 1], [1.0]
    for id_, pattern in net.patterns.items():
        rows[id_] = len(first) - 1
        values.extend(pattern.multipliers or (1.0,))
        first.append(len(values))
    return rows, np.array(first, dtype=np.uint32), np.array(values, dtype=np.float64)


def demand_rows(net: Network, row_of_node: I64, patterns: dict[str, int], factor: float) -> Table:
    """One row a demand category; without a pattern the default pattern holds, if there is one."""
    default = patterns.get(net.options.default_pattern or "", 0)
    row_of_pattern: dict[str | None, int] = {None: default}
    row_of_pattern.update(patterns)
    junctions = [(i, n) for i, n in enumerate(net.nodes.values()) if isinstance(n, Junction)]
    found = [(i, demand) for i, junction in junctions for demand in junction.demands]
    rows = np.zeros(len(found), dtype=DEMAND)
    rows["node"] = row_of_node[[i for i, _ in found]] if found else 0
    rows["pattern"] = [row_of_pattern[demand.pattern] for _, demand in found]
    rows["base"] = np.array([demand.base_m3s for _, demand in found]) / factor
    return rows


def control_rows(
    net: Network, row_of_node: I64, link_index: dict[str, int], factor: float
) -> Table:
    """Enabled simple controls in file order. Check valves obey none."""
    nodes = dict(zip(net.nodes, row_of_node.tolist(), strict=True))
    controls = [control for control in net.controls if control.enabled]
    rows = np.zeros(len(controls), dtype=CONTROL)
    for row, control in zip(rows, controls, strict=True):
        row["link"] = link_index[control.link]
        row["status"], row["setting"] = _action(net, control, factor)
        if control.node is not None:
            row["kind"] = ABOVE if control.trigger == "above" else BELOW
            row["node"] = nodes[control.node]
            bottom = net.nodes[control.node].elevation_m
            row["grade"] = bottom / FOOT_M + (control.threshold_m or 0.0) / FOOT_M
        else:
            row["kind"] = AT_CLOCKTIME if control.trigger == "clocktime" else AT_TIME
            row["time"] = control.time_s or 0.0
    return rows


def _action(net: Network, control: Control, factor: float) -> tuple[int, float]:
    """Status and setting that a control gives, as EPANET reads its words."""
    link = net.links[control.link]
    if isinstance(link, Pipe):
        closed = control.status == "closed" or control.setting == 0.0
        return (CLOSED if closed else OPEN), MISSING
    if isinstance(link, Pump):
        if control.setting is not None:
            return (CLOSED if control.setting == 0.0 else OPEN), control.setting
        return (CLOSED, 0.0) if control.status == "closed" else (OPEN, 1.0)
    if control.setting is None:
        kind_setting = 0.0 if isinstance(link, Valve) and link.kind == "GPV" else MISSING
        return STATUS[control.status or "open"], kind_setting
    if isinstance(link, Valve) and link.kind == "FCV":
        return ACTIVE, control.setting / factor
    if isinstance(link, Valve) and link.kind in ("PRV", "PSV", "PBV"):
        return ACTIVE, control.setting / FOOT_M
    return ACTIVE, control.setting
