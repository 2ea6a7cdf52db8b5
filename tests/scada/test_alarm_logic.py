"""The logic of one alarm: stories, and a check against an independent account of history."""

from __future__ import annotations

from typing import get_args

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from scada.alarm_logic import (
    TRANSITIONS,
    UNSEEN,
    AlarmState,
    Delays,
    LimitRule,
    Phase,
    acknowledge,
    limit_rules,
    observe,
    step,
    tick,
)
from scada.point import Limits, Sample
from scada.quality import BAD_NO_COMMUNICATION, GOOD, UNCERTAIN_LAST_USABLE

S = 1_000_000_000
LOW = LimitRule(kind="low", limit=140e3, deadband=5e3)


def at(value: float, t_s: float, quality: int = GOOD) -> Sample:
    t = round(t_s * S)
    return Sample(point=0, value=value, quality=quality, source_time_ns=t, arrival_time_ns=t)


def play(rule_: LimitRule, *samples: tuple[float, float]) -> list[str]:
    """Events and phases of a row of (seconds, value)."""
    state = AlarmState()
    told: list[str] = []
    for t, value in samples:
        state, events = step(rule_, state, at(value, t), round(t * S))
        told += events
    return [*told, state.phase]


def test_low_clears_only_beyond_the_deadband() -> None:
    assert play(LOW, (0, 150e3), (1, 139e3), (2, 144e3)) == ["raised", "unacknowledged"]
    assert play(LOW, (1, 139e3), (2, 145e3)) == ["raised", "returned", "returned"]
    assert play(LOW, (1, 139e3), (2, 145e3), (3, 142e3)) == ["raised", "returned", "returned"]
    assert play(LOW, (1, 139e3), (2, 145e3), (3, 139e3))[-2:] == ["raised", "unacknowledged"]


@pytest.mark.parametrize(
    ("kind", "limit", "value", "stands"),
    [
        ("low", 140e3, 140e3, False),
        ("low", 140e3, 139_999.9, True),
        ("high", 3000.0, 3000.0, False),
        ("high", 3000.0, 3001.0, True),
        ("low_low", 1500.0, 1499.0, True),
        ("high_high", 3000.0, 3000.0001, False),
        # 0.7 MPa in a float32 register reads 0.699999988
        ("low", 0.7e6, 0.699999988e6, False),
        ("low", 0.0, -1e-9, True),
        ("high", 0.0, 0.0, False),
    ],
)
def test_at_the_limit_passes_beyond_it_does_not(
    kind: str, limit: float, value: float, stands: bool
) -> None:
    rule_ = LimitRule(kind=kind, limit=limit)  # type: ignore[arg-type]
    assert (play(rule_, (0, value)) == ["raised", "unacknowledged"]) is stands


def test_a_short_excursion_within_the_on_delay_is_no_alarm() -> None:
    slow = LimitRule(kind="high", limit=1.0, delays=Delays(on=5 * S))
    assert play(slow, (0, 2.0), (4, 0.5), (5, 2.0), (9, 2.0)) == ["normal"]
    assert play(slow, (0, 2.0), (4, 2.0), (5, 2.0)) == ["raised", "unacknowledged"]


def test_the_off_delay_holds_an_alarm_until_it_is_over() -> None:
    slow = LimitRule(kind="high", limit=1.0, delays=Delays(off=5 * S))
    assert play(slow, (0, 2.0), (1, 0.5), (4, 2.0), (5, 0.5), (9, 0.5)) == [
        "raised",
        "unacknowledged",
    ]
    assert play(slow, (0, 2.0), (1, 0.5), (6, 0.5)) == ["raised", "returned", "returned"]


def test_time_alone_ends_a_delay() -> None:
    slow = LimitRule(kind="high", limit=1.0, delays=Delays(on=5 * S))
    state, _ = step(slow, AlarmState(), at(2.0, 0), 0)
    state, events = tick(state, slow.delays, 5 * S - 1)
    assert events == ()
    _, events = tick(state, slow.delays, 5 * S)
    assert events == ("raised",)


@pytest.mark.parametrize("value", [200e3, 90e3, float("nan")])
def test_bad_quality_neither_clears_nor_raises(value: float) -> None:
    for start in (AlarmState(), step(LOW, AlarmState(), at(139e3, 0), 0)[0]):
        state, events = step(LOW, start, at(value, 1, BAD_NO_COMMUNICATION), S)
        assert events == ()
        assert state.phase == start.phase


def test_not_a_number_tells_nothing_and_infinity_neither() -> None:
    assert play(LOW, (0, float("nan")), (1, float("-inf"))) == ["normal"]
    assert play(LOW, (0, 139e3), (1, float("nan")), (2, float("inf"))) == [
        "raised",
        "unacknowledged",
    ]


def test_an_uncertain_value_counts() -> None:
    _, events = step(LOW, AlarmState(), at(139e3, 0, UNCERTAIN_LAST_USABLE), 0)
    assert events == ("raised",)


def test_a_delay_does_not_end_while_nothing_is_seen_but_goes_on_when_seen_again() -> None:
    slow = LimitRule(kind="high", limit=1.0, delays=Delays(on=5 * S, off=5 * S))
    state, _ = step(slow, AlarmState(), at(2.0, 0), 0)
    state, _ = step(slow, state, at(2.0, 1, BAD_NO_COMMUNICATION), S)
    state, events = tick(state, slow.delays, 60 * S)
    assert events == ()
    state, events = step(slow, state, at(2.0, 61), 61 * S)
    assert events == ("raised",)
    # Clearing starts anew: five seconds of seen good values are needed.
    state, _ = step(slow, state, at(0.5, 62), 62 * S)
    state, _ = step(slow, state, at(0.5, 63, BAD_NO_COMMUNICATION), 63 * S)
    state, events = step(slow, state, at(0.5, 70), 70 * S)
    assert events == ()
    _, events = tick(state, slow.delays, 75 * S)
    assert events == ("returned",)


def test_samples_that_arrived_earlier_change_nothing() -> None:
    state, _ = step(LOW, AlarmState(), at(139e3, 10), 10 * S)
    again, events = step(LOW, state, at(200e3, 9), 11 * S)
    assert (again, events) == (state, ())


def test_a_clock_set_back_does_not_hold_a_delay_open() -> None:
    slow = LimitRule(kind="high", limit=1.0, delays=Delays(on=5 * S))
    state, _ = step(slow, AlarmState(), at(2.0, 10_000), 10_000 * S)
    state, _ = tick(state, slow.delays, 0)
    _, events = tick(state, slow.delays, 5 * S)
    assert events == ("raised",)


def test_the_return_of_an_acknowledged_alarm_is_no_new_alarm() -> None:
    """Return-to-normal of an acknowledged alarm once sounded the horn elsewhere."""
    state, _ = step(LOW, AlarmState(), at(139e3, 0), 0)
    state, events = acknowledge(state, S)
    assert events == ("acknowledged",)
    state, events = step(LOW, state, at(200e3, 2), 2 * S)
    assert (state.phase, events) == ("normal", ("cleared",))
    assert acknowledge(state, 3 * S) == (state, ())


def test_what_stands_acknowledged_too_long_alarms_again() -> None:
    rule_ = limit_rules(Limits(high=1.0), again_s=60.0)[0]
    state, _ = step(rule_, AlarmState(), at(2.0, 0), 0)
    state, _ = acknowledge(state, S)
    state, events = tick(state, rule_.delays, 60 * S)
    assert events == ()
    state, events = tick(state, rule_.delays, 61 * S)
    assert (state.phase, events) == ("unacknowledged", ("re-alarmed",))
    assert tick(state, rule_.delays, 600 * S)[1] == ()


def test_every_phase_can_be_left_and_every_unseen_one_acknowledged() -> None:
    phases = {phase for phase, _ in TRANSITIONS} | {to for to, _ in TRANSITIONS.values()}
    assert phases == set(get_args(Phase))
    assert {p for p in phases if (p, "acknowledge") in TRANSITIONS} == UNSEEN
    for phase in phases:
        assert any(at == phase for at, _ in TRANSITIONS)


def test_limits_give_rules_and_missing_ones_none() -> None:
    assert limit_rules(Limits()) == ()
    rules = limit_rules(Limits(low_low=1.0, high=9.0, on_delay_s=2.0, off_delay_s=0.5))
    assert [(r.kind, r.limit) for r in rules] == [("low_low", 1.0), ("high", 9.0)]
    assert rules[0].delays == Delays(on=2 * S, off=S // 2)


class AgainstHistory(RuleBasedStateMachine):
    """The alarm against an account that looks at the whole history each time.

    The account knows nothing of phases: it keeps `active` (the condition after delays) and `seen`
    (acknowledged since it last became active), and names the phase from the two.
    """

    ON, OFF = 2, 2

    def __init__(self) -> None:
        super().__init__()
        self.rule_ = LimitRule(
            kind="high", limit=10.0, deadband=2.0, delays=Delays(on=self.ON, off=self.OFF)
        )
        self.state = AlarmState()
        self.now = 0
        self.history: list[tuple[int, bool | None]] = []
        self.standing = False
        self.active = False
        self.seen = True
        self.events: list[str] = []

    @rule(value=st.sampled_from([5.0, 8.0, 9.0, 15.0, None]))
    def sample(self, value: float | None) -> None:
        told = None
        if value is not None:
            self.standing = value > 8.0 if self.standing else value > 10.0
            told = self.standing
        self.history.append((self.now, told))
        number = float("nan") if value is None else value
        one = Sample(point=0, value=number, quality=0, source_time_ns=0, arrival_time_ns=self.now)
        self.state, events = step(self.rule_, self.state, one, self.now)
        self.events += events
        self.settle()

    @rule()
    def late_sample(self) -> None:
        if self.history and self.now > 0:
            one = Sample(
                point=0,
                value=99.0,
                quality=0,
                source_time_ns=0,
                arrival_time_ns=self.state.arrival_ns - 1,
            )
            assert step(self.rule_, self.state, one, self.now) == (self.state, ())

    @rule(seconds=st.integers(1, 3))
    def wait(self, seconds: int) -> None:
        for _ in range(seconds):
            self.now += 1
            self.state, events = tick(self.state, self.rule_.delays, self.now)
            self.events += events
            self.settle()

    @rule()
    def seen_by_operator(self) -> None:
        self.state, events = acknowledge(self.state, self.now)
        self.events += events
        assert bool(events) == (not self.seen)
        self.seen = True

    def settle(self) -> None:
        """Let the account decide: how long has what is seen now contradicted `active`?"""
        if not self.history or self.history[-1][1] is None:
            return
        wanted = self.history[-1][1]
        if wanted == self.active:
            return
        since = self.now
        for t, told in reversed(self.history):
            if told is None and not wanted:
                break  # clearing needs to be seen all the time
            if told is not None and told != wanted:
                break
            if told is not None:
                since = t
        if self.now - since >= (self.ON if wanted else self.OFF):
            self.active = wanted
            if wanted:
                self.seen = False

    @invariant()
    def same_phase(self) -> None:
        names = {
            (True, False): "unacknowledged",
            (True, True): "acknowledged",
            (False, False): "returned",
            (False, True): "normal",
        }
        assert self.state.phase == names[self.active, self.seen]

    @invariant()
    def events_tell_the_phase(self) -> None:
        """Replaying the events alone gives the phase: the journal is enough to restore."""
        phase = "normal"
        for event in self.events:
            phase = {
                "raised": "unacknowledged",
                "returned": "returned",
                "cleared": "normal",
                "acknowledged": "acknowledged" if phase == "unacknowledged" else "normal",
            }[event]
        assert phase == self.state.phase


TestAgainstHistory = AgainstHistory.TestCase
TestAgainstHistory.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)


def test_a_condition_that_is_no_limit_follows_the_same_table() -> None:
    state, events = observe(AlarmState(), True, Delays(), 0)
    assert events == ("raised",)
    state, events = observe(state, None, Delays(), 1)
    assert events == ()
    state, events = observe(state, False, Delays(), 2)
    assert (state.phase, events) == ("returned", ("returned",))
