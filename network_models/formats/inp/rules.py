"""Section RULES: rule-based controls."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal, cast

from network_models.elements import Pipe
from network_models.formats.inp.controls import element_setting_ratio
from network_models.formats.inp.draft import Draft, seconds_of
from network_models.formats.inp.group import ElementDraft
from network_models.formats.inp.sections import Row, choose
from network_models.formats.inp.units import ONE, FileUnits, Ratio
from network_models.formats.text import parse_number
from network_models.operation import ControlRule, Premise, RuleAction

_NODE_WORDS = ("JUNC", "RESER", "TANK", "NODE")
_LINK_WORDS = ("PIPE", "PUMP", "VALVE", "LINK")
_ATTRIBUTES = {
    "node": ("DEMAND", "HEAD", "GRADE", "LEVEL", "PRESSURE", "FILLTIME", "DRAINTIME"),
    "link": ("FLOW", "STATUS", "SETTING"),
    "system": ("DEMAND", "TIME", "CLOCKTIME"),
}
_RELATIONS = {
    "<>": "<>",
    "<=": "<=",
    ">=": ">=",
    "=": "=",
    "<": "<",
    ">": ">",
    "IS": "=",
    "NOT": "<>",
    "BELOW": "<",
    "ABOVE": ">",
}
_STATUS_WORDS = ("OPEN", "CLOSED", "ACTIVE")
_HOUR = Ratio(3600.0)


def attribute_ratio(units: FileUnits, attribute: str) -> Ratio:
    """How a premise's number is converted, but for settings, which depend on the link."""
    if attribute in ("demand", "flow"):
        return units.flow
    if attribute in ("head", "grade", "level"):
        return units.length
    if attribute == "pressure":
        return units.pressure
    return _HOUR if attribute in ("filltime", "draintime") else ONE


@dataclass(slots=True)
class _RuleDraft:
    id: str
    row: Row
    premises: list[Premise] = field(default_factory=list)
    then: list[RuleAction] = field(default_factory=list)
    otherwise: list[RuleAction] = field(default_factory=list)
    priority: float = 0.0
    enabled: bool = True
    part: str = "RULE"
    sound: bool = True


_FOLLOWS = {
    "IF": ("RULE",),
    "AND": ("IF", "THEN", "ELSE"),
    "OR": ("IF",),
    "THEN": ("IF",),
    "ELSE": ("THEN",),
    "PRIO": ("THEN", "ELSE"),
    "DISABLED": ("THEN", "ELSE", "PRIO"),
}
"""The part of a rule that each keyword may stand in or follow."""


def read_rules(draft: Draft, rows: list[Row]) -> None:
    """`RULE id`, `IF` premises joined by AND/OR, `THEN` and `ELSE` actions, `PRIORITY`."""
    rules: list[_RuleDraft] = []
    for row in rows:
        keyword = draft.word(row, 0, "keyword", ("RULE", *_FOLLOWS))
        if keyword is None:
            continue
        if keyword == "RULE":
            if draft.count(row, 2, 2):
                rules.append(_RuleDraft(row.tokens[1], row))
            continue
        if not rules or rules[-1].part not in _FOLLOWS[keyword]:
            places = " or ".join(_FOLLOWS[keyword])
            draft.bad(row, "keyword", row.tokens[0], f"this keyword only after {places}")
            if rules:
                rules[-1].sound = False
            continue
        _clause(draft, row, rules[-1], keyword)
    for rule in rules:
        first = draft.lines.setdefault(("rule", rule.id), rule.row.line)
        if first != rule.row.line:
            expected = f"an id of its own; it stands in line {first} too"
            draft.bad(rule.row, "rule", rule.id, expected)
            continue
        if not rule.sound:
            continue  # its faults are noted; half a rule would only bring more of them
        draft.rules.append(
            ControlRule(
                id=rule.id,
                premises=tuple(rule.premises),
                then=tuple(rule.then),
                otherwise=tuple(rule.otherwise),
                priority=rule.priority,
                enabled=rule.enabled,
            )
        )


def _clause(draft: Draft, row: Row, rule: _RuleDraft, keyword: str) -> None:
    if keyword == "PRIO":
        rule.part = keyword
        if draft.count(row, 2, 2):
            rule.priority = draft.number(row, 1, "PRIORITY")
        return
    if keyword == "DISABLED":
        rule.enabled = False
        return
    if keyword in ("IF", "THEN", "ELSE"):
        rule.part = keyword
    if rule.part == "IF":
        premise = _premise(draft, row, cast(Literal["IF", "AND", "OR"], keyword))
        if premise is None:
            rule.sound = False
        else:
            rule.premises.append(premise)
        return
    action = _rule_action(draft, row)
    if action is None:
        rule.sound = False
    else:
        (rule.then if rule.part == "THEN" else rule.otherwise).append(action)


def _premise(draft: Draft, row: Row, conjunction: Literal["IF", "AND", "OR"]) -> Premise | None:
    """`object id attribute relation value`, or `SYSTEM attribute relation value (unit)`."""
    if not draft.count(row, 5, 6):
        return None
    tokens = row.tokens
    word = draft.word(row, 1, "object", (*_NODE_WORDS, *_LINK_WORDS, "SYSTEM"))
    if word is None:
        return None
    group: Literal["node", "link", "system"]
    group = "system" if word == "SYSTEM" else "node" if word in _NODE_WORDS else "link"
    place = 2 if group == "system" else 3
    element = None
    if group != "system":
        if not draft.count(row, 6, 6):
            return None
        element = draft.node(row, 2) if group == "node" else draft.link(row, 2)
        if element is None:
            return None
    attribute = draft.word(row, place, "attribute", _ATTRIBUTES[group])
    relation = choose(tokens[place + 1], tuple(_RELATIONS))
    if relation is None:
        draft.bad(row, "relation", tokens[place + 1], "one of " + ", ".join(_RELATIONS))
    if attribute is None or relation is None:
        return None
    attribute = attribute.lower()
    value: float | str | None
    if attribute in ("time", "clocktime"):
        value = seconds_of(tokens[4], tokens[5] if len(tokens) > 5 else "")
        expected = "a time"
    else:
        value, expected = _rule_value(draft, row, attribute, element)
        if isinstance(value, str):
            attribute = "status"
    if value is None:
        draft.bad(row, attribute, " ".join(tokens[place + 2 :]), expected)
        return None
    return Premise(
        conjunction=conjunction,
        object=group,
        id="" if group == "system" else tokens[2],
        attribute=attribute,
        relation=cast(Any, _RELATIONS[relation]),
        value=value,
    )


def _rule_value(
    draft: Draft, row: Row, attribute: str, element: ElementDraft | None
) -> tuple[float | str | None, str]:
    """The status word or number (SI) at the end of a clause, and what is expected there."""
    word = row.tokens[-1]
    status = choose(word, _STATUS_WORDS) if attribute in ("status", "setting") else None
    if status is not None:
        return status.lower(), ""
    if attribute == "status":
        return None, "one of " + ", ".join(_STATUS_WORDS)
    number = parse_number(word)
    if number is None:
        return None, "a number"
    if attribute == "setting":
        return element_setting_ratio(draft, element).to_si(number), ""
    return attribute_ratio(draft.units, attribute).to_si(number), ""


def _rule_action(draft: Draft, row: Row) -> RuleAction | None:
    """`object id STATUS|SETTING IS value`; a pipe's number is a status."""
    if not draft.count(row, 6, 6):
        return None
    draft.word(row, 1, "object", _LINK_WORDS)
    draft.word(row, 3, "attribute", ("STATUS", "SETTING"))
    draft.word(row, 4, "relation", ("IS", "="))
    link = draft.link(row, 2)
    if link is None:
        return None
    if link.values.get("check_valve"):
        draft.bad(row, "link", row.tokens[2], "a link that is not a check valve")
        return None
    name = row.tokens[2]
    status = choose(row.tokens[5], _STATUS_WORDS)
    if status is not None:
        return RuleAction(link=name, attribute="status", value=status.lower())
    number = parse_number(row.tokens[5])
    if number is None or number < 0.0:
        expected = "OPEN, CLOSED, ACTIVE or a number of at least 0"
        draft.bad(row, "value", row.tokens[5], expected)
        return None
    if link.values.get("kind") == "GPV":
        draft.bad(row, "setting", row.tokens[5], "OPEN or CLOSED for a GPV")
        return None
    if link.kind is Pipe:
        return RuleAction(link=name, attribute="status", value="open" if number > 0.0 else "closed")
    ratio = element_setting_ratio(draft, link)
    return RuleAction(link=name, attribute="setting", value=ratio.to_si(number))
