"""Faults of patterns, curves, controls, rules and options."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from network_models.elements import Pipe, Tank, Valve
from network_models.network import Network
from network_models.operation import Control, ControlRule
from network_models.validation.fault import Fault, FaultKind, unknown_pattern


def pattern_faults(net: Network) -> Iterator[Fault]:
    """Patterns without a multiplier."""
    for key, pattern in net.patterns.items():
        if pattern.id != key:
            yield Fault("pattern", key, "id", pattern.id, f"the id it is filed under, {key}")
        if not pattern.multipliers:
            yield Fault("pattern", key, "multipliers", "none", "at least one")


def curve_faults(net: Network) -> Iterator[Fault]:
    """Curves without a point, or whose x do not grow."""
    for key, curve in net.curves.items():
        if curve.id != key:
            yield Fault("curve", key, "id", curve.id, f"the id it is filed under, {key}")
        if not curve.points:
            yield Fault("curve", key, "points", "none", "at least one")
        for number, ((before, _), (x, _)) in enumerate(pairwise(curve.points), start=1):
            if not x > before:
                found = f"{x:g} after {before:g}"
                yield Fault("curve point", f"{key} {number}", "x", found, "x values that grow")


def operation_faults(net: Network) -> Iterator[Fault]:
    """Controls, rules and options that name what does not exist or cannot be done."""
    for number, control in enumerate(net.controls):
        yield from _control_faults(net, control, str(number))
    seen: set[str] = set()
    for rule in net.rules:
        if rule.id in seen:
            yield Fault("rule", rule.id, "id", rule.id, "an id of its own")
        seen.add(rule.id)
        yield from _rule_faults(net, rule)
    options = net.options
    yield from unknown_pattern(net, "energy", "pattern", "price pattern", net.energy.price_pattern)
    if options.trace_node is not None and options.trace_node not in net.nodes:
        yield Fault("option", "trace node", "", options.trace_node, "the id of a node")
    for field in ("hydraulic_step_s", "pattern_step_s", "report_step_s"):
        if getattr(net.times, field) <= 0:
            yield Fault("network", "times", field, str(getattr(net.times, field)), "more than 0")


def _action_faults(
    net: Network, kind: FaultKind, name: str, link_id: str, *, setting: bool
) -> Iterator[Fault]:
    link = net.links.get(link_id)
    if link is None:
        yield Fault(kind, name, "link", link_id, "the id of a link")
    elif isinstance(link, Pipe) and link.check_valve:
        yield Fault(kind, name, "link", link_id, "a link that is not a check valve")
    elif setting and (isinstance(link, Pipe) or (isinstance(link, Valve) and link.kind == "GPV")):
        yield Fault(kind, name, "setting", f"a number for {link_id}", "open or closed")


def _control_faults(net: Network, control: Control, number: str) -> Iterator[Fault]:
    setting = control.setting is not None
    yield from _action_faults(net, "control", number, control.link, setting=setting)
    if setting == (control.status is not None):
        found = "both" if setting else "neither"
        yield Fault("control", number, "action", found, "a status or a setting")
    if control.trigger in ("above", "below"):
        if control.node not in net.nodes:
            yield Fault("control", number, "node", str(control.node), "the id of a node")
        if control.threshold_m is None:
            yield Fault("control", number, "threshold", "none", "a level or pressure")
    elif control.time_s is None:
        yield Fault("control", number, "time", "none", "a time")


def _rule_faults(net: Network, rule: ControlRule) -> Iterator[Fault]:
    if not rule.premises or not rule.then:
        yield Fault("rule", rule.id, "clauses", "an IF or THEN clause is missing", "both")
    for premise in rule.premises:
        node = net.nodes.get(premise.id)
        if premise.object == "node" and node is None:
            yield Fault("rule", rule.id, "node", premise.id, "the id of a node")
        elif premise.object == "link" and premise.id not in net.links:
            yield Fault("rule", rule.id, "link", premise.id, "the id of a link")
        if premise.attribute in ("filltime", "draintime") and not isinstance(node, Tank):
            yield Fault("rule", rule.id, premise.attribute, premise.id, "the id of a tank")
    for action in (*rule.then, *rule.otherwise):
        setting = action.attribute == "setting"
        yield from _action_faults(net, "rule", rule.id, action.link, setting=setting)
