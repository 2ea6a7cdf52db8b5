"""The figures of a run that a person reads first, as one JSON-ready record."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from hmi.reports.fastest import fastest_pipes
from network_models.elements import Junction, Pipe, Tank
from network_models.units import PA_PER_M_WATER, UNITS
from scenarios.proof import faults

if TYPE_CHECKING:
    from hydraulics.state import Run
    from network_models.network import Network

LISTED = 10
NEAR_M = 1e-3
"""A tank this near to a limit stands at it."""
HOUR_S = 3600.0


def summarise(net: Network, run: Run) -> dict[str, Any]:
    """What a run did: lowest pressures, fastest pipes, tanks, pumps, and whether it is proved."""
    takers = np.array([takes_water(node) for node in net.nodes.values()])
    junctions = np.array([isinstance(node, Junction) for node in net.nodes.values()])
    reasons = faults(run.report)
    demand = np.where(junctions, np.maximum(np.nan_to_num(run.demand_m3s), 0.0), 0.0).sum(axis=1)
    return {
        "title": net.title,
        "nodes": len(run.node_ids),
        "links": len(run.link_ids),
        "duration_s": float(run.times_s[-1]),
        "report_times": len(run.times_s),
        "solved": not reasons,
        "not_solved": reasons,
        "demand_m3h": {
            "lowest": float(demand.min()) * HOUR_S,
            "mean": float(demand.mean()) * HOUR_S,
            "highest": float(demand.max()) * HOUR_S,
        },
        "worst_nodes": _lowest(run, np.flatnonzero(junctions & takers), takes_water=True),
        "worst_without_demand": _lowest(
            run, np.flatnonzero(junctions & ~takers), takes_water=False
        ),
        "fastest_pipes": fastest_pipes(net, run, Pipe, LISTED),
        "tanks": _tanks(net, run),
        "report": run.report.as_dict(),
    }


def takes_water(node: object) -> bool:
    """Whether a node is a junction to which the file gives a demand."""
    return isinstance(node, Junction) and any(d.base_m3s > 0.0 for d in node.demands)


def _lowest(run: Run, chosen: NDArray[np.int64], *, takes_water: bool) -> list[dict[str, Any]]:
    """The nodes of lowest pressure among those `chosen`, each at its worst time."""
    pressure = run.pressure_m[:, chosen]
    filled = np.where(np.isfinite(pressure), pressure, np.inf)
    worst = filled.min(axis=0, initial=np.inf)
    rows = []
    for k in np.argsort(worst, kind="stable")[:LISTED]:
        if np.isfinite(worst[k]):
            rows.append(
                {
                    "node": run.node_ids[chosen[k]],
                    "pressure_m": float(worst[k]),
                    "pressure_mpa": UNITS["MPa"].from_si(float(worst[k]) * PA_PER_M_WATER),
                    "time_s": float(run.times_s[int(filled[:, k].argmin())]),
                    "takes_water": takes_water,
                }
            )
    return rows


def _tanks(net: Network, run: Run) -> list[dict[str, Any]]:
    rows = []
    for i, (name, node) in enumerate(net.nodes.items()):
        if isinstance(node, Tank):
            level = run.pressure_m[:, i]
            rows.append(
                {
                    "tank": name,
                    "lowest_level_m": float(level.min()),
                    "highest_level_m": float(level.max()),
                    "last_level_m": float(level[-1]),
                    "minimum_level_m": node.minimum_level_m,
                    "maximum_level_m": node.maximum_level_m,
                    "times_empty": int((level <= node.minimum_level_m + NEAR_M).sum()),
                    "times_full": int((level >= node.maximum_level_m - NEAR_M).sum()),
                }
            )
    return rows
