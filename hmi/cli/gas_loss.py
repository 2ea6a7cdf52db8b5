"""`ringmain whatif gas-loss`: how long gas users keep their band after a loss."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hmi.cli import output
from hmi.cli.checks import hours_of_run, number, problem, refuse

if TYPE_CHECKING:
    from dispatch.rulebook import RuleSet
    from network_models import Network

SHOWN = 10
HOUR_S = 3600.0


def gas_loss(
    path: Annotated[Path, typer.Argument(metavar="FILE|DIR", help="A gas network or a site.")],
    source: Annotated[
        list[str] | None, typer.Option("--source", help="A source that is lost (repeat for more).")
    ] = None,
    close: Annotated[
        list[str] | None, typer.Option("--close", help="A link that is closed (repeat for more).")
    ] = None,
    at: Annotated[float, typer.Option(help="Hour of the patterns at which it happens.")] = 0.0,
    hours: Annotated[float, typer.Option(help="How long to watch.")] = 24.0,
    step: Annotated[float, typer.Option(help="Seconds of a step of line pack.")] = 60.0,
    profile: Annotated[
        str | None, typer.Option(help="Rule profile; the site's own, or jinan.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """Lose sources or close links, and tell when users fall below their band.

    The users are those of low pressure; the gas in the pipes is what they live on.
    """
    lost = [*(source or ()), *(close or ())]
    refuse(
        [
            hours_of_run(hours),
            number("--step", step),
            None if lost else problem("--source", "nothing", "a source to lose or a link to close"),
            None if at >= 0.0 else problem("--at", f"{at:g}", "0 or more"),
        ]
    )
    from dispatch.gas_compliance import band_pa, gas_kind, gas_users
    from hmi.rules_today import rules_today
    from hydraulics.gas.survival import survival
    from network_models.changes import CloseLink, LoseSource
    from scenarios.subject import read_subject

    subject = read_subject(path, ("gas",))
    net = subject.network if subject.gas is None else subject.gas
    refuse(_unknown(net, source or (), close or ()))
    rules = rules_today(profile or subject.profile)
    band = band_pa(rules, gas_kind(net))
    users = gas_users(net)
    refuse(_nothing_to_watch(rules, users, known=band is not None))
    limit = 0.0 if band is None else band[0]
    found = survival(
        net,
        [*map(LoseSource, source or ()), *map(CloseLink, close or ())],
        dict.fromkeys(users, limit),
        time_s=at * HOUR_S,
        hours=hours,
        step_s=step,
    )
    order = sorted(range(len(found.users)), key=lambda i: (found.falls_s[i], i))
    falls = [
        {"node": found.users[i], "falls_s": float(found.falls_s[i])}
        for i in order
        if found.falls_s[i] < float("inf")
    ]
    record: dict[str, Any] = {
        "schema": "ringmain/whatif-gas-loss/1",
        "path": str(path),
        "lost": lost,
        "at_h": at,
        "watched_h": hours,
        "limit_pa": limit,
        "users": len(users),
        "line_pack_kg": found.stock_kg,
        "first": falls[0] if falls else None,
        "falls": falls,
        "settled": found.settled,
    }
    if as_json:
        output.print_json(record)
    else:
        _tell(record)
    if not found.settled:
        raise typer.Exit(output.NO_SOLUTION)


def _unknown(net: Network, sources: Any, links: Any) -> list[Any]:
    return [
        *(problem("--source", s, "the id of a node") for s in sources if s not in net.nodes),
        *(problem("--close", k, "the id of a link") for k in links if k not in net.links),
    ]


def _nothing_to_watch(rules: RuleSet, users: tuple[str, ...], *, known: bool) -> list[Any]:
    found = []
    if not known:
        found.append(
            problem("--profile", rules.profile.id, "a profile with a band for this network's gas")
        )
    if not users:
        found.append(problem("FILE", "no low-pressure user", "a network with low-pressure users"))
    return found


def _tell(record: dict[str, Any]) -> None:
    output.say(
        f"Lost at {record['at_h']:g} h: {', '.join(record['lost'])}; "
        f"{record['line_pack_kg']:.4g} kg of gas in the pipes, {record['users']} users watched "
        f"for {record['watched_h']:g} h, limit {record['limit_pa']:g} Pa"
    )
    if not record["settled"]:
        output.say("NOT SOLVED: some steps did not balance; the times below do not hold")
    first = record["first"]
    if first is None:
        output.say("No user falls below its band.")
        return
    output.say(
        f"First below the band: {first['node']} after {first['falls_s'] / 60:.1f} min; "
        f"{len(record['falls'])} users in all"
    )
    for row in record["falls"][:SHOWN]:
        output.say(f"  {row['node']:<14} {row['falls_s'] / 60:8.1f} min")
    if len(record["falls"]) > SHOWN:
        output.say(f"  ... and {len(record['falls']) - SHOWN} more (see --json)")
