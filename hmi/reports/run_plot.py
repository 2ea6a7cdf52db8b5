"""A picture of a run: the plan by lowest pressure, the worst nodes, the duration curve."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from hmi.reports.layout import places_of
from hmi.reports.run_summary import summarise, takes_water
from network_models.elements import Junction, Reservoir, Tank
from network_models.units import PA_PER_M_WATER

if TYPE_CHECKING:
    from hydraulics.state import Run
    from network_models.network import Network

WORST = 5
MOST_TANKS = 6
EDGED = 400
"""In larger networks the dots have no edges, which would hide their colour."""
MOST_PERCENT = 97.0
GREY, INK, WATER, BAD = "#b8c0c8", "#1f2933", "#2f6fb0", "#b3261e"
LINES = ("#b3261e", "#dd6a33", "#c9971c", "#4f7f52", "#3d6aa0")


def plot_run(net: Network, run: Run, path: Path, *, limit_mpa: float | None = None) -> None:
    """Draw a run into a PNG file; `limit_mpa` is drawn as a line where it is given."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    mpl.rcParams.update({"font.size": 9, "axes.spines.top": False, "axes.spines.right": False})
    summary = summarise(net, run)
    over_time = len(run.times_s) > 1
    tanks = [i for i, n in enumerate(net.nodes.values()) if isinstance(n, Tank)]
    figure = plt.figure(figsize=(14, 8), layout="constrained")
    rows = 3 if over_time and tanks else 2
    grid = figure.add_gridspec(rows, 2, width_ratios=(8, 5))
    _plan(figure, figure.add_subplot(grid[:, 0]), net, run, summary["worst_nodes"])
    draw = _worst if over_time else _bars
    draw(figure.add_subplot(grid[0, 1]), run, summary["worst_nodes"], limit_mpa)
    _duration(figure.add_subplot(grid[1, 1]), net, run, limit_mpa)
    if over_time and tanks:
        _levels(figure.add_subplot(grid[2, 1]), run, tanks)
    head = f"{net.title.splitlines()[0]}: " if net.title else ""
    hours = summary["duration_s"] / 3600.0
    text = f"{head}{summary['nodes']} nodes, {summary['links']} links, {hours:g} h"
    colour = INK
    if not summary["solved"]:
        text, colour = f"NOT SOLVED - {summary['not_solved'][0]}", BAD
    figure.suptitle(text, fontsize=12, color=colour)
    figure.savefig(path, dpi=120, format="png")
    plt.close(figure)


def _plan(figure: Any, axes: Any, net: Network, run: Run, worst: Sequence[dict[str, Any]]) -> None:
    from matplotlib.collections import LineCollection

    places, scheme = places_of(net)
    lines = [
        [places[k.start], *(() if scheme else k.vertices), places[k.end]]
        for k in net.links.values()
    ]
    nodes = list(net.nodes.values())
    size = float(np.clip(9000.0 / len(nodes), 3.0, 34.0))
    edge = 0.25 if len(nodes) < EDGED else 0.0
    axes.add_collection(LineCollection(lines, colors=GREY, linewidths=0.8, zorder=1))
    junctions = [i for i, n in enumerate(nodes) if isinstance(n, Junction)]
    low = _lowest(run)[junctions]
    where = np.array([places[nodes[i].id] for i in junctions])
    known = np.isfinite(low)
    if known.any():
        order = np.argsort(-low[known])
        dots = axes.scatter(
            *where[known][order].T, c=low[known][order], s=size, cmap="RdYlBu", zorder=2, vmin=0.0,
            vmax=_top(low[known]), linewidths=edge, edgecolors="#59636d",
        )  # fmt: skip
        bar = figure.colorbar(dots, ax=axes, shrink=0.6, pad=0.01, extend="max")
        bar.set_label("lowest pressure of the run, MPa")
    if (~known).any():
        axes.scatter(*where[~known].T, marker="x", c=INK, s=size, label="no source", zorder=3)
    for kind, mark, name in ((Reservoir, "s", "reservoir"), (Tank, "^", "tank")):
        spots = [places[n.id] for n in nodes if isinstance(n, kind)]
        if spots:
            axes.scatter(
                *np.array(spots).T, marker=mark, s=52, c=WATER, edgecolors="white", label=name,
                zorder=4,
            )  # fmt: skip
    for place, row in enumerate(worst[:WORST]):
        axes.annotate(
            row["node"], places[row["node"]], (5, 5), textcoords="offset points", fontsize=8,
            color=LINES[place], fontweight="bold", zorder=5,
            bbox={"boxstyle": "round,pad=0.15", "fc": "white", "ec": "none", "alpha": 0.75},
        )  # fmt: skip
    axes.autoscale_view()
    axes.set_aspect("equal")
    axes.set_axis_off()
    axes.legend(loc="best", frameon=False)
    if scheme:
        axes.set_title("the file has no coordinates: a scheme, not a map", fontsize=9)


def _lowest(run: Run) -> NDArray[np.float64]:
    """The lowest pressure of every node, MPa; NaN where it never had one."""
    filled = np.where(np.isfinite(run.pressure_m), run.pressure_m, np.inf).min(axis=0)
    return np.where(np.isfinite(filled), filled * PA_PER_M_WATER / 1e6, np.nan)


def _top(values: NDArray[np.float64]) -> float:
    """The end of the colour scale: a few nodes far above all others must not fade the rest."""
    return max(0.05, float(np.percentile(values, MOST_PERCENT)))


def _bars(axes: Any, _run: Run, worst: Sequence[dict[str, Any]], limit: float | None) -> None:
    names = [row["node"] for row in worst][::-1]
    axes.barh(names, [row["pressure_mpa"] for row in worst][::-1], color=LINES[1], height=0.6)
    if limit is not None:
        axes.axvline(limit, color=BAD, linewidth=0.9, linestyle="--")
        text = f"network end {limit:g} MPa"
        axes.annotate(
            text, (limit, 1.0), (3, 1), fontsize=7.5, color=BAD,
            xycoords=axes.get_xaxis_transform(), textcoords="offset points",
        )  # fmt: skip
    axes.set_title("worst nodes that take water", fontsize=10, loc="left", pad=12)
    axes.set_xlabel("pressure, MPa")


def _worst(axes: Any, run: Run, worst: Sequence[dict[str, Any]], limit: float | None) -> None:
    hours = run.times_s / 3600.0
    for place, row in enumerate(worst[:WORST]):
        pressure = run.pressure_m[:, run.node_ids.index(row["node"])] * PA_PER_M_WATER / 1e6
        axes.plot(hours, pressure, color=LINES[place], linewidth=1.2, label=row["node"])
    _limit(axes, limit)
    axes.set_title("worst nodes that take water", fontsize=10, loc="left")
    axes.set_xlabel("time, h")
    axes.set_ylabel("pressure, MPa")
    axes.margins(x=0.0)
    axes.set_ylim(bottom=min(0.0, axes.get_ylim()[0]))
    axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), frameon=False, fontsize=8)


def _duration(axes: Any, net: Network, run: Run, limit: float | None) -> None:
    taking = [i for i, node in enumerate(net.nodes.values()) if takes_water(node)]
    pressure = run.pressure_m[:, taking or slice(None)].ravel() * PA_PER_M_WATER / 1e6
    # Without a source there is no pressure: such times stand at the low end.
    values = np.sort(np.nan_to_num(pressure, nan=0.0))[::-1]
    share = 100.0 * (np.arange(len(values)) + 1.0) / max(1, len(values))
    axes.plot(share, values, color=WATER, linewidth=1.6)
    axes.fill_between(share, values, color=WATER, alpha=0.12, linewidth=0)
    _limit(axes, limit)
    what = "nodes and times" if len(run.times_s) > 1 else "nodes"
    axes.set_title(f"pressure duration: all {what} that take water", fontsize=10, loc="left")
    axes.set_xlabel(f"share of {what} at or above, %")
    axes.set_ylabel("pressure, MPa")
    axes.set_xlim(0.0, 100.0)
    axes.set_ylim(bottom=min(0.0, float(values[-1]) if len(values) else 0.0))


def _levels(axes: Any, run: Run, tanks: Sequence[int]) -> None:
    for i in tanks[:MOST_TANKS]:
        label = f"tank {run.node_ids[i]}"
        axes.plot(run.times_s / 3600.0, run.pressure_m[:, i], linewidth=1.2, label=label)
    more = f" ({MOST_TANKS} of {len(tanks)})" if len(tanks) > MOST_TANKS else ""
    axes.set_title(f"tank levels{more}", fontsize=10, loc="left")
    axes.set_xlabel("time, h")
    axes.set_ylabel("level, m")
    axes.margins(x=0.0)
    axes.set_ylim(bottom=0.0)
    axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), frameon=False, fontsize=8)


def _limit(axes: Any, limit: float | None) -> None:
    if limit is not None:
        axes.axhline(limit, color=BAD, linewidth=0.9, linestyle="--")
        axes.annotate(
            f"network end {limit:g} MPa", (0.01, limit), (0, 3), fontsize=7.5, color=BAD,
            xycoords=axes.get_yaxis_transform(), textcoords="offset points",
        )  # fmt: skip
