"""The heat part of `ringmain simulate`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from hmi.cli import output
from hmi.cli.checks import problem
from hmi.cli.progress import progress_bar
from network_models.physics import ZERO_C_K

if TYPE_CHECKING:
    from network_models import Network
    from network_models.problems import Problem
COLDEST_C, WARMEST_C = -60.0, 40.0


def kelvin(celsius: float | None) -> float | None:
    """An outdoor temperature given in C."""
    return None if celsius is None else celsius + ZERO_C_K


def outdoor_problem(celsius: float | None) -> Problem | None:
    """The fault of an outdoor temperature, if it has one."""
    if celsius is None or COLDEST_C <= celsius <= WARMEST_C:
        return None
    return problem("--outdoor", f"{celsius:g}", f"{COLDEST_C:g} to {WARMEST_C:g} C")


def simulate_heat(
    net: Network,
    *,
    hours: float | None,
    step_s: float | None,
    outdoor_c: float | None,
    csv: Path | None,
    plot: Path | None,
    quiet: bool,
) -> dict[str, Any]:
    """Run a heat network, write its tables; the record of `heat_summary`."""
    from hmi.reports.heat_summary import LINK_TABLES, NODE_TABLES, summarise_heat
    from hmi.reports.run_csv import write_table
    from hydraulics.heat.run import simulate

    with progress_bar("Solving", wanted=not quiet) as advance:
        run = simulate(
            net,
            hours=hours,
            step_s=step_s,
            outdoor_k=kelvin(outdoor_c),
            progress=lambda share: advance("", share),
        )
    if csv is not None:
        csv.mkdir(parents=True, exist_ok=True)
        for names, ids in ((NODE_TABLES, run.node_ids), (LINK_TABLES, run.link_ids)):
            for name in names:
                path = write_table(csv / f"{name}.csv", ids, run.times_s, getattr(run, name))
                output.note(f"wrote {path}")
    if plot is not None:
        from hmi.reports.heat_plot import plot_heat

        plot_heat(net, run, plot)
        output.note(f"wrote {plot}")
    return summarise_heat(net, run)
