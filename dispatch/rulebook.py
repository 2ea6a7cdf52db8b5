"""The rules of all profiles, and those in force on a day in one profile."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, tzinfo
from pathlib import Path

from dispatch.evaluation import evaluate
from dispatch.finding import Finding
from dispatch.layers import stricter_of
from dispatch.profile_words import read_profile
from dispatch.quantity import Written
from dispatch.rule import Profile, Rule
from dispatch.rule_file import RULES_FOLDER, read_rules
from dispatch.working_days import CALENDARS_FOLDER, WorkingDays, read_working_days
from network_models.problems import InputError, Problem
from network_models.units import UNITS


class RuleSet:
    """The rules in force: one profile on one day, with what it inherits explicitly."""

    def __init__(
        self, profile: Profile, rules: Iterable[Rule], working_days: WorkingDays | None = None
    ) -> None:
        self.profile = profile
        self.working_days = working_days
        self._rules = {rule.id: rule for rule in rules}

    def __iter__(self) -> Iterator[Rule]:
        return iter(self._rules.values())

    def __len__(self) -> int:
        return len(self._rules)

    def rule(self, rule_id: str) -> Rule | None:
        """The rule of that id, or None: a rule that is not there is no rule."""
        return self._rules.get(rule_id)

    def evaluate(
        self,
        rule_id: str,
        value: Written = "",
        *,
        zone: tzinfo | None = None,
        **inputs: Written,
    ) -> Finding:
        """What the rule says of the value; verdict `no-rule` where this profile has no such rule.

        `value` is a number in the rule's unit or any text with a unit, a span, a moment, words.
        InputError lists unknown, missing and unreadable inputs.
        """
        rule = self.rule(rule_id)
        if rule is None:
            return Finding(
                rule=rule_id,
                profile=self.profile.id,
                verdict="no-rule",
                text_zh=f"规则集“{self.profile.name_zh}”没有此项规定。",
                text_en=f"The profile “{self.profile.name_en}” has no such rule.",
            )
        return evaluate(
            rule, value, inputs, lookup=self.rule, zone=zone, working_days=self.working_days
        )

    def strictest(self, group: str) -> Rule | None:
        """The strictest rule of a group (see `Rule.group`); None where it has none."""
        found: Rule | None = None
        for rule in self:
            if rule.group == group:
                found = rule if found is None else stricter_of(found, rule)
        return found

    def limit_si(self, rule_id: str) -> float | None:
        """A rule's single limit in SI (pressure Pa, temperature K), or None without a rule."""
        rule = self.rule(rule_id)
        if rule is None or rule.value is None:
            return None
        unit = UNITS.get(rule.unit)
        return rule.number if unit is None else unit.to_si(rule.number)


class RuleBook:
    """All rules of all profiles and dates."""

    def __init__(
        self,
        profiles: Sequence[Profile],
        rules: Sequence[Rule],
        working_days: WorkingDays | None = None,
    ) -> None:
        self.working_days = working_days
        self.profiles: dict[str, Profile] = {profile.id: profile for profile in profiles}
        self.rules: tuple[Rule, ...] = tuple(rules)

    @classmethod
    def load(
        cls,
        folder: Path | str = RULES_FOLDER,
        *,
        more: Sequence[Path | str] = (),
        calendars: Sequence[Path | str] = (CALENDARS_FOLDER,),
    ) -> RuleBook:
        """The rules in a folder of TOML files and in `more` files (promises of a site).

        `calendars` are folders of working-day calendars. InputError lists every fault.
        """
        return cls(*read_rules(folder, more=more), read_working_days(calendars))

    def knows(self, rule_id: str) -> bool:
        """Whether any profile has the rule, at any time."""
        return any(rule.id == rule_id for rule in self.rules)

    def on(
        self,
        day: date,
        profile: str,
        *,
        inherit: Sequence[str] = (),
        layers: Sequence[str] = (),
        parameters: Mapping[str, float] | None = None,
    ) -> RuleSet:
        """The rules of a profile on a day; `profile` may be `read_profile`'s text.

        A rule comes from a layer (an overlay, promises) if that is stricter than the profile's,
        else from the profile, else from the first of `inherit` that has it, else there is none.
        Nothing is inherited unless asked for, and every rule keeps its own profile's name.
        `parameters` are the values a profile's source leaves open. InputError for an unknown
        profile, a parameter that is missing, or two rules that cannot be compared.
        """
        words = read_profile(profile)
        profile = words.profile
        inherit, layers = (*words.inherit, *inherit), (*words.layers, *layers)
        names = (profile, *inherit, *layers)
        given = {**words.parameters, **(parameters or {})}
        problems = [
            _problem("profile", name, "one of " + ", ".join(self.profiles))
            for name in names
            if name not in self.profiles
        ]
        for name in names:
            needs = self.profiles[name].needs if name in self.profiles else ()
            problems += [
                _problem(need, "nothing", f"a number: the source of {name} leaves it open")
                for need in needs
                if need not in given
            ]
        if problems:
            raise InputError(problems)
        chosen: dict[str, Rule] = {}
        for name in (profile, *inherit):
            for rule in self._of(name, day, given):
                chosen.setdefault(rule.id, rule)
        for name in layers:
            for rule in self._of(name, day, given):
                chosen[rule.id] = stricter_of(chosen.get(rule.id, rule), rule)
        return RuleSet(self.profiles[profile], chosen.values(), self.working_days)

    def _of(self, profile: str, day: date, parameters: Mapping[str, float]) -> Iterator[Rule]:
        for rule in self.rules:
            if rule.profile == profile and _in_force(rule, self.profiles[profile], day):
                parameter = rule.value_parameter
                yield rule if parameter is None else replace(rule, value=parameters[parameter])


def _problem(field: str, found: str, expected: str) -> Problem:
    return Problem(file="rules", line=None, field=field, found=found, expected=expected)


def _in_force(rule: Rule, profile: Profile, day: date) -> bool:
    since = rule.since or profile.since
    return (since is None or since <= day) and (rule.until is None or day < rule.until)
