"""What an operator does to an alarm: each action gives the alarm afterwards, or why not. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from scada import alarm_logic
from scada.alarm_holds import OutOfService, Shelf, ShelfKind, leave
from scada.alarm_logic import NS_PER_S
from scada.alarm_record import Alarm, AlarmEvent

Done = tuple[Alarm, str]
"""The alarm afterwards and the name of what happened."""
Action = Callable[[Alarm, int], Done | str]
"""Takes an alarm and now; a text says why it cannot be done."""


@dataclass(frozen=True, slots=True)
class Change:
    """What an operator's action does, before it is adopted."""

    alarms: tuple[Alarm, ...]
    events: list[AlarmEvent]
    refused: list[dict[str, str]]


def acknowledge(user: str, comment: str) -> Action:
    """Seen: allowed in every phase that waits for it, shelved or not."""

    def act(alarm: Alarm, now_ns: int) -> Done | str:
        state, happened = alarm_logic.acknowledge(alarm.state, now_ns)
        if not happened:
            standing = alarm.state.phase != "normal"
            return "already acknowledged" if standing else "not an alarm now"
        return replace(alarm, state=state, acknowledged_by=user, comment=comment), happened[-1]

    return act


def reset(user: str, comment: str) -> Action:
    """A latched alarm goes once its condition is gone and it was acknowledged."""

    def act(alarm: Alarm, now_ns: int) -> Done | str:
        state, happened = alarm_logic.reset(alarm.state, now_ns)
        if not happened:
            latched = alarm.state.phase == "latched"
            return "acknowledge it first" if latched else "not latched: nothing to reset"
        return replace(alarm, state=state, acknowledged_by=user, comment=comment), happened[-1]

    return act


def shelve(user: str, reason: str, kind: ShelfKind, seconds: float, longest_s: float) -> Action:
    """Put aside for a time with a reason; shelving again sets the time anew."""

    def act(alarm: Alarm, now_ns: int) -> Done | str:
        if not reason:
            return "shelving needs a reason"
        if not 0.0 < seconds <= longest_s:
            return f"shelving lasts up to {longest_s / 3600:g} h"
        until_ns = now_ns + round(seconds * NS_PER_S)
        shelf = Shelf(kind=kind, user=user, reason=reason, since_ns=now_ns, until_ns=until_ns)
        return replace(alarm, holds=replace(alarm.holds, shelf=shelf)), "shelved"

    return act


def unshelve(user: str, comment: str) -> Action:
    """Take it back by hand: what stands is then acknowledged."""

    def act(alarm: Alarm, now_ns: int) -> Done | str:
        if alarm.holds.shelf is None:
            return "not shelved"
        state = leave(alarm.state, "hand", False, now_ns)
        if state != alarm.state:
            alarm = replace(alarm, state=state, acknowledged_by=user, comment=comment)
        return replace(alarm, holds=replace(alarm.holds, shelf=None)), "unshelved"

    return act


def out_of_service(user: str, reason: str, permit: str) -> Action:
    """Take it out for maintenance; the permit is the paper it is done under."""

    def act(alarm: Alarm, now_ns: int) -> Done | str:
        if not reason or not permit:
            return "maintenance needs a reason and a permit"
        if alarm.holds.service is not None:
            return "out of service already"
        service = OutOfService(user=user, reason=reason, permit=permit, since_ns=now_ns)
        return replace(alarm, holds=replace(alarm.holds, service=service)), "out-of-service"

    return act


def into_service(_user: str, _comment: str) -> Action:
    """Maintenance is over: what stands now is unacknowledged."""

    def act(alarm: Alarm, now_ns: int) -> Done | str:
        service = alarm.holds.service
        if service is None:
            return "in service already"
        state = leave(alarm.state, "design", alarm.raised_ns >= service.since_ns, now_ns)
        return replace(alarm, state=state, holds=replace(alarm.holds, service=None)), "in-service"

    return act
