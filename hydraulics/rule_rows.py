"""Rule-based controls as arrays: rules, their premises and their actions, in the kernels' units."""

from __future__ import annotations

import math

import numpy as np

from hydraulics.link_rows import setting_from_si
from hydraulics.tables import (
    ACTION,
    ACTIVE,
    AS_CLOCKTIME,
    AS_DEMAND,
    AS_DRAIN_TIME,
    AS_FILL_TIME,
    AS_FLOW,
    AS_HEAD,
    AS_SETTING,
    AS_STATUS,
    AS_SYSTEM_DEMAND,
    AS_TIME,
    CLOSED,
    EQUAL,
    FCV,
    GREATER,
    GREATER_EQUAL,
    LESS,
    LESS_EQUAL,
    OPEN,
    PBV,
    PREMISE,
    PRV,
    PSV,
    RULE,
    UNEQUAL,
)
from hydraulics.types import I64, Table
from hydraulics.us_units import FOOT_M, PER_CFS
from network_models.formats.inp.units import file_units
from network_models.network import Network
from network_models.operation import ControlRule, Premise, RuleAction

TOLERANCE = 1e-3
"""Numbers of premises compare with this much of the file's own unit."""
STATUS = {"open": OPEN, "closed": CLOSED, "active": ACTIVE}
RELATION = {
    "=": EQUAL,
    "<>": UNEQUAL,
    "<": LESS,
    "<=": LESS_EQUAL,
    ">": GREATER,
    ">=": GREATER_EQUAL,
}
QUANTITY = {
    "time": AS_TIME,
    "clocktime": AS_CLOCKTIME,
    "status": AS_STATUS,
    "demand": AS_DEMAND,
    "head": AS_HEAD,
    "grade": AS_HEAD,
    "pressure": AS_HEAD,
    "level": AS_HEAD,
    "flow": AS_FLOW,
    "setting": AS_SETTING,
    "filltime": AS_FILL_TIME,
    "draintime": AS_DRAIN_TIME,
}


class RuleRows:
    """The tables of a network's enabled rules, in file order."""

    def __init__(
        self,
        net: Network,
        row_of_node: I64,
        link_index: dict[str, int],
        kinds: Table,
        factor: float,
    ) -> None:
        self._net, self._factor, self._links, self._kinds = net, factor, link_index, kinds
        self._nodes = {id_: int(row_of_node[i]) for i, id_ in enumerate(net.nodes)}
        self._units = file_units(net.options, epanet=True)
        rules = [rule for rule in net.rules if rule.enabled]
        premises = [p for rule in rules for p in rule.premises]
        actions = [a for rule in rules for a in (*rule.then, *rule.otherwise)]
        self.rules: Table = np.zeros(len(rules), dtype=RULE)
        self.premises: Table = np.zeros(len(premises), dtype=PREMISE)
        self.actions: Table = np.zeros(len(actions), dtype=ACTION)
        for row, premise in zip(self.premises, premises, strict=True):
            self._premise(row, premise)
        slots: dict[str, int] = {}
        premise_at = action_at = 0
        for row, rule in zip(self.rules, rules, strict=True):
            row["premise"], row["then"] = premise_at, action_at
            row["otherwise"] = action_at + len(rule.then)
            premise_at += len(rule.premises)
            row["premise_end"] = premise_at
            action_at = self._rule_actions(rule, action_at, slots)
            row["end"] = action_at

    def _rule_actions(self, rule: ControlRule, at: int, slots: dict[str, int]) -> int:
        for action in (*rule.then, *rule.otherwise):
            row = self.actions[at]
            row["slot"] = slots.setdefault(action.link, len(slots))
            row["priority"] = rule.priority
            self._action(row, action)
            at += 1
        return at

    def _action(self, row: Table, action: RuleAction) -> None:
        k = self._links[action.link]
        row["link"] = k
        if isinstance(action.value, str):
            row["status"], row["setting"] = STATUS[action.value.lower()], math.nan
        else:
            kind = int(self._kinds[k])
            row["status"] = ACTIVE
            row["setting"] = setting_from_si(kind, float(action.value), self._factor)

    def _premise(self, row: Table, premise: Premise) -> None:
        attribute = premise.attribute.lower()
        quantity = QUANTITY[attribute]
        row["other"] = premise.conjunction == "OR"
        row["relation"] = RELATION[premise.relation]
        row["tolerance"] = TOLERANCE
        if premise.object == "system":
            row["index"] = 0
            if quantity == AS_DEMAND:
                quantity = AS_SYSTEM_DEMAND
        elif premise.object == "node":
            row["index"] = self._nodes[premise.id]
        else:
            row["index"] = self._links[premise.id]
        if isinstance(premise.value, str):
            row["quantity"], row["value"] = AS_STATUS, STATUS[premise.value.lower()]
            return
        value = float(premise.value)
        flow_unit = PER_CFS[self._net.options.flow_unit]
        if quantity in (AS_DEMAND, AS_SYSTEM_DEMAND, AS_FLOW):
            value, row["tolerance"] = value / self._factor, TOLERANCE / flow_unit
        elif quantity == AS_HEAD:
            unit = self._units.pressure if attribute == "pressure" else self._units.length
            value, row["tolerance"] = value / FOOT_M, unit.to_si(TOLERANCE) / FOOT_M
            if attribute in ("pressure", "level"):
                value += self._net.nodes[premise.id].elevation_m / FOOT_M
        elif quantity == AS_SETTING:
            kind = int(self._kinds[row["index"]])
            value = setting_from_si(kind, value, self._factor)
            if kind in (PRV, PSV, PBV):
                row["tolerance"] = self._units.pressure.to_si(TOLERANCE) / FOOT_M
            elif kind == FCV:
                row["tolerance"] = TOLERANCE / flow_unit
        row["quantity"], row["value"] = quantity, value
