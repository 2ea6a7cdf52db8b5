"""`ringmain outage`: plan an outage on a site."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from hmi.cli import output
from hmi.cli.progress import progress_bar

outage_app = typer.Typer(help="Outages: plan.", no_args_is_help=True)

SHOWN = 12


@outage_app.callback()
def _group() -> None:
    """Keeps `plan` a subcommand while it is the only one."""


@outage_app.command()
def plan(
    folder: Annotated[Path, typer.Argument(help="The site folder.")],
    element: Annotated[str, typer.Option(help="What to shut: link:P12, water/node:J7, ...")],
    start: Annotated[str, typer.Option(help="ISO 8601; site time where it has no offset.")],
    end: Annotated[str, typer.Option(help="ISO 8601; site time where it has no offset.")],
    reason: Annotated[str, typer.Option(help="Reason, as the public will read it.")] = "",
    reason_en: Annotated[str, typer.Option(help="The reason in English.")] = "",
    approved: Annotated[
        bool, typer.Option("--approved", help="The authority's approval is on record.")
    ] = False,
    now: Annotated[str | None, typer.Option(help="Plan as of this moment (ISO 8601).")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """Valves to close, who is hit, what the law asks, the notice, the trucks."""
    from dispatch.outage import OutageRequest, plan_outage
    from hmi.planning import context_of
    from scenarios.site import load_site

    context = context_of(load_site(folder))
    request = OutageRequest.from_dict(
        {
            "element": element,
            "start": start,
            "end": end,
            "reason": reason,
            "reason_en": reason_en,
            "approved": True if approved else None,
        },
        context.timezone,
    )
    with progress_bar("Planning", wanted=not as_json) as advance:
        proposal = plan_outage(
            context, request, now=_moment(now, context.timezone), progress=advance
        ).as_dict()
    if as_json:
        output.print_json(proposal)
    else:
        _tell(proposal)
    if proposal["blocked_by"]:
        raise typer.Exit(output.VIOLATIONS)


def _moment(text: str | None, zone: Any) -> datetime:
    from network_models.problems import InputError, Problem

    if text is None:
        return datetime.now(UTC)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise InputError(
            [Problem(file="", line=None, field="--now", found=text, expected="an ISO 8601 time")]
        ) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)


def _tell(proposal: dict[str, Any]) -> None:
    impact, isolation = proposal["impact"], proposal["isolation"]
    output.say(f"{proposal['id']}: {proposal['element']}, {proposal['duration_h']:g} h")
    output.say(f"  from {proposal['start']} to {proposal['end']}")
    output.say(f"\nClose {len(isolation['valves'])} valves:")
    for valve in isolation["valves"][:SHOWN]:
        hand = "remote" if valve["remote"] else "by hand"
        output.say(
            f"  {valve['order']:>2}. {valve['id']} on {valve['link']}, DN{valve['dn_mm']:g}, {hand}"
        )
    for text in isolation["notes"]:
        output.say(f"  note: {text}")
    output.say(
        f"\nHit: {impact['people']} people in {impact['households']} households, "
        f"{len(impact['customers'])} customers"
    )
    for row in impact["priority_users"][:SHOWN]:
        output.say(f"  priority: {row['name_en']} ({row['class']}), {row['effect']}")
    output.say("\nRules:")
    for finding in proposal["findings"]:
        output.say(f"  {finding['verdict']:<14} {finding['rule']:<34} {finding['clause']}")
    output.say("\nDeadlines:")
    for deadline in proposal["deadlines"]:
        met = "met" if deadline["met"] else "MISSED"
        output.say(f"  {deadline['at']}  {met:<7} {deadline['text_en']}")
    output.say("\n" + proposal["notice"]["zh"])
    output.say("\n" + proposal["notice"]["en"])
    trucks = proposal["trucks"]
    if trucks:
        output.say(
            f"\nWater trucks: {trucks['trucks']} (at least {trucks['lower_bound']}) for "
            f"{trucks['people']} people, {trucks['demand_m3']:g} m3; {trucks['binds']}"
        )
    if proposal["blocked_by"]:
        output.say("\nNot to be published yet: " + ", ".join(proposal["blocked_by"]))
    else:
        output.say("\nNothing stands against publishing.")
