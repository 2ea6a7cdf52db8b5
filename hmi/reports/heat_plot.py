"""A picture of a heat run: stations by what pressure is left, the worst over time, temperatures."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from hmi.reports.heat_summary import MW, heat_faults
from hmi.reports.plot_parts import (
    bars,
    draw_plan,
    headline,
    lowest,
    mark_kinds,
    name_places,
    over_time,
    picture,
)
from network_models.elements import CirculationPump, HeatSource, Substation
from network_models.physics import ZERO_C_K

if TYPE_CHECKING:
    from hydraulics.heat.results import HeatRun
    from network_models.network import Network

WORST = 5
KPA = 1e3


def plot_heat(net: Network, run: HeatRun, path: Path) -> None:
    """Draw a heat run into a PNG file."""
    hours = run.times_s / 3600.0
    links, nodes = list(net.links.values()), {name: i for i, name in enumerate(net.nodes)}
    stations = [k for k, link in enumerate(links) if isinstance(link, Substation)]
    plants = [k for k, link in enumerate(links) if isinstance(link, HeatSource | CirculationPump)]
    left = lowest(run.available_pa[:, stations]) / KPA
    order = np.argsort(np.where(np.isfinite(left), left, np.inf), kind="stable")[:WORST]
    worst = [stations[int(k)] for k in order if np.isfinite(left[k])]
    spans = len(hours) > 1
    with picture(path, headline(net, float(hours[-1])), heat_faults(run.report)) as figure:
        grid = figure.add_gridspec(3 if spans else 2, 2, width_ratios=(8, 5))
        axes = figure.add_subplot(grid[:, 0])
        label = "least pressure between supply and return at a station, kPa"
        starts = [links[k].start for k in stations]
        places = draw_plan(figure, axes, net, starts, left, label)
        name_places(axes, ((links[k].id, places[links[k].start]) for k in worst))
        mark_kinds(axes, [("plant", "s", [places[links[k].end] for k in plants])])
        axes, title = figure.add_subplot(grid[0, 1]), "stations with the least pressure"
        supply = run.temperature_k[:, [nodes[links[k].start] for k in stations]] - ZERO_C_K
        if spans:
            lines = ((links[k].id, run.available_pa[:, k] / KPA) for k in worst)
            over_time(axes, hours, lines, title, "kPa")
            heats = [
                ("plants", -run.heat_w[:, plants].sum(axis=1) / MW),
                ("wanted", np.nan_to_num(run.wanted_w[:, stations]).sum(axis=1) / MW),
                ("delivered", np.nan_to_num(run.heat_w[:, stations]).sum(axis=1) / MW),
            ]
            over_time(figure.add_subplot(grid[1, 1]), hours, heats, "heat", "MW")
            outs = [
                (f"{links[k].id} {word}", run.temperature_k[:, nodes[end]] - ZERO_C_K)
                for k in plants[:2]
                for word, end in (("out", links[k].end), ("back", links[k].start))
            ]
            if stations:
                cold = int(np.argmin(lowest(np.where(np.isfinite(supply), supply, np.inf))))
                outs.append((f"coldest, {links[stations[cold]].id}", supply[:, cold]))
            over_time(
                figure.add_subplot(grid[2, 1]), hours, outs, "temperatures", "C", from_zero=False
            )
        else:
            named = ((links[k].id, float(run.available_pa[0, k]) / KPA) for k in worst)
            bars(axes, named, title, "kPa")
            axes, title = figure.add_subplot(grid[1, 1]), "stations with the coldest supply"
            known = np.where(np.isfinite(supply[0]), supply[0], np.inf)
            cold_ones = [int(k) for k in np.argsort(known)[:WORST] if np.isfinite(known[k])]
            named = ((links[stations[k]].id, float(supply[0, k])) for k in cold_ones)
            bars(axes, named, title, "supply temperature, C")
