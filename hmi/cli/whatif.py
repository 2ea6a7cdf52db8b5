"""`ringmain whatif`: studies of what could be."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from hmi.cli import output
from hmi.cli.checks import accuracy as check_accuracy
from hmi.cli.checks import file_to_write, folder_to_write, hours_of_run, number, problem, refuse
from hmi.cli.gas_loss import gas_loss
from hmi.cli.heat_outage import heat_outage
from hmi.cli.progress import case_bar

if TYPE_CHECKING:
    from dispatch.rulebook import RuleSet

whatif_app = typer.Typer(
    help="What-if studies: breaks, loss of gas, heat outages.", no_args_is_help=True
)

REQUIRED_M = 20.0
"""Pressure head at which customers get all they want, unless the file or the caller says so."""
SECONDS_A_DAY = 86400.0


whatif_app.command(name="gas-loss")(gas_loss)
whatif_app.command(name="heat-outage")(heat_outage)


@whatif_app.command()
def breaks(
    path: Annotated[
        Path, typer.Argument(metavar="FILE|DIR", help="A network file or a site folder.")
    ],
    limit_mpa: Annotated[
        float | None,
        typer.Option("--limit-mpa", help="Low is below this; the rulebook's if left out."),
    ] = None,
    required: Annotated[
        float | None,
        typer.Option(help="Pressure head for full demand, m; the file's if it has one, or 20."),
    ] = None,
    only: Annotated[
        Literal["pipes", "segments"] | None, typer.Option(help="One kind of case only.")
    ] = None,
    at: Annotated[
        float | None, typer.Option(help="Hour of the patterns; that of the highest demand.")
    ] = None,
    hours: Annotated[
        float | None, typer.Option(help="Run every case over so many hours, not one instant.")
    ] = None,
    step: Annotated[float | None, typer.Option(help="Seconds between report times.")] = None,
    litres: Annotated[
        float | None,
        typer.Option("--litres-per-person", help="To estimate people without customers; 180."),
    ] = None,
    profile: Annotated[
        str | None, typer.Option(help="Rule profile; the site's own, or jinan.")
    ] = None,
    workers: Annotated[int | None, typer.Option(min=1, help="Threads; all cores.")] = None,
    top: Annotated[int, typer.Option(min=1, help="Rows shown in text and HTML.")] = 20,
    accuracy: Annotated[
        float | None, typer.Option(help="Relative flow change; 1e-5, or the file's if tighter.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
    csv: Annotated[Path | None, typer.Option(help="Folder for both tables as CSV.")] = None,
    html: Annotated[Path | None, typer.Option(help="HTML file for the report.")] = None,
) -> None:
    """Rank every pipe break and every valve segment by people and demand below the limit.

    A break lets water out freely at both halves of the pipe; a segment is shut by its valves.
    Exit code 3 when the network as it stands cannot be solved.
    """
    refuse(
        [
            number("--limit-mpa", limit_mpa, most=10.0),
            number("--required", required, most=1000.0),
            number("--litres-per-person", litres, most=100_000.0),
            number("--step", step),
            hours_of_run(hours),
            None if at is None or 0.0 <= at <= 876_600.0 else problem("--at", f"{at:g}", "hours"),
            problem("--at", f"{at:g}", "none with --hours: a run starts at 0")
            if at is not None and hours is not None
            else None,
            problem("--step", f"{step:g}", "only with --hours")
            if step is not None and hours is None
            else None,
            check_accuracy(accuracy),
            folder_to_write("--csv", csv),
            file_to_write("--html", html),
        ]
    )
    from hmi.reports.breaks_record import breaks_record, tell
    from hmi.rules_today import rules_today
    from scenarios.peak import peak_time_s
    from scenarios.proof import accuracy_for
    from scenarios.subject import read_subject
    from scenarios.whatif_breaks import study_breaks
    from scenarios.whatif_cases import cases_of
    from scenarios.whatif_people import USUAL_LITRES, people_of

    subject = read_subject(path)
    net = subject.network
    rules = rules_today(profile or subject.profile)
    limit_pa = _limit_pa(rules, limit_mpa)
    people = people_of(net, subject.customers, litres or USUAL_LITRES)
    cases = cases_of(net, subject.valves)
    if required is None:
        own = net.options.demand_model == "PDA"
        required = net.options.required_pressure_m if own else REQUIRED_M
    instant = peak_time_s(net) if at is None else at * 3600.0
    tight = accuracy_for(net, accuracy)
    solver = _solver(hours, step, instant, required, tight, workers)
    count = (only != "segments") * len(cases.pipes) + (only != "pipes") * len(cases.segments)
    from network_models.units import PA_PER_M_WATER

    with case_bar("Breaks", count, wanted=not as_json) as done:
        finished = 0

        def advance(number_done: int) -> None:
            nonlocal finished
            finished = number_done
            done(number_done)

        try:
            study = study_breaks(
                net,
                cases,
                people,
                limit_m=limit_pa / PA_PER_M_WATER,
                solver=solver,
                pipes=only != "segments",
                segments=only != "pipes",
                done=advance,
            )
        except KeyboardInterrupt:
            output.note(f"Stopped after {finished} of {count} cases; nothing was written.")
            raise
    record = breaks_record(
        subject,
        study,
        cases,
        people,
        rules,
        limit_pa=limit_pa,
        given_limit=limit_mpa is not None,
        required_m=required,
        instant_s=None if hours is not None else instant,
        hours=hours,
    )
    if csv is not None:
        from hmi.reports.breaks_csv import write_breaks_csv

        for written in write_breaks_csv(record, csv):
            output.note(f"wrote {written}")
    if html is not None:
        from hmi.reports.breaks_html import breaks_page

        html.write_text(breaks_page(net, record, top), "utf-8")
        output.note(f"wrote {html}")
    if as_json:
        output.print_json(record)
    else:
        for line in tell(record, top):
            output.say(line)
    if record["base"]["not_solved"]:
        raise typer.Exit(output.NO_SOLUTION)


def _limit_pa(rules: RuleSet, limit_mpa: float | None) -> float:
    from dispatch.check import END_PRESSURE
    from network_models.units import UNITS

    if limit_mpa is not None:
        return UNITS["MPa"].to_si(limit_mpa)
    limit = rules.limit_si(END_PRESSURE)
    if limit is None:
        found = f"nothing, and the profile {rules.profile.id} has no rule {END_PRESSURE}"
        refuse([problem("--limit-mpa", found, "a pressure in MPa")])
    assert limit is not None
    return limit


def _solver(
    hours: float | None,
    step: float | None,
    instant: float,
    required: float,
    accuracy: float,
    threads: int | None,
) -> Any:
    from functools import partial

    import hydraulics

    common: dict[str, Any] = {
        "demand_model": "pda",
        "required_pressure_m": required,
        "accuracy": accuracy,
        "threads": threads,
    }
    if hours is None:
        return partial(hydraulics.solve_many, time_s=instant, **common)
    return partial(hydraulics.simulate_many, hours=hours, step_s=step, **common)
