"""`ringmain simulate`: run a network file and say what came out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hmi.cli import output
from hmi.cli.progress import progress_bar
from network_models.units import UNITS

if TYPE_CHECKING:
    from hydraulics import Run
    from network_models import Network


def simulate(
    file: Annotated[Path, typer.Argument(help="A network file (EPANET .inp or native .json).")],
    hours: Annotated[
        float | None, typer.Option(help="Duration; the file's own if left out.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
    csv: Annotated[Path | None, typer.Option(help="Folder for the full results as CSV.")] = None,
    plot: Annotated[Path | None, typer.Option(help="PNG file for a picture of the run.")] = None,
) -> None:
    """Solve a network over time: pressures, flows, tank levels, warnings."""
    from hydraulics import simulate as run_model
    from network_models import read_network

    net = read_network(file)
    with progress_bar("Solving", wanted=not as_json) as advance:
        run = run_model(net, hours=hours, progress=lambda share: advance("", share))
    if csv is not None:
        from hmi.reports.run_csv import write_run_csv

        for path in write_run_csv(run, csv):
            output.note(f"wrote {path}")
    if plot is not None:
        from hmi.reports.run_plot import plot_run

        plot_run(net, run, plot)
        output.note(f"wrote {plot}")
    summary = summarise(net, run)
    if as_json:
        output.print_json({"schema": "ringmain/simulate/1", "file": str(file), **summary})
    else:
        _tell(file, summary)


def summarise(net: Network, run: Run) -> dict[str, Any]:
    """The figures of a run that a person reads first."""
    import numpy as np

    from network_models.elements import Junction, Tank

    ids = run.node_ids
    supplied = [i for i, id_ in enumerate(ids) if isinstance(net.nodes[id_], Junction)]
    pressure = run.pressure_m[:, supplied]
    worst: list[dict[str, Any]] = []
    if pressure.size and np.isfinite(pressure).any():
        lowest = np.nanmin(np.where(np.isfinite(pressure), pressure, np.inf), axis=0)
        for k in np.argsort(lowest, kind="stable")[:10]:
            at = int(np.nanargmin(pressure[:, k])) if np.isfinite(lowest[k]) else None
            if at is not None:
                worst.append(
                    {
                        "node": ids[supplied[k]],
                        "pressure_m": float(lowest[k]),
                        "time_s": float(run.times_s[at]),
                    }
                )
    tanks = [
        {
            "tank": id_,
            "lowest_level_m": float(np.nanmin(run.pressure_m[:, i])),
            "highest_level_m": float(np.nanmax(run.pressure_m[:, i])),
        }
        for i, id_ in enumerate(ids)
        if isinstance(net.nodes[id_], Tank)
    ]
    return {
        "title": net.title,
        "nodes": len(ids),
        "links": len(run.link_ids),
        "duration_s": float(run.times_s[-1]),
        "report_times": len(run.times_s),
        "worst_nodes": worst,
        "tanks": tanks,
        "report": run.report.as_dict(),
    }


def _tell(file: Path, summary: dict[str, Any]) -> None:
    output.say(
        f"{file.name}: {summary['nodes']} nodes, {summary['links']} links, "
        f"{summary['duration_s'] / 3600:g} h in {summary['report_times']} report times"
    )
    if summary["worst_nodes"]:
        output.say("Lowest pressures:")
        for row in summary["worst_nodes"][:5]:
            hours, rest = divmod(int(row["time_s"]), 3600)
            mpa = UNITS["MPa"].from_si(UNITS["mH2O"].to_si(row["pressure_m"]))
            output.say(
                f"  {row['node']:<16} {row['pressure_m']:8.2f} m "
                f"({mpa:.3f} MPa) at {hours:d}:{rest // 60:02d}"
            )
    for row in summary["tanks"]:
        output.say(
            f"Tank {row['tank']}: level {row['lowest_level_m']:.2f} to "
            f"{row['highest_level_m']:.2f} m"
        )
    warnings = summary["report"].get("warnings", [])
    for text in warnings[:10]:
        output.say(f"Warning: {text}")
    if len(warnings) > 10:
        output.say(f"... and {len(warnings) - 10} more warnings (see --json)")
