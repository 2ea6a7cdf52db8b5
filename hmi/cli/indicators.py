"""`ringmain indicators`: the figures a company answers for, by day, month, quarter or year."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from hmi.cli import output


def indicators(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A site folder.")],
    of: Annotated[str, typer.Option(help="2026-11-25, 2026-11, 2026-Q4 or 2026.")],
    exclude_planned: Annotated[
        bool,
        typer.Option(
            "--exclude-planned", help="Leave planned outages out too; the letter does not."
        ),
    ] = False,
    html: Annotated[Path | None, typer.Option(help="Write the report as HTML.")] = None,
    as_csv: Annotated[Path | None, typer.Option("--csv", help="Write it as CSV.")] = None,
    pdf: Annotated[Path | None, typer.Option(help="Write it as PDF (extra `pdf`).")] = None,
    now: Annotated[str | None, typer.Option(help="As of this moment (ISO 8601).")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """Pressure, repair and burst rates, test points, hotline; each with what it is made of.

    Exit code 1 when a mandatory rule is not met.
    """
    from zoneinfo import ZoneInfo

    from hmi.cli.outage import moment_of
    from hmi.indicators import site_indicators
    from scenarios.site import load_site

    site = load_site(folder)
    moment = datetime.now(UTC) if now is None else moment_of(now, ZoneInfo(site.timezone))
    report = site_indicators(site, of, moment, exclude_planned=exclude_planned)
    names = (site.name_zh, site.name_en)
    if html is not None:
        from hmi.reports.indicator_html import indicator_html

        html.write_text(indicator_html(report, names), "utf-8")
    if as_csv is not None:
        from hmi.reports.indicator_rows import indicator_csv

        as_csv.write_text(indicator_csv(report), "utf-8-sig")
    if pdf is not None:
        from hmi.reports.indicator_pdf import indicator_pdf
        from hmi.reports.notice_pdf import chinese_font

        pdf.write_bytes(indicator_pdf(report, names, chinese_font()))
    if as_json:
        output.print_json(report)
    else:
        _tell(report)
    if any(row["verdict"] == "violation" for row in report["indicators"]):
        raise typer.Exit(output.VIOLATIONS)


def _tell(report: dict[str, Any]) -> None:
    from hmi.reports.indicator_rows import rows_of, shown, sources_of, zone_rows

    period = report["period"]
    over = "" if period["complete"] else " (not over yet)"
    output.say(f"{period['name']}{over}: {period['from']} to {period['to']}")
    for row in rows_of(report):
        made = f"{row.numerator:g} of {row.denominator:.6g}"
        left_out = f", left out {row.excluded}" if row.excluded else ""
        output.say(f"  {row.name:<36} {shown(row):<18} {row.verdict:<10} {made}{left_out}")
    for name, inflow, night, leakage, km, rate, covered in zone_rows(report):
        output.say(
            f"    {name}: inflow {inflow}, night {night}, leakage {leakage} m3/h on {km} km: "
            f"{rate} m3/(km h), covered {covered}"
        )
    for _, text in sources_of(report):
        output.say(f"    {text}")
    for one in report["not_computed"]:
        output.say(f"  {one['name_en']:<36} not computed: {one['why_en']}")
