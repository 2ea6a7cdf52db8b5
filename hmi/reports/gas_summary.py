"""The figures of a gas run that a person reads first, as a record and as lines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from hmi.reports.fastest import fastest_pipes
from network_models.elements import GasPipe, GasSource
from scenarios.proof import clock

if TYPE_CHECKING:
    from hydraulics.gas.state import GasReport, GasRun
    from network_models.network import Network

LISTED = 10
SHOWN = 5
NODE_TABLES = ("pressure_pa", "demand_kgs")
LINK_TABLES = ("flow_kgs", "velocity_ms", "status")


def gas_faults(report: GasReport) -> list[str]:
    """Why the results do not hold, in words; empty when they do."""
    found = []
    if not report.converged:
        times = report.unbalanced_times_s
        where = f" at {len(times)} times, first {clock(times[0])}" if times else ""
        found.append(f"no state in balance{where}")
    return found + list(report.flags[:SHOWN])


def summarise_gas(net: Network, run: GasRun) -> dict[str, Any]:
    """What a gas run did: lowest and highest users, fastest pipes, sources, controls."""
    nodes = list(net.nodes.values())
    users = np.array([getattr(n, "demand_kgs", 0.0) > 0.0 for n in nodes])
    sources = [i for i, n in enumerate(nodes) if isinstance(n, GasSource)]
    taken = np.where(users, np.nan_to_num(run.demand_kgs), 0.0).sum(axis=1)
    reasons = gas_faults(run.report)
    return {
        "title": net.title,
        "medium": "gas",
        "nodes": len(run.node_ids),
        "links": len(run.link_ids),
        "duration_s": float(run.times_s[-1]),
        "report_times": len(run.times_s),
        "solved": not reasons,
        "not_solved": reasons,
        "demand_kgs": {
            "lowest": float(taken.min()),
            "mean": float(taken.mean()),
            "highest": float(taken.max()),
        },
        "lowest_users": _extremes(run, np.flatnonzero(users), lowest=True),
        "highest_users": _extremes(run, np.flatnonzero(users), lowest=False),
        "fastest_pipes": fastest_pipes(net, run, GasPipe, LISTED),
        "sources": [
            {
                "node": run.node_ids[i],
                "lowest_pressure_pa": _finite(run.pressure_pa[:, i], np.min),
                "highest_feed_kgs": 0.0 - float(run.demand_kgs[:, i].min()),
                "mean_feed_kgs": 0.0 - float(run.demand_kgs[:, i].mean()),
            }
            for i in sources
        ],
        "line_pack_kg": None
        if run.line_pack_kg is None
        else {
            "first": float(run.line_pack_kg[0]),
            "lowest": float(run.line_pack_kg.min()),
            "last": float(run.line_pack_kg[-1]),
            "error": run.stored_error_kg,
        },
        "report": run.report.as_dict(),
    }


def _finite(values: Any, pick: Any) -> float | None:
    known = values[np.isfinite(values)]
    return float(pick(known)) if len(known) else None


def _extremes(run: GasRun, chosen: Any, *, lowest: bool) -> list[dict[str, Any]]:
    sign = 1.0 if lowest else -1.0
    pressure = sign * run.pressure_pa[:, chosen]
    filled = np.where(np.isfinite(pressure), pressure, np.inf)
    worst = filled.min(axis=0, initial=np.inf)
    return [
        {
            "node": run.node_ids[chosen[k]],
            "pressure_pa": float(sign * worst[k]),
            "time_s": float(run.times_s[int(filled[:, k].argmin())]),
        }
        for k in np.argsort(worst, kind="stable")[:LISTED]
        if np.isfinite(worst[k])
    ]


def gas_lines(name: str, summary: Mapping[str, Any]) -> Iterator[str]:
    """The text of `ringmain simulate` for a record of `summarise_gas`."""
    report = summary["report"]
    yield (
        f"{name}: gas, {summary['nodes']} nodes, {summary['links']} links, "
        f"{summary['duration_s'] / 3600:g} h in {summary['report_times']} report times"
    )
    for text in summary["not_solved"]:
        yield f"NOT SOLVED: {text}"
    laws = report["settings"]
    yield f"Laws: {', '.join(f'{key} {value}' for key, value in laws.items())}"
    demand = summary["demand_kgs"]
    yield (
        f"Gas delivered: {demand['mean']:.4g} kg/s on average "
        f"({demand['lowest']:.4g} to {demand['highest']:.4g})"
    )
    for row in summary["sources"][:SHOWN]:
        low = row["lowest_pressure_pa"]
        pressure = "no pressure" if low is None else f"{_pressure(low)} at its lowest"
        yield f"Source {row['node']}: feeds {row['mean_feed_kgs']:.4g} kg/s on average, {pressure}"
    yield from _users("Lowest pressures where gas is taken:", summary["lowest_users"])
    for row in summary["fastest_pipes"][:1]:
        yield f"Fastest pipe: {row['link']}, {row['velocity_ms']:.2f} m/s at {clock(row['time_s'])}"
    if summary["line_pack_kg"] is not None:
        pack = summary["line_pack_kg"]
        yield (
            f"Line pack: {pack['first']:.4g} kg at first, {pack['lowest']:.4g} at its lowest, "
            f"{pack['last']:.4g} at the end (mass closes to {abs(pack['error']):.1g} kg)"
        )
    states = Counter(report["controls"].values())
    if states:
        yield "Regulators and compressors at the end: " + ", ".join(
            f"{count} {state}" for state, count in states.most_common()
        )
    if report["unsupplied"]:
        yield f"Without a source: {_some(report['unsupplied'])}"
    short = report["shortfalls"]
    if short:
        yield f"Users that get less than they want: {len(short)}"
    for row in short[:SHOWN]:
        why = f"{row['element']}: {row['reason']}" if row["element"] else row["reason"]
        got = f"{row['delivered_kgs']:.4g} of {row['wanted_kgs']:.4g} kg/s"
        yield f"  {row['node']:<16} {got} ({why})"
    for text in report["warnings"][:LISTED]:
        yield f"Warning: {text}"
    yield (
        f"Residuals: {report['mass_kgs']:.2g} kg/s, {report['energy_pa']:.2g} Pa; "
        f"{report['solves']} solves, {report['iterations']} iterations"
    )


def _users(head: str, rows: list[dict[str, Any]]) -> Iterator[str]:
    if rows:
        yield head
    for row in rows[:SHOWN]:
        yield f"  {row['node']:<16} {_pressure(row['pressure_pa'])} at {clock(row['time_s'])}"


def _pressure(pascal: float) -> str:
    return f"{pascal:.0f} Pa" if abs(pascal) < 1e4 else f"{pascal / 1e5:.4f} bar"


def _some(names: list[str] | tuple[str, ...]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return f"{len(names)} nodes: {', '.join(names[:SHOWN])}{more}"
