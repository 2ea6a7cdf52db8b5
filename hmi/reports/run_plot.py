"""A picture of a run of water: the plan by lowest pressure, the worst nodes, the duration curve."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from hmi.reports.plot_parts import (
    bars,
    draw_plan,
    duration,
    headline,
    lowest,
    mark_kinds,
    name_places,
    over_time,
    picture,
)
from hmi.reports.run_summary import summarise, takes_water
from network_models.elements import Junction, Reservoir, Tank
from network_models.units import PA_PER_M_WATER

if TYPE_CHECKING:
    from hydraulics.state import Run
    from network_models.network import Network

WORST = 5
MOST_TANKS = 6
MPA_PER_M = PA_PER_M_WATER / 1e6


def plot_run(net: Network, run: Run, path: Path, *, limit_mpa: float | None = None) -> None:
    """Draw a run into a PNG file; `limit_mpa` is drawn as a line where it is given."""
    summary = summarise(net, run)
    hours, index = run.times_s / 3600.0, {name: i for i, name in enumerate(run.node_ids)}
    limits = [] if limit_mpa is None else [(limit_mpa, f"network end {limit_mpa:g} MPa")]
    tanks = [n.id for n in net.nodes.values() if isinstance(n, Tank)]
    spans = len(hours) > 1
    with picture(path, headline(net, float(hours[-1])), summary["not_solved"]) as figure:
        rows = 3 if spans and tanks else 2
        grid = figure.add_gridspec(rows, 2, width_ratios=(8, 5))
        axes = figure.add_subplot(grid[:, 0])
        junctions = [n.id for n in net.nodes.values() if isinstance(n, Junction)]
        low = lowest(run.pressure_m[:, [index[name] for name in junctions]]) * MPA_PER_M
        label = "lowest pressure of the run, MPa"
        places = draw_plan(figure, axes, net, junctions, low, label)
        worst = [row["node"] for row in summary["worst_nodes"][:WORST]]
        name_places(axes, ((name, places[name]) for name in worst))
        kinds = (("reservoir", "s", Reservoir), ("tank", "^", Tank))
        mark_kinds(
            axes,
            (
                (name, mark, [places[n.id] for n in net.nodes.values() if isinstance(n, kind)])
                for name, mark, kind in kinds
            ),
        )
        axes, title = figure.add_subplot(grid[0, 1]), "worst nodes that take water"
        if spans:
            lines = ((name, run.pressure_m[:, index[name]] * MPA_PER_M) for name in worst)
            over_time(axes, hours, lines, title, "pressure, MPa", limits)
        else:
            named = ((row["node"], row["pressure_mpa"]) for row in summary["worst_nodes"])
            bars(axes, named, title, "pressure, MPa", limits)
        taking = [i for i, node in enumerate(net.nodes.values()) if takes_water(node)]
        what = "nodes and times" if spans else "nodes"
        duration(
            figure.add_subplot(grid[1, 1]),
            run.pressure_m[:, taking or slice(None)] * MPA_PER_M,
            what,
            f"pressure duration: all {what} that take water",
            "pressure, MPa",
            limits,
        )
        if rows == 3:
            more = f" ({MOST_TANKS} of {len(tanks)})" if len(tanks) > MOST_TANKS else ""
            levels = ((f"tank {name}", run.pressure_m[:, index[name]]) for name in tanks)
            over_time(
                figure.add_subplot(grid[2, 1]), hours, levels, f"tank levels{more}", "level, m"
            )
