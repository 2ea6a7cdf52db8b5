"""What makes one alarm rise, return and clear: the states of ISA-18.2, without I/O and clock.

    normal (A) -> unacknowledged (B) -> acknowledged (C) -> normal
                  unacknowledged -> returned (D, returned-unacknowledged) -> normal
                  returned -> unacknowledged (it recurs), acknowledged -> unacknowledged (re-alarm)

An alarm that latches does not clear by itself: unacknowledged -> latched (E), acknowledged ->
latched-acknowledged (F), and from there an operator resets it. Shelved, suppressed by design and
out of service (G, H, I) stand beside the phase (`alarm_holds`): it goes on inside them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal

from scada.point import Limits, Sample
from scada.quality import is_bad

Phase = Literal[
    "normal",
    "unacknowledged",
    "acknowledged",
    "returned",
    "latched",
    "latched-acknowledged",
]
Input = Literal["active", "clear", "latch", "acknowledge", "again", "reset"]
Event = Literal["raised", "returned", "cleared", "latched", "acknowledged", "re-alarmed", "reset"]
LimitKind = Literal["low_low", "low", "high", "high_high"]

TRANSITIONS: dict[tuple[Phase, Input], tuple[Phase, Event]] = {
    ("normal", "active"): ("unacknowledged", "raised"),
    ("unacknowledged", "clear"): ("returned", "returned"),
    ("unacknowledged", "acknowledge"): ("acknowledged", "acknowledged"),
    ("acknowledged", "clear"): ("normal", "cleared"),
    ("acknowledged", "again"): ("unacknowledged", "re-alarmed"),
    ("returned", "active"): ("unacknowledged", "raised"),
    ("returned", "acknowledge"): ("normal", "acknowledged"),
    ("unacknowledged", "latch"): ("latched", "latched"),
    ("acknowledged", "latch"): ("latched-acknowledged", "latched"),
    ("latched", "acknowledge"): ("latched-acknowledged", "acknowledged"),
    ("latched", "active"): ("unacknowledged", "raised"),
    ("latched-acknowledged", "active"): ("unacknowledged", "raised"),
    ("latched-acknowledged", "reset"): ("normal", "reset"),
}
"""Every move there is; an input that is not listed for a phase changes nothing."""

ACTIVE: frozenset[Phase] = frozenset({"unacknowledged", "acknowledged"})
"""Phases in which the abnormal condition stands."""

UNSEEN: frozenset[Phase] = frozenset({"unacknowledged", "returned", "latched"})
"""Phases that wait for an acknowledgement."""

AT_LIMIT = 1e-7
"""A value this close to a limit (relative) is at it, not beyond: what float32 registers lose."""

NS_PER_S = 1_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Delays:
    """How long a condition must stand before it counts, in ns; `again` 0: no re-alarm.

    `latch`: when the condition ends the alarm stays until it is reset.
    """

    on: int = 0
    off: int = 0
    again: int = 0
    latch: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitRule:
    """One limit of one point, in SI: beyond it is abnormal, at it is not.

    The condition ends when the value is back inside by `deadband`.
    """

    kind: LimitKind
    limit: float
    deadband: float = 0.0
    delays: Delays = Delays()

    def condition(self, value: float, standing: bool) -> bool:
        """Whether the value is abnormal, given whether it was so before."""
        inside = value - self.limit if self.kind in ("low", "low_low") else self.limit - value
        slack = AT_LIMIT * abs(self.limit)
        return inside < self.deadband - slack if standing else inside < -slack


def limit_rules(limits: Limits, again_s: float = 0.0) -> tuple[LimitRule, ...]:
    """The rules of a point, the worst first."""
    delays = Delays(
        on=round(limits.on_delay_s * NS_PER_S),
        off=round(limits.off_delay_s * NS_PER_S),
        again=round(again_s * NS_PER_S),
    )
    by_kind: dict[LimitKind, float | None] = {
        "low_low": limits.low_low,
        "high_high": limits.high_high,
        "low": limits.low,
        "high": limits.high,
    }
    return tuple(
        LimitRule(kind=kind, limit=limit, deadband=limits.deadband, delays=delays)
        for kind, limit in by_kind.items()
        if limit is not None
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmState:
    """Where one alarm is.

    `condition` is the abnormal condition as last known (hysteresis included), `known` whether the
    latest sample told it; `since_ns` is when the condition began to differ from the phase (a delay
    is running) and `changed_ns` when the phase last changed.
    """

    phase: Phase = "normal"
    condition: bool = False
    known: bool = True
    since_ns: int | None = None
    changed_ns: int = 0
    arrival_ns: int = 0

    @property
    def resting(self) -> bool:
        """Nothing stands and no delay runs: only a new condition can change anything."""
        return self.phase == "normal" and self.since_ns is None and not self.condition


Stepped = tuple[AlarmState, tuple[Event, ...]]


def step(rule: LimitRule, state: AlarmState, sample: Sample, now_ns: int) -> Stepped:
    """The alarm after a sample; samples that arrived before the last one change nothing.

    A bad or non-finite value tells nothing: the alarm stays as it is.
    """
    if sample.arrival_time_ns < state.arrival_ns:
        return state, ()
    told: bool | None = None
    if math.isfinite(sample.value) and not is_bad(sample.quality):
        told = rule.condition(sample.value, state.condition)
    return _next(state, told, sample.arrival_time_ns, rule.delays, now_ns)


def observe(state: AlarmState, told: bool | None, delays: Delays, now_ns: int) -> Stepped:
    """The alarm after the condition was seen (None: it could not be seen).

    While it cannot be seen no delay ends. Seen again, an on-delay goes on if the condition still
    stands (the same before and after), but an off-delay starts anew: clearing needs proof.
    """
    return _next(state, told, state.arrival_ns, delays, now_ns)


def tick(state: AlarmState, delays: Delays, now_ns: int) -> Stepped:
    """The alarm after time has passed: delays that have run out take effect."""
    if not state.known:
        return state, ()
    return _next(state, state.condition, state.arrival_ns, delays, now_ns)


def acknowledge(state: AlarmState, now_ns: int) -> Stepped:
    """The alarm after an operator has seen it; no event when there is nothing to acknowledge."""
    return _by_hand(state, "acknowledge", now_ns)


def reset(state: AlarmState, now_ns: int) -> Stepped:
    """The alarm after an operator has reset it; no event unless it is latched and acknowledged."""
    return _by_hand(state, "reset", now_ns)


def _by_hand(state: AlarmState, what: Input, now_ns: int) -> Stepped:
    found = TRANSITIONS.get((state.phase, what))
    if found is None:
        return state, ()
    return replace(state, phase=found[0], changed_ns=now_ns), (found[1],)


def _next(
    state: AlarmState, told: bool | None, arrival_ns: int, delays: Delays, now_ns: int
) -> Stepped:
    phase, changed_ns = state.phase, state.changed_ns
    since: int | None = None
    what: Input | None = None
    if told is None:
        since = state.since_ns if state.condition else None
    elif told != (phase in ACTIVE):
        # A clock set back must not hold a delay open: it restarts at worst.
        since = now_ns if state.since_ns is None else min(state.since_ns, now_ns)
        if now_ns - since >= (delays.on if told else delays.off):
            what, since = _end(told, delays), None
    elif phase == "acknowledged" and delays.again and now_ns - changed_ns >= delays.again:
        what = "again"
    events: tuple[Event, ...] = ()
    if what is not None:
        phase, event = TRANSITIONS[phase, what]
        changed_ns, events = now_ns, (event,)
    # Built once, not by `replace`: in a storm this is what takes the time.
    after = AlarmState(
        phase=phase,
        condition=state.condition if told is None else told,
        known=told is not None,
        since_ns=since,
        changed_ns=changed_ns,
        arrival_ns=arrival_ns,
    )
    return after, events


def _end(told: bool, delays: Delays) -> Input:
    if told:
        return "active"
    return "latch" if delays.latch else "clear"
