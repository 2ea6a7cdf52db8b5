"""`ringmain advise`: what a dispatcher could do, each with its effect by the solved model."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from hmi.cli import output

SHOWN = 15


def advise(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A site folder.")],
    medium: Annotated[
        Literal["water", "gas", "heat"], typer.Option(help="Whose network.")
    ] = "water",
    at: Annotated[str | None, typer.Option(help="When (ISO 8601, site time); now.")] = None,
    hours: Annotated[
        float | None, typer.Option(help="Water: for how long the ends are watched; 12.")
    ] = None,
    demand: Annotated[
        float | None, typer.Option(help="Water: times the demand of the patterns; 1.")
    ] = None,
    available: Annotated[
        float | None, typer.Option(help="Gas: what there is to share, kg/s.")
    ] = None,
    design: Annotated[
        float | None, typer.Option(help="Heat: outdoor temperature of the full load, C; -10.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """Works pressure, pumps, set points, boundary valves; gas shares; the heat curve.

    Exit code 1 when water's ends cannot be served, or gas is short.
    """
    from hmi.planning import advise as advise_on
    from hmi.planning import context_of
    from scenarios.site import load_site

    context = context_of(load_site(folder), f"{medium}/")
    ask = {
        "at": at,
        "hours": hours,
        "demand": demand,
        "available_kgs": available,
        "design_c": design,
    }
    found = advise_on(context, ask, now=datetime.now(UTC))
    if as_json:
        output.print_json(found)
    else:
        TELL[medium](found)
    if medium == "water":
        bad = found["now"]["ends_below"] and not any(row["reaches"] for row in found["advice"])
    else:
        bad = medium == "gas" and found["short_kgs"] > 0.0
    if bad:
        raise typer.Exit(output.VIOLATIONS)


def _tell_water(found: dict[str, Any]) -> None:
    now = found["now"]
    worst = "no end is fed" if now["worst_end_mpa"] is None else f"{now['worst_end_mpa']:.3f} MPa"
    output.say(
        f"{found['at']}, {found['hours']:g} h: lowest end {worst} at {now['worst_end']}, "
        f"{now['ends_below']} of {found['ends']} ends below {found['limit_mpa']} MPa"
    )
    for row in found["advice"][:SHOWN]:
        effect = row["effect"]
        reach = "serves all ends" if row["reaches"] else f"{effect['ends_below']} ends stay low"
        set_to = f" ({row['unit']} {row['now']:g} to {row['to']:g})" if row["unit"] else ""
        output.say(
            f"  {row['text_en']}{set_to}: {reach}, lowest {effect['worst_end_mpa']} MPa, "
            f"mean {effect['mean_mpa']:.3f} MPa"
        )


def _tell_gas(found: dict[str, Any]) -> None:
    effect = found["effect"]
    output.say(found["text_en"])
    output.say(
        f"  lowest resident {effect['lowest_resident_pa']:.0f} Pa, "
        f"{effect['residents_below']} residents' nodes below the band"
    )
    for row in found["others"][:SHOWN]:
        wanted, given = row["wanted_kgs"], row["given_kgs"]
        output.say(f"  {row['node']:<14} {wanted:.4f} kg/s, given {given:.4f}")


def _tell_heat(found: dict[str, Any]) -> None:
    for row in found["curve"]:
        short = "" if row["reaches"] else "  NOT ENOUGH"
        output.say(f"  {row['text_en']}, load {row['load']:.0%}{short}")


TELL = {"water": _tell_water, "gas": _tell_gas, "heat": _tell_heat}
