"""`ringmain demo`: the example city with everything on."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated

import typer

from hmi.cli import output

SHOWN = 3
ROLES = ("field", "core", "gateway", "model", "web")


def demo(
    headless: Annotated[
        bool, typer.Option("--headless", help="Run for a while, print the figures, end.")
    ] = False,
    seconds: Annotated[float, typer.Option("--for", help="Seconds to run headless.")] = 60.0,
    port: Annotated[
        int | None, typer.Option(help="Port of the page (8080, or the next free one).")
    ] = None,
    folder: Annotated[
        Path | None, typer.Option(help="Keep the city here (default: your data folder).")
    ] = None,
    login: Annotated[
        bool, typer.Option("--login", help="With accounts and login, as `serve` has them.")
    ] = False,
    seed: Annotated[int, typer.Option(help="Seed of the city.")] = 1,
    elements: Annotated[
        int, typer.Option(min=200, help="Nodes and links of its three networks.")
    ] = 4800,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """Show the example city: simulated PLCs and RTUs, gateway, live model and page."""
    from hmi.warming import compile_solvers

    compile_solvers(lambda text: output.note(f"Compiling the solvers (once): {text}"))
    if headless:
        with tempfile.TemporaryDirectory(prefix="ringmain-demo-") as temporary:
            at = folder or Path(temporary) / "city"
            _make(at, seed, elements)
            _headless(at, seconds, as_json)
        return
    at = folder or data_folder() / f"demo-{seed}-{elements}"
    if not _make(at, seed, elements) and folder is None:
        _tell_age(at, seed, elements)
    import asyncio

    from hmi.room import Room

    asyncio.run(Room(at, ROLES, port=port, lab=not login, say=output.note).run_until_stopped())


def data_folder() -> Path:
    """Where the user's data lives (XDG_DATA_HOME or ~/.local/share)."""
    import os

    root = os.environ.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
    return Path(root) / "ringmain"


def _make(folder: Path, seed: int, elements: int) -> bool:
    """Make the city; false where there is one already."""
    if (folder / "site.toml").exists():
        output.note(f"Using the city in {folder}")
        return False
    from scenarios.init_site import init_site

    output.note(f"Making the example city (seed {seed}, {elements} elements) in {folder} ...")
    init_site(folder, example="city", network_file=None, seed=seed, elements=elements)
    return True


def _tell_age(folder: Path, seed: int, elements: int) -> None:
    """Say so where a kept city is older than the one this version makes; it is used as it is."""
    from scenarios.city.lacking import lacking

    found = lacking(folder, seed=seed, elements=elements)
    if not found:
        return
    parts = []
    if found.points:
        more = ", ..." if len(found.points) > SHOWN else ""
        count = len(found.points)
        parts.append(
            f"{count} point{'s' if count != 1 else ''} ({', '.join(found.points[:SHOWN])}{more})"
        )
    if found.tables:
        parts.append(f"the tables {', '.join(found.tables)}")
    new = _beside(folder)
    output.note(
        f"It is older than the example city of this version: it lacks {' and '.join(parts)}.\n"
        "It is used as it is, with its history and records. For the new one beside it:\n"
        f"  ringmain demo --seed {seed} --elements {elements} --folder {new}"
    )


def _beside(folder: Path) -> Path:
    """A folder of a name that is free."""
    number = 2
    while (new := folder.with_name(f"{folder.name}-{number}")).exists():
        number += 1
    return new


def _headless(folder: Path, seconds: float, as_json: bool) -> None:
    import asyncio

    from hmi.trial import run_trial

    figures = asyncio.run(run_trial(folder, ROLES, seconds, say=output.note))
    if as_json:
        output.print_json({"schema": "ringmain/demo/1", **figures})
        return
    for name, value in figures.items():
        output.say(f"{name:<28} {value}")
