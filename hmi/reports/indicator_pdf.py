"""The indicator report on paper: the table, the picture, and what was not computed."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hmi.reports.indicator_plot import pressure_picture
from hmi.reports.indicator_rows import VERDICTS, rows_of, shown, sources_of, zone_rows

TITLE_PT, TEXT_PT, SMALL_PT = 16, 10, 8
LINE_MM = 6
WIDTHS = (64, 26, 24, 28, 36, 26, 73)
HEADS = ("指标", "数值", "分子", "分母", "剔除", "结论", "依据")


def indicator_pdf(report: Mapping[str, Any], site: tuple[str, str], font: Path) -> bytes:
    """The report as a PDF, A4 across. ImportError without the `pdf` extra."""
    from fpdf import FPDF
    from fpdf.fonts import FontFace

    period, samples = report["period"], report["samples"]
    pdf = FPDF(orientation="landscape", format="A4")
    pdf.set_title(f"{site[1]} {period['name']}")
    pdf.set_auto_page_break(auto=True, margin=12)
    pdf.add_font("text", fname=font)
    pdf.add_page()

    def say(text: str, size: int = TEXT_PT) -> None:
        pdf.set_font("text", size=size)
        pdf.multi_cell(0, LINE_MM * size / TEXT_PT, text, new_x="LMARGIN", new_y="NEXT")

    say(f"{site[0]} 运行指标 {period['name']}   {site[1]}: indicators", TITLE_PT)
    say(f"{period['from']} – {period['to']}, {report['profile']}", SMALL_PT)
    if not period["complete"]:
        say("统计期尚未结束 / the period is not over yet")
    pdf.set_font("text", size=SMALL_PT)
    plain = FontFace(fill_color=(240, 243, 246))  # the font has no bold of its own
    with pdf.table(
        col_widths=WIDTHS, line_height=5, text_align="LEFT", headings_style=plain
    ) as sheet:
        sheet.row(HEADS)
        for row in rows_of(report):
            verdict = " ".join(VERDICTS.get(row.verdict, (row.verdict,)))
            sheet.row(
                (
                    f"{row.name_zh} {row.name}",
                    shown(row),
                    f"{row.numerator:g}",
                    f"{row.denominator:.6g}",
                    row.excluded,
                    verdict,
                    row.rules,
                )
            )
    pdf.ln(4)
    pdf.image(io.BytesIO(pressure_picture(report, "png")), w=pdf.epw)
    say(
        f"样本 15 分钟：有效 {samples['known']}，无效 {samples['unknown']} / "
        f"samples of 15 minutes: {samples['known']} known, {samples['unknown']} unknown",
        SMALL_PT,
    )
    for each in report["exclusions"]:
        span = f"{each['from']} – {each['to']}"
        say(f"{each['point']} {span}: {each['cause']}, {each['evidence']}", SMALL_PT)
    for area, inflow, night, leakage, km, rate, covered in zone_rows(report):
        told = f"进水 {inflow}，夜间 {night}，漏失 {leakage} m3/h / inflow, night flow, leakage"
        say(f"{area}: {told}; {km} km, {rate} m3/(km h), {covered}", SMALL_PT)
    for zh, en in sources_of(report):
        say(zh if zh == en else f"{zh} / {en}", SMALL_PT)
    for one in report["not_computed"]:
        say(
            f"未计算 {one['name_zh']}：{one['why_zh']} / {one['name_en']}: {one['why_en']}",
            SMALL_PT,
        )
    return bytes(pdf.output())
