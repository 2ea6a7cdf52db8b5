"""`ringmain simulate`: run a network file and say what came out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hmi.cli import output
from hmi.cli.checks import accuracy as check_accuracy
from hmi.cli.checks import file_to_write, folder_to_write, hours_of_run, number, problem, refuse
from hmi.cli.progress import progress_bar
from hmi.cli.read_file import read_to_solve
from hmi.cli.simulate_gas import gas_option_problems, simulate_gas
from hmi.cli.simulate_heat import outdoor_problem, simulate_heat

if TYPE_CHECKING:
    from network_models import Network


def simulate(
    file: Annotated[
        Path, typer.Argument(help="A network: .inp, .net, or .json (ours, pandapipes).")
    ],
    hours: Annotated[
        float | None, typer.Option(help="Duration; the file's own if left out.")
    ] = None,
    step: Annotated[
        float | None, typer.Option(help="Seconds between report times; the file's own.")
    ] = None,
    pda: Annotated[
        bool, typer.Option("--pda", help="Demand falls with pressure, whatever the file says.")
    ] = False,
    required: Annotated[
        float | None, typer.Option(help="Pressure head for full demand, m (with --pda).")
    ] = None,
    quality: Annotated[
        str | None, typer.Option(help="Water quality as well: age, trace:NODE or chlorine.")
    ] = None,
    accuracy: Annotated[
        float | None, typer.Option(help="Relative flow change; 1e-5, or the file's if tighter.")
    ] = None,
    line_pack: Annotated[
        bool, typer.Option("--line-pack", help="Gas: pipes fill and empty between report times.")
    ] = False,
    outdoor: Annotated[
        float | None, typer.Option(help="Heat: outdoor temperature for plants with a curve, C.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
    csv: Annotated[Path | None, typer.Option(help="Folder for the full results as CSV.")] = None,
    plot: Annotated[Path | None, typer.Option(help="PNG file for a picture of the run.")] = None,
) -> None:
    """Solve a network over time: pressures, flows, tank levels, warnings.

    Exit code 3 when the run is not in balance or its proof fails.
    """
    refuse(
        [
            hours_of_run(hours),
            number("--step", step),
            number("--required", required, most=1000.0),
            None
            if required is None or pda
            else problem("--required", f"{required:g}", "only with --pda"),
            check_accuracy(accuracy),
            outdoor_problem(outdoor),
            folder_to_write("--csv", csv),
            file_to_write("--plot", plot),
        ]
    )
    net = read_to_solve(file)
    if net.medium == "gas":
        refuse(gas_option_problems(pda=pda, required=required, quality=quality))
        summary = simulate_gas(
            net,
            hours=hours,
            step_s=step,
            accuracy=accuracy,
            line_pack=line_pack,
            csv=csv,
            plot=plot,
            quiet=as_json,
        )
        _show_gas(file, summary, as_json=as_json)
        return
    if line_pack:
        refuse([problem("--line-pack", "given", "only for a gas network")])
    if net.medium == "heat":
        refuse(gas_option_problems(pda=pda, required=required, quality=quality, accuracy=accuracy))
        summary = simulate_heat(
            net, hours=hours, step_s=step, outdoor_c=outdoor, csv=csv, plot=plot, quiet=as_json
        )
        _show_heat(file, summary, as_json=as_json)
        return
    if outdoor is not None:
        refuse([problem("--outdoor", f"{outdoor:g}", "only for a heat network")])
    from hydraulics import simulate as run_model
    from scenarios.proof import accuracy_for

    wish = None if quality is None else _wish(quality, net)
    with progress_bar("Solving", wanted=not as_json) as advance:
        run = run_model(
            net,
            hours=hours,
            step_s=step,
            demand_model="pda" if pda else None,
            required_pressure_m=required,
            accuracy=accuracy_for(net, accuracy),
            progress=lambda share: advance("", share),
        )
    from hmi.reports.run_summary import summarise

    summary = summarise(net, run)
    if wish is not None:
        summary["quality"] = _quality(net, wish, hours=hours, step_s=step, folder=csv)
    if csv is not None:
        from hmi.reports.run_csv import write_run_csv

        for path in write_run_csv(run, csv):
            output.note(f"wrote {path}")
    if plot is not None:
        from hmi.reports.run_plot import plot_run

        plot_run(net, run, plot, limit_mpa=_end_limit())
        output.note(f"wrote {plot}")
    if as_json:
        output.print_json({"schema": "ringmain/simulate/1", "file": str(file), **summary})
    else:
        from hmi.reports.run_text import run_lines

        for line in run_lines(file.name, summary):
            output.say(line)
        if wish is not None:
            from hmi.reports.quality_summary import quality_lines

            for line in quality_lines(summary["quality"]):
                output.say(line)
    if not summary["solved"]:
        raise typer.Exit(output.NO_SOLUTION)


def _show_gas(file: Path, summary: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        output.print_json({"schema": "ringmain/simulate-gas/1", "file": str(file), **summary})
    else:
        from hmi.reports.gas_summary import gas_lines

        for line in gas_lines(file.name, summary):
            output.say(line)
    if not summary["solved"]:
        raise typer.Exit(output.NO_SOLUTION)


def _show_heat(file: Path, summary: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        output.print_json({"schema": "ringmain/simulate-heat/1", "file": str(file), **summary})
    else:
        from hmi.reports.heat_summary import heat_lines

        for line in heat_lines(file.name, summary):
            output.say(line)
    if not summary["solved"]:
        raise typer.Exit(output.NO_SOLUTION)


def _wish(text: str, net: Network) -> tuple[Any, str | None]:
    from hmi.reports.quality_summary import quality_wish

    return quality_wish(text, net)


def _quality(
    net: Network,
    wish: tuple[Any, str | None],
    *,
    hours: float | None,
    step_s: float | None,
    folder: Path | None,
) -> dict[str, Any]:
    """Solve water quality and write its tables; the record of `quality_summary`."""
    from hmi.reports.quality_summary import quality_record, write_quality_csv
    from hydraulics import simulate_quality

    kind, node = wish
    with progress_bar("Carrying quality", wanted=True) as advance:
        run = simulate_quality(
            net,
            kind,
            trace_node=node,
            hours=hours,
            step_s=step_s,
            progress=lambda share: advance("", share),
        )
    if folder is not None:
        for path in write_quality_csv(run, folder):
            output.note(f"wrote {path}")
    return quality_record(net, kind, node, run)


def _end_limit() -> float | None:
    """The rulebook's limit at the network end today in the usual profile, MPa."""
    from dispatch.check import END_PRESSURE
    from hmi.rules_today import rules_today
    from network_models.units import UNITS

    limit = rules_today().limit_si(END_PRESSURE)
    return None if limit is None else UNITS["MPa"].from_si(limit)
