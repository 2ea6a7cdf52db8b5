"""What pictures of runs share: a frame, a plan of coloured dots, lines over time, a duration."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from hmi.reports.layout import places_of

if TYPE_CHECKING:
    from hmi.api.geometry import Place
    from network_models.network import Network

EDGED = 400
"""In larger networks the dots have no edges, which would hide their colour."""
MOST_PERCENT = 97.0
GREY, INK, FULL, BAD = "#b8c0c8", "#1f2933", "#2f6fb0", "#b3261e"
LINES = ("#b3261e", "#dd6a33", "#c9971c", "#4f7f52", "#3d6aa0", "#7b5ea7")
"""As many lines as one graph has at most, the worst in red."""

Limit = tuple[float, str]
"""A limit to be drawn as a line, in the graph's unit, and what it is."""


def pyplot() -> Any:
    """matplotlib's pyplot, loaded when first needed, drawing into memory and in our manner."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    mpl.rcParams.update({"font.size": 9, "axes.spines.top": False, "axes.spines.right": False})
    return plt


@contextmanager
def picture(path: Path, heading: str, faults: Sequence[str]) -> Iterator[Any]:
    """A figure that is written as PNG; a run that was not solved says so above it, in red."""
    plt = pyplot()
    figure = plt.figure(figsize=(14, 8), layout="constrained")
    if faults:
        figure.suptitle(f"NOT SOLVED - {faults[0]}", fontsize=12, color=BAD)
    else:
        figure.suptitle(heading, fontsize=12, color=INK)
    try:
        yield figure
        figure.savefig(path, dpi=120, format="png")
    finally:
        plt.close(figure)


def headline(net: Network, hours: float) -> str:
    """The title of a picture of a run."""
    head = f"{net.title.splitlines()[0]}: " if net.title else ""
    return f"{head}{len(net.nodes)} nodes, {len(net.links)} links, {hours:g} h"


def draw_plan(
    figure: Any,
    axes: Any,
    net: Network,
    chosen: Sequence[str],
    values: NDArray[np.float64],
    label: str,
) -> dict[str, Place]:
    """The network in grey with dots at the `chosen` nodes by `values`; where its nodes stand.

    NaN is drawn as a cross: such a node has no source.
    """
    from matplotlib.collections import LineCollection

    places, scheme = places_of(net)
    lines = [
        [places[k.start], *(() if scheme else k.vertices), places[k.end]]
        for k in net.links.values()
    ]
    size = float(np.clip(9000.0 / len(net.nodes), 3.0, 34.0))
    edge = 0.25 if len(net.nodes) < EDGED else 0.0
    axes.add_collection(LineCollection(lines, colors=GREY, linewidths=0.8, zorder=1))
    where = np.array([places[name] for name in chosen]).reshape(-1, 2)
    known = np.isfinite(values)
    if known.any():
        order = np.argsort(-values[known])
        dots = axes.scatter(
            *where[known][order].T, c=values[known][order], s=size, cmap="RdYlBu", zorder=2,
            vmin=min(0.0, float(values[known].min())), vmax=_top(values[known]), linewidths=edge,
            edgecolors="#59636d",
        )  # fmt: skip
        bar = figure.colorbar(dots, ax=axes, shrink=0.6, pad=0.01, extend="max")
        bar.set_label(label)
    if (~known).any():
        axes.scatter(*where[~known].T, marker="x", c=INK, s=size, label="no source", zorder=3)
    axes.set_aspect("equal")
    axes.set_axis_off()
    if scheme:
        axes.set_title("the file has no coordinates: a scheme, not a map", fontsize=9)
    return places


def mark_kinds(axes: Any, groups: Iterable[tuple[str, str, Sequence[Place]]]) -> None:
    """Sources and stores by a mark of their own: name, mark, places."""
    for name, mark, spots in groups:
        if spots:
            axes.scatter(
                *np.array(spots).T, marker=mark, s=52, c=FULL, edgecolors="white", label=name,
                zorder=4,
            )  # fmt: skip
    axes.autoscale_view()
    if axes.get_legend_handles_labels()[0]:
        axes.legend(loc="best", frameon=False)


def name_places(axes: Any, named: Iterable[tuple[str, Place]]) -> None:
    """The worst by name, in the colours of their lines."""
    for colour, (name, place) in zip(LINES, named, strict=False):
        axes.annotate(
            name, place, (5, 5), textcoords="offset points", fontsize=8, color=colour,
            fontweight="bold", zorder=5,
            bbox={"boxstyle": "round,pad=0.15", "fc": "white", "ec": "none", "alpha": 0.75},
        )  # fmt: skip


def _top(values: NDArray[np.float64]) -> float:
    """The end of the colour scale: a few nodes far above all others must not fade the rest."""
    return max(1e-9, float(np.percentile(values, MOST_PERCENT)))


def over_time(
    axes: Any,
    hours: NDArray[np.float64],
    rows: Iterable[tuple[str, NDArray[np.float64]]],
    title: str,
    unit: str,
    limits: Iterable[Limit] = (),
    *,
    from_zero: bool = True,
) -> None:
    """A line for each row over the hours, the names beside them."""
    for colour, (name, values) in zip(LINES, rows, strict=False):
        axes.plot(hours, values, color=colour, linewidth=1.2, label=name)
    draw_limits(axes, limits)
    axes.set_title(title, fontsize=10, loc="left", pad=12)
    axes.set_xlabel("time, h")
    axes.set_ylabel(unit)
    axes.margins(x=0.0)
    if from_zero:
        axes.set_ylim(bottom=min(0.0, axes.get_ylim()[0]))
    if axes.get_legend_handles_labels()[0]:
        axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), frameon=False, fontsize=8)


def bars(
    axes: Any,
    rows: Iterable[tuple[str, float]],
    title: str,
    unit: str,
    limits: Iterable[Limit] = (),
) -> None:
    """A bar for each row, the first on top."""
    named = list(rows)[::-1]
    axes.barh([n for n, _ in named], [v for _, v in named], color=LINES[1], height=0.6)
    for value, text in limits:
        axes.axvline(value, color=BAD, linewidth=0.9, linestyle="--")
        axes.annotate(
            text, (value, 1.0), (3, 1), fontsize=7.5, color=BAD,
            xycoords=axes.get_xaxis_transform(), textcoords="offset points",
        )  # fmt: skip
    axes.set_title(title, fontsize=10, loc="left", pad=12)
    axes.set_xlabel(unit)


def duration(
    axes: Any,
    values: NDArray[np.float64],
    what: str,
    title: str,
    unit: str,
    limits: Iterable[Limit] = (),
) -> None:
    """The share of all values at or above each; a value that is none stands at the low end."""
    falling = np.sort(np.nan_to_num(values.ravel(), nan=0.0))[::-1]
    share = 100.0 * (np.arange(len(falling)) + 1.0) / max(1, len(falling))
    axes.plot(share, falling, color=FULL, linewidth=1.6)
    axes.fill_between(share, falling, color=FULL, alpha=0.12, linewidth=0)
    draw_limits(axes, limits)
    axes.set_title(title, fontsize=10, loc="left", pad=12)
    axes.set_xlabel(f"share of {what} at or above, %")
    axes.set_ylabel(unit)
    axes.set_xlim(0.0, 100.0)
    axes.set_ylim(bottom=min(0.0, float(falling[-1]) if len(falling) else 0.0))


def draw_limits(axes: Any, limits: Iterable[Limit]) -> None:
    """Limits as dashed lines with their names."""
    for value, text in limits:
        axes.axhline(value, color=BAD, linewidth=0.9, linestyle="--")
        axes.annotate(
            text, (0.01, value), (0, 3), fontsize=7.5, color=BAD,
            xycoords=axes.get_yaxis_transform(), textcoords="offset points",
        )  # fmt: skip


def lowest(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The lowest of each column (T, K) -> (K,); NaN where it never had a value."""
    filled = np.where(np.isfinite(values), values, np.inf).min(axis=0, initial=np.inf)
    return np.where(np.isfinite(filled), filled, np.nan)
