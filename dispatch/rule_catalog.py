"""Rules for people: as JSON-ready records, with their inputs, and as a document."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

from dispatch.evaluation import all_inputs
from dispatch.rule import Rule
from dispatch.rule_uses import RuleUse, rule_uses
from dispatch.rulebook import RuleBook

FORCE_EN = {"M": "mandatory", "R": "recommended", "T": "target", "D": "definition"}

_CLOCK_EN = {
    "elapsed": " elapsed",
    "calendar": " by the calendar",
    "date": " to the end of the day",
    "working": " to the end of the day",
    None: "",
}
_HEADER = """# Rules

Written from `dispatch/rules/*.toml` by `python -m dispatch.rule_catalog`; a test compares.

A rule a profile does not have is answered `no-rule`, never `pass`. Only a mandatory rule makes a
violation (or blocks); a recommended one gives advice, a target shows a gap, a definition computes.
Every comparison takes its limit in, unless it is written `>` or `<`. The texts are our wording of
the clause; "ours" marks what the source does not say.
"""


def rules_as_dicts(rules: Iterable[Rule]) -> list[dict[str, Any]]:
    """The rules as JSON-ready records, in their order, each with its inputs."""
    return [rule_as_dict(rule) for rule in rules]


def rule_as_dict(rule: Rule) -> dict[str, Any]:
    """One rule as a JSON-ready record: every field it was given, and its inputs."""
    record = {key: _plain(value) for key, value in asdict(rule).items()}
    record["inputs"] = rule_inputs(rule)
    return record


def rule_inputs(rule: Rule) -> list[dict[str, Any]]:
    """What the rule takes, `value` first: name, kind, unit, whether required, default, values."""
    if rule.reference is not None:
        kind = "span or moment"
    elif rule.comparator in {"contains", "in", "not in"} or isinstance(rule.value, str):
        kind = "items"
    elif rule.formula in {"season", "window"}:
        kind = "moment"
    else:
        kind = "number"
    value = {
        "name": "value",
        "kind": kind,
        "unit": rule.unit,
        "required": rule.mode != "duty",
        "default": None,
        "values": [],
        "text": rule.quantity,
    }
    return [value, *(_plain(asdict(spec)) for spec in all_inputs(rule))]


def limit_text(rule: Rule) -> str:
    """The limit in one line, such as `>= 48 h elapsed before start`."""
    unit = f" {rule.unit}" if rule.unit else ""
    if rule.tables:
        rows = next(iter(rule.tables.values()))
        text = "; ".join(
            f"{'to' if row.inclusive else 'below'} {row.up_to:g}{unit}: {row.result:g}"
            if row.up_to is not None
            else f"above: {row.result:g}"
            for row in rows
        )
    elif rule.value_from is not None:
        text = f"{rule.comparator} the site's " + ", ".join(f"`{n}`" for n in rule.limits_from)
    elif rule.value_parameter is not None and rule.value is None:
        text = f"{rule.comparator} the profile's `{rule.value_parameter}` {rule.unit}"
    elif rule.value_by is not None:
        each = ", ".join(f"{word} {v:g}{unit}" for word, v in rule.value_by.values.items())
        text = f"{rule.comparator} {each}"
    elif isinstance(rule.value, tuple):
        items = [f"{v:g}" if isinstance(v, float) else str(v) for v in rule.value]
        joined = f"{items[0]} to {items[1]}" if rule.comparator == "between" else ", ".join(items)
        text = f"{rule.comparator} {joined}{unit}"
    elif isinstance(rule.value, int | float):
        text = f"{rule.comparator or '='} {rule.value:g}{unit}"
    elif rule.value is not None:
        text = f"{rule.comparator} {rule.value}"
    else:
        text = rule.formula or ""
    text += _CLOCK_EN[rule.clock]
    if rule.reference is not None:
        text += f" {rule.reference.direction} `{rule.reference.input}`"
    return text


def rules_document(book: RuleBook, uses: Mapping[str, RuleUse]) -> str:
    """All rules as Markdown: the core ones with where they are used, then by profile."""
    lines = [_HEADER, *_core_table(book, uses)]
    for profile in book.profiles.values():
        rules = [rule for rule in book.rules if rule.profile == profile.id]
        since = "" if profile.since is None else f", since {profile.since.isoformat()}"
        lines += [f"## {profile.id}", "", f"{profile.name_en} ({profile.name_zh}){since}."]
        lines += [f"Source: {profile.source}. {profile.note}".strip(), ""]
        if not rules:
            lines += ["No rules: every question to this profile is answered `no-rule`.", ""]
            continue
        lines += [
            "| rule | judges | limit | force | effect | clause |",
            "|---|---|---|---|---|---|",
        ]
        for rule in sorted(rules, key=lambda r: (r.utility, r.id)):
            cells = (
                f"`{rule.id}`",
                rule.quantity,
                limit_text(rule),
                FORCE_EN[rule.force],
                rule.effect,
                rule.clause,
            )
            lines.append("| " + " | ".join(cells) + " |")
        lines.append("")
        for rule in sorted(rules, key=lambda r: (r.utility, r.id)):
            lines += [f"**{rule.id}**: {rule.text_en} {rule.text_zh}"]
            if rule.ours:
                lines += [f"*Ours: {rule.ours}*"]
            lines.append("")
    return "\n".join(lines).rstrip() + "\n"


def _core_table(book: RuleBook, uses: Mapping[str, RuleUse]) -> list[str]:
    """Every core rule with what evaluates it and what tests it; then those stated by hand."""
    core = sorted((r for r in book.rules if r.tier == "C"), key=lambda r: (r.utility, r.id))
    by_hand = [rule for rule in core if rule.by_hand]
    checked = [rule for rule in core if rule.comparator == "contains"]
    lines = [
        "## Core rules",
        "",
        (
            f"{len(core)} core rules are in the data, and every one is evaluated by "
            "`dispatch.evaluation` (and `dispatch.formulas` where a formula is named). "
            f"{len(checked)} of them list what must be there or be done and say what is missing; "
            "their facts come from the modules named, or are given to `ringmain rules eval`. "
            "Cases are rows of `tests/dispatch/rule_cases.toml`."
        ),
        "",
        "| rule | profile | mode | also used by | cases | other tests |",
        "|---|---|---|---|---|---|",
    ]
    for rule in core:
        use = uses.get(rule.id, RuleUse())
        mode = f"{rule.mode}: {rule.formula}" if rule.formula else rule.mode
        cells = (
            f"`{rule.id}`",
            rule.profile,
            mode,
            ", ".join(f"`{m}`" for m in use.modules) or "-",
            str(use.cases),
            ", ".join(f"`{Path(t).name}`" for t in use.tests) or "-",
        )
        lines.append("| " + " | ".join(cells) + " |")
    lines += ["", "### Facts stated by people", ""]
    lines += [f"- `{rule.id}`: {rule.by_hand}" for rule in by_hand]
    return [*lines, ""]


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value.isoformat() if isinstance(value, date) else value


if __name__ == "__main__":
    ROOT = Path(__file__).parents[1]
    BOOK = RuleBook.load()
    TEXT = rules_document(BOOK, rule_uses(ROOT, [rule.id for rule in BOOK.rules]))
    (ROOT / "docs" / "rules.md").write_text(TEXT, encoding="utf-8")
