"""Pictures of an indicator record: the pressure rate over the period, and of each test point."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any, Literal

from hmi.reports.plot_parts import BAD, FULL, INK, pyplot

MOST_POINTS = 40


def pressure_picture(report: Mapping[str, Any], kind: Literal["svg", "png"]) -> bytes:
    """Both pictures side by side; parts and points without samples leave a gap."""
    plt = pyplot()
    aim = _aim(report)
    figure, (left, right) = plt.subplots(
        1, 2, figsize=(13, 4.2), layout="constrained", width_ratios=(3, 2)
    )
    try:
        _bars(left, report["pressure_parts"], "part", aim)
        left.set_title(f"Pressure qualification rate, {report['period']['name']} (%)")
        worst = report["pressure_points"][:MOST_POINTS]
        _bars(right, worst, "point", aim)
        right.set_title("By test point, the worst in front (%)")
        for axes in (left, right):
            axes.tick_params(axis="x", labelrotation=90, labelsize=7)
        out = io.BytesIO()
        figure.savefig(out, format=kind, dpi=120, metadata={"Date": None} if kind == "svg" else {})
    finally:
        plt.close(figure)
    return out.getvalue()


def _bars(axes: Any, rows: Any, label: str, aim: float | None) -> None:
    known = [row["value"] for row in rows if row["value"] is not None]
    for i, row in enumerate(rows):
        if row["value"] is not None:
            low = aim is not None and row["value"] < aim
            axes.bar(i, row["value"], color=BAD if low else FULL)
    axes.set_xticks(range(len(rows)), [row[label] for row in rows])
    axes.set_xlim(-0.6, max(len(rows), 1) - 0.4)
    floor = min([*known, aim or 100.0])
    axes.set_ylim(max(0.0, floor - max(0.5, 0.2 * (100.0 - floor))), 100.0)
    if aim is not None:
        axes.axhline(aim, color=INK, linewidth=0.9, linestyle="--")
    if not known:
        axes.text(0.5, 0.5, "no samples", transform=axes.transAxes, ha="center", color=INK)


def _aim(report: Mapping[str, Any]) -> float | None:
    """The rate that the rules ask for; None without one."""
    for row in report["indicators"]:
        if row["name"] == "pressure-rate":
            for finding in row["findings"]:
                if isinstance(finding["limit"], int | float):
                    return float(finding["limit"])
    return None
