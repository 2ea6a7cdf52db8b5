"""Nominations (.scn): bounds of flow and pressure at entries and exits."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from network_models.elements import GasJunction, GasPipe, GasSource
from network_models.formats.gaslib.draft import Draft
from network_models.formats.gaslib.xml import Element, read_xml
from network_models.physics import Bound, Scenario

_TYPES = {"entry": GasSource, "exit": GasJunction}
_BALANCED = 1e-6


def read_scenarios(draft: Draft, path: Path) -> None:
    """All scenarios of a file; the first one's fixed flows become those of the nodes."""
    root, problems = read_xml(path, "boundaryValue")
    draft.problems += problems
    if problems:
        return
    # What is wrong from here on stands in this file.
    draft.file, net_file = str(path), draft.file
    for element in root.children:
        name = element.attributes.get("id", "")
        if element.name != "scenario" or not name or name in draft.scenarios:
            found = f"<{element.name}> {name}".strip()
            draft.problem(element.line, "boundaryValue", found, "a scenario with an id of its own")
            continue
        bounds = [bound for row in element.children for bound in _row(draft, row)]
        draft.scenarios[name] = Scenario(id=name, bounds=tuple(bounds))
    if draft.scenarios:
        _apply(draft, next(iter(draft.scenarios.values())))
    else:
        draft.problem(root.line, "boundaryValue", "no scenario", "at least one")
    draft.file = net_file


def _row(draft: Draft, row: Element) -> list[Bound]:
    name = row.attributes.get("id", "")
    if row.name == "pipe":
        _pipe(draft, row, name)
        return []
    if row.name != "node":
        draft.problem(row.line, "scenario", f"<{row.name}> {name}", "a node or a pipe")
        return []
    kind = row.attributes.get("type", "")
    if kind not in _TYPES:
        draft.problem(row.line, f"node {name} type", repr(kind), "entry or exit")
    elif not isinstance(draft.nodes.get(name), _TYPES[kind]):
        expected = "the id of a source" if kind == "entry" else "the id of a sink"
        draft.problem(row.line, f"{kind} node", name or "no id", expected)
    limits: dict[str, dict[str, float]] = {}
    for child in row.children:
        side = child.attributes.get("bound", "")
        label = f"node {name} {child.name}"
        if child.name not in ("flow", "pressure") or side not in ("lower", "upper", "both"):
            expected = "flow or pressure with the bound lower, upper or both"
            draft.problem(child.line, f"node {name}", f"<{child.name}> {side}".strip(), expected)
            continue
        value = draft.number(child, "flow" if child.name == "flow" else "pressure", label)
        for word in ("lower", "upper") if side == "both" else (side,):
            if word in limits.setdefault(child.name, {}):
                draft.problem(child.line, label, f"a second {word} bound", "one")
            elif value is not None:
                limits[child.name][word] = value
    return [
        Bound(node=name, quantity=quantity, lower=found.get("lower"), upper=found.get("upper"))
        for quantity in ("flow", "pressure")
        if (found := limits.get(quantity))
    ]


def _pipe(draft: Draft, row: Element, name: str) -> None:
    pipe = draft.links.get(name)
    if not isinstance(pipe, GasPipe):
        draft.problem(row.line, "pipe", name or "no id", "the id of a pipe")
        return
    draft.known(row, ("soilTemperature",))
    soil = draft.value(row, "soilTemperature", "temperature")
    draft.links[name] = replace(pipe, ambient_temperature_k=soil)


def _apply(draft: Draft, scenario: Scenario) -> None:
    """Give nodes the nominated flow; say when entries and exits do not balance."""
    balance = total = 0.0
    for bound in scenario.bounds:
        node = draft.nodes.get(bound.node)
        if bound.quantity != "flow" or node is None:
            continue
        if bound.lower is None or bound.lower != bound.upper:
            draft.notes.append(
                f"scenario {scenario.id}: the flow at {bound.node} is a range, not a nomination; "
                "the node keeps 0"
            )
            continue
        if isinstance(node, GasSource):
            draft.nodes[bound.node] = replace(node, flow_kgs=bound.lower)
            balance += bound.lower
        elif isinstance(node, GasJunction):
            draft.nodes[bound.node] = replace(node, demand_kgs=bound.lower)
            balance -= bound.lower
        total += abs(bound.lower)
    if abs(balance) > _BALANCED * total:
        draft.notes.append(
            f"scenario {scenario.id}: entries feed {balance:+.6g} kg/s more than exits take"
        )
