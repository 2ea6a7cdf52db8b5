"""A rule of law or custom as data: what is judged, against what, when, and on whose word.

`mode` says how a rule answers:
- `limit`: the value must satisfy `comparator value`; a mandatory one that fails is a violation, or
  blocks when `effect` is `block`;
- `trigger`: once the condition holds, `effect` is required (an approval, a delivery plan);
- `compute`: gives a result (a count, a table row, a season), judged only through `satisfied_by`;
- `duty`: says what to do without anything to measure; it is shown, never evaluated to pass.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

Mode = Literal["limit", "trigger", "compute", "duty"]
Comparator = Literal["=", ">=", ">", "<=", "<", "between", "inside", "contains", "in", "not in"]
Clock = Literal["elapsed", "calendar", "date", "working"]
Force = Literal["M", "R", "T", "D"]
InputKind = Literal["number", "span", "moment", "choice", "flag", "items"]
RuleValue = float | str | bool | tuple[float | str, ...] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Predicate:
    """A condition on one input; `value_of` takes the limit from another rule of the profile."""

    input: str
    comparator: Comparator
    value: RuleValue = None
    value_of: str | None = None
    unit: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class InputSpec:
    """An input beside `value`; without a default it may be left out unless `required`."""

    name: str
    kind: InputKind
    unit: str = ""
    required: bool = False
    default: str | float | bool | None = None
    values: tuple[str, ...] = ()
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """The moment a span is counted from: a deadline lies `before` or `after` it."""

    input: str
    direction: Literal["before", "after"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """One row of a table; it ends at `up_to` (the last row has none)."""

    result: float
    up_to: float | None = None
    inclusive: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ByChoice:
    """A limit that depends on a word: the value for each word of `input`."""

    input: str
    values: dict[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule of one profile; see the module for `mode`.

    `force`: M mandatory, R recommended, T target, D definition. `clock`: elapsed hours; calendar
    days or months that keep the wall-clock time; dates, whole days to their end; working days,
    likewise. `value_from` names the input(s) that hold the limit where the source has no number,
    `value_parameter` the parameter of the profile, `value_by` the word it depends on. `scope` must
    hold, or the rule does not apply; any of `unless` makes it hold; any of `also` makes a trigger
    fire too. Rules of one `group` judge the same thing: the strictest may be asked for. `by_hand`
    says why its facts are stated by people and not computed. `ours` says what is our reading and
    not the source's words. The rule is in force from `since` until before `until`.
    """

    id: str
    profile: str
    utility: str
    quantity: str
    mode: Mode
    force: Force
    tier: str
    clause: str
    text_zh: str
    text_en: str
    comparator: Comparator | None = None
    value: RuleValue = None
    value_from: str | tuple[str, ...] | None = None
    value_parameter: str | None = None
    value_by: ByChoice | None = None
    unit: str = ""
    tolerance: float = 0.0
    clock: Clock | None = None
    effect: str = "none"
    reference: Reference | None = None
    scope: tuple[Predicate, ...] = ()
    band_of: str | None = None
    unless: tuple[Predicate, ...] = ()
    also: tuple[Predicate, ...] = ()
    satisfied_by: tuple[Predicate, ...] = ()
    inputs: tuple[InputSpec, ...] = ()
    formula: str | None = None
    parameters: dict[str, Any] = field(default_factory=dict)
    tables: dict[str, tuple[Band, ...]] = field(default_factory=dict)
    since: date | None = None
    until: date | None = None
    group: str = ""
    by_hand: str = ""
    ours: str = ""

    @property
    def limits_from(self) -> tuple[str, ...]:
        """The inputs that hold the limit; none where the rule has its own."""
        if self.value_from is None:
            return ()
        return (self.value_from,) if isinstance(self.value_from, str) else self.value_from

    @property
    def number(self) -> float:
        """The limit, for a rule that has a single number. TypeError for any other."""
        if isinstance(self.value, bool) or not isinstance(self.value, int | float):
            raise TypeError(f"{self.id} has no single number")
        return float(self.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """A set of rules that hold together: one city's law, one company's promise.

    `needs` are parameters that its source leaves open: without them it cannot be used.
    `timezone` is the zone of its clocks where no site says otherwise.
    """

    id: str
    name_zh: str
    name_en: str
    source: str
    since: date | None = None
    note: str = ""
    needs: tuple[str, ...] = ()
    timezone: str = "Asia/Shanghai"
