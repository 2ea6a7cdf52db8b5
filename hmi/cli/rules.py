"""`ringmain rules`: the law as data, to read and to try."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import typer

from hmi.cli import output
from network_models.problems import InputError, Problem

if TYPE_CHECKING:
    from dispatch.rulebook import RuleSet

rules_app = typer.Typer(help="The rules: list, show, eval.", no_args_is_help=True)

Profile = Annotated[str, typer.Option(help="Rule profile.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")]
Day = Annotated[str | None, typer.Option("--on", help="Rules in force on this day (YYYY-MM-DD).")]

Inherit = Annotated[
    list[str] | None, typer.Option(help="Profile that fills gaps, in order; may be repeated.")
]
Layer = Annotated[list[str] | None, typer.Option(help="Overlay that counts where it is stricter.")]
Set = Annotated[
    list[str] | None,
    typer.Option(
        "--set", metavar="NAME=NUMBER", help="A parameter the profile's source leaves open."
    ),
]

VIOLATING = {"violation", "blocked"}


@rules_app.command("list")
def list_rules(
    profile: Profile = "jinan",
    day: Day = None,
    inherit: Inherit = None,
    layer: Layer = None,
    settings: Set = None,
    as_json: Json = False,
) -> None:
    """List the rules of a profile."""
    from dispatch.rule_catalog import limit_text, rules_as_dicts

    rules = _in_force(profile, day, inherit, layer, settings)
    if as_json:
        output.print_json(
            {"schema": "ringmain/rules-list/1", "profile": profile, "rules": rules_as_dicts(rules)}
        )
        return
    for rule in rules:
        output.say(f"{rule.id:<34} {rule.force}  {limit_text(rule):<44} {rule.clause}")


@rules_app.command()
def show(
    rule_id: Annotated[str, typer.Argument(metavar="RULE-ID")],
    profile: Profile = "jinan",
    day: Day = None,
    inherit: Inherit = None,
    layer: Layer = None,
    settings: Set = None,
    as_json: Json = False,
) -> None:
    """Show one rule: text, limit, clause and the inputs it takes."""
    from dispatch.rule_catalog import limit_text, rule_as_dict

    rule = _in_force(profile, day, inherit, layer, settings).rule(rule_id)
    if rule is None:
        raise InputError([_unknown(rule_id, profile)])
    record = rule_as_dict(rule)
    if as_json:
        output.print_json({"schema": "ringmain/rules-show/1", "profile": profile, **record})
        return
    output.say(f"{rule.id}  ({rule.utility}, {rule.clause})")
    output.say(f"  {rule.text_en}")
    output.say(f"  {rule.text_zh}")
    output.say(f"  {rule.quantity}: {limit_text(rule)}")
    if rule.ours:
        output.say(f"  ours: {rule.ours}")
    for spec in record["inputs"]:
        need = "required" if spec["required"] else f"default {spec['default']}"
        output.say(f"  input {spec['name']:<16} {spec['kind']:<14} {spec['unit'] or '-':<8} {need}")


@rules_app.command("eval")
def evaluate(
    rule_id: Annotated[str, typer.Argument(metavar="RULE-ID")],
    inputs: Annotated[list[str], typer.Argument(metavar="KEY=VALUE...")],
    profile: Profile = "jinan",
    day: Day = None,
    inherit: Inherit = None,
    layer: Layer = None,
    settings: Set = None,
    zone: Annotated[
        str | None, typer.Option(help="Zone of times without an offset; the profile's otherwise.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Judge a value by a rule; exit code 1 on a violation or a block."""
    from dispatch.rulebook import RuleBook

    given = _pairs(inputs)
    rules = _in_force(profile, day, inherit, layer, settings)
    if rules.rule(rule_id) is None and not RuleBook.load().knows(rule_id):
        raise InputError([_unknown(rule_id, "any profile")])
    value = given.pop("value", "")
    timezone = _zone(zone or rules.profile.timezone)
    finding = rules.evaluate(rule_id, value, zone=timezone, **given).as_dict()
    if as_json:
        output.print_json({"schema": "ringmain/rules-eval/1", **finding})
    else:
        output.say(f"{rule_id} ({finding['profile']}): {finding['verdict']}")
        for key in ("value", "limit", "result", "effect", "deadline", "clause", "text_en"):
            if finding[key] not in (None, "", "none"):
                unit = finding["unit"] if key in ("value", "limit") else ""
                output.say(f"  {key:<10} {finding[key]} {unit}".rstrip())
    if finding["verdict"] in VIOLATING:
        raise typer.Exit(output.VIOLATIONS)


def _in_force(
    profile: str,
    day: str | None,
    inherit: list[str] | None,
    layers: list[str] | None,
    settings: list[str] | None,
) -> RuleSet:
    from dispatch.rulebook import RuleBook

    try:
        on = datetime.now(UTC).date() if day is None else date.fromisoformat(day)
    except ValueError:
        raise InputError(
            [Problem(file="", line=None, field="--on", found=str(day), expected="YYYY-MM-DD")]
        ) from None
    return RuleBook.load().on(
        on,
        profile,
        inherit=inherit or (),
        layers=layers or (),
        parameters=_numbers(_pairs(settings or [])),
    )


def _numbers(pairs: dict[str, Any]) -> dict[str, float]:
    found, problems = {}, []
    for name, text in pairs.items():
        try:
            found[name] = float(text)
        except ValueError:
            problems.append(
                Problem(file="", line=None, field=name, found=text, expected="a number")
            )
    if problems:
        raise InputError(problems)
    return found


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ValueError, ZoneInfoNotFoundError):
        raise InputError(
            [Problem(file="", line=None, field="--zone", found=name, expected="a time zone")]
        ) from None


def _pairs(inputs: list[str]) -> dict[str, Any]:
    problems = [
        Problem(file="", line=None, field="input", found=text, expected="key=value")
        for text in inputs
        if "=" not in text
    ]
    if problems:
        raise InputError(problems)
    return {key: value for key, _, value in (text.partition("=") for text in inputs)}


def _unknown(rule_id: str, profile: str) -> Problem:
    return Problem(
        file="",
        line=None,
        field="RULE-ID",
        found=rule_id,
        expected=f"a rule of {profile} (see: ringmain rules list)",
    )
