"""alarms.csv of the example city: why each alarm is there and what is to be done (ISA-18.2 D)."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path

from scada.point import LIMIT_NAMES, Point

COLUMNS = (
    "point", "kind", "cause_zh", "cause_en", "consequence_zh", "consequence_en", "action_zh",
    "action_en", "response_min",
)  # fmt: skip

Words = tuple[str, str, str, str, str, str, int]
"""Cause, consequence and action in Chinese and English, and minutes to act in."""

LOW, HIGH = "low", "high"
WHY: dict[tuple[str, str, str], Words] = {
    ("water", "pressure", LOW): (
        "爆管、水泵停运或阀门误关", "A burst, a stopped pump or a valve closed by mistake",
        "末梢用户水压不足，高层断水", "Customers at the ends and on high floors lose supply",
        "查看流量与水泵，查明爆管区，开启备用泵", "Check flows, find the burst, start a spare pump",
        15,
    ),
    ("water", "pressure", HIGH): (
        "减压阀失效、夜间用水低或水泵过多", "A reducing valve fails, or too many pumps run",
        "漏损增加，管道可能爆裂", "More leakage, and mains may burst",
        "停一台水泵，检查减压阀", "Stop a pump, check the reducing valve",
        30,
    ),
    ("water", "level", LOW): (
        "进水不足或用水过大", "Too little flows in, or too much out",
        "水池放空，所供片区断水", "The tank runs empty and its area without supply",
        "增加供水，限制出水，通知片区", "Raise the supply, throttle the outlet, warn the area",
        20,
    ),
    ("water", "level", HIGH): (
        "进水未关或液位计故障", "The inlet stays open, or the level gauge fails",
        "溢流，浪费水", "The tank overflows and water is lost",
        "减少进水，核对液位计", "Reduce the inflow, check the gauge",
        20,
    ),
    ("water", "concentration", LOW): (
        "加氯中断或水龄过长", "Dosing stopped, or the water is too old",
        "管网微生物风险", "Microbes may grow in the network",
        "检查加氯，取样，必要时冲洗", "Check the dosing, sample, flush if needed",
        30,
    ),
    ("water", "concentration", HIGH): (
        "加氯过量", "Too much is dosed",
        "口感差，副产物超标", "Taste suffers, and by-products may exceed the standard",
        "减少加氯，取样", "Reduce the dose, sample",
        30,
    ),
    ("water", "turbidity", HIGH): (
        "滤池穿透或水源突变", "A filter breaks through, or the source water changed",
        "出厂水不合格", "Water leaves the works below standard",
        "切换滤池，减量，取样", "Switch the filter, reduce the flow, sample",
        15,
    ),
    ("gas", "pressure", LOW): (
        "调压器故障、管道泄漏或气源不足", "A regulator fails, a main leaks, or the source is short",
        "用户熄火，恢复前须逐户检查", "Flames go out; each customer is visited before relighting",
        "派人到调压站，关断泄漏段", "Send a crew to the station, isolate the leak",
        10,
    ),
    ("gas", "pressure", HIGH): (
        "调压器失控或切断阀未动作", "A regulator runs away and its slam-shut has not closed",
        "下游超压，可能泄漏", "Overpressure downstream, and leaks",
        "关闭上游，使用备用路", "Close upstream, change to the spare run",
        10,
    ),
    ("heat", "pressure", LOW): (
        "补水不足或失水", "Make-up is short, or water is lost",
        "高点汽化，循环停止", "Water boils at high points and circulation stops",
        "加大补水，查找失水", "Raise the make-up, find the loss",
        15,
    ),
    ("heat", "pressure", HIGH): (
        "循环泵过速或阀门误关", "A pump runs too fast, or a valve closed by mistake",
        "用户设备可能损坏", "Equipment of customers may be damaged",
        "降低循环泵转速，检查阀门", "Slow the pump, check the valves",
        15,
    ),
    ("heat", "temperature", LOW): (
        "热源出力不足或流量过大", "The plant gives too little, or the flow is too large",
        "室温不达标", "Rooms stay below the standard",
        "提高供水温度，平衡流量", "Raise the supply temperature, balance the flow",
        60,
    ),
    ("heat", "temperature", HIGH): (
        "换热不足或旁通", "Too little heat is taken, or a bypass is open",
        "回水温度高，热源效率低", "Hot return water, and the plant loses efficiency",
        "检查换热站调节阀", "Check the control valve of the substation",
        60,
    ),
}  # fmt: skip
COUNTED: Words = (
    "管网某处越限", "Somewhere in the network a limit is broken",
    "见模型所列位置的用户", "Customers at the places the model names",
    "在地图上查看模型所列位置", "See the places the model names on the map",
    15,
)  # fmt: skip


def write_alarms(path: Path, points: Iterable[Point]) -> None:
    """A row for every limit of the list."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(COLUMNS)
        for point in points:
            for kind in LIMIT_NAMES:
                if getattr(point.limits, kind) is not None:
                    side = LOW if kind.startswith(LOW) else HIGH
                    why = WHY.get((point.utility, point.quantity, side), COUNTED)
                    rows.writerow((point.id, kind, *why))
