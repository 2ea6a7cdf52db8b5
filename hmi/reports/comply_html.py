"""The report of `ringmain comply` as one HTML file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from hmi.reports.page import Cell, Text, facts, heading, page, paragraph, table
from scenarios.proof import clock

LISTED = 500
VERDICTS = {
    "violation": Text("违反", "violation"),
    "unsupplied": Text("末梢无水源", "an end without a source"),
    "advice": Text("建议", "advice"),
    "gap": Text("差距", "gap"),
    "pass": Text("合格", "pass"),
    "no-rule": Text("无规定，未判断", "no rule: nothing judged"),
}
UTILITIES = {"gas": Text("燃气", "gas"), "heat": Text("供热", "heat")}


def comply_page(record: Mapping[str, Any]) -> str:
    """The page for a record of `ringmain comply --json`."""
    title = Text(
        f"管网末梢压力判定：{record['name_zh']}", f"Network-end pressure: {record['name_en']}"
    )
    return page(title, _body(record))


def _gas(gas: Mapping[str, Any]) -> Iterator[str]:
    """The bands of the low-pressure gas users."""
    verdict = VERDICTS[gas["verdict"]]
    calm = gas["verdict"] == "pass"
    yield paragraph(
        f"燃气用户压力：{verdict.zh}。低压用户{gas['users']}个，"
        f"{gas['outside']}个超出范围。{gas['note_zh']}",
        f"Pressure at gas users: {verdict.en}. {gas['users']} low-pressure users, "
        f"{gas['outside']} leave the band. {gas['note_en']}",
        "calm" if calm else "alert",
    )


def _heat(heat: Mapping[str, Any]) -> Iterator[str]:
    """The rooms behind the heat stations."""
    verdict = VERDICTS[heat["verdict"]]
    coldest = heat["stations"][0]["lowest_c"] if heat["stations"] else None
    lowest = "" if coldest is None else f"{coldest:.1f}"
    yield paragraph(
        f"室温（室外{heat['outdoor_c']:g}℃，推算）：{verdict.zh}。{heat['households']}户（估算），"
        f"最低{lowest}℃。",
        f"Rooms at {heat['outdoor_c']:g} C outside (modelled): {verdict.en}. "
        f"{heat['households']} households (estimated), the coldest {lowest} C.",
        "calm" if heat["verdict"] == "pass" else "alert",
    )


def _body(record: Mapping[str, Any]) -> Iterator[str]:
    for text in record["not_solved"]:
        yield paragraph(f"求解不成立，以下结果不可用：{text}", f"Not solved: {text}", "alert")
    verdict = VERDICTS[record["verdict"]]
    calm = record["verdict"] == "pass"
    yield paragraph(
        f"结论：{verdict.zh}。{record['note_zh']}",
        f"Verdict: {verdict.en}. {record['note_en']}",
        "calm" if calm else "alert",
    )
    for name in record["unsolved_utilities"]:
        words = UTILITIES[name]
        yield paragraph(
            f"{words.zh}管网尚不能求解：其规定未作判断，不等于合格。",
            f"The {words.en} network is not solved yet: its rules were not judged, not passed.",
        )
    if record.get("gas") is not None:
        yield from _gas(record["gas"])
    if record.get("heat") is not None:
        yield from _heat(record["heat"])
    yield facts(_facts(record))
    if record["findings"]:
        first = record["findings"][0]
        yield heading("管网末梢", "Network ends")
        yield paragraph(
            f"{first['text_zh']}（{first['rule']}，{first['clause']}）{record['end_zh']}",
            f"{first['text_en']} ({first['rule']}, {first['clause']}) {record['end_en']}",
        )
        yield _spells(record["findings"], judged=True)
    if record["communities"]:
        first = record["communities"][0]
        yield heading("低压小区", "Low communities")
        yield paragraph(first["text_zh"], first["text_en"])
        yield _communities(record["communities"])
    if record["low"]:
        yield heading("其他低压节点（不是违规）", "Low elsewhere (no violation)")
        yield _spells(record["low"], judged=False)
    if record["unsupplied"]:
        yield heading("无水源节点", "Nodes without a source")
        yield table(
            (
                Text("节点", "node"),
                Text("末梢", "end"),
                Text("自", "from"),
                Text("时刻数", "times"),
            ),
            (
                (
                    Cell(u["node"]),
                    Cell("是 yes" if u["is_end"] else ""),
                    Cell(clock(u["first_s"]), u["first_s"]),
                    Cell(f"{u['times']}", u["times"]),
                )
                for u in record["unsupplied"][:LISTED]
            ),
        )
    yield heading("求解证明", "Proof")
    balance = record["report"]["balance"]
    yield paragraph(
        f"节点流量不平衡最大{balance['mass_m3s'] * 3600:.3g} m³/h，"
        f"管段能量不平衡最大{balance['energy_m']:.3g} m，由独立程序核算。",
        f"Worst mass residual {balance['mass_m3s'] * 3600:.3g} m3/h, worst energy residual "
        f"{balance['energy_m']:.3g} m, found apart from the solver.",
    )


def _facts(record: Mapping[str, Any]) -> Iterator[tuple[str, Text]]:
    findings = record["findings"]
    broken = sum(f["verdict"] != "pass" for f in findings)
    limit = f"{findings[0]['limit']:g} {findings[0]['unit']}" if findings else "-"
    hours = record["duration_s"] / 3600
    yield limit, Text("限值", "limit")
    yield f"{record['ends']}", Text("管网末梢数", "network ends")
    yield f"{broken}", Text("其中不合格", "of them broken")
    yield f"{len(record['low'])}", Text("其他低压节点", "other low nodes")
    yield f"{len(record['unsupplied'])}", Text("无水源节点", "nodes without a source")
    yield f"{hours:g} h", Text("模拟时长", "run")
    yield record["profile"], Text("规则集", "profile")


def _spells(rows: list[dict[str, Any]], *, judged: bool) -> str:
    heads = (
        Text("节点", "node"),
        Text("最低压力 MPa", "lowest, MPa"),
        Text("水头 m", "head, m"),
        Text("时刻", "at"),
        Text("低于限值 h", "hours below"),
        Text("有用水", "takes water"),
        *((Text("结论", "verdict"),) if judged else ()),
    )

    def cells(row: dict[str, Any]) -> Iterator[Cell]:
        yield Cell(row["node"])
        yield Cell(f"{row['worst_mpa']:.3f}", row["worst_mpa"])
        yield Cell(f"{row['worst_m']:.2f}", row["worst_m"])
        yield Cell(clock(row["worst_time_s"]), row["worst_time_s"])
        yield Cell(f"{row['below_s'] / 3600:.4g}", row["below_s"])
        yield Cell("是 yes" if row["takes_water"] else "否 no")
        if judged:
            words = VERDICTS.get(row["verdict"], Text(row["verdict"], row["verdict"]))
            kind = "ok" if row["verdict"] == "pass" else "bad"
            yield Cell(f"{words.zh} {words.en}", None, kind)

    text = table(heads, [tuple(cells(row)) for row in rows[:LISTED]])
    more = len(rows) - LISTED
    if more > 0:
        text += paragraph(f"另有{more}行未列。", f"{more} more rows are not listed here.", "muted")
    return text


def _communities(rows: list[dict[str, Any]]) -> str:
    heads = (
        Text("小区", "community"),
        Text("户数", "households"),
        Text("最低压力 MPa", "lowest, MPa"),
        Text("节点", "node"),
        Text("低于限值 h", "hours below"),
        Text("条款", "clause"),
    )
    return table(
        heads,
        [
            (
                Cell(row["community"]),
                Cell(f"{row['households']}", row["households"]),
                Cell(f"{row['worst_mpa']:.3f}", row["worst_mpa"]),
                Cell(row["node"]),
                Cell(f"{row['below_s'] / 3600:.4g}", row["below_s"]),
                Cell(f"{row['rule']} {row['clause']}"),
            )
            for row in rows[:LISTED]
        ],
    )
