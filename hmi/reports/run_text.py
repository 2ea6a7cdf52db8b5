"""A run's summary as lines a person reads, the most urgent first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from scenarios.proof import clock

SHOWN = 5
NAMED = 8
WARNINGS = 10


def run_lines(name: str, summary: Mapping[str, Any]) -> Iterator[str]:
    """The text of `ringmain simulate` for a record of `run_summary.summarise`."""
    report = summary["report"]
    yield (
        f"{name}: {summary['nodes']} nodes, {summary['links']} links, "
        f"{summary['duration_s'] / 3600:g} h in {summary['report_times']} report times"
    )
    for text in summary["not_solved"]:
        yield f"NOT SOLVED: {text}"
    if summary["not_solved"]:
        yield "The figures below do not hold."
    demand = summary["demand_m3h"]
    yield (
        f"Water delivered: {demand['mean']:.1f} m3/h on average "
        f"({demand['lowest']:.1f} to {demand['highest']:.1f})"
    )
    yield from _nodes("Lowest pressures where water is taken:", summary["worst_nodes"])
    negative = [r for r in summary["worst_without_demand"] if r["pressure_m"] < 0.0]
    yield from _nodes("Below zero without demand (suction sides?):", negative)
    yield from _names("Without a source", report["unsupplied"])
    yield from _names("Negative pressure", report["negative_pressure"])
    fast = summary["fastest_pipes"][:SHOWN]
    if fast and fast[0]["velocity_ms"] > 0.0:
        yield "Fastest pipes:"
        for row in fast:
            yield f"  {row['link']:<16} {row['velocity_ms']:8.2f} m/s at {clock(row['time_s'])}"
    yield from _tanks(summary["tanks"])
    yield from _pumps(report)
    if report.get("leakage_m3s"):
        yield f"Leakage: {report['leakage_m3s'] * 3600:.1f} m3/h on average"
    for text in report["warnings"][:WARNINGS]:
        yield f"Warning: {text}"
    if len(report["warnings"]) > WARNINGS:
        yield f"... and {len(report['warnings']) - WARNINGS} more warnings (see --json)"
    balance = report["balance"]
    solved = "not proved" if summary["not_solved"] else "in balance"
    yield (
        f"Proof: {solved}; worst residuals {balance['mass_m3s'] * 3600:.2g} m3/h"
        f"{_at('node', balance['mass_node'])} and {balance['energy_m']:.2g} m"
        f"{_at('link', balance['energy_link'])}; {report['solves']} solves, "
        f"{report['iterations']} iterations"
    )


def _at(kind: str, name: str) -> str:
    return f" at {kind} {name}" if name else ""


def _nodes(head: str, rows: list[dict[str, Any]]) -> Iterator[str]:
    if rows:
        yield head
    for row in rows[:SHOWN]:
        yield (
            f"  {row['node']:<16} {row['pressure_m']:8.2f} m ({row['pressure_mpa']:.3f} MPa) "
            f"at {clock(row['time_s'])}"
        )


def _names(head: str, names: list[str] | tuple[str, ...]) -> Iterator[str]:
    if names:
        more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
        yield f"{head}: {len(names)} nodes: {', '.join(names[:NAMED])}{more}"


def _pumps(report: Mapping[str, Any]) -> Iterator[str]:
    rows = report.get("energy") or ()
    for row in rows[:NAMED]:
        yield (
            f"Pump {row['pump']}: on {row['utilisation_percent']:.0f} % of the time, "
            f"{row['kwh']:.1f} kWh ({row['kwh_per_m3']:.3f} kWh/m3), peak {row['peak_kw']:.1f} kW, "
            f"cost {row['cost']:.2f}"
        )
    if len(rows) > NAMED:
        yield f"... and {len(rows) - NAMED} more pumps (see --json)"


def _tanks(rows: list[dict[str, Any]]) -> Iterator[str]:
    for row in rows[:NAMED]:
        ends = ""
        if row["times_empty"]:
            ends += f", at its lowest at {row['times_empty']} report times"
        if row["times_full"]:
            ends += f", full at {row['times_full']}"
        yield (
            f"Tank {row['tank']}: level {row['lowest_level_m']:.2f} to "
            f"{row['highest_level_m']:.2f} m of {row['minimum_level_m']:.2f} to "
            f"{row['maximum_level_m']:.2f}, {row['last_level_m']:.2f} at the end{ends}"
        )
    if len(rows) > NAMED:
        yield f"... and {len(rows) - NAMED} more tanks (see --json)"
