"""Commands on a site folder: init, check, serve, field."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from hmi.cli import output
from network_models.problems import InputError, Problem

if TYPE_CHECKING:
    from scenarios.site import Site

Folder = Annotated[Path, typer.Argument(help="The site folder.", show_default=False)]
Json = Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")]


def init(
    folder: Folder,
    example: Annotated[
        Literal["city", "water", "empty"], typer.Option(help="What to start from.")
    ] = "city",
    network: Annotated[
        Path | None, typer.Option(help="A network file of your own instead (EPANET .inp).")
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of the example city.")] = 1,
    elements: Annotated[
        int, typer.Option(min=200, help="Nodes and links of the example city.")
    ] = 4800,
    as_json: Json = False,
) -> None:
    """Make a site folder to edit."""
    from scenarios.init_site import init_site

    init_site(
        folder,
        example=example,
        network_file=network,
        seed=seed,
        elements=elements,
    )
    from scenarios.site import load_site

    site = load_site(folder)
    if as_json:
        output.print_json({"schema": "ringmain/init/1", **_summary(site)})
        return
    output.say(f"Made {folder}: {_words(site)}.")
    output.say(f"Next: ringmain check {folder}; ringmain serve {folder}")


def check(folder: Folder, as_json: Json = False) -> None:
    """List every problem of a site folder; exit code 2 if there is any."""
    site, problems = _judged(folder)
    if site is None or problems:
        if as_json:
            rows = [p.as_dict() for p in problems]
            output.print_json({"schema": "ringmain/check/1", "ok": False, "problems": rows})
        else:
            output.report_problems(problems, as_json=False)
        raise typer.Exit(output.BAD_INPUT)
    if as_json:
        output.print_json(
            {"schema": "ringmain/check/1", "ok": True, "problems": [], **_summary(site)}
        )
    else:
        output.say(f"{folder} is in order: {_words(site)}.")


def _judged(folder: Path) -> tuple[Site | None, list[Problem]]:
    """The site, if it can be read, and every problem of its folder and of the tables beside it."""
    from zoneinfo import ZoneInfo

    from dispatch.exclusions import read_exclusions
    from dispatch.figures import read_figures
    from dispatch.zone_file import read_zones
    from hmi.indicators import EXCLUSIONS, FIGURES_FILE, ZONES_FILE, water_flows
    from hmi.notify.config import read_notify
    from scenarios.site import load_site

    problems: list[Problem] = []
    site: Site | None = None
    try:
        site = load_site(folder)
    except InputError as error:
        problems += error.problems
    readers: list[Callable[[], object]] = [lambda: read_notify(folder / "notify.toml")]
    if site is not None:
        zone, points = ZoneInfo(site.timezone), {point.id for point in site.points}
        readers += [
            lambda: read_exclusions(folder / EXCLUSIONS, zone, points),
            lambda: read_figures(folder / FIGURES_FILE, zone),
            lambda: read_zones(folder / ZONES_FILE, water_flows(site)),
        ]
    for read in readers:
        try:
            read()
        except InputError as error:
            problems += error.problems
    return site, problems


def serve(
    folder: Folder,
    port: Annotated[int | None, typer.Option(help="Port of the page.")] = None,
    with_field: Annotated[
        bool, typer.Option("--field/--no-field", help="Start the site's simulated field as well.")
    ] = False,
    with_gateway: Annotated[
        bool,
        typer.Option("--gateway/--no-gateway", help="Without: it runs on another machine."),
    ] = True,
    lab: Annotated[
        bool,
        typer.Option("--lab", help="No login: everybody on this machine may do everything."),
    ] = False,
) -> None:
    """Run the control room on a site, until Ctrl-C."""
    import asyncio

    from hmi.room import Room

    roles = ["field"] if with_field else []
    roles += ["core", "gateway", "model", "web"] if with_gateway else ["core", "model", "web"]
    asyncio.run(Room(folder, roles, port=port, lab=lab, say=output.note).run_until_stopped())


def gateway(folder: Folder) -> None:
    """Run only the site's links to the field, on a machine of their own, until Ctrl-C."""
    import asyncio

    from hmi.room import Room

    asyncio.run(Room(folder, ["gateway"], say=output.note).run_until_stopped())


def field(folder: Folder) -> None:
    """Run the site's simulated PLCs and RTUs on Modbus TCP and OPC UA, until Ctrl-C."""
    import asyncio

    from hmi.room import Room

    asyncio.run(Room(folder, ["field"], say=output.note).run_until_stopped())


def _summary(site: object) -> dict[str, object]:
    from scenarios.site import Site

    assert isinstance(site, Site)
    return {
        "name_zh": site.name_zh,
        "name_en": site.name_en,
        "networks": {
            utility: {"nodes": len(net.nodes), "links": len(net.links)}
            for utility, net in site.networks.items()
        },
        "points": len(site.points.points),
        "drivers": [d.name for d in site.drivers],
        "customers": len(site.customers),
        "valves": len(site.valves),
    }


def _words(site: object) -> str:
    from scenarios.site import Site

    assert isinstance(site, Site)
    nets = ", ".join(
        f"{utility} network of {len(net.nodes)} nodes and {len(net.links)} links"
        for utility, net in site.networks.items()
    )
    return (
        f"{nets or 'no network'}, {len(site.points.points)} points on {len(site.drivers)} "
        f"field links, {len(site.customers)} customers, {len(site.valves)} isolation valves"
    )
