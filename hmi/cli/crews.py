"""`ringmain crew`: who could be there first, and sending crews, on the site's own machine.

The commands work while the room runs, in the same records.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hmi.cli import output
from hmi.cli.records_of import records_of
from network_models.problems import InputError, Problem

if TYPE_CHECKING:
    from hmi.desk.crew_service import CrewService

crew_app = typer.Typer(help="Crews: who is there first, and who is sent.", no_args_is_help=True)

Folder = Annotated[Path, typer.Argument(help="The site folder.", show_default=False)]
CrewId = Annotated[str, typer.Argument(help="A crew of crews.csv.", show_default=False)]
User = Annotated[str, typer.Option(help="Who does it; kept with the step.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")]


@crew_app.command("list")
def list_(folder: Folder, as_json: Json = False) -> None:
    """Every crew with what it does now."""
    rows = _desk(folder).all()
    if as_json:
        output.print_json({"schema": "ringmain/crew-list/1", "crews": rows})
        return
    for row in rows:
        hours = "always" if row["hours"] is None else "-".join(row["hours"])
        does = row["work"]["job"] if row["work"] else "free" if row["on_duty"] else "off duty"
        does = does if row["available"] else "not available"
        media = " ".join(row["media"])
        output.say(f"{row['id']:<8} {row['name_en']:<28} {media:<14} {hours:<12} {does}")
    if not rows:
        output.say("No crews: the site has no crews.csv, or an empty one.")


@crew_app.command()
def options(
    folder: Folder,
    job: Annotated[str, typer.Option(help="An incident, outage order or hotline order.")] = "",
    element: Annotated[str, typer.Option(help="Or a place: water/link:P12, gas/node:J7.")] = "",
    skill: Annotated[str, typer.Option(help="With an element: repair, valves or visit.")] = "",
    at: Annotated[str, typer.Option(help="As of this moment (ISO 8601).")] = "",
    as_json: Json = False,
) -> None:
    """Who could be there first, by trade, hours and the roads; exit code 1 if nobody can."""
    ask = {"job": job, "element": element, "skill": skill, "at": at}
    found = _known(job, lambda: _desk(folder).options(ask))
    if as_json:
        output.print_json({"schema": "ringmain/crew-options/1", **found})
    else:
        if found["due"]:
            output.say(f"On site by {found['due']}")
        for row in found["options"]:
            when = row["arrives"] or "nobody knows when"
            more = f", works on {row['works_on']}" if row["works_on"] else ""
            late = ", too late" if row["late"] else ""
            output.say(
                f"  {row['crew']:<8} {when}  {row['drive_s'] / 60:.0f} min drive{more}{late}"
            )
        if not found["options"]:
            output.say("No crew of that trade can get there.")
    if not found["options"]:
        raise typer.Exit(output.VIOLATIONS)


@crew_app.command()
def assign(
    folder: Folder,
    crew: CrewId,
    job: Annotated[str, typer.Argument(help="The order it is sent to.", show_default=False)],
    user: User,
    as_json: Json = False,
) -> None:
    """Send a crew to an order; exit code 1 with every reason when it cannot go."""
    desk = _desk(folder)
    sent = _taken(
        as_json,
        lambda: _known(job, lambda: desk.assign(crew, job, user=user, role="dispatcher")),
    )
    if as_json:
        output.print_json({"schema": "ringmain/crew-assign/1", **sent})
    else:
        late = ", too late" if sent["late"] else ""
        output.say(f"{crew} is sent to {job}, there at {sent['arrives']}{late}")


@crew_app.command()
def release(folder: Folder, crew: CrewId, user: User, as_json: Json = False) -> None:
    """Say that a crew is free again."""
    _taken(as_json, lambda: _desk(folder).release(crew, user=user, role="dispatcher"))
    if as_json:
        output.print_json({"schema": "ringmain/crew-release/1", "crew": crew})
    else:
        output.say(f"{crew} is free.")


def _desk(folder: Path) -> CrewService:
    from hmi.desk.start import crews_of
    from scenarios.site import load_site

    site = load_site(folder)
    return crews_of(records_of(folder)[0], site)


def _known(job: str, work: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    try:
        return work()
    except KeyError:
        expected = "the id of an incident, an outage order or a hotline order"
        problem = Problem(file="", line=None, field="job", found=job, expected=expected)
        raise InputError([problem]) from None


def _taken(as_json: bool, work: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    from dispatch.outages import RefusedStepError

    try:
        return work()
    except RefusedStepError as refusal:
        reasons = [reason.as_dict() for reason in refusal.reasons]
        if as_json:
            output.print_json({"schema": "ringmain/crew-refused/1", "refused": reasons})
        else:
            for reason in reasons:
                output.note(reason["text_en"])
        raise typer.Exit(output.VIOLATIONS) from None
