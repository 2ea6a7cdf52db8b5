"""One rule against one value: the verdict."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo

from dispatch.comparison import DAY_CLOCKS, deadline, holds, in_days, missing_items, span_from
from dispatch.finding import Finding, Scalar, Verdict
from dispatch.formulas import FORMULAS, band
from dispatch.quantity import Quantity, Written, parse_quantity
from dispatch.rule import InputSpec, Predicate, Rule, RuleValue
from dispatch.working_days import WorkingDays
from network_models.problems import InputError, Problem

_FAILED: dict[str, Verdict] = {"M": "violation", "R": "advice", "T": "gap", "D": "computed"}
BLOCK = "block"
Lookup = Callable[[str], Rule | None]


@dataclass(frozen=True, slots=True)
class _Case:
    """A rule with its inputs read; `value` is None where a computing rule needs none."""

    rule: Rule
    value: Quantity
    inputs: Mapping[str, Quantity]
    lookup: Lookup
    limit: RuleValue = None
    due: datetime | None = None

    def true(self, predicate: Predicate) -> bool | None:
        """Whether a condition on an input holds; None when nothing is said of that input."""
        given = self.inputs.get(predicate.input)
        if given is None:
            return None
        limit, unit = predicate.value, predicate.unit
        if predicate.value_of is not None:
            other = self.lookup(predicate.value_of)
            if other is None:
                return None
            limit, unit = other.value, other.unit
        return holds(given, predicate.comparator, limit, unit)

    def any_true(self, predicates: Sequence[Predicate]) -> bool:
        return any(self.true(predicate) is True for predicate in predicates)

    def applies(self) -> bool:
        if any(self.true(predicate) is False for predicate in self.rule.scope):
            return False
        if self.rule.band_of is None:
            return True
        table_rule = self.lookup(self.rule.band_of)
        size = self.inputs.get(str(self.rule.parameters["band_input"]))
        if table_rule is None or size is None:
            return True
        chosen = self.inputs.get("bands")
        table = table_rule.tables[chosen.words[0] if chosen else next(iter(table_rule.tables))]
        return band(table, size.in_unit(table_rule.unit)) == self.rule.number


def evaluate(
    rule: Rule,
    value: Written,
    inputs: Mapping[str, Written],
    *,
    lookup: Lookup,
    zone: tzinfo | None = None,
    working_days: WorkingDays | None = None,
) -> Finding:
    """The finding of a rule on a value.

    Moments without an offset are read in `zone`. A value given as a moment is counted from the
    rule's reference input. InputError names every input that is unknown, missing or unreadable.
    """
    case = _read(rule, value, inputs, lookup, zone)
    limit = _limit(case)
    start = case.inputs.get(rule.reference.input) if rule.reference else None
    due = None
    try:
        if start is not None and start.moment is not None:
            due = deadline(rule, start.moment, limit, working_days)
        case = replace(case, limit=limit, due=due)
        verdict, result = _judge(case)
    except ValueError as error:
        raise InputError(
            [_problem(rule, "value", str(error), rule.unit or rule.quantity)]
        ) from error
    acts = verdict not in {"pass", "not-applicable", "no-rule"}
    return Finding(
        rule=rule.id,
        profile=rule.profile,
        verdict=verdict,
        value=_shown(case.value, rule.unit),
        result=result,
        effect=rule.effect if acts or rule.mode == "limit" else "none",
        limit=limit,
        unit=rule.unit,
        deadline=due,
        clause=rule.clause,
        text_zh=rule.text_zh,
        text_en=rule.text_en,
    )


def _judge(case: _Case) -> tuple[Verdict, Scalar]:
    rule = case.rule
    if not case.applies():
        return "not-applicable", "not applicable"
    if rule.mode == "duty":
        return "required", rule.effect
    if rule.mode == "compute":
        return _compute(case)
    limit = case.limit
    if limit is None:
        return "no-rule", "the source gives no value"
    comparator = rule.comparator or ">"
    if case.due is not None and case.value.moment is not None and rule.clock in DAY_CLOCKS:
        met = in_days(rule, case.value.moment, case.due)
    else:
        met = holds(case.value, comparator, limit, rule.unit)
    if rule.mode == "trigger":
        if not (met or case.any_true(rule.also)):
            return "not-applicable", "none"
        return _demanded(case)
    if met or case.any_true(rule.unless):
        return "pass", "met"
    result = "not met"
    if comparator == "contains":
        result = "missing: " + ", ".join(missing_items(case.value, limit))
    return ("blocked" if rule.effect == BLOCK else _FAILED[rule.force]), result


def _limit(case: _Case) -> RuleValue:
    """The limit: the rule's own, the one for a word, or what the inputs say; None without one."""
    rule = case.rule
    if rule.value_by is not None:
        word = case.inputs.get(rule.value_by.input)
        return rule.value if word is None else rule.value_by.values[word.words[0]]
    if not rule.limits_from:
        return rule.value
    if any(name not in case.inputs for name in rule.limits_from):
        return None
    given = tuple(float(case.inputs[name].in_unit(rule.unit)) for name in rule.limits_from)
    return given[0] if len(given) == 1 else given


def _demanded(case: _Case) -> tuple[Verdict, Scalar]:
    """A trigger that fired: is what it demands there already?"""
    rule = case.rule
    answers = [case.true(predicate) for predicate in rule.satisfied_by]
    if True in answers:
        return "pass", rule.effect
    if False in answers:
        return ("blocked" if rule.parameters.get("blocks") else _FAILED[rule.force]), rule.effect
    return "required", rule.effect


def _compute(case: _Case) -> tuple[Verdict, Scalar]:
    rule = case.rule
    result = FORMULAS[rule.formula or "table"](rule, case.value, case.inputs)
    judged = rule.parameters.get("judged_by")
    if judged is None or judged not in case.inputs or isinstance(result, str):
        return "computed", result
    enough = holds(case.inputs[judged], ">=", result, "")
    return ("pass" if enough else _FAILED[rule.force]), result


def _read(
    rule: Rule,
    value: Written,
    inputs: Mapping[str, Written],
    lookup: Lookup,
    zone: tzinfo | None,
) -> _Case:
    problems: list[Problem] = []
    specs = {spec.name: spec for spec in all_inputs(rule)}
    known: dict[str, Quantity] = {}
    for name, written in inputs.items():
        if name not in specs:
            expected = "one of " + ", ".join(("value", *specs))
            problems.append(_problem(rule, name, "an unknown input", expected))
            continue
        known |= _one(rule, specs[name], written, zone, problems)
    for name, spec in specs.items():
        if name not in inputs and spec.default is not None:
            known[name] = parse_quantity(spec.default)
        elif name not in inputs and spec.required:
            problems.append(_problem(rule, name, "nothing", f"a {spec.kind}"))
    judged = _value(rule, value, known, zone, problems)
    if problems:
        raise InputError(problems)
    return _Case(rule, judged, known, lookup)


def _value(
    rule: Rule,
    written: Written,
    inputs: Mapping[str, Quantity],
    zone: tzinfo | None,
    problems: list[Problem],
) -> Quantity:
    try:
        value = _placed(parse_quantity(written), zone)
    except ValueError as error:
        problems.append(_problem(rule, "value", str(written), str(error)))
        return Quantity("words")
    if value.moment is None or rule.reference is None:
        return value
    start = inputs.get(rule.reference.input)
    if start is None or start.moment is None:
        problems.append(
            _problem(rule, rule.reference.input, "nothing", "the moment it counts from")
        )
        return value
    span = span_from(rule.reference, start.moment, value.moment)
    return replace(span, moment=value.moment) if rule.clock in DAY_CLOCKS else span


def _one(
    rule: Rule,
    spec: InputSpec,
    written: Written,
    zone: tzinfo | None,
    problems: list[Problem],
) -> dict[str, Quantity]:
    expected = ", ".join(spec.values) or f"a {spec.kind}" + (f" in {spec.unit}" * bool(spec.unit))
    try:
        quantity = _placed(parse_quantity(written), zone)
        if spec.kind in {"number", "span"}:
            quantity = Quantity("number", quantity.in_unit(spec.unit), spec.unit)
    except ValueError:
        problems.append(_problem(rule, spec.name, str(written), expected))
        return {}
    kinds = {"moment": "moment", "choice": "words", "flag": "words", "items": "words"}
    wrong = spec.kind in kinds and quantity.kind != kinds[spec.kind]
    wrong |= spec.kind == "flag" and quantity.words not in {("yes",), ("no",)}
    if wrong or (spec.values and not set(quantity.words) <= set(spec.values)):
        problems.append(_problem(rule, spec.name, str(written), expected))
        return {}
    return {spec.name: quantity}


def all_inputs(rule: Rule) -> tuple[InputSpec, ...]:
    """The inputs a rule takes beside `value`: its own and the moment its span counts from."""
    if rule.reference is None:
        return rule.inputs
    text = "the moment the time counts from; needed when value is a moment, gives the deadline"
    return (*rule.inputs, InputSpec(name=rule.reference.input, kind="moment", text=text))


def _placed(quantity: Quantity, zone: tzinfo | None) -> Quantity:
    """A moment with its offset; one without is local time in `zone`."""
    moment = quantity.moment
    if moment is None or moment.tzinfo is not None:
        return quantity
    if zone is None:
        raise ValueError("a time with its offset (such as +08:00)")
    return Quantity("moment", moment=datetime.combine(moment.date(), moment.time(), zone))


def _shown(value: Quantity, unit: str) -> Scalar:
    if value.kind == "words":
        return value.words if len(value.words) != 1 else value.words[0]
    if value.moment is not None:
        return value.moment.isoformat()
    return float(value.in_unit(unit))


def _problem(rule: Rule, field: str, found: str, expected: str) -> Problem:
    return Problem(file=rule.id, line=None, field=field, found=found, expected=expected)
