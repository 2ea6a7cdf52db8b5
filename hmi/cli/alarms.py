"""`ringmain alarms`: the alarms of a site and why they are there; their figures by EEMUA 191."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Annotated, Any

import typer

from hmi.cli import output
from hmi.cli.checks import problem
from hmi.cli.records_of import records_of
from network_models.problems import InputError

alarms_app = typer.Typer(help="Alarms of a site.", no_args_is_help=True)

Folder = Annotated[Path, typer.Argument(help="The site folder.", show_default=False)]
MOST_EVENTS = 10_000_000

Json = Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")]


@alarms_app.command("list")
def list_(folder: Folder, as_json: Json = False) -> None:
    """Every alarm of the point list with its priority and its rationalisation."""
    from scada.alarm_kpi import SHARES
    from scenarios.site import load_site

    rows = _rows(load_site(folder))
    counts = Counter(row["priority"] for row in rows)
    shares = {name: counts[name] / len(rows) if rows else 0.0 for name in SHARES}
    done = sum(row["rationalised"] for row in rows)
    if as_json:
        output.print_json(
            {
                "schema": "ringmain/alarms-list/1",
                "alarms": rows,
                "rationalised": done,
                "shares": shares,
                "aim": dict(SHARES),
            }
        )
        return
    for row in rows:
        mark = "" if row["rationalised"] else "  (no rationalisation)"
        output.say(f"{row['id']:<40} {row['priority']:<8}{mark}")
    said = ", ".join(f"{name} {share:.0%}" for name, share in shares.items())
    output.say(f"{len(rows)} alarms, {done} rationalised; {said}")


@alarms_app.command("report")
def report(
    folder: Folder,
    begin: Annotated[str | None, typer.Option("--from", help="ISO time (a day before).")] = None,
    end: Annotated[str | None, typer.Option("--to", help="ISO time (now).")] = None,
    as_json: Json = False,
) -> None:
    """Figures of a span by EEMUA 191; exit code 1 when one is over what is manageable."""
    from datetime import UTC, datetime, timedelta
    from zoneinfo import ZoneInfo

    from hmi.api.times import to_ns
    from hmi.records import SqlAlarmJournal
    from scada.alarm_desk import BEFORE_NS
    from scada.alarm_kpi import TARGETS, report

    records, _, settings = records_of(folder)
    zone = ZoneInfo(settings.timezone)
    to = datetime.now(UTC) if end is None else _time("--to", end, zone)
    since = to - timedelta(days=1) if begin is None else _time("--from", begin, zone)
    if since >= to:
        raise InputError([problem("--from", since.isoformat(), "a time before --to")])
    journal = SqlAlarmJournal(records)
    from_ns, to_ns_ = to_ns(since), to_ns(to)
    events = journal.events(from_ns=max(0, from_ns - BEFORE_NS), to_ns=to_ns_, limit=MOST_EVENTS)
    figures = report(reversed(events), from_ns, to_ns_)
    over = [name for name, verdict in figures["verdicts"].items() if verdict == "over"]
    if as_json:
        told = {"from": since.isoformat(), "to": to.isoformat(), **figures}
        output.print_json({"schema": "ringmain/alarms-report/1", **told})
    else:
        output.say(f"{figures['alarms']} alarms from {since.isoformat()} to {to.isoformat()}")
        for name, verdict in figures["verdicts"].items():
            output.say(
                f"{name:<26} {figures[name]:<12.4g} {verdict} (to reach {TARGETS[name][0]:g})"
            )
        for row in figures["top_10"]:
            output.say(f"  {row['alarms']:>6}  {row['id']}")
    if over:
        raise typer.Exit(output.VIOLATIONS)


def _rows(site: Any) -> list[dict[str, Any]]:
    from hmi.api.alarms import describe
    from scada.alarm_book import AlarmBook
    from scada.alarm_derived import DerivedWatch

    points = site.points.points
    book = AlarmBook(points, settings=site.alarms)
    DerivedWatch(points, site.alarms, book)
    rows = []
    for subject in book.subjects():
        setting = site.alarms.get(subject.id)
        rows.append(
            {
                "id": subject.id,
                "kind": subject.kind,
                "priority": subject.priority,
                "limit": subject.limit,
                "rule": subject.rule,
                "rationalised": setting is not None and setting.rationale.complete,
                "setting": None if setting is None else describe(setting),
            }
        )
    return rows


def _time(option: str, text: str, zone: Any) -> Any:
    from datetime import datetime

    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        raise InputError([problem(option, text, "an ISO 8601 time")]) from None
    return when if when.tzinfo is not None else when.replace(tzinfo=zone)
