"""The figures of a heat run that a person reads first, as a record and as lines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from hmi.reports.fastest import fastest_pipes
from network_models.elements import CirculationPump, HeatPipe, HeatSource, Substation
from network_models.physics import ZERO_C_K
from scenarios.proof import clock

if TYPE_CHECKING:
    from hydraulics.heat.results import HeatReport, HeatRun
    from network_models.network import Network

LISTED, SHOWN = 10, 5
NODE_TABLES = ("pressure_pa", "temperature_k")
LINK_TABLES = ("flow_kgs", "velocity_ms", "outlet_k", "heat_w", "available_pa", "status")
MW, KW = 1e6, 1e3


def heat_faults(report: HeatReport) -> list[str]:
    """Why the results do not hold, in words; empty when they do."""
    if report.converged:
        return []
    times = report.unbalanced_times_s
    where = f" at {len(times)} times, first {clock(times[0])}" if times else ""
    found = [f"no state in balance{where}"]
    if report.negative_pressure:
        names = ", ".join(report.negative_pressure[:SHOWN])
        found.append(f"absolute pressure below zero at {names}")
    return found


def summarise_heat(net: Network, run: HeatRun) -> dict[str, Any]:
    """What a heat run did: plants, stations with the least pressure, coldest supply, losses."""
    links = list(net.links.values())
    stations = np.flatnonzero([isinstance(k, Substation) for k in links])
    plants = [k for k, link in enumerate(links) if isinstance(link, HeatSource | CirculationPump)]
    reasons = heat_faults(run.report)
    return {
        "title": net.title,
        "medium": "heat",
        "nodes": len(run.node_ids),
        "links": len(run.link_ids),
        "duration_s": float(run.times_s[-1]),
        "report_times": len(run.times_s),
        "solved": not reasons,
        "not_solved": reasons,
        "plants": [_plant(net, run, k) for k in plants],
        "least_pressure": _least(run, stations, run.available_pa, "available_pa"),
        "coldest_supply": _coldest(net, run, stations),
        "fastest_pipes": fastest_pipes(net, run, HeatPipe, LISTED),
        "report": run.report.as_dict(),
    }


def _plant(net: Network, run: HeatRun, k: int) -> dict[str, Any]:
    link = list(net.links.values())[k]
    index = {name: i for i, name in enumerate(net.nodes)}
    supply, back = run.temperature_k[:, index[link.end]], run.temperature_k[:, index[link.start]]
    return {
        "link": link.id,
        "mean_w": _mean(-run.heat_w[:, k]),
        "highest_w": _extreme(-run.heat_w[:, k], np.max),
        "mean_flow_kgs": _mean(run.flow_kgs[:, k]),
        "supply_k": _mean(supply),
        "return_k": _mean(back),
    }


def _mean(values: Any) -> float | None:
    return _extreme(values, np.mean)


def _extreme(values: Any, pick: Any) -> float | None:
    known = values[np.isfinite(values)]
    return float(pick(known)) if len(known) else None


def _least(run: HeatRun, chosen: Any, values: Any, name: str) -> list[dict[str, Any]]:
    filled = np.where(np.isfinite(values), values, np.inf)[:, chosen]
    worst = filled.min(axis=0, initial=np.inf)
    return [
        {
            "station": run.link_ids[chosen[k]],
            name: float(worst[k]),
            "time_s": float(run.times_s[int(filled[:, k].argmin())]),
        }
        for k in np.argsort(worst, kind="stable")[:LISTED]
        if np.isfinite(worst[k])
    ]


def _coldest(net: Network, run: HeatRun, stations: Any) -> list[dict[str, Any]]:
    index = {name: i for i, name in enumerate(net.nodes)}
    links = list(net.links.values())
    supply = np.full(run.flow_kgs.shape, np.nan)
    for k in stations:
        supply[:, k] = run.temperature_k[:, index[links[k].start]]
    return _least(run, stations, supply, "supply_k")


def heat_lines(name: str, summary: Mapping[str, Any]) -> Iterator[str]:
    """The text of `ringmain simulate` for a record of `summarise_heat`."""
    report = summary["report"]
    yield (
        f"{name}: heat, {summary['nodes']} nodes, {summary['links']} links, "
        f"{summary['duration_s'] / 3600:g} h in {summary['report_times']} report times"
    )
    for text in summary["not_solved"]:
        yield f"NOT SOLVED: {text}"
    yield (
        f"Heat: {report['plant_w'] / MW:.4g} MW from the plants, "
        f"{report['delivered_w'] / MW:.4g} MW delivered, {report['lost_w'] / MW:.4g} MW lost to "
        f"the ground, {report['wet_w'] / MW:.3g} MW with leaked water"
    )
    for row in summary["plants"][:SHOWN]:
        if row["supply_k"] is not None and row["return_k"] is not None:
            yield (
                f"Plant {row['link']}: {row['mean_w'] / MW:.4g} MW on average, "
                f"{row['mean_flow_kgs']:.4g} kg/s, {_celsius(row['supply_k'])} out, "
                f"{_celsius(row['return_k'])} back"
            )
    if summary["least_pressure"]:
        yield "Least pressure between supply and return:"
    for row in summary["least_pressure"][:SHOWN]:
        yield f"  {row['station']:<16} {row['available_pa'] / KW:.1f} kPa at {clock(row['time_s'])}"
    for row in summary["coldest_supply"][:1]:
        yield f"Coldest supply: station {row['station']}, {_celsius(row['supply_k'])}"
    for row in summary["fastest_pipes"][:1]:
        yield f"Fastest pipe: {row['link']}, {row['velocity_ms']:.2f} m/s at {clock(row['time_s'])}"
    if report["boiling"]:
        yield (
            f"Nearest to boiling: {report['boiling']}, "
            f"{report['boiling_margin_pa'] / 1e5:.2f} bar above it"
        )
    yield from shortfall_lines(report)
    for text in report["warnings"][:LISTED]:
        yield f"Warning: {text}"
    yield (
        f"Residuals: {report['mass_kgs']:.2g} kg/s, {report['pressure_pa']:.2g} Pa, "
        f"{report['heat_w']:.2g} W; {report['solves']} solves, {report['iterations']} iterations"
    )


def shortfall_lines(report: Mapping[str, Any]) -> Iterator[str]:
    """The stations that lack heat, and what binds them."""
    short = report["shortfalls"]
    if short:
        yield f"Stations that get less heat than they want: {len(short)}"
    for row in short[:SHOWN]:
        yield (
            f"  {row['station']:<16} {row['delivered_w'] / KW:.4g} of {row['wanted_w'] / KW:.4g} "
            f"kW ({row['binds']})"
        )
    if report["unsupplied"]:
        names = report["unsupplied"]
        more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
        yield f"Without pressure: {len(names)} nodes: {', '.join(names[:SHOWN])}{more}"


def _celsius(kelvin: float) -> str:
    return f"{kelvin - ZERO_C_K:.1f} C"
