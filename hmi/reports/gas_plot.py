"""A picture of a gas run: users by lowest pressure, the worst over time, what the sources feed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from hmi.reports.gas_summary import gas_faults
from hmi.reports.plot_parts import (
    Limit,
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
from network_models.elements import GasSource

if TYPE_CHECKING:
    from hydraulics.gas.state import GasRun
    from network_models.network import Network

WORST = 5
LOW_PA = 10_000.0
"""Users below this are drawn in kPa, apart from those of the network's higher levels."""


def plot_gas(net: Network, run: GasRun, path: Path, *, limits_pa: Sequence[Limit] = ()) -> None:
    """Draw a gas run into a PNG file; `limits_pa` are lines where users of low pressure are shown.

    Low and high levels would hide each other's differences: where there are users of low pressure
    the picture is of them, else of all users, else of all nodes.
    """
    hours = run.times_s / 3600.0
    low = lowest(run.pressure_pa)
    taking = [i for i, n in enumerate(net.nodes.values()) if getattr(n, "demand_kgs", 0.0) > 0.0]
    small = [i for i in taking if not low[i] > LOW_PA]
    chosen = small or taking or list(range(len(run.node_ids)))
    who = "users of low pressure" if small else "users" if taking else "nodes"
    unit, scale = ("kPa", 1e3) if small else ("bar", 1e5)
    limits = [(value / scale, text) for value, text in limits_pa] if small else []
    known = sorted((i for i in chosen if low[i] == low[i]), key=lambda i: float(low[i]))[:WORST]
    spans = len(hours) > 1
    with picture(path, headline(net, float(hours[-1])), gas_faults(run.report)) as figure:
        rows = 3 if spans else 2
        grid = figure.add_gridspec(rows, 2, width_ratios=(8, 5))
        axes = figure.add_subplot(grid[:, 0])
        names = [run.node_ids[i] for i in chosen]
        label = f"lowest pressure of the run, {unit} above the air's"
        places = draw_plan(figure, axes, net, names, low[chosen] / scale, label)
        name_places(axes, ((run.node_ids[i], places[run.node_ids[i]]) for i in known))
        sources = [n.id for n in net.nodes.values() if isinstance(n, GasSource)]
        mark_kinds(axes, [("source", "s", [places[name] for name in sources])])
        axes, title = figure.add_subplot(grid[0, 1]), f"lowest of the {who}"
        if spans:
            lines = ((run.node_ids[i], run.pressure_pa[:, i] / scale) for i in known)
            over_time(axes, hours, lines, title, f"pressure, {unit}", limits)
        else:
            named = ((run.node_ids[i], float(low[i]) / scale) for i in known)
            bars(axes, named, title, f"pressure, {unit}", limits)
        what = "these and times" if spans else "these"
        duration(
            figure.add_subplot(grid[1, 1]),
            run.pressure_pa[:, chosen] / scale,
            what,
            f"pressure duration of the {who}",
            f"pressure, {unit}",
            limits,
        )
        if spans:
            place = {name: i for i, name in enumerate(run.node_ids)}
            feeds = ((name, 0.0 - run.demand_kgs[:, place[name]]) for name in sources)
            over_time(figure.add_subplot(grid[2, 1]), hours, feeds, "fed by sources", "kg/s")
