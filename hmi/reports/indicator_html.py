"""The indicator report as one HTML file, in both languages, with its picture inside."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hmi.reports.indicator_plot import pressure_picture
from hmi.reports.indicator_rows import VERDICTS, rows_of, shown, sources_of, zone_rows
from hmi.reports.page import Cell, Text, heading, page, paragraph, table


def indicator_html(report: Mapping[str, Any], site: tuple[str, str]) -> str:
    """The report of a site with these names."""
    period, samples = report["period"], report["samples"]
    body = [
        paragraph(
            f"{period['from']} 至 {period['to']}，规则集 {report['profile']}",
            f"{period['from']} to {period['to']}, profile {report['profile']}",
            "muted",
        )
    ]
    if not period["complete"]:
        body.append(paragraph("统计期尚未结束", "the period is not over yet", "alert"))
    heads = [
        Text("指标", "Indicator"),
        Text("数值", "Value"),
        Text("分子", "Numerator"),
        Text("分母", "Denominator"),
        Text("剔除", "Left out"),
        Text("结论", "Verdict"),
        Text("依据", "Rules"),
    ]
    body.append(
        table(
            heads,
            [
                [
                    Cell(f"{row.name_zh} {row.name}"),
                    Cell(shown(row), row.value),
                    Cell(f"{row.numerator:g}", float(row.numerator)),
                    Cell(f"{row.denominator:.6g}", float(row.denominator)),
                    Cell(row.excluded),
                    Cell(" ".join(VERDICTS[row.verdict]), None, _kind(row.verdict))
                    if row.verdict in VERDICTS
                    else Cell(row.verdict),
                    Cell(row.rules),
                ]
                for row in rows_of(report)
            ],
        )
    )
    body += [
        heading("管网压力合格率", "Pressure qualification rate"),
        paragraph(
            f"每 15 分钟一个样本（本系统约定）：有效 {samples['known']}，无效 {samples['unknown']}",
            f"a sample a quarter of an hour (ours): {samples['known']} known, "
            f"{samples['unknown']} unknown and not counted",
            "muted",
        ),
        _svg(pressure_picture(report, "svg").decode()),
    ]
    if report["exclusions"]:
        body += [heading("剔除及依据", "Causes with their evidence"), _exclusions(report)]
    if report["zones"]:
        body += [heading("计量分区", "Metered areas"), _zones(report)]
    if sources := sources_of(report):
        body.append(heading("数据来源", "Where figures come from"))
        body += [paragraph(zh, en) for zh, en in sources]
    if report["not_computed"]:
        body.append(heading("未计算", "Not computed"))
        body += [
            paragraph(f"{n['name_zh']}：{n['why_zh']}", f"{n['name_en']}: {n['why_en']}")
            for n in report["not_computed"]
        ]
    title = Text(f"{site[0]} 运行指标 {period['name']}", f"{site[1]}: indicators {period['name']}")
    return page(title, body)


def _exclusions(report: Mapping[str, Any]) -> str:
    heads = [
        Text("测点", "Point"),
        Text("起止", "Span"),
        Text("原因", "Cause"),
        Text("证据", "Evidence"),
    ]
    rows = [
        [e["point"], f"{e['from']} – {e['to']}", e["cause"], e["evidence"]]
        for e in report["exclusions"]
    ]
    return table(heads, [[Cell(text) for text in row] for row in rows])


def _kind(verdict: str) -> str:
    return {"pass": "ok", "violation": "bad"}.get(verdict, "")


def _svg(text: str) -> str:
    """The picture alone, without the XML declaration that HTML does not take."""
    return text[text.index("<svg") :]


def _zones(report: Mapping[str, Any]) -> str:
    heads = [
        Text("分区", "Area"),
        Text("进水 m3/h", "Inflow, m3/h"),
        Text("夜间流量 m3/h", "Night flow, m3/h"),
        Text("漏失 m3/h", "Leakage, m3/h"),
        Text("管长 km", "Pipes, km"),
        Text("单位漏失 m3/(km h)", "Leakage, m3/(km h)"),
        Text("数据完整率", "Covered"),
        Text("已知夜数/需要夜数", "Nights known/wanted"),
    ]
    rows = [
        [Cell(row[0]), *(Cell(text, _amount(text)) for text in row[1:-1]), Cell(row[-1])]
        for row in zone_rows(report)
    ]
    return table(heads, rows)


def _amount(text: str) -> float | None:
    """What a cell is sorted by; None for a dash."""
    return None if text == "–" else float(text.removesuffix("%"))
