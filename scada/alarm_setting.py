"""What a site decides of its alarms beyond the limits of its point list. Pure.

A setting refines the alarm of a limit (`P1.low`), or makes one of a rate of change (`rise`, `fall`)
or of a deviation from the model. Its rationalisation says why the alarm is there (ISA-18.2 D).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from network_models.units import UNITS
from scada.alarm_holds import LONGEST_SHELF_S
from scada.alarm_logic import NS_PER_S, Delays, LimitKind, LimitRule
from scada.alarm_record import Subject, limit_subject
from scada.point import Point, Priority

LIMIT_KINDS: tuple[LimitKind, ...] = ("low_low", "low", "high", "high_high")
WORST_FIRST: tuple[LimitKind, ...] = ("low_low", "high_high", "low", "high")
DERIVED_KINDS = ("rise", "fall", "deviation")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rationale:
    """Why there is an alarm, and what is to be done within which time."""

    cause_zh: str = ""
    cause_en: str = ""
    consequence_zh: str = ""
    consequence_en: str = ""
    action_zh: str = ""
    action_en: str = ""
    response_min: float | None = None

    @property
    def complete(self) -> bool:
        """Cause, consequence, action and time are said, in one language at least."""
        told = (
            self.cause_zh or self.cause_en,
            self.consequence_zh or self.consequence_en,
            self.action_zh or self.action_en,
        )
        return all(told) and self.response_min is not None


COMPARISONS: Mapping[str, Callable[[float, float], bool]] = {
    "<=": lambda a, b: a <= b,
    ">=": lambda a, b: a >= b,
    "!=": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    ">": lambda a, b: a > b,
    "=": lambda a, b: a == b,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """A state of the plant: a point compared with a value, SI."""

    point: str
    comparison: str
    value: float

    def holds(self, value: float) -> bool:
        """Whether the point's value makes it so."""
        return COMPARISONS[self.comparison](value, self.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmSetting:
    """One alarm's setting; None leaves what the point list says. Limits and deadband are SI.

    The limit of `rise` and `fall` is a change a minute, over `window_s`. `suppress_when`: all of
    these together hide the alarm, and `release_s` longer.
    """

    point: str
    kind: str
    limit: float | None = None
    deadband: float | None = None
    on_delay_s: float | None = None
    off_delay_s: float | None = None
    priority: Priority | None = None
    latching: bool = False
    group: str = ""
    window_s: float = 60.0
    suppress_when: tuple[Condition, ...] = ()
    suppress_text: str = ""
    release_s: float = 0.0
    longest_shelf_s: float = LONGEST_SHELF_S
    rationale: Rationale = Rationale()

    @property
    def id(self) -> str:
        """The alarm's id."""
        return f"{self.point}.{self.kind}"

    def delays(self, usual: Delays) -> Delays:
        """The delays of the alarm, with those of the point list where the setting has none."""
        return replace(
            usual,
            on=usual.on if self.on_delay_s is None else round(self.on_delay_s * NS_PER_S),
            off=usual.off if self.off_delay_s is None else round(self.off_delay_s * NS_PER_S),
            latch=self.latching,
        )


Settings = Mapping[str, AlarmSetting]


def limit_alarms(
    handle: int, point: Point, rules: Sequence[LimitRule], settings: Settings
) -> tuple[tuple[LimitRule, Subject], ...]:
    """The limit alarms of a point, the worst first: those of its list, changed and added to."""
    known = {rule.kind: rule for rule in rules}
    again = rules[0].delays.again if rules else 0
    found = []
    for kind in WORST_FIRST:
        rule, setting = known.get(kind), settings.get(f"{point.id}.{kind}")
        if setting is not None and (rule is not None or setting.limit is not None):
            base = rule or LimitRule(kind=kind, limit=0.0, delays=Delays(again=again))
            rule = replace(
                base,
                limit=base.limit if setting.limit is None else setting.limit,
                deadband=base.deadband if setting.deadband is None else setting.deadband,
                delays=setting.delays(base.delays),
            )
        if rule is not None:
            found.append((rule, refined(limit_subject(handle, point, rule), setting)))
    return tuple(found)


def refined(subject: Subject, setting: AlarmSetting | None) -> Subject:
    """A subject with the priority and group of its setting."""
    if setting is None:
        return subject
    return replace(subject, priority=setting.priority or subject.priority, group=setting.group)


TEXTS = {
    "rise": ("上升过快", "rises too fast"),
    "fall": ("下降过快", "falls too fast"),
    "deviation": ("与模型不符", "deviates from the model"),
}


def derived_subject(point: Point, setting: AlarmSetting) -> Subject:
    """The alarm of a rate of change or of a deviation.

    Value and limit are differences, so a unit with an offset is shown as its SI unit.
    """
    zh, en = TEXTS[setting.kind]
    unit = UNITS[point.unit]
    return Subject(
        id=setting.id,
        source=point.id,
        kind=setting.kind,
        priority=setting.priority or point.priority,
        limit=setting.limit,
        unit="K" if unit.offset else point.unit,
        text_zh=f"{point.text_zh or point.id} {zh}",
        text_en=f"{point.text_en or point.id} {en}",
        delays=setting.delays(Delays()),
        group=setting.group,
    )
