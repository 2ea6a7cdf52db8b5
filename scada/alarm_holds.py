"""What keeps an alarm from the operator: shelved (G), suppressed by design (H), out of service (I).

The three stand beside the phase and beside each other; the phase goes on inside them. What an
alarm is when a hold ends depends on how it ends, see `leave`. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from scada.alarm_logic import ACTIVE, NS_PER_S, AlarmState, Phase

ShelfKind = Literal["timed", "one-shot"]
Leaving = Literal["hand", "expiry", "design"]

LONGEST_SHELF_S = 12 * 3600.0
"""A shift: who shelves it is still there when it comes back."""
SET_BACK_NS = 60 * NS_PER_S


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """Put aside by an operator until a time; `one-shot` also ends when the condition does."""

    kind: ShelfKind
    user: str
    reason: str
    since_ns: int
    until_ns: int

    def over(self, now_ns: int) -> bool:
        """Whether its time is up; a clock set back must not make it last longer."""
        return now_ns >= self.until_ns or now_ns < self.since_ns - SET_BACK_NS


@dataclass(frozen=True, slots=True, kw_only=True)
class Suppressed:
    """Hidden by design; `by` is the state of the plant that does it."""

    by: str
    since_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OutOfService:
    """Taken out for maintenance under a permit."""

    user: str
    reason: str
    permit: str
    since_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Holds:
    """The holds of one alarm; none is the usual case."""

    shelf: Shelf | None = None
    suppressed: Suppressed | None = None
    service: OutOfService | None = None

    @property
    def any(self) -> bool:
        """Whether the alarm is kept from the operator (OPC UA: SuppressedOrShelved, or not
        in service)."""
        return not (self.shelf is None and self.suppressed is None and self.service is None)

    def as_dict(self) -> dict[str, Any]:
        """Those that stand."""
        if not self.any:
            return {}
        return {name: value for name, value in asdict(self).items() if value is not None}


FREE = Holds()


def read_holds(stored: Mapping[str, Any]) -> Holds:
    """Holds as `as_dict` wrote them."""
    kinds: dict[str, type[Any]] = {
        "shelf": Shelf,
        "suppressed": Suppressed,
        "service": OutOfService,
    }
    return Holds(**{name: kinds[name](**stored[name]) for name in kinds if stored.get(name)})


_LEAVE: dict[tuple[Phase, Leaving], Phase] = {
    ("unacknowledged", "hand"): "acknowledged",
    ("returned", "hand"): "normal",
    ("latched", "hand"): "latched-acknowledged",
    ("acknowledged", "expiry"): "unacknowledged",
    ("acknowledged", "design"): "unacknowledged",
}


def leave(state: AlarmState, how: Leaving, risen_inside: bool, now_ns: int) -> AlarmState:
    """The alarm after a hold ended.

    By hand the operator has seen it: acknowledged. By time, by design or by the end of
    maintenance nobody has: what stands is unacknowledged. What rose and went inside a hold by
    design or maintenance is nobody's business: normal.
    """
    phase = _LEAVE.get((state.phase, how), state.phase)
    if how == "design" and risen_inside and state.phase == "returned":
        phase = "normal"
    if phase == state.phase:
        return state
    return replace(state, phase=phase, changed_ns=now_ns)


def ends_one_shot(before: Phase, after: Phase) -> bool:
    """Whether the condition ended, and with it a one-shot shelf."""
    return before in ACTIVE and after not in ACTIVE
