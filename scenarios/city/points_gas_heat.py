"""The gas and heat points of the city."""

from __future__ import annotations

from network_models.elements import HeatSource, Substation
from network_models.physics import ZERO_C_K
from scenarios.city import names
from scenarios.city.gas import DISTRICT_PA, GATE_PA, GasCity
from scenarios.city.heat import AVAILABLE_HEAD_PA, RETURN_K, RISE_PA, SUPPLY_K, HeatCity
from scenarios.limits import END_DP_RULE, GAS_RULE, RuleLimits
from scenarios.point_book import PointBook

GAS, HEAT = "rtu-03", "rtu-04"
MOST_STATIONS = 400
NEEDED_KPA = AVAILABLE_HEAD_PA / 1e3
TEMPERATURE_MARGIN_K = 12.0
USER_RESIDUAL_PA, MEDIUM_RESIDUAL_KPA = 300.0, 25.0
HEAT_RESIDUAL_KPA = 100.0
"""Residuals beyond these are no demand of a street: an instrument, a regulator, a leak."""


def add_gas_points(book: PointBook, city: GasCity, limits: RuleLimits) -> None:
    """City gates, district regulators and the last users of each district."""
    for number, gate in enumerate(city.gates, start=1):
        zh, en = f"{number}号门站", f"City gate {number}"
        usual = GATE_PA * 1e-3
        book.add(
            f"{gate}-P", HEAT, "gas", "pressure", "kPa", f"node:{gate}",
            (f"{zh} 出站压力", f"{en} outlet pressure"), scan="fast", priority="high",
            limits={"low": round(0.75 * usual, 1), "high": round(1.15 * usual, 1)},
            alarm_deadband=2.0, on_delay_s=5.0,
        )  # fmt: skip
        book.add(f"{gate}-Q", HEAT, "gas", "flow", "m3/h", f"link:{gate}-MAIN",
                 (f"{zh} 流量", f"{en} flow"))  # fmt: skip
        book.add(f"{gate}-T", HEAT, "gas", "temperature", "degC", f"node:{gate}",
                 (f"{zh} 温度", f"{en} temperature"), scan="slow")  # fmt: skip
    for number in range(1, len(city.districts) + 1):
        _regulator(book, number)
    for number, end in enumerate(city.ends, start=1):
        place = names.community(number * 3)
        book.add(
            f"GU{number:03d}-P", GAS, "gas", "pressure", "Pa", f"node:{end}",
            (f"{place.zh} 用户端燃气压力", f"{place.en} gas pressure at the user"),
            limits=limits.gas_pa, rule=GAS_RULE if limits.gas_pa else "", alarm_deadband=50.0,
            on_delay_s=10.0, priority="high", end_point=True,
        )  # fmt: skip
    _add_gas_model_points(book, limits)


def _add_gas_model_points(book: PointBook, limits: RuleLimits) -> None:
    """What the live gas model computes: no device measures it."""
    rule = GAS_RULE if limits.gas_pa else ""
    for code, zh, en, side in (
        ("MIN", "用户端最低压力", "lowest", "low"),
        ("MAX", "用户端最高压力", "highest", "high"),
    ):
        book.add(
            f"MODEL-GAS-USER-{code}-PRESSURE", "model", "gas", "pressure", "Pa", "",
            (f"模型 燃气{zh}", f"Model: {en} gas pressure at a user"), rule=rule,
            limits={k: v for k, v in limits.gas_pa.items() if k == side}, priority="high",
            alarm_deadband=50.0, on_delay_s=10.0,
        )  # fmt: skip
    book.add("MODEL-GAS-USERS-OUTSIDE", "model", "gas", "count", "pcs", "",
             ("模型 燃气压力超限用户数", "Model: gas users outside their band"))  # fmt: skip
    book.add("MODEL-GAS-UNSUPPLIED-NODES", "model", "gas", "count", "pcs", "",
             ("模型 无气节点数", "Model: nodes without gas"), priority="urgent",
             limits={"high": 0.5})  # fmt: skip
    book.add("MODEL-GAS-USER-RESIDUAL-MAX", "model", "gas", "pressure", "Pa", "",
             ("模型 低压最大偏差", "Model: largest low-pressure gas residual"),
             limits={"high": USER_RESIDUAL_PA}, on_delay_s=60.0, alarm_deadband=50.0)  # fmt: skip
    book.add("MODEL-GAS-RESIDUAL-MAX", "model", "gas", "pressure", "kPa", "",
             ("模型 中压最大偏差", "Model: largest medium-pressure gas residual"),
             limits={"high": MEDIUM_RESIDUAL_KPA}, on_delay_s=60.0, alarm_deadband=2.0)  # fmt: skip


def _regulator(book: PointBook, number: int) -> None:
    name = f"RG{number}"
    zh, en = f"{number}号调压站", f"Regulator station {number}"
    book.add(f"{name}-IN-P", GAS, "gas", "pressure", "kPa", f"node:{name}-IN",
             (f"{zh} 进口压力", f"{en} inlet pressure"))  # fmt: skip
    book.add(
        f"{name}-OUT-P", GAS, "gas", "pressure", "Pa", f"node:{name}-OUT",
        (f"{zh} 出口压力", f"{en} outlet pressure"), scan="fast",
        limits={"low": round(0.7 * DISTRICT_PA), "high": round(1.3 * DISTRICT_PA)},
        alarm_deadband=50.0, on_delay_s=5.0,
    )  # fmt: skip


def add_heat_points(book: PointBook, city: HeatCity, limits: RuleLimits) -> None:
    """Heat plants and heat stations: both temperatures, both pressures, flow, differential; the
    weather."""
    for number, plant in enumerate(city.plants, start=1):
        record = city.net.links[plant]
        assert isinstance(record, HeatSource)
        zh, en = f"{number}号热源厂", f"Heat plant {number}"
        _sides(book, plant, record.end, record.start, zh, en)
        book.add(f"{plant}-G", HEAT, "heat", "mass_flow", "t/h", f"link:{plant}",
                 (f"{zh} 循环流量", f"{en} circulation"))  # fmt: skip
    for number, station in enumerate(city.stations[:MOST_STATIONS], start=1):
        record = city.net.links[station]
        assert isinstance(record, Substation)
        zh, en = f"{number}号热力站", f"Heat station {number}"
        _sides(book, station, record.start, record.end, zh, en)
        book.add(
            f"{station}-DP", HEAT, "heat", "pressure", "kPa", f"link:{station}",
            (f"{zh} 供回水压差", f"{en} differential pressure"), scan="slow",
            limits={"low": NEEDED_KPA, "high": RISE_PA * 1.2e-3}, alarm_deadband=5.0,
            on_delay_s=30.0,
        )  # fmt: skip
    book.add("OUTDOOR-T", HEAT, "heat", "temperature", "degC", "",
             ("室外温度", "Outdoor temperature"), scan="slow")  # fmt: skip
    _add_heat_model_points(book, limits)


def _add_heat_model_points(book: PointBook, limits: RuleLimits) -> None:
    """What the live heat model computes: no device measures it."""
    book.add(
        "MODEL-HEAT-END-MIN-DIFFERENTIAL", "model", "heat", "pressure", "kPa", "",
        ("模型 末端最小资用压差", "Model: least available differential at a heat station"),
        rule=END_DP_RULE, limits={"low": NEEDED_KPA}, priority="high", alarm_deadband=5.0,
        on_delay_s=30.0,
    )  # fmt: skip
    book.add("MODEL-HEAT-STATIONS-SHORT", "model", "heat", "count", "pcs", "",
             ("模型 供热不足热力站数", "Model: heat stations short of heat or differential"),
             priority="high", limits={"high": 0.5}, on_delay_s=30.0)  # fmt: skip
    book.add(
        "MODEL-HEAT-ROOM-MIN-TEMPERATURE", "model", "heat", "temperature", "degC", "",
        ("模型 最低室温", "Model: coldest heated rooms"), rule=limits.room_rule,
        limits=limits.room_c, priority="high", alarm_deadband=0.3, on_delay_s=30.0,
    )  # fmt: skip
    book.add("MODEL-HEAT-UNSUPPLIED-NODES", "model", "heat", "count", "pcs", "",
             ("模型 无循环节点数", "Model: heat nodes without pressure"), priority="urgent",
             limits={"high": 0.5})  # fmt: skip
    book.add("MODEL-HEAT-TEMPERATURE-RESIDUAL-MAX", "model", "heat", "temperature", "K", "",
             ("模型 最大温度偏差", "Model: largest temperature residual"))  # fmt: skip
    book.add("MODEL-HEAT-PRESSURE-RESIDUAL-MAX", "model", "heat", "pressure", "kPa", "",
             ("模型 热网最大压力偏差", "Model: largest heat pressure residual"),
             limits={"high": HEAT_RESIDUAL_KPA}, on_delay_s=60.0, alarm_deadband=5.0)  # fmt: skip


def _sides(book: PointBook, name: str, supply: str, back: str, zh: str, en: str) -> None:
    for code, node, words, usual in (
        ("SUP", supply, ("供水", "supply"), SUPPLY_K),
        ("RET", back, ("回水", "return"), RETURN_K),
    ):
        top = round(usual - ZERO_C_K + TEMPERATURE_MARGIN_K, 1)
        book.add(
            f"{name}-{code}-T", HEAT, "heat", "temperature", "degC", f"node:{node}",
            (f"{zh} {words[0]}温度", f"{en} {words[1]} temperature"), scan="slow",
            limits={"high": top}, alarm_deadband=1.0, on_delay_s=30.0,
        )  # fmt: skip
        book.add(f"{name}-{code}-P", HEAT, "heat", "pressure", "kPa", f"node:{node}",
                 (f"{zh} {words[0]}压力", f"{en} {words[1]} pressure"), scan="slow")  # fmt: skip
