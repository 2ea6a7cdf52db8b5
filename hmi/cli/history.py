"""`ringmain history export`, `ringmain backup` and `ringmain restore`."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

import typer

from hmi.cli import output
from network_models.problems import InputError, Problem

history_app = typer.Typer(help="What was measured: export.", no_args_is_help=True)

Json = Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")]
Folder = Annotated[Path, typer.Argument(help="The site folder.", show_default=False)]


@history_app.callback()
def _group() -> None:
    """Keeps `export` a subcommand while it is the only one."""


@history_app.command()
def export(
    folder: Folder,
    file: Annotated[Path, typer.Argument(help="The file to write.", show_default=False)],
    points: Annotated[str, typer.Option(help="Ids or patterns, separated by commas: W1-*.")] = "*",
    start: Annotated[
        str, typer.Option("--from", help="ISO 8601; site time where it has no offset.")
    ] = "",
    end: Annotated[str, typer.Option("--to", help="ISO 8601; by default now.")] = "",
    kind: Annotated[
        Literal["csv", "parquet"], typer.Option("--format", help="What to write.")
    ] = "csv",
    as_csv: Annotated[bool, typer.Option("--csv", help="Write CSV (the default).")] = False,
    as_parquet: Annotated[bool, typer.Option("--parquet", help="Write Parquet.")] = False,
    every: Annotated[
        float, typer.Option(min=0, help="Means and extremes over so many seconds (0: samples).")
    ] = 0.0,
    origin: Annotated[
        Literal["measured", "model", "manual"], typer.Option(help="Whose values.")
    ] = "measured",
    as_json: Json = False,
) -> None:
    """Write stored samples, or their means, to a file; a running room is not disturbed."""
    from hmi.history_export import choose, samples, steps, write_csv, write_parquet
    from hmi.storing import open_snapshot
    from scada.store.port import StoreError
    from scada.store.sql_store import SqlStore
    from scenarios.site import load_site

    site = load_site(folder)
    zone = ZoneInfo(site.timezone)
    to_ns = _moment(end, "--to", zone) if end else int(datetime.now(UTC).timestamp() * 1e9)
    from_ns = _moment(start, "--from", zone) if start else 0
    chosen = choose(list(site.points), [p.strip() for p in points.split(",") if p.strip()])
    if from_ns >= to_ns:
        raise _problem("--from", start, "a time before --to")
    try:
        database = open_snapshot(site)
        store = SqlStore(database)
        if not start:
            spans = database.spans()
            first = min((s.hour for s in spans), default=to_ns // (3600 * 10**9) - 24)
            from_ns = max(first, 0) * 3600 * 10**9
        handles = database.ids()
        step_ns = round(every * 1e9)
        parts = (
            steps(store, chosen, handles, from_ns, to_ns, origin, step_ns)
            if step_ns
            else samples(store, chosen, handles, from_ns, to_ns, origin)
        )
        if as_parquet or (kind == "parquet" and not as_csv):
            rows = write_parquet(file, parts, stepped=step_ns > 0)
        else:
            rows = write_csv(file, parts, zone, stepped=step_ns > 0)
        store.close()
    except StoreError as error:
        raise _problem("history", str(error), "a history to read") from error
    if as_json:
        body = {"path": str(file), "points": len(chosen), "rows": rows}
        output.print_json({"schema": "ringmain/history-export/1", **body})
    else:
        output.say(f"Wrote {rows} rows of {len(chosen)} points to {file}.")


def backup(
    folder: Folder,
    file: Annotated[Path, typer.Argument(help="The file to write.", show_default=False)],
    as_json: Json = False,
) -> None:
    """Copy a site with its history and records into one file, while it runs."""
    from hmi.backup import back_up
    from scada.store.port import StoreError
    from scenarios.site import load_site

    site = load_site(folder)
    try:
        held = back_up(site, file, datetime.now(ZoneInfo(site.timezone)))
    except StoreError as error:
        raise _problem("history", str(error), "a history to read") from error
    if as_json:
        output.print_json({**held, "path": str(file), "files": len(held["files"])})
    else:
        output.say(f"Wrote {file}: {len(held['files'])} files, {held['samples']} samples.")


def restore(
    file: Annotated[Path, typer.Argument(help="The backup.", show_default=False)],
    folder: Annotated[Path, typer.Argument(help="The site folder to make.", show_default=False)],
    as_json: Json = False,
) -> None:
    """Make a site folder from a backup."""
    from hmi import backup as backups
    from scada.store.port import StoreError

    try:
        held = backups.restore(file, folder)
    except StoreError as error:
        raise _problem("history", str(error), "an empty database to restore into") from error
    if as_json:
        body = {"path": str(folder), "made": held["made"], "samples": held["samples"]}
        output.print_json({"schema": "ringmain/restore/1", **body})
    else:
        output.say(f"Made {folder} as of {held['made']}. Next: ringmain check {folder}")


def _moment(text: str, field: str, zone: ZoneInfo) -> int:
    try:
        when = datetime.fromisoformat(text)
        if not 1970 <= when.year <= 2260:
            raise ValueError(text)
    except ValueError:
        raise _problem(field, text, "an ISO 8601 time of the years 1970 to 2260") from None
    aware = when if when.tzinfo is not None else when.replace(tzinfo=zone)
    return round(aware.timestamp() * 1000) * 1_000_000


def _problem(field: str, found: str, expected: str) -> InputError:
    return InputError([Problem(file="", line=None, field=field, found=found, expected=expected)])
