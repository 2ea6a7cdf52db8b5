"""Rules and profiles from TOML files; every fault of every file at once."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from dispatch.rule import Profile, Rule
from network_models.problems import InputError, Problem

RULES_FOLDER = Path(__file__).parent / "rules"
"""The rules that come with Ringmain."""

T = TypeVar("T")


def read_rules(
    folder: Path | str = RULES_FOLDER, *, more: Iterable[Path | str] = ()
) -> tuple[tuple[Profile, ...], tuple[Rule, ...]]:
    """All profiles and rules of a folder's `*.toml` files, and of `more` files.

    A file names its `profile` once at its top; `[[profiles]]` and `[[rule]]` are its records.
    InputError with every fault: unreadable TOML, unknown or missing fields, unknown profiles,
    a rule given twice for the same time.
    """
    problems: list[Problem] = []
    profiles: list[Profile] = []
    rules: list[Rule] = []
    for path in (*sorted(Path(folder).glob("*.toml")), *map(Path, more)):
        try:
            content = tomllib.loads(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            problems.append(_problem(path, "file", str(error), "readable TOML"))
            continue
        profile = content.pop("profile", "")
        for record in content.pop("profiles", ()):
            profiles += _record(path, record, Profile, problems)
        for record in content.pop("rule", ()):
            rules += _record(path, {"profile": profile, **record}, Rule, problems)
        for name in content:
            problems.append(_problem(path, name, "an unknown table", "profiles or rule"))
    problems += _check(rules, {profile.id: profile for profile in profiles}, Path(folder))
    if problems:
        raise InputError(problems)
    return tuple(profiles), tuple(rules)


def _record(
    path: Path, record: Mapping[str, Any], kind: type[T], problems: list[Problem]
) -> list[T]:
    label = str(record.get("id", "a record without an id"))
    known = {f.name for f in fields(kind)}  # type: ignore[arg-type]
    unknown = sorted(set(record) - known)
    for name in unknown:
        problems.append(_problem(path, f"{label}.{name}", "an unknown field", "a known one"))
    if unknown:
        return []
    try:
        return [msgspec.convert(dict(record), kind, strict=False)]
    except msgspec.ValidationError as error:
        problems.append(_problem(path, label, str(error), f"a sound {kind.__name__.lower()}"))
        return []


def _check(rules: Iterable[Rule], profiles: Mapping[str, Profile], folder: Path) -> list[Problem]:
    problems = []
    seen: dict[tuple[str, str], list[Rule]] = {}
    for rule in rules:
        if rule.profile not in profiles:
            problems.append(_problem(folder, rule.id, rule.profile, "a known profile"))
        twins = seen.setdefault((rule.profile, rule.id), [])
        if any(_overlap(rule, twin) for twin in twins):
            problems.append(_problem(folder, rule.id, "given twice", "one version at a time"))
        twins.append(rule)
        if rule.value_parameter is not None and not any(
            rule.value_parameter in p.needs for p in profiles.values() if p.id == rule.profile
        ):
            expected = "a parameter that the profile needs"
            problems.append(_problem(folder, rule.id, rule.value_parameter, expected))
        if rule.mode == "limit" and rule.comparator is None:
            problems.append(_problem(folder, rule.id, "no comparator", "one, as a limit has"))
    return problems


def _overlap(one: Rule, other: Rule) -> bool:
    def starts_before_end(first: Rule, second: Rule) -> bool:
        return first.since is None or second.until is None or first.since < second.until

    return starts_before_end(one, other) and starts_before_end(other, one)


def _problem(path: Path, field: str, found: str, expected: str) -> Problem:
    return Problem(file=path.name, line=None, field=field, found=found, expected=expected)
