"""The rows that every form of an indicator report shows, and its CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from typing import Any, NamedTuple

COLUMNS = (
    *("group", "name", "name_zh", "value", "unit", "numerator", "denominator"),
    *("excluded", "verdict", "rules"),
)
VERDICTS = {
    "pass": ("达标", "met"),
    "violation": ("不达标", "not met"),
    "advice": ("建议改进", "advice"),
    "gap": ("有差距", "gap"),
    "no-rule": ("无规定", "no rule"),
}


class Row(NamedTuple):
    """One figure of the report; `excluded` says what was left out, by cause."""

    group: str
    name: str
    name_zh: str
    value: float | None
    unit: str
    numerator: float
    denominator: float
    excluded: str
    verdict: str
    rules: str


def rows_of(report: Mapping[str, Any]) -> list[Row]:
    """Indicators first, then the hotline's rates."""
    found = [
        Row(
            "indicator",
            row["name_en"],
            row["name_zh"],
            row["value"],
            row["unit"],
            row["numerator"],
            row["denominator"],
            "; ".join(f"{cause}: {count:g}" for cause, count in row["excluded"]),
            row["verdict"],
            "; ".join(finding["rule"] for finding in row["findings"]),
        )
        for row in report["indicators"]
    ]
    for row in report["hotline"]:
        finding = row["finding"]
        found.append(
            Row(
                "hotline",
                f"{row['utility']} hotline orders, {row['name']}",
                f"热线工单 {row['utility']} {row['name']}",
                row["percent"],
                "%",
                row["numerator"],
                row["denominator"],
                f"{len(row['excluded'])} pending" if row["excluded"] else "",
                finding["verdict"] if finding else "no-rule",
                finding["rule"] if finding else "",
            )
        )
    return found


def sources_of(report: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Where figures come from, in Chinese and English; a measured one that was replaced stays."""
    found = [
        (f"{row['name_zh']}：{row['source_zh']}", f"{row['name_en']}: {row['source_en']}")
        for row in report["indicators"]
        if row["source_en"]
    ]
    for figure in report["figures"]:
        zh = en = f"{figure['name']} = {figure['value']:g} ({figure['source']})"
        if figure["measured"] is not None:
            zh += f"，实测 {figure['measured']:.4g}"
            en += f", measured {figure['measured']:.4g}"
        found.append((zh, en))
    return found


def zone_rows(report: Mapping[str, Any]) -> list[tuple[str, ...]]:
    """Metered areas as people read them: name, inflow, night flow, leakage, km, rate, covered,
    nights known of those wanted."""
    return [
        (
            f"{zone['name_zh']} {zone['name_en']}",
            *(_number(zone[name]) for name in ("inflow_m3h", "night_flow_m3h", "leakage_m3h")),
            f"{zone['length_km']:g}",
            _number(zone["value"]),
            f"{zone['covered']:.0%}",
            f"{zone['nights']}/{zone['nights_wanted']}",
        )
        for zone in report["zones"]
    ]


def _number(value: float | None) -> str:
    """Litres an hour are no leakage that anybody measures."""
    return "–" if value is None else f"{round(value, 3):.4g}"


def shown(row: Row) -> str:
    """A value as people read it; a dash where there is none to take."""
    return "–" if row.value is None else f"{row.value:.4g} {row.unit}".strip()


def indicator_csv(report: Mapping[str, Any]) -> str:
    """Indicators, parts of the period, test points and what was not computed, as one table."""
    out = io.StringIO()
    write = csv.writer(out, lineterminator="\n")
    write.writerow(COLUMNS)
    for row in rows_of(report):
        write.writerow(["" if cell is None else cell for cell in row])
    for group, label in (("pressure_parts", "part"), ("pressure_points", "point")):
        for part in report[group]:
            value = "" if part["value"] is None else part["value"]
            counts = (part["numerator"], part["denominator"], f"{part['excluded']:g}")
            write.writerow([label, part[label], "", value, "%", *counts, "", ""])
    for zone in report["zones"]:
        cells = (zone["name_en"], zone["name_zh"], zone["value"], "m3/(km h)", zone["leakage_m3h"])
        told = ["" if cell is None else cell for cell in cells]
        write.writerow(["zone", *told, zone["length_km"], "", zone["verdict"], ""])
    for one in report["not_computed"]:
        why = f"not computed: {one['why_en']}"
        write.writerow(["indicator", one["name_en"], one["name_zh"], *[""] * 5, why, ""])
    return out.getvalue()
