"""Rule-based controls: premises judged at every rule step, actions carried out by priority.

As in EPANET: rules are never judged at the start of a step, tanks move on between, the first rule
that acts ends the step. Numbers compare with a tolerance of 0.001 of the file's own unit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hydraulics.arrays import NetworkArrays
from hydraulics.controls import DAY, reset_pump_flow, set_setting
from hydraulics.link_rows import setting_from_si, setting_to_si
from hydraulics.tables import ACTIVE, CLOSED, GPV, MISSING, OPEN, PUMP
from hydraulics.us_units import FOOT_M, PER_CFS
from network_models.network import Network
from network_models.operation import ControlRule, Premise, RuleAction

if TYPE_CHECKING:
    from hydraulics.engine import Engine

TOLERANCE = 1e-3
STILL = 1e-6


@dataclass(slots=True)
class _Moment:
    """An interval of rule judging: from just after `since` to `time`."""

    since: float
    time: float


class RuleBase:
    """The rules of a network, ready to be judged."""

    def __init__(self, arrays: NetworkArrays, net: Network) -> None:
        self._arrays = arrays
        self._rules: tuple[ControlRule, ...] = net.rules
        self._start_clock = float(net.times.start_clocktime_s)

    def __len__(self) -> int:
        return len(self._rules)

    def run(self, engine: Engine, time_s: float, wait: float, rule_step: float) -> float:
        """Move the tanks through `wait` seconds, judging rules; returns how far it went."""
        end = time_s + wait
        first = rule_step - time_s % rule_step
        step = min(first, wait)
        now = time_s
        while True:
            now += step
            engine.fill(step)
            if self._judge(engine, _Moment(now - step + 1.0, now)):
                break
            step = min(rule_step, wait, end - now)
            if step <= 0.0:
                break
        return now - time_s

    def _judge(self, engine: Engine, moment: _Moment) -> bool:
        chosen: dict[str, tuple[float, RuleAction]] = {}
        for rule in self._rules:
            holds = self._holds(engine, rule.premises, moment)
            for action in rule.then if holds else rule.otherwise:
                known = chosen.get(action.link)
                if known is None or rule.priority > known[0]:
                    chosen[action.link] = (rule.priority, action)
        acted = False
        for _, action in reversed(chosen.values()):
            acted |= self._act(engine, action)
        return acted

    def _holds(self, engine: Engine, premises: tuple[Premise, ...], moment: _Moment) -> bool:
        result = True
        for premise in premises:
            if premise.conjunction == "OR":
                result = result or self._true(engine, premise, moment)
            else:
                if not result:
                    return False
                result = self._true(engine, premise, moment)
        return result

    def _true(self, engine: Engine, premise: Premise, moment: _Moment) -> bool:
        attribute = premise.attribute.lower()
        if attribute in ("time", "clocktime"):
            return self._time_true(premise, moment, clock=attribute == "clocktime")
        if isinstance(premise.value, str):
            status = engine.work.status[self._arrays.link_index[premise.id]]
            now = "closed" if status <= CLOSED else "active" if status == ACTIVE else "open"
            same = now == premise.value.lower()
            return same if premise.relation == "=" else premise.relation == "<>" and not same
        value = self._value(engine, premise, attribute)
        if value is None:
            return False
        return _compare(value, premise.relation, float(premise.value), self._unit(premise))

    def _time_true(self, premise: Premise, moment: _Moment, *, clock: bool) -> bool:
        since, now = moment.since, moment.time
        if clock:
            since = (since + self._start_clock) % DAY
            now = (now + self._start_clock) % DAY
        goal = float(premise.value)
        match premise.relation:
            case "<":
                return now < goal
            case "<=":
                return now <= goal
            case ">":
                return now > goal
            case ">=":
                return now >= goal
        inside = goal >= since or goal <= now if now < since else since <= goal <= now
        return inside if premise.relation == "=" else not inside

    def _value(self, engine: Engine, premise: Premise, attribute: str) -> float | None:
        """The premise's quantity at present, SI; None where it has none."""
        a, work = self._arrays, engine.work
        factor = a.m3s_per_cfs
        if premise.object == "system":
            demand = work.demand[: a.junctions]
            return float(demand[demand > 0.0].sum()) * factor
        if premise.object == "link":
            k = a.link_index[premise.id]
            if attribute == "flow":
                return abs(float(work.flow[k])) * factor
            if work.setting[k] == MISSING:
                return None
            return setting_to_si(int(a.tables.links[k]["kind"]), float(work.setting[k]), factor)
        n = a.node_index[premise.id]
        row = int(a.row_of_node[n])
        head = float(work.head[row]) * FOOT_M
        if attribute == "demand":
            return float(engine.results()[1][n])
        if attribute in ("head", "grade"):
            return head
        if attribute in ("pressure", "level"):
            return head - float(a.elevation_m[n])
        if row < a.junctions or a.tables.sources[row - a.junctions]["area"] == 0.0:
            return None
        tank, flow = row - a.junctions, float(work.inflow[row])
        volume = float(work.volume[tank])
        source = a.tables.sources[tank]
        if attribute == "filltime":
            return (float(source["greatest_volume"]) - volume) / flow if flow > STILL else None
        return (float(source["least_volume"]) - volume) / flow if flow < -STILL else None

    def _unit(self, premise: Premise) -> float:
        """SI size of the file's unit of the premise's quantity: the tolerance is 0.001 of it."""
        options = self._arrays.network.options
        us = options.flow_unit in ("CFS", "GPM", "MGD", "IMGD", "AFD")
        attribute = premise.attribute.lower()
        if attribute in ("flow", "demand"):
            return self._arrays.m3s_per_cfs / PER_CFS[options.flow_unit]
        if attribute == "pressure":
            return FOOT_M / 0.4333 if us else 1.0
        if attribute in ("head", "grade", "level"):
            return FOOT_M if us else 1.0
        return 1.0

    def _act(self, engine: Engine, action: RuleAction) -> bool:
        """Carry out one action; True if it changed anything."""
        a, work = self._arrays, engine.work
        k = a.link_index[action.link]
        if work.held[k]:
            return False
        kind = int(a.tables.links[k]["kind"])
        closed = work.status[k] <= CLOSED
        if isinstance(action.value, str):
            word = action.value.lower()
            if word == "open" and closed:
                if kind == PUMP:
                    work.setting[k] = 1.0
                    reset_pump_flow(a.tables, work, k)
                elif kind > PUMP and kind != GPV:
                    work.setting[k] = MISSING
                work.status[k] = OPEN
                return True
            if word == "closed" and not closed:
                if kind == PUMP:
                    work.setting[k] = 0.0
                elif kind > PUMP and kind != GPV:
                    work.setting[k] = MISSING
                work.status[k] = CLOSED
                return True
            return False
        value = setting_from_si(kind, float(action.value), a.m3s_per_cfs)
        if abs(value - float(work.setting[k])) <= TOLERANCE:
            return False
        set_setting(a.tables, work, k, value)
        return True


def _compare(value: float, relation: str, goal: float, unit: float) -> bool:
    tolerance = TOLERANCE * unit
    match relation:
        case "=":
            return abs(value - goal) <= tolerance
        case "<>":
            return abs(value - goal) >= tolerance
        case "<":
            return value <= goal + tolerance
        case "<=":
            return value <= goal - tolerance
        case ">":
            return value >= goal - tolerance
    return value >= goal + tolerance
