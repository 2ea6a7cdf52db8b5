"""`ringmain outage trucks`: the rest of a day's water delivery, planned anew."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from hmi.cli import output
from hmi.cli.outage import moment_of


def trucks(
    folder: Annotated[Path, typer.Argument(help="The site folder.")],
    plan: Annotated[
        Path, typer.Argument(help="What `outage plan --json` or this command printed before.")
    ],
    delivered: Annotated[
        Path | None,
        typer.Option(help="CSV of point,delivered_m3 so far; others got what the plan says."),
    ] = None,
    broken: Annotated[
        list[str] | None, typer.Option(help="A truck that brings nothing more; may be repeated.")
    ] = None,
    fire_service: Annotated[
        bool, typer.Option("--fire-service", help="Use the trucks of fire_fleet.csv too.")
    ] = False,
    now: Annotated[str | None, typer.Option(help="Plan as of this moment (ISO 8601).")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """Water trucks for the rest of the day, from what has been delivered."""
    from dispatch.roads import RoadGraph
    from dispatch.truck_file import read_delivered, read_truck_plan
    from dispatch.truck_replan import replan_trucks
    from dispatch.trucks import with_agreement
    from hmi.planning import context_of
    from network_models.problems import InputError
    from scenarios.site import load_site

    site = load_site(folder)
    context = context_of(site)
    problems = []
    old: dict[str, Any] = {}
    brought: Mapping[str, float] = {}
    try:
        old = read_truck_plan(plan)
    except InputError as error:
        problems += error.problems
    try:
        brought = read_delivered(delivered) if delivered is not None else {}
    except InputError as error:
        problems += error.problems
    if problems:
        raise InputError(problems)
    theirs = {route["truck"] for route in old["routes"]}
    used = fire_service or any(truck.id in theirs for truck in site.fire_fleet)
    made = replan_trucks(
        old,
        brought,
        RoadGraph(site.roads),
        [*site.fleet, *(site.fire_fleet if used else ())],
        site.depots,
        site.fill_points,
        now=moment_of(now, context.timezone),
        zone=context.timezone,
        broken=broken or (),
    )
    rest = with_agreement(made, site.fire_fleet).as_dict(required=True)
    if as_json:
        output.print_json({"schema": "ringmain/outage-trucks/1", "trucks": rest})
    else:
        _tell(rest)
    if rest["undelivered_m3"] > 0.0:
        raise typer.Exit(output.VIOLATIONS)


def _tell(plan: Mapping[str, Any]) -> None:
    output.say(f"{plan['trucks']} trucks, {plan['daily_m3']:g} m3 still to bring")
    for route in plan["routes"]:
        output.say(f"\n{route['truck']}, until {route['until'][11:16]}")
        for stop in route["stops"]:
            wait = f", waits {stop['wait_s'] / 60:.0f} min" if stop["wait_s"] else ""
            load = f" {stop['load_m3']:g} m3" if stop["load_m3"] else ""
            output.say(
                f"  {stop['arrive'][11:16]}-{stop['leave'][11:16]}  {stop['kind']} {stop['id']}"
                f"{load}{wait}"
            )
    if plan["undelivered_m3"] > 0.0:
        output.say(f"\nNot delivered: {plan['undelivered_m3']:g} m3")
    output.say(f"\n{plan['binds']}")
    for text in plan["notes"]:
        output.say(f"note: {text}")
