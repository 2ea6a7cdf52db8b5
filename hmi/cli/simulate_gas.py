"""The gas part of `ringmain simulate`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from hmi.cli import output
from hmi.cli.checks import problem
from hmi.cli.progress import progress_bar

if TYPE_CHECKING:
    from network_models import Network
    from network_models.problems import Problem


def gas_option_problems(**given: Any) -> list[Problem]:
    """A fault for every option that a gas network cannot have."""
    return [
        problem(f"--{name}", str(value), "only for a water network")
        for name, value in given.items()
        if value
    ]


def simulate_gas(
    net: Network,
    *,
    hours: float | None,
    step_s: float | None,
    accuracy: float | None,
    line_pack: bool,
    csv: Path | None,
    plot: Path | None,
    quiet: bool,
) -> dict[str, Any]:
    """Run a gas network, write its tables; the record of `gas_summary`."""
    from hmi.reports.gas_summary import LINK_TABLES, NODE_TABLES, summarise_gas
    from hmi.reports.run_csv import write_table
    from hydraulics.gas.run import simulate

    with progress_bar("Solving", wanted=not quiet) as advance:
        run = simulate(
            net,
            hours=hours,
            step_s=step_s,
            accuracy=accuracy,
            line_pack=line_pack,
            progress=lambda share: advance("", share),
        )
    if csv is not None:
        csv.mkdir(parents=True, exist_ok=True)
        for names, ids in ((NODE_TABLES, run.node_ids), (LINK_TABLES, run.link_ids)):
            for name in names:
                path = write_table(csv / f"{name}.csv", ids, run.times_s, getattr(run, name))
                output.note(f"wrote {path}")
    if plot is not None:
        from hmi.reports.gas_plot import plot_gas

        plot_gas(net, run, plot, limits_pa=_band(net))
        output.note(f"wrote {plot}")
    return summarise_gas(net, run)


def _band(net: Network) -> list[tuple[float, str]]:
    """The band of the network's gas by the rulebook today in the usual profile, Pa and words."""
    from dispatch.gas_compliance import band_pa, gas_kind
    from hmi.rules_today import rules_today

    band = band_pa(rules_today(), gas_kind(net))
    if band is None:
        return []
    return [
        (limit, f"{word} of the band, {limit:g} Pa")
        for limit, word in zip(band, ("bottom", "top"), strict=True)
    ]
