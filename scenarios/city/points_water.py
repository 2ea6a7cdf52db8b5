"""The water points of the city: works, tanks, boosters, reducing valves, meters, test points."""

from __future__ import annotations

import numpy as np

from network_models.elements import Pipe, Tank, Valve
from network_models.units import PA_PER_M_WATER
from scenarios.city import names
from scenarios.city.graph import Bool
from scenarios.city.plan import CityPlan
from scenarios.city.stations import TANK_LEVELS_M
from scenarios.city.streets import MAIN, TRUNK, Streets
from scenarios.city.water import WaterCity
from scenarios.limits import END_RULE, RuleLimits
from scenarios.point_book import PointBook
from scenarios.points_for import add_model_points
from scenarios.spreading import spread

TEST_POINTS_SHARE = 0.085
"""Pressure test points for each intersection."""
MOST_TEST_POINTS = 4000
LEVEL_LIMITS = {"low_low": 0.8, "low": 1.3, "high": TANK_LEVELS_M[2] - 0.05}


def add_water_points(
    book: PointBook, plan: CityPlan, streets: Streets, city: WaterCity, limits: RuleLimits
) -> None:
    """Put all water points of the city on its devices."""
    for number in range(1, len(city.works) + 1):
        _works(book, city, number)
    for tank in city.net.nodes.values():
        if isinstance(tank, Tank):
            _tank(book, tank)
    for number in range(1, len(city.crossings.boosters) + 1):
        _booster(book, number)
    for number in range(1, len(city.crossings.reducers) + 1):
        _reducer(book, city, number)
    _meters(book, city)
    _test_points(book, plan, streets, city, limits)
    add_model_points(book, limits)


def _works(book: PointBook, city: WaterCity, number: int) -> None:
    name, title = f"W{number}", names.works(number)
    outlet = city.net.nodes[f"{name}-OUT"]
    usual = (67.0 + TANK_LEVELS_M[1] - outlet.elevation_m) * PA_PER_M_WATER * 1e-6
    plc = "plc-01"
    book.add(
        f"{name}-OUT-P", plc, "water", "pressure", "MPa", f"node:{name}-OUT",
        (f"{title.zh} 出厂水压", f"{title.en} outlet pressure"), scan="fast", priority="high",
        limits={"low": round(usual - 0.09, 3), "high": round(usual + 0.12, 3)},
        alarm_deadband=0.005, on_delay_s=10.0,
    )  # fmt: skip
    book.add(
        f"{name}-OUT-Q", plc, "water", "flow", "m3/h", f"link:{name}-MAIN",
        (f"{title.zh} 出厂流量", f"{title.en} outlet flow"), scan="fast",
    )  # fmt: skip
    book.add(
        f"{name}-CWT-H", plc, "water", "head", "mHead", f"node:R{number}",
        (f"{title.zh} 清水池水位标高", f"{title.en} clear-water level above datum"),
    )  # fmt: skip
    for quantity, unit, text, code, bounds in (
        ("concentration", "mg/L", ("出厂余氯", "outlet chlorine"), "CL", {"low": 0.3, "high": 1.0}),
        ("turbidity", "NTU", ("出厂浊度", "outlet turbidity"), "TU", {"high": 0.8}),
    ):
        book.add(
            f"{name}-OUT-{code}", plc, "water", quantity, unit, "",
            (f"{title.zh} {text[0]}", f"{title.en} {text[1]}"), scan="slow", limits=bounds,
            on_delay_s=60.0,
        )  # fmt: skip
    for pump in range(1, 5):
        _pump(book, plc, f"{name}-PU{pump}", f"{title.zh} {pump}号泵", f"{title.en} pump {pump}")


def _pump(book: PointBook, device: str, pump: str, zh: str, en: str) -> None:
    link = f"link:{pump}"
    book.add(f"{pump}-ST", device, "water", "status", "on/off", link,
             (f"{zh} 运行", f"{en} running"), scan="fast", writable=True)  # fmt: skip
    book.add(f"{pump}-N", device, "water", "speed", "ratio", link,
             (f"{zh} 转速比", f"{en} relative speed"), writable=True)  # fmt: skip
    book.add(f"{pump}-Q", device, "water", "flow", "m3/h", link,
             (f"{zh} 流量", f"{en} flow"))  # fmt: skip


def _tank(book: PointBook, tank: Tank) -> None:
    high = tank.id.startswith("BT")
    zh, en = ("高区水塔", "High-zone tank") if high else ("高位水池", "Elevated tank")
    number = tank.id.removeprefix("BT" if high else "T")
    book.add(
        f"{tank.id}-L", "plc-01", "water", "level", "m", f"node:{tank.id}",
        (f"{number}号{zh} 水位", f"{en} {number} level"), limits=LEVEL_LIMITS, priority="high",
        alarm_deadband=0.1, on_delay_s=5.0,
    )  # fmt: skip


def _booster(book: PointBook, number: int) -> None:
    name, rtu = f"B{number}", "rtu-01"
    zh, en = f"{number}号加压泵站", f"Booster station {number}"
    for side, word in (
        ("IN", ("进水压力", "inlet pressure")),
        ("OUT", ("出水压力", "outlet pressure")),
    ):
        book.add(f"{name}-{side}-P", rtu, "water", "pressure", "MPa", f"node:{name}-{side}",
                 (f"{zh} {word[0]}", f"{en} {word[1]}"), scan="fast")  # fmt: skip
    book.add(f"{name}-Q", rtu, "water", "flow", "m3/h", f"link:{name}-B",
             (f"{zh} 出水流量", f"{en} flow into the high zone"))  # fmt: skip
    for pump in (1, 2):
        _pump(book, rtu, f"{name}-PU{pump}", f"{zh} {pump}号泵", f"{en} pump {pump}")


def _reducer(book: PointBook, city: WaterCity, number: int) -> None:
    name, rtu = f"V{number}", "rtu-01"
    zh, en = f"{number}号减压阀", f"Reducing valve {number}"
    valve = city.net.links[name]
    assert isinstance(valve, Valve)
    held = valve.setting * PA_PER_M_WATER * 1e-6
    book.add(f"{name}-SP", rtu, "water", "pressure", "MPa", f"link:{name}",
             (f"{zh} 阀后压力设定", f"{en} set point"), writable=True)  # fmt: skip
    book.add(f"{name}-IN-P", rtu, "water", "pressure", "MPa", f"node:{name}-IN",
             (f"{zh} 阀前压力", f"{en} inlet pressure"))  # fmt: skip
    book.add(
        f"{name}-OUT-P", rtu, "water", "pressure", "MPa", f"node:{name}-OUT",
        (f"{zh} 阀后压力", f"{en} outlet pressure"), limits={"high": round(held + 0.06, 3)},
        alarm_deadband=0.005, on_delay_s=10.0, scan="fast",
    )  # fmt: skip
    book.add(f"{name}-Q", rtu, "water", "flow", "m3/h", f"link:{name}-B",
             (f"{zh} 流量", f"{en} zone inflow"))  # fmt: skip


def _meters(book: PointBook, city: WaterCity) -> None:
    """Inflow meters of the metered areas."""
    pipes = {
        (link.start, link.end): link.id
        for link in city.net.links.values()
        if isinstance(link, Pipe)
    }
    area = {zone: i for i, zone in enumerate(
        dict.fromkeys(c.zone for c in city.crossings.meters), start=1)}  # fmt: skip
    seen: dict[int, int] = {}
    for crossing in city.crossings.meters:
        seen[crossing.zone] = inlet = seen.get(crossing.zone, 0) + 1
        number = area[crossing.zone]
        pipe = pipes[(city.ids[crossing.outer], city.ids[crossing.inner])]
        book.add(
            f"DMA{number:02d}-{inlet}-Q", "rtu-02", "water", "flow", "m3/h", f"link:{pipe}",
            (f"{number}号计量分区 {inlet}号进水流量", f"Metered area {number} inflow {inlet}"),
        )  # fmt: skip


def _test_points(
    book: PointBook, plan: CityPlan, streets: Streets, city: WaterCity, limits: RuleLimits
) -> None:
    """Pressure test points: spread over the network ends first, then over all streets."""
    count = min(MOST_TEST_POINTS, max(8, round(TEST_POINTS_SHARE * streets.count)))
    on_main = np.flatnonzero(_touches(streets, city))
    lowest = int(np.argmax(np.round(streets.elevation[on_main], 2)))
    ends = on_main[spread(streets.x[on_main], streets.y[on_main], round(0.6 * count), lowest)]
    rest = np.setdiff1d(np.arange(streets.count), ends)
    others = rest[spread(streets.x[rest], streets.y[rest], count - len(ends), 0)]
    for number, (node, end) in enumerate(
        [*((int(n), True) for n in ends), *((int(n), False) for n in others)], start=1
    ):
        device = "rtu-02" if number % 2 else "rtu-03"
        where = _corner(streets, node)
        mark = ("管网末梢", "network end") if end else ("测压点", "test point")
        book.add(
            f"P{number:03d}", device, "water", "pressure", "MPa", f"node:{city.ids[node]}",
            (f"{where.zh} {mark[0]}压力", f"{where.en} {mark[1]} pressure"),
            limits=limits.end_mpa if end else {}, alarm_deadband=0.005 if end else 0.0,
            on_delay_s=30.0 if end else 0.0, priority="high" if end else "medium",
            rule=END_RULE if end and limits.end_mpa else "", end_point=end,
        )  # fmt: skip


def _touches(streets: Streets, city: WaterCity) -> Bool:
    """Whether an intersection lies on a DN300 main: what the rule calls the network end."""
    own = np.zeros(streets.count, dtype=np.bool_)
    dn300 = city.crossings.piped & (city.dn_mm == 300) & (streets.kind == MAIN)
    own[streets.a[dn300]] = own[streets.b[dn300]] = True
    return np.asarray(own & (streets.rank != TRUNK))


def _corner(streets: Streets, node: int) -> names.Name:
    """Where two streets meet."""
    east = names.street(2 * int(streets.row[node]), int(streets.rank[node]))
    north = names.street(2 * int(streets.col[node]) + 1, 0)
    return names.Name(f"{east.zh}与{north.zh}口", f"{east.en} at {north.en}")
