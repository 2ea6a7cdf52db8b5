"""Water quality of a run: what a person reads first, and the tables as CSV."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from hmi.reports.run_csv import write_table
from hmi.reports.run_summary import takes_water
from network_models.problems import InputError, Problem

if TYPE_CHECKING:
    from network_models.network import Network

LISTED = 10
SHOWN = 5
LAST_S = 86400.0
"""The last day tells: before, the initial water still counts."""
Kind = Literal["age", "trace", "chemical"]
_WORDS = {
    "age": ("water age", "oldest water of the last day"),
    "trace": ("share of water from the traced node", "largest share of the last day"),
    "chemical": ("concentration", "lowest concentration of the last day"),
}


def quality_wish(text: str, net: Network) -> tuple[Kind, str | None]:
    """The kind and the traced node of `age`, `trace:NODE` or `chlorine`. InputError otherwise."""
    kind, _, node = text.partition(":")
    if kind == "trace" and node in net.nodes:
        return "trace", node
    if text == "age":
        return "age", None
    if text == "chlorine":
        return "chemical", None
    expected = "age, chlorine, or trace:NODE with a node of the network"
    raise InputError(
        [Problem(file="command line", line=None, field="--quality", found=text, expected=expected)]
    )


def quality_record(net: Network, kind: Kind, trace_node: str | None, run: Any) -> dict[str, Any]:
    """A quality run (`hydraulics.simulate_quality`) as JSON-ready values: the worst nodes first.

    Worst is oldest, the largest share, or the lowest concentration within the last day.
    """
    late = run.times_s >= run.times_s[-1] - LAST_S
    values = np.asarray(run.node_quality)[late]
    times = np.asarray(run.times_s)[late]
    taps = np.array([i for i, n in enumerate(net.nodes.values()) if takes_water(n)], dtype=np.int64)
    chosen = values[:, taps]
    sign = 1.0 if kind == "chemical" else -1.0
    filled = np.where(np.isfinite(chosen), sign * chosen, np.inf)
    worst = filled.min(axis=0, initial=np.inf)
    rows = [
        {
            "node": run.node_ids[taps[k]],
            "value": float(sign * worst[k]),
            "time_s": float(times[int(filled[:, k].argmin())]),
        }
        for k in np.argsort(worst, kind="stable")[:LISTED]
        if np.isfinite(worst[k])
    ]
    mean = float(np.nanmean(chosen)) if np.isfinite(chosen).any() else None
    report = run.report
    return {
        "kind": kind,
        "trace_node": trace_node,
        "unit": run.unit,
        "mean": mean,
        "worst_nodes": rows,
        "report": report.as_dict() if hasattr(report, "as_dict") else report,
    }


def quality_lines(record: Mapping[str, Any]) -> Iterator[str]:
    """The record as text."""
    name, worst = _WORDS[record["kind"]]
    of = f" {record['trace_node']}" if record["trace_node"] else ""
    mean = "none" if record["mean"] is None else f"{record['mean']:.3g} {record['unit']}"
    yield f"Quality, {name}{of}: {mean} on average where water is taken, in the last day"
    if record["worst_nodes"]:
        yield f"  {worst}:"
    for row in record["worst_nodes"][:SHOWN]:
        hours, rest = divmod(round(row["time_s"]), 3600)
        yield (
            f"  {row['node']:<16} {row['value']:8.3g} {record['unit']} at {hours}:{rest // 60:02d}"
        )


def write_quality_csv(run: Any, folder: Path) -> list[Path]:
    """Write node_quality.csv and link_quality.csv into `folder`; the files written."""
    return [
        write_table(folder / "node_quality.csv", run.node_ids, run.times_s, run.node_quality),
        write_table(folder / "link_quality.csv", run.link_ids, run.times_s, run.link_quality),
    ]
