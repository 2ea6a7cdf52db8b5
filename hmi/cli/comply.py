"""`ringmain comply`: the pressure law over a whole run."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hmi.cli import output
from hmi.cli.checks import accuracy as check_accuracy
from hmi.cli.checks import file_to_write, hours_of_run, number, problem, refuse
from hmi.cli.comply_gas import gas_verdict_lines, judge_gas_network
from hmi.cli.comply_heat import heat_verdict_lines, judge_heat_network
from hmi.cli.progress import progress_bar
from hmi.cli.simulate_gas import gas_option_problems
from hmi.cli.simulate_heat import outdoor_problem
from scenarios.proof import accuracy_for, clock, faults

if TYPE_CHECKING:
    from dispatch.compliance import Compliance
    from dispatch.rulebook import RuleSet

SHOWN = 10


def comply(
    path: Annotated[
        Path, typer.Argument(metavar="FILE|DIR", help="A network file or a site folder.")
    ],
    profile: Annotated[
        str | None, typer.Option(help="Rule profile; the site's own, or jinan.")
    ] = None,
    day: Annotated[
        str | None, typer.Option("--on", help="Rules in force on this day (YYYY-MM-DD).")
    ] = None,
    hours: Annotated[
        float | None, typer.Option(help="Duration; the file's own if left out.")
    ] = None,
    step: Annotated[float | None, typer.Option(help="Seconds between report times.")] = None,
    pda: Annotated[
        bool, typer.Option("--pda", help="Demand falls with pressure, whatever the file says.")
    ] = False,
    required: Annotated[
        float | None, typer.Option(help="Pressure head for full demand, m (with --pda).")
    ] = None,
    accuracy: Annotated[
        float | None, typer.Option(help="Relative flow change; 1e-5, or the file's if tighter.")
    ] = None,
    line_pack: Annotated[
        bool, typer.Option("--line-pack", help="Gas: pipes fill and empty between report times.")
    ] = False,
    outdoor: Annotated[
        float | None, typer.Option(help="Heat: outdoor temperature rooms are judged in, C; -10.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
    html: Annotated[Path | None, typer.Option(help="HTML file for the report.")] = None,
) -> None:
    """Judge a run by the rulebook: the pressure at the network end, gas bands, heated rooms.

    Exit code 1 when a mandatory rule is broken, 3 when the run is not solved.
    """
    refuse(
        [
            hours_of_run(hours),
            number("--step", step),
            number("--required", required),
            check_accuracy(accuracy),
            outdoor_problem(outdoor),
            None
            if required is None or pda
            else problem("--required", f"{required:g}", "only with --pda"),
            file_to_write("--html", html),
        ]
    )
    from dispatch.compliance import judge_run
    from dispatch.rulebook import RuleBook
    from hydraulics import simulate
    from scenarios.subject import read_subject

    subject = read_subject(path, ("water", "gas", "heat"))
    book = RuleBook.load()
    rules = book.on(_day(day), profile or subject.profile)
    gas_net = subject.network if subject.network.medium == "gas" else subject.gas
    gas = None
    if gas_net is not None:
        gas = judge_gas_network(
            gas_net,
            rules,
            hours=hours,
            step_s=step,
            accuracy=accuracy,
            line_pack=line_pack,
            quiet=as_json,
        )
    if gas is not None and gas_net is subject.network:
        refuse(gas_option_problems(pda=pda, required=required, html=html))
        _one_alone(path, rules, gas, "gas", gas_verdict_lines, as_json=as_json)
        return
    heat_net = subject.network if subject.network.medium == "heat" else subject.heat
    heat = None
    if heat_net is not None:
        heat = judge_heat_network(
            heat_net,
            book,
            rules,
            hours=hours,
            step_s=step,
            outdoor_c=outdoor,
            quiet=as_json,
        )
    if heat is not None and heat_net is subject.network:
        refuse(gas_option_problems(pda=pda, required=required, accuracy=accuracy, html=html))
        _one_alone(path, rules, heat, "heat", heat_verdict_lines, as_json=as_json)
        return
    with progress_bar("Solving", wanted=not as_json) as advance:
        run = simulate(
            subject.network,
            hours=hours,
            step_s=step,
            demand_model="pda" if pda else None,
            required_pressure_m=required,
            accuracy=accuracy_for(subject.network, accuracy),
            progress=lambda share: advance("", share),
        )
    found = judge_run(
        subject.network,
        rules,
        run.times_s,
        run.pressure_m,
        marked=subject.marked_ends,
        customers=subject.customers or (),
    )
    record = {
        "schema": "ringmain/comply/1",
        "path": str(path),
        "name_zh": subject.name_zh,
        "name_en": subject.name_en,
        "duration_s": float(run.times_s[-1]),
        "report_times": len(run.times_s),
        "not_solved": faults(run.report),
        **as_record(found, rules),
        "unsolved_utilities": list(subject.unsolved),
        "report": run.report.as_dict(),
        "gas": gas,
        "heat": heat,
    }
    others = [part for part in (gas, heat) if part is not None]
    if html is not None:
        from hmi.reports.comply_html import comply_page

        html.write_text(comply_page(record), "utf-8")
        output.note(f"wrote {html}")
    if as_json:
        output.print_json(record)
    else:
        _tell(record)
    if record["not_solved"] or any(part["not_solved"] for part in others):
        raise typer.Exit(output.NO_SOLUTION)
    if found.violated or any(part["violated"] for part in others):
        raise typer.Exit(output.VIOLATIONS)


def _one_alone(
    path: Path,
    rules: RuleSet,
    part: dict[str, Any],
    medium: str,
    lines: Callable[[dict[str, Any]], Iterable[str]],
    *,
    as_json: bool,
) -> None:
    """Tell what was found of a gas or heat network file."""
    if as_json:
        record = {"schema": f"ringmain/comply-{medium}/1", "path": str(path)}
        output.print_json({**record, "profile": rules.profile.id, **part})
    else:
        output.say(f"{path.name}: profile {rules.profile.id}")
        for line in lines(part):
            output.say(line)
    if part["not_solved"]:
        raise typer.Exit(output.NO_SOLUTION)
    if part["violated"]:
        raise typer.Exit(output.VIOLATIONS)


def as_record(found: Compliance, rules: RuleSet) -> dict[str, Any]:
    """A compliance as JSON-ready values; `end_zh`, `end_en` say what a network end is."""
    from dispatch.ends import END_RULE

    end = rules.rule(END_RULE)
    return {
        "end_zh": "" if end is None else f"{end.text_zh}（{end.id}，{end.clause}）",
        "end_en": "" if end is None else f"{end.text_en} ({end.id}, {end.clause})",
        "profile": found.profile,
        "verdict": found.verdict,
        "note_zh": found.note_zh,
        "note_en": found.note_en,
        "limit_m": found.limit_m,
        "ends": len(found.ends),
        "findings": [{**spell.as_dict(), **_finding(f)} for spell, f in found.findings],
        "communities": [
            {
                "community": c.community,
                "households": c.households,
                **c.lowest.as_dict(),
                **_finding(c.finding),
            }
            for c in found.communities
        ],
        "low": [spell.as_dict() for spell in found.low],
        "unsupplied": [
            {
                "node": u.node,
                "is_end": u.is_end,
                "first_s": u.first_s,
                "times": u.times,
                "always": u.always,
            }
            for u in found.unsupplied
        ],
    }


def _finding(finding: Any) -> dict[str, Any]:
    wanted = ("rule", "verdict", "limit", "unit", "clause", "text_zh", "text_en")
    record = finding.as_dict()
    return {name: record[name] for name in wanted}


def _day(text: str | None) -> date:
    if text is None:
        return datetime.now(UTC).date()
    try:
        return date.fromisoformat(text)
    except ValueError:
        refuse([problem("--on", text, "a day such as 2026-12-01")])
        raise


def _tell(record: dict[str, Any]) -> None:
    hours = record["duration_s"] / 3600
    output.say(
        f"{record['name_en']}: {hours:g} h in {record['report_times']} report times, "
        f"profile {record['profile']}"
    )
    for text in record["not_solved"]:
        output.say(f"NOT SOLVED: {text}")
    output.say(f"Verdict: {record['verdict'].upper()}")
    if record["note_en"]:
        output.say(f"  {record['note_en']}")
    broken = [f for f in record["findings"] if f["verdict"] != "pass"]
    if record["findings"]:
        first = record["findings"][0]
        output.say(
            f"Network ends: {record['ends']}, judged by {first['rule']} "
            f"(>= {first['limit']:g} {first['unit']}; {first['clause']})"
        )
        output.say(f"  {len(broken)} break it, {len(record['findings']) - len(broken)} keep it")
    for row in (broken or record["findings"])[:SHOWN]:
        output.say(f"  {row['verdict']:<10} {_spell(row)}")
    _rest(len(broken) - SHOWN)
    for row in record["communities"][:SHOWN]:
        output.say(
            f"  {row['verdict']:<10} community {row['community']} ({row['households']} "
            f"households), {row['rule']}: {_spell(row)}"
        )
    if record["low"]:
        takers = sum(row["takes_water"] for row in record["low"])
        output.say(
            f"Low elsewhere, no violation: {len(record['low'])} nodes under the same limit, "
            f"{takers} of them with a demand"
        )
        for row in record["low"][:SHOWN]:
            output.say(f"  {_spell(row)}{'' if row['takes_water'] else '  (no demand)'}")
        _rest(len(record["low"]) - SHOWN)
    if record["unsupplied"]:
        output.say("Without a source (no pressure to judge):")
        for row in record["unsupplied"][:SHOWN]:
            when = "always" if row["always"] else f"from {clock(row['first_s'])}"
            end = ", a network end" if row["is_end"] else ""
            output.say(f"  {row['node']}: {when}, {row['times']} report times{end}")
        _rest(len(record["unsupplied"]) - SHOWN)
    if record["gas"] is not None:
        for line in gas_verdict_lines(record["gas"]):
            output.say(line)
    if record["heat"] is not None:
        for line in heat_verdict_lines(record["heat"]):
            output.say(line)
    for name in record["unsolved_utilities"]:
        output.say(f"The {name} network is not solved yet: its rules were not judged, not passed.")
    for text in record["report"].get("warnings", [])[:SHOWN]:
        output.say(f"Warning: {text}")


def _spell(row: dict[str, Any]) -> str:
    text = (
        f"{row['node']:<14} {row['worst_mpa']:7.3f} MPa ({row['worst_m']:.2f} m) "
        f"at {clock(row['worst_time_s'])}"
    )
    if row["times_below"]:
        text += f", below for {row['below_s'] / 3600:.4g} h ({row['times_below']} report times)"
    return text


def _rest(count: int) -> None:
    if count > 0:
        output.say(f"  ... and {count} more (see --json)")
