"""From records to arrays: a network compiled once, for any number of solves.

Structure (who touches whom, the order of elimination) is apart from numbers: a frozen
`NetworkArrays` is shared by all runs of a network, each run has its own `Work`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from hydraulics.errors import SolveError
from hydraulics.leakage import leak_rows
from hydraulics.link_rows import link_rows
from hydraulics.operation_rows import CurveRows, control_rows, demand_rows, pattern_rows
from hydraulics.ordering import Pattern, analyse
from hydraulics.pipes import plain_pipes
from hydraulics.proof.tables import Proof, proof_tables
from hydraulics.rule_rows import RuleRows
from hydraulics.tables import NODE, PIPE, PUMP, SOURCE, Settings, Tables
from hydraulics.types import F64, I64, U32, Table
from hydraulics.us_units import FOOT3_M3, FOOT_M, m3s_per_cfs
from network_models.elements import Junction, Node, Pump, Reservoir, Tank, Valve
from network_models.network import Network
from network_models.operation import Options, Times
from network_models.topology import link_ends


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkArrays:
    """A compiled water network.

    `row_of_node` (N,) gives the kernel row of each node in file order, `node_of_row` its inverse;
    links keep the file's order. `junctions` rows come first. `m3s_per_cfs` converts flows.
    """

    network: Network
    node_ids: tuple[str, ...]
    link_ids: tuple[str, ...]
    node_index: dict[str, int]
    link_index: dict[str, int]
    junctions: int
    row_of_node: I64
    node_of_row: I64
    elevation_m: F64
    area_m2: F64
    m3s_per_cfs: float
    tables: Tables
    pump_ids: tuple[str, ...]
    pattern: Pattern
    proof: Proof
    """What the judge of solutions reads, made from the records apart from `tables`."""


def compile_network(net: Network) -> NetworkArrays:
    """Arrays for the water kernels.

    Raises SolveError when the network has no source, or a pressure or flow valve touches one.
    """
    nodes = list(net.nodes.values())
    fixed = np.array([kind is not Junction for kind in map(type, nodes)], dtype=bool)
    if not fixed.any():
        raise SolveError("the network has no reservoir or tank: add a source of fixed head")
    index = dict(zip(net.nodes, range(len(nodes)), strict=True))
    both = link_ends(net)
    starts, ends = both.start, both.end
    _check_valves(net)
    free = np.flatnonzero(~fixed)
    place = np.full(len(nodes), -1, dtype=np.int64)
    place[free] = np.arange(len(free))
    inner = ~fixed[starts] & ~fixed[ends]
    pattern = analyse(len(free), place[starts[inner]], place[ends[inner]])
    node_of_row = np.concatenate((free[pattern.order.astype(np.int64)], np.flatnonzero(fixed)))
    row_of_node = np.empty(len(nodes), dtype=np.int64)
    row_of_node[node_of_row] = np.arange(len(nodes))
    start_rows, end_rows = row_of_node[starts], row_of_node[ends]
    places = np.full(len(starts), len(pattern.row), dtype=np.int64)
    stored = inner & (starts != ends)
    places[stored] = pattern.places(start_rows[stored], end_rows[stored])
    factor = m3s_per_cfs(net.options.flow_unit)
    curves = CurveRows(net, factor)
    patterns, pattern_first, pattern_value = pattern_rows(net)
    links, pumps = link_rows(net, start_rows, end_rows, places, curves, patterns, factor)
    near_first, near_link, near_node = _adjacency(len(nodes), start_rows, end_rows)
    plain = inner & (starts != ends) & (links["kind"] == PIPE)
    link_index = dict(zip(net.links, range(len(net.links)), strict=True))
    ruled = RuleRows(net, row_of_node, link_index, links["kind"], factor)
    tables = Tables(
        links=links,
        pumps=pumps,
        nodes=_node_rows([nodes[i] for i in node_of_row], node_of_row, net.options, factor),
        sources=_source_rows([nodes[i] for i in node_of_row[len(free) :]], curves, patterns),
        demands=demand_rows(net, row_of_node, patterns, factor),
        controls=control_rows(net, row_of_node, link_index, factor),
        valves=np.flatnonzero(links["kind"] > PUMP).astype(np.uint32),
        curve_first=curves.first,
        curve_x=curves.x,
        curve_y=curves.y,
        pattern_first=pattern_first,
        pattern_value=pattern_value,
        first=pattern.first,
        row=pattern.row,
        target=pattern.target,
        near_first=near_first,
        near_link=near_link,
        rules=ruled.rules,
        premises=ruled.premises,
        actions=ruled.actions,
        near_node=near_node,
        runs=pattern.runs,
        pipes=plain_pipes(links, np.flatnonzero(plain)),
        others=np.flatnonzero(~plain).astype(np.uint32),
        leaks=leak_rows(net, row_of_node),
    )
    return NetworkArrays(
        network=net,
        node_ids=net.node_ids,
        link_ids=net.link_ids,
        node_index=index,
        link_index=link_index,
        junctions=len(free),
        row_of_node=row_of_node,
        node_of_row=node_of_row,
        elevation_m=np.array([n.elevation_m for n in nodes]),
        area_m2=np.pi
        * np.array([getattr(link, "diameter_m", 0.0) for link in net.links.values()]) ** 2
        / 4.0,
        m3s_per_cfs=factor,
        tables=tables,
        pump_ids=tuple(id_ for id_, link in net.links.items() if isinstance(link, Pump)),
        pattern=pattern,
        proof=proof_tables(net, row_of_node=row_of_node),
    )


def with_emitters(arrays: NetworkArrays, net: Network) -> NetworkArrays:
    """`arrays` for a network that differs in the emitters of some junctions only."""
    rows, emitter = arrays.tables.nodes.copy(), arrays.proof.emitter.copy()
    for i, (id_, node) in enumerate(net.nodes.items()):
        if isinstance(node, Junction) and node is not arrays.network.nodes[id_]:
            row = arrays.row_of_node[i]
            emitter[row] = node.emitter_coefficient
            rows[row]["emitter"] = emitter_coefficient(
                node.emitter_coefficient, net.options.emitter_exponent, arrays.m3s_per_cfs
            )
    proof = arrays.proof._replace(emitter=emitter)
    return replace(arrays, network=net, tables=arrays.tables._replace(nodes=rows), proof=proof)


def settings_of(options: Options, times: Times, factor: float) -> Settings:
    """The kernels' settings; steps are made consistent as EPANET does."""
    pattern_step = times.pattern_step_s if times.pattern_step_s > 0 else 3600
    report_step = times.report_step_s if times.report_step_s > 0 else pattern_step
    step = times.hydraulic_step_s if times.hydraulic_step_s > 0 else 3600
    hydraulic_step = float(min(step, pattern_step, report_step))
    rule_step = float(times.rule_step_s) or float(int(hydraulic_step) // 10)
    law = {"H-W": 0, "D-W": 1, "C-M": 2}[options.headloss]
    return Settings(
        law=law,
        exponent=1.852 if law == 0 else 2.0,
        trials=options.trials,
        more_trials=max(options.unbalanced_continue or 0, 0),
        accuracy=options.accuracy,
        head_error=options.head_error_m / FOOT_M,
        flow_change=options.flow_change_m3s / factor,
        check_frequency=options.check_frequency,
        maximum_check=options.maximum_check,
        damp_limit=options.damp_limit,
        pressure_driven=options.demand_model == "PDA",
        least_pressure=options.minimum_pressure_m / FOOT_M,
        required_pressure=options.required_pressure_m / FOOT_M,
        demand_exponent=options.pressure_exponent,
        emitter_exponent=1.0 / options.emitter_exponent,
        backflow=options.emitter_backflow,
        demand_factor=options.demand_multiplier,
        pattern_step=float(pattern_step),
        pattern_start=float(times.pattern_start_s),
        hydraulic_step=hydraulic_step,
        start_clock=float(times.start_clocktime_s),
        rule_step=max(1.0, min(rule_step, hydraulic_step)),
    )


def _check_valves(net: Network) -> None:
    for link in net.links.values():
        if isinstance(link, Valve) and link.kind in ("PRV", "PSV", "FCV"):
            for end in (link.start, link.end):
                if not isinstance(net.nodes[end], Junction):
                    raise SolveError(
                        f"{link.kind} {link.id} touches the source {end}: "
                        "put a short pipe between them",
                        elements=(link.id, end),
                    )


def emitter_coefficient(coefficient: float, exponent: float, factor: float) -> float:
    """An emitter's drop coefficient (ft a cfs**(1/n)) of q = coefficient * p**n (m3/s, m)."""
    if coefficient <= 0.0:
        return 0.0
    return float((factor / coefficient) ** (1.0 / exponent) / FOOT_M)


def _node_rows(nodes: list[Node], position: I64, options: Options, factor: float) -> Table:
    rows = np.zeros(len(nodes), dtype=NODE)
    rows["elevation"] = np.array([node.elevation_m for node in nodes]) / FOOT_M
    for i, node in enumerate(nodes):
        if isinstance(node, Junction) and node.emitter_coefficient > 0.0:
            rows[i]["emitter"] = emitter_coefficient(
                node.emitter_coefficient, options.emitter_exponent, factor
            )
    rows["position"] = position
    return rows


def _source_rows(nodes: list[Node], curves: CurveRows, patterns: dict[str, int]) -> Table:
    rows = np.zeros(len(nodes), dtype=SOURCE)
    rows["curve"] = rows["pattern"] = -1
    for row, node in zip(rows, nodes, strict=True):
        bottom = node.elevation_m / FOOT_M
        row["head"] = bottom
        if isinstance(node, Reservoir) and node.pattern is not None:
            row["pattern"] = patterns[node.pattern]
        if not isinstance(node, Tank):
            continue
        levels = (node.minimum_level_m, node.maximum_level_m, node.initial_level_m)
        heads = [bottom + level / FOOT_M for level in levels]
        if node.volume_curve is None:
            area = np.pi * (node.diameter_m / FOOT_M) ** 2 / 4.0
            least = node.minimum_volume_m3 / FOOT3_M3
            if least == 0.0:
                least = area * node.minimum_level_m / FOOT_M
            volumes = [least + (head - heads[0]) * area for head in heads]
        else:
            row["curve"] = curves.row[node.volume_curve]
            x, y = curves.points(node.volume_curve)
            volumes = [float(np.interp(level / FOOT_M, x, y)) for level in levels]
            area = (y[-1] - y[0]) / (x[-1] - x[0])
        row["area"] = area
        row["least_head"], row["greatest_head"], row["head"] = heads
        row["least_volume"], row["greatest_volume"], row["volume"] = volumes
        row["overflow"] = node.overflow
    return rows


def _adjacency(nodes: int, starts: I64, ends: I64) -> tuple[U32, U32, U32]:
    both = np.concatenate((starts, ends))
    order = np.argsort(both, kind="stable")
    first = np.zeros(nodes + 1, dtype=np.uint32)
    first[1:] = np.cumsum(np.bincount(both, minlength=nodes))
    other = np.concatenate((ends, starts))[order].astype(np.uint32)
    return first, (order % max(len(starts), 1)).astype(np.uint32), other
