"""A picture of a run: the plan coloured by lowest pressure, and pressures and levels over time."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from network_models.elements import Junction, Tank
from network_models.units import PA_PER_M_WATER

if TYPE_CHECKING:
    from hydraulics import Run
    from network_models import Network


def plot_run(net: Network, run: Run, path: Path) -> None:
    """Draw a run into a PNG file."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt
    from matplotlib.collections import LineCollection

    mpa = PA_PER_M_WATER / 1e6
    index = {id_: i for i, id_ in enumerate(run.node_ids)}
    junctions = [i for id_, i in index.items() if isinstance(net.nodes[id_], Junction)]
    pressure = run.pressure_m * mpa
    with np.errstate(all="ignore"):
        lowest = np.where(np.isfinite(pressure).any(axis=0), np.nanmin(pressure, axis=0), np.nan)
    figure, axes = plt.subplots(1, 2, figsize=(13, 6), width_ratios=(3, 2), layout="constrained")
    plan, time = axes
    segments = []
    for link in net.links.values():
        ends = net.nodes[link.start].position, net.nodes[link.end].position
        if ends[0] is not None and ends[1] is not None:
            segments.append([ends[0], *link.vertices, ends[1]])
    plan.add_collection(LineCollection(segments, colors="#9aa0a6", linewidths=0.7, zorder=1))
    placed = [i for i in junctions if net.nodes[run.node_ids[i]].position is not None]
    where = np.array([net.nodes[run.node_ids[i]].position for i in placed]).reshape(-1, 2)
    dots = plan.scatter(where[:, 0], where[:, 1], c=lowest[placed], s=9, cmap="viridis", zorder=2)
    figure.colorbar(dots, ax=plan, label="lowest pressure, MPa")
    plan.set_aspect("equal")
    plan.set_axis_off()
    plan.set_title(f"{len(run.node_ids)} nodes, {len(run.link_ids)} links")
    hours = run.times_s / 3600.0
    if junctions:
        with np.errstate(all="ignore"):
            bands = np.nanpercentile(pressure[:, junctions], (0, 5, 50, 95), axis=1)
        for row, name in zip(bands, ("lowest", "5 %", "median", "95 %"), strict=True):
            time.plot(hours, row, label=f"pressure, {name}")
    time.set_xlabel("time, h")
    time.set_ylabel("pressure, MPa")
    tanks = [i for id_, i in index.items() if isinstance(net.nodes[id_], Tank)]
    if tanks:
        levels = time.twinx()
        for i in tanks[:8]:
            levels.plot(hours, run.pressure_m[:, i], "--", linewidth=1, color="#5f6368")
        levels.set_ylabel("tank level (dashed), m")
    time.legend(loc="upper right", fontsize=8)
    figure.savefig(path, dpi=130)
    plt.close(figure)
