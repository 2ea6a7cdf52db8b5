"""`ringmain outage`: plan an outage on a site."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from hmi.cli import output
from hmi.cli.progress import progress_bar

outage_app = typer.Typer(help="Outages: plan, window.", no_args_is_help=True)

SHOWN = 12


@outage_app.command()
def plan(
    folder: Annotated[Path, typer.Argument(help="The site folder.")],
    element: Annotated[str, typer.Option(help="What to shut: link:P12, water/node:J7, ...")],
    start: Annotated[str, typer.Option(help="ISO 8601; site time where it has no offset.")],
    end: Annotated[str, typer.Option(help="ISO 8601; site time where it has no offset.")],
    reason: Annotated[str, typer.Option(help="Reason, as the public will read it.")] = "",
    reason_en: Annotated[str, typer.Option(help="The reason in English.")] = "",
    outdoor: Annotated[
        float | None, typer.Option(help="Weather to expect, C: for rooms in a heat outage.")
    ] = None,
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

    context = context_of(load_site(folder), element)
    request = OutageRequest.from_dict(
        {
            "element": element,
            "start": start,
            "end": end,
            "reason": reason,
            "reason_en": reason_en,
            "approved": True if approved else None,
            "outdoor_c": outdoor,
        },
        context.timezone,
    )
    with progress_bar("Planning", wanted=not as_json) as advance:
        proposal = plan_outage(
            context, request, now=moment_of(now, context.timezone), progress=advance
        ).as_dict()
    if as_json:
        output.print_json(proposal)
    else:
        _tell(proposal)
    if proposal["blocked_by"]:
        raise typer.Exit(output.VIOLATIONS)


@outage_app.command()
def window(
    folder: Annotated[Path, typer.Argument(help="The site folder.")],
    element: Annotated[str, typer.Option(help="What to shut: link:P12, gas/node:J7, ...")],
    hours: Annotated[float, typer.Option(help="How long it is to be shut.")],
    start: Annotated[str, typer.Option(help="The first start to try; ISO 8601, site time.")],
    until: Annotated[str, typer.Option(help="The last start to try.")],
    every: Annotated[float, typer.Option(help="Hours between two starts.")] = 3.0,
    outdoor: Annotated[
        float | None, typer.Option(help="Weather to expect, C: for rooms in a heat outage.")
    ] = None,
    now: Annotated[str | None, typer.Option(help="Search as of this moment (ISO 8601).")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """When an outage does least harm, of the windows whose notice is still in time."""
    from hmi.planning import context_of, search_windows
    from scenarios.site import load_site

    context = context_of(load_site(folder), element)
    ask = {
        "element": element,
        "hours": hours,
        "start": start,
        "until": until,
        "every_h": every,
        "outdoor_c": outdoor,
    }
    with progress_bar("Searching", wanted=not as_json) as advance:
        found = search_windows(
            context, ask, now=moment_of(now, context.timezone), progress=advance
        ).as_dict()
    if as_json:
        output.print_json(found)
    else:
        _tell_windows(found)
    if found["best"] is None:
        raise typer.Exit(output.VIOLATIONS)


def _tell_windows(found: dict[str, Any]) -> None:
    what, windows = found["hours_kind"], found["windows"]
    output.say(f"{found['element']}: {what}-hours of {len(windows)} windows, the least first")
    for row in windows[:SHOWN]:
        missed = "" if row["missed_m3"] is None else f", {row['missed_m3']:g} m3 not delivered"
        late = f"  notice too late: {', '.join(row['late_for'])}" if row["late_for"] else ""
        output.say(f"  {row['start']}  {row['hours']:12,.1f}{missed}{late}")
    if found["best"] is None:
        output.say("No window can be announced in time.")


def moment_of(text: str | None, zone: Any) -> datetime:
    """The moment `--now` names, in the site's zone if it says none; now where it is not given."""
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
    isolation = proposal["isolation"]
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
    _tell_impact(proposal)
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


def _tell_impact(proposal: dict[str, Any]) -> None:
    impact = proposal["impact"]
    if proposal["medium"] == "gas":
        gas = impact["gas"]
        limit = "no rule names one" if gas["limit_pa"] is None else f"{gas['limit_pa']:g} Pa"
        output.say(
            f"\n{len(gas['users'])} of {gas['watched']} low-pressure users fall below their band "
            f"({limit}); {gas['line_pack_kg']:.4g} kg of gas in the pipes"
        )
        for user in gas["users"][:SHOWN]:
            where = "shut off" if user["inside"] else "fed through it"
            output.say(f"  {user['id']:<14} after {user['falls_s'] / 60:8.1f} min, {where}")
        return
    if proposal["medium"] == "heat":
        heat = impact["heat"]
        below = ", ".join(f"{n} below {c} C" for c, n in heat["households_below"].items())
        output.say(
            f"\n{len(heat['cut_off'])} stations without heat at {heat['outdoor_c']:g} C outside; "
            f"households (estimated): {below}"
        )
        for row in heat["stations"][:SHOWN]:
            falls = ", ".join(
                f"{c} C after {h:.1f} h" for c, h in row["falls_h"].items() if h is not None
            )
            output.say(f"  {row['station']:<14} lowest {row['lowest_c']:5.1f} C  {falls}")
        return
    output.say(
        f"\nHit: {impact['people']} people in {impact['households']} households, "
        f"{len(impact['customers'])} customers"
    )
    for row in impact["priority_users"][:SHOWN]:
        output.say(f"  priority: {row['name_en']} ({row['class']}), {row['effect']}")
