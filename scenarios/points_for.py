"""A point list for a bare water network: what an operator would want to measure and to move."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from network_models.elements import Junction, Link, Pipe, Pump, Reservoir, Tank, Valve
from network_models.network import Network
from network_models.units import PA_PER_M_WATER
from scada.point_table import PointTable
from scenarios.devices import DEVICES
from scenarios.limits import END_RULE, RuleLimits
from scenarios.point_book import PointBook
from scenarios.spreading import distance_from_sources, spread

TEST_POINTS = 30
END_DIAMETER_M = 0.3
PLC = "plc-01"
VALVES = "rtu-01"
PRESSURES = ("rtu-02", "rtu-03", "rtu-04")


def choose_points(
    net: Network, limits: RuleLimits, *, test_points: int = TEST_POINTS
) -> PointTable:
    """Points of a water network on one PLC and four RTUs.

    Flows of the sources, levels of the tanks, status, speed and flow of the pumps, set points and
    pressures of the valves, and `test_points` pressures: the highest ground, the places farthest
    from the sources, DN300 mains, then an even spread. ValueError for another medium.
    """
    if net.medium != "water":
        raise ValueError(f"points are chosen for water networks, not for {net.medium}")
    book = PointBook({device.name: device for device in DEVICES})
    metered: set[str] = set()
    for link in net.links.values():
        if isinstance(link, Pump):
            _pump(book, link)
            metered.add(link.id)
        elif isinstance(link, Valve):
            _valve(book, net, link)
            metered.add(link.id)
    for node in net.nodes.values():
        if isinstance(node, Tank):
            _tank(book, node)
        elif isinstance(node, Reservoir):
            _source(book, net, node, metered)
    _pressures(book, net, limits, test_points)
    add_model_points(book, limits)
    return book.table()


def add_model_points(book: PointBook, limits: RuleLimits) -> None:
    """What the live model computes: no device measures it."""
    book.add(
        "MODEL-END-MIN-PRESSURE", "model", "water", "pressure", "MPa", "",
        ("模型 管网末梢最低压力", "Model: lowest pressure at network ends"), limits=limits.end_mpa,
        rule=END_RULE if limits.end_mpa else "", priority="high", alarm_deadband=0.005,
    )  # fmt: skip
    book.add("MODEL-END-BELOW-COUNT", "model", "water", "count", "pcs", "",
             ("模型 低于限值的末梢数", "Model: network ends below the limit"))  # fmt: skip
    book.add("MODEL-RESIDUAL-MAX", "model", "water", "pressure", "MPa", "",
             ("模型 最大压力偏差", "Model: largest pressure residual"),
             limits={"high": 0.08}, on_delay_s=60.0, alarm_deadband=0.01)  # fmt: skip
    book.add("MODEL-UNSUPPLIED-NODES", "model", "water", "count", "pcs", "",
             ("模型 无水节点数", "Model: nodes without supply"), priority="urgent",
             limits={"high": 0.5})  # fmt: skip


def _pump(book: PointBook, pump: Pump) -> None:
    zh, en, link = f"水泵 {pump.id}", f"Pump {pump.id}", f"link:{pump.id}"
    book.add(f"{pump.id}-ST", PLC, "water", "status", "on/off", link,
             (f"{zh} 运行", f"{en} running"), scan="fast", writable=True)  # fmt: skip
    book.add(f"{pump.id}-N", PLC, "water", "speed", "ratio", link,
             (f"{zh} 转速比", f"{en} relative speed"), writable=True)  # fmt: skip
    book.add(f"{pump.id}-Q", PLC, "water", "flow", "m3/h", link,
             (f"{zh} 流量", f"{en} flow"))  # fmt: skip


def _valve(book: PointBook, net: Network, valve: Valve) -> None:
    zh, en, link = f"阀门 {valve.id}", f"Valve {valve.id}", f"link:{valve.id}"
    if valve.kind in ("PRV", "PSV", "PBV"):
        book.add(f"{valve.id}-SP", VALVES, "water", "pressure", "MPa", link,
                 (f"{zh} 压力设定", f"{en} set point"), writable=True)  # fmt: skip
    elif valve.kind == "FCV":
        book.add(f"{valve.id}-SP", VALVES, "water", "setting", "m3/h", link,
                 (f"{zh} 流量设定", f"{en} set point"), writable=True)  # fmt: skip
    for node, code, words in (
        (valve.start, "IN", ("阀前压力", "inlet pressure")),
        (valve.end, "OUT", ("阀后压力", "outlet pressure")),
    ):
        if isinstance(net.nodes[node], Junction):
            held = valve.setting * PA_PER_M_WATER * 1e-6
            reducing = valve.kind == "PRV" and code == "OUT"
            book.add(
                f"{valve.id}-{code}-P", VALVES, "water", "pressure", "MPa", f"node:{node}",
                (f"{zh} {words[0]}", f"{en} {words[1]}"), on_delay_s=10.0 if reducing else 0.0,
                limits={"high": round(held + 0.06, 3)} if reducing else {},
            )  # fmt: skip
    book.add(f"{valve.id}-Q", VALVES, "water", "flow", "m3/h", link,
             (f"{zh} 流量", f"{en} flow"))  # fmt: skip


def _tank(book: PointBook, tank: Tank) -> None:
    span = tank.maximum_level_m - tank.minimum_level_m
    bounds = {
        "low_low": round(tank.minimum_level_m + 0.05 * span, 3),
        "low": round(tank.minimum_level_m + 0.12 * span, 3),
        "high": round(tank.maximum_level_m - 0.02 * span, 3),
    }
    book.add(
        f"{tank.id}-L", PLC, "water", "level", "m", f"node:{tank.id}",
        (f"水池 {tank.id} 水位", f"Tank {tank.id} level"), limits=bounds if span > 0 else {},
        priority="high", alarm_deadband=round(0.02 * span, 3), on_delay_s=5.0,
    )  # fmt: skip


def _source(book: PointBook, net: Network, source: Reservoir, metered: set[str]) -> None:
    book.add(f"{source.id}-H", PLC, "water", "head", "mHead", f"node:{source.id}",
             (f"水源 {source.id} 水位标高", f"Source {source.id} level above datum"))  # fmt: skip
    for link in _at(net, source.id):
        if link.id not in metered:
            metered.add(link.id)
            book.add(f"{link.id}-Q", PLC, "water", "flow", "m3/h", f"link:{link.id}",
                     (f"水源 {source.id} 出水流量", f"Flow from source {source.id}"),
                     scan="fast")  # fmt: skip


def _at(net: Network, node: str) -> Iterable[Link]:
    return (link for link in net.links.values() if node in (link.start, link.end))


def _pressures(book: PointBook, net: Network, limits: RuleLimits, count: int) -> None:
    """A quarter or more of the test points are network ends: the rule's limit is theirs."""
    taken = {point.element for point in book.points if point.quantity == "pressure"}
    free = [
        node
        for node in net.nodes.values()
        if isinstance(node, Junction) and f"node:{node.id}" not in taken and node.demands
    ] or [node for node in net.nodes.values() if isinstance(node, Junction)]
    count = min(count, len(free))
    place = {node.id: i for i, node in enumerate(free)}
    far = distance_from_sources(net)
    by_height = sorted(free, key=lambda node: (-node.elevation_m, place[node.id]))
    by_way = sorted(free, key=lambda node: (-far.get(node.id, 0.0), place[node.id]))
    mains = _main_ends(net)
    on_main = [node for node in free if node.id in mains]
    ends = dict.fromkeys(
        node.id
        for node in (*by_height[: count // 8], *by_way[: count // 8], *_even(on_main, count // 6))
    )
    rest = [node for node in free if node.id not in ends]
    others = [node.id for node in _even(rest, count - len(ends))]
    for number, name in enumerate([*ends, *others]):
        end = name in ends
        book.add(
            f"{name}-P", PRESSURES[number % len(PRESSURES)], "water", "pressure", "MPa",
            f"node:{name}",
            (f"{'管网末梢' if end else '测压点'} {name} 压力",
             f"{'Network end' if end else 'Test point'} {name} pressure"),
            limits=limits.end_mpa if end else {}, alarm_deadband=0.005 if end else 0.0,
            on_delay_s=30.0 if end else 0.0, priority="high" if end else "medium",
            rule=END_RULE if end and limits.end_mpa else "", end_point=end,
        )  # fmt: skip


def _main_ends(net: Network) -> set[str]:
    """Nodes on DN300 mains, what the rules call the network end."""
    return {
        node
        for link in net.links.values()
        if isinstance(link, Pipe) and abs(link.diameter_m - END_DIAMETER_M) < 0.005
        for node in (link.start, link.end)
    }


def _even(nodes: list[Junction], count: int) -> list[Junction]:
    """An even choice: over the plan, or over the list where there is no plan."""
    if count <= 0 or not nodes:
        return []
    if any(node.position is None for node in nodes):
        step = np.linspace(0, len(nodes) - 1, min(count, len(nodes)))
        return [nodes[int(i)] for i in np.unique(step.astype(np.int64))]
    x, y = np.array([node.position for node in nodes], dtype=np.float64).T
    return [nodes[int(i)] for i in spread(x, y, count, 0)]
