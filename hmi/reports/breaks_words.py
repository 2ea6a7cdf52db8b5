"""The words of the report of breaks, in both languages."""

from __future__ import annotations

from hmi.reports.comply_html import VERDICTS
from hmi.reports.page import Text

_COMMON = (
    Text("受影响人口", "people hit"),
    Text("停水", "cut off"),
    Text("低压", "low"),
    Text("停水需水 m³/h", "demand cut, m3/h"),
    Text("低压需水 m³/h", "demand low, m3/h"),
    Text("少供 m³/h", "missing, m3/h"),
    Text("最不利节点", "worst node"),
    Text("人·小时", "person hours"),
)
PIPE_HEADS = (
    Text("序", "rank"),
    Text("管段", "pipe"),
    *_COMMON,
    Text("漏失 m³/h", "lost, m3/h"),
    Text("所在区段", "segment"),
    Text("关阀后受影响", "people hit once shut"),
    Text("重点用户", "priority users"),
)
SEGMENT_HEADS = (
    Text("序", "rank"),
    Text("区段", "segment"),
    *_COMMON,
    Text("管长 m", "pipe length, m"),
    Text("需关阀门", "valves to shut"),
    Text("重点用户", "priority users"),
)
READING = (
    Text(
        "爆管：管段在中间断开，两半各自向外自由出流，直到关阀；关阀区段：区段边界的阀门全部关闭，区段内无水，"
        "爆管不再漏失。",
        "Break: the pipe parts in its middle and both halves let water out freely until shut. "
        "Segment: all valves around it are shut, nothing inside has water, and nothing is lost.",
    ),
    Text(
        "停水：没有水源能到达的节点。低压：压力低于限值，而现状并不低。现状已低的节点不计入。",
        "Cut off: no source reaches the node. Low: under the limit and not so as it stands. Nodes "
        "that are low already are not counted.",
    ),
    Text(
        "排序：先按受影响人口（停水加低压），再按需水量，再按少供水量。需水量为现状在该处的供水量。",
        "Ranked by people hit (cut off and low), then by demand, then by water missing. Demands "
        "are what the network delivers there as it stands.",
    ),
    Text(
        "计算为压力驱动：压力低于所需压力时，供水量随之减少。单一时刻的结果里水池保持初始水位；"
        "水池放空的影响请用 --hours 计算。",
        "Pressure-driven: below the required pressure customers get less. At a single instant "
        "tanks stand at their initial level; --hours shows what happens as they empty.",
    ),
    Text(
        "限值取自规则库的管网末梢压力；此处用于所有节点，只表示低压，不等于违规。",
        "The limit is the rulebook's for the network end. Here it marks low nodes anywhere, which "
        "is no violation in itself.",
    ),
)
__all__ = ["PIPE_HEADS", "READING", "SEGMENT_HEADS", "VERDICTS"]
