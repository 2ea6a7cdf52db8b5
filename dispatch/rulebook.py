"""The rules of all profiles, and those in force on a day in one profile."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, tzinfo
from pathlib import Path

from dispatch.evaluation import evaluate
from dispatch.finding import Finding
from dispatch.quantity import Written
from dispatch.rule import Profile, Rule
from dispatch.rule_file import RULES_FOLDER, read_rules
from network_models.problems import InputError, Problem
from network_models.units import UNITS


class RuleSet:
    """The rules in force: one profile on one day, with what it inherits explicitly."""

    def __init__(self, profile: Profile, rules: Iterable[Rule]) -> None:
        self.profile = profile
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
        return evaluate(rule, value, inputs, lookup=self.rule, zone=zone)

    def limit_si(self, rule_id: str) -> float | None:
        """A rule's single limit in SI (pressure Pa, temperature K), or None without a rule."""
        rule = self.rule(rule_id)
        if rule is None or rule.value is None:
            return None
        unit = UNITS.get(rule.unit)
        return rule.number if unit is None else unit.to_si(rule.number)


class RuleBook:
    """All rules of all profiles and dates."""

    def __init__(self, profiles: Sequence[Profile], rules: Sequence[Rule]) -> None:
        self.profiles: dict[str, Profile] = {profile.id: profile for profile in profiles}
        self.rules: tuple[Rule, ...] = tuple(rules)

    @classmethod
    def load(cls, folder: Path | str = RULES_FOLDER) -> RuleBook:
        """The rules in a folder of TOML files. InputError lists every fault."""
        return cls(*read_rules(folder))

    def knows(self, rule_id: str) -> bool:
        """Whether any profile has the rule, at any time."""
        return any(rule.id == rule_id for rule in self.rules)

    def on(self, day: date, profile: str, *, inherit: Sequence[str] = ()) -> RuleSet:
        """The rules of a profile on a day; `inherit` names profiles that fill its gaps, in order.

        Nothing is inherited unless asked for, and an inherited rule keeps its own profile's name.
        InputError for an unknown profile.
        """
        unknown = [name for name in (profile, *inherit) if name not in self.profiles]
        if unknown:
            known = "one of " + ", ".join(self.profiles)
            raise InputError(
                [
                    Problem(file="rules", line=None, field="profile", found=name, expected=known)
                    for name in unknown
                ]
            )
        chosen: dict[str, Rule] = {}
        for name in (profile, *inherit):
            for rule in self.rules:
                if rule.profile == name and _in_force(rule, self.profiles[name], day):
                    chosen.setdefault(rule.id, rule)
        return RuleSet(self.profiles[profile], chosen.values())


def _in_force(rule: Rule, profile: Profile, day: date) -> bool:
    since = rule.since or profile.since
    return (since is None or since <= day) and (rule.until is None or day < rule.until)
