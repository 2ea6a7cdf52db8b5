"""Sections CONTROLS and RULES."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal, cast

from network_models.elements import Junction, LinkStatus, Pipe, Pump, Valve
from network_models.formats.inp.draft import Draft, ElementDraft, seconds_of
from network_models.formats.inp.links import setting_ratio
from network_models.formats.inp.sections import Row, choose, starts
from network_models.formats.inp.units import ONE, FileUnits, Ratio
from network_models.formats.text import parse_number
from network_models.operation import Control, ControlRule, Premise, RuleAction

_DAY_S = 86400.0


def read_controls(draft: Draft, rows: list[Row]) -> None:
    """`LINK id value IF NODE id ABOVE|BELOW level` or `LINK id value AT TIME|CLOCKTIME time`."""
    for row in rows:
        tokens = row.tokens
        enabled = not starts(tokens[-1], "DISABLED")
        if not enabled:
            row = row._replace(tokens=tokens[:-1])  # noqa: PLW2901 - the same line, less its flag
        if not draft.count(row, 6, 8):
            continue
        link = draft.link(row, 1)
        if link is None:
            continue
        if link.values.get("check_valve"):
            draft.bad(row, "link", tokens[1], "a link that is not a check valve")
            continue
        trigger = draft.word(row, 4, "trigger", ("TIME", "CLOCKTIME", "NODE"))
        if trigger is None:
            continue
        values = _trigger(draft, row, trigger)
        if values is None:
            continue
        draft.lines["control", str(len(draft.controls))] = row.line
        values |= _action(draft, row, link)
        draft.controls.append(Control(link=tokens[1], enabled=enabled, **values))


def _action(draft: Draft, row: Row, link: ElementDraft) -> dict[str, Any]:
    """The status or setting a control gives its link; a pipe's number is a status."""
    word = choose(row.tokens[2], ("OPEN", "CLOSED"))
    if word is not None:
        return {"status": cast(LinkStatus, word.lower())}
    if link.values.get("kind") == "GPV":
        draft.bad(row, "setting", row.tokens[2], "OPEN or CLOSED for a GPV")
        return {"status": "open"}
    least = 0.0 if link.kind in (Pipe, Pump) else float("-inf")
    value = draft.number(row, 2, "setting", least=least)
    if link.kind is Pipe:
        return {"status": "open" if value > 0.0 else "closed"}
    return {"setting": _setting_ratio(draft, link).to_si(value)}


def _setting_ratio(draft: Draft, link: ElementDraft | None) -> Ratio:
    if link is None or link.kind is not Valve:
        return ONE
    return setting_ratio(draft.units, link.values["kind"])


def _trigger(draft: Draft, row: Row, trigger: str) -> dict[str, Any] | None:
    if trigger == "NODE":
        if not draft.count(row, 8, 8):
            return None
        node = draft.node(row, 5)
        side = draft.word(row, 6, "relation", ("ABOVE", "BELOW"))
        value = draft.number(row, 7, "level or pressure")
        if node is None or side is None:
            return None
        ratio = draft.units.pressure if node.kind is Junction else draft.units.length
        return {"trigger": side.lower(), "node": row.tokens[5], "threshold_m": ratio.to_si(value)}
    if not draft.count(row, 6, 7):
        return None
    seconds = draft.clock(row, 5, trigger)
    if trigger == "CLOCKTIME":
        seconds %= _DAY_S
    return {"trigger": trigger.lower(), "time_s": seconds}


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
    relation = choose(tokens[place + 1], _RELATIONS)
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
        return _setting_ratio(draft, element).to_si(number), ""
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
    ratio = _setting_ratio(draft, link)
    return RuleAction(link=name, attribute="setting", value=ratio.to_si(number))
