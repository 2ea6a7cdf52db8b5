"""`ringmain whatif heat-outage`: rooms after the heat stops."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hmi.cli import output
from hmi.cli.checks import hours_of_run, number, problem, refuse
from hmi.cli.comply_heat import room_lines
from hmi.cli.progress import progress_bar
from network_models.physics import ZERO_C_K

if TYPE_CHECKING:
    from network_models import Network
COLDEST_C, WARMEST_C = -60.0, 20.0
MOST_HOURS = 876_600.0


def heat_outage(
    path: Annotated[Path, typer.Argument(metavar="FILE|DIR", help="A heat network or a site.")],
    hours: Annotated[float, typer.Option(help="How long the heat is off.")] = 10.0,
    outdoor: Annotated[float, typer.Option(help="Outdoor temperature, C.")] = -10.0,
    at: Annotated[float, typer.Option(help="Hour of the patterns at which it stops.")] = 0.0,
    watch: Annotated[
        float | None, typer.Option(help="Hours to watch from the stop; the outage and a day.")
    ] = None,
    plant: Annotated[
        list[str] | None, typer.Option("--plant", help="A plant that stops; all if none is named.")
    ] = None,
    close: Annotated[
        list[str] | None, typer.Option("--close", help="A link that is shut instead.")
    ] = None,
    indoor: Annotated[float, typer.Option(help="Room temperature before, C.")] = 20.0,
    time_constant: Annotated[
        float, typer.Option("--time-constant", help="Of the buildings, h.")
    ] = 60.0,
    wall_share: Annotated[
        float, typer.Option("--wall-share", help="Heat stored in walls, 0 to 0.95: two nodes.")
    ] = 0.0,
    profile: Annotated[
        str | None, typer.Option(help="Rule profile; the site's own, or jinan.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """Stop plants or shut links, and tell when rooms fall below the limits and what is refunded.

    Homes are sized by the network: a day's heat keeps them at the indoor temperature in this
    weather. Exit code 1 when a mandatory room temperature is broken, 3 when the run is not solved.
    """
    refuse(
        [
            hours_of_run(hours),
            hours_of_run(watch),
            number("--time-constant", time_constant, most=2000.0),
            None if 0.0 <= at <= MOST_HOURS else problem("--at", f"{at:g}", "hours, 0 or more"),
            None
            if COLDEST_C <= outdoor < min(indoor, WARMEST_C)
            else problem("--outdoor", f"{outdoor:g}", f"{COLDEST_C:g} C to below the rooms'"),
            None
            if 0.0 <= wall_share <= 0.95
            else problem("--wall-share", f"{wall_share:g}", "0 to 0.95"),
            None if indoor <= 40.0 else problem("--indoor", f"{indoor:g}", "at most 40 C"),
        ]
    )
    from datetime import UTC, datetime

    from dispatch.heat_rooms import judge_rooms
    from dispatch.room_run import Homes, outage, run_rooms
    from dispatch.rulebook import RuleBook
    from hmi.reports.heat_summary import heat_faults
    from scenarios.subject import read_subject

    subject = read_subject(path, ("heat",))
    net = subject.network if subject.heat is None else subject.heat
    refuse(
        [
            *_unknown(net, "--plant", plant or ()),
            *_unknown(net, "--close", close or ()),
            None
            if net.medium == "heat"
            else problem("DIR", "no heat network", "a site with a heat network"),
        ]
    )
    net = replace(net, times=replace(net.times, pattern_start_s=round(at * 3600.0)))
    book = RuleBook.load()
    rules = book.on(datetime.now(UTC).date(), profile or subject.profile)
    homes = Homes(indoor_k=indoor + ZERO_C_K, time_constant_h=time_constant, wall_share=wall_share)
    with progress_bar("Solving", wanted=not as_json) as advance:
        found = run_rooms(
            net,
            homes,
            outdoor + ZERO_C_K,
            hours=hours + 24.0 if watch is None else watch,
            changes_at=outage(net, hours=hours, plants=plant or (), links=close or ()),
            progress=lambda share: advance("", share),
        )
    verdict = judge_rooms(book, rules, found.stations, found.run.times_s, found.room_k)
    faults = heat_faults(found.run.report)
    record: dict[str, Any] = {
        "schema": "ringmain/whatif-heat-outage/1",
        "path": str(path),
        "hours": hours,
        "at_h": at,
        "watched_h": float(found.run.times_s[-1]) / 3600.0,
        "outdoor_c": outdoor,
        "homes": asdict(homes),
        "not_solved": faults,
        **verdict.as_dict(),
    }
    if as_json:
        output.print_json(record)
    else:
        _tell(record)
    if faults:
        raise typer.Exit(output.NO_SOLUTION)
    if verdict.violated:
        raise typer.Exit(output.VIOLATIONS)


def _unknown(net: Network, option: str, names: Any) -> list[Any]:
    return [problem(option, n, "the id of a link") for n in names if n not in net.links]


def _tell(record: dict[str, Any]) -> None:
    homes = record["homes"]
    output.say(
        f"No heat for {record['hours']:g} h at {record['outdoor_c']:g} C outside; "
        f"{record['households']} households (estimated), buildings of "
        f"{homes['time_constant_h']:g} h, watched for {record['watched_h']:g} h"
    )
    for text in record["not_solved"]:
        output.say(f"NOT SOLVED: {text}")
    output.say(f"Verdict: {record['verdict'].upper()} ({record['rule'] or 'no rule'})")
    for line in room_lines(record):
        output.say(line)
