"""Whom to tell of an alarm nobody has acknowledged, and when. Pure.

A rule asks for a priority and a time; each occurrence of an alarm is told once by each rule and
channel: the key says so, wherever the messages are kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from scada.alarm_logic import NS_PER_S, UNSEEN
from scada.point import Priority, Utility


@dataclass(frozen=True, slots=True, kw_only=True)
class EscalationRule:
    """Alarms of these priorities and utilities that wait `after_s`, told on `channels`."""

    name: str
    channels: tuple[str, ...]
    priorities: frozenset[Priority]
    utilities: frozenset[Utility] | None = None
    """None: of every network, and the room's own."""
    after_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """One alarm to tell on one channel."""

    key: str
    channel: str
    rule: str
    alarm: Mapping[str, Any]


def due(
    alarms: Iterable[Mapping[str, Any]],
    rules: Sequence[EscalationRule],
    utility_of: Mapping[str, Utility],
    now_ns: int,
) -> list[Telling]:
    """What is to be told now, told before or not: the owner keeps each key once.

    `alarms` as the book lists them; `utility_of` by source. Held alarms are told to nobody.
    """
    found: list[Telling] = []
    for alarm in alarms:
        if alarm["state"] not in UNSEEN or alarm.get("held"):
            continue
        for rule in rules:
            if alarm["priority"] not in rule.priorities:
                continue
            utility = utility_of.get(str(alarm["source"]))
            if rule.utilities is not None and utility not in rule.utilities:
                continue
            if now_ns - int(alarm["raised_ns"]) < rule.after_s * NS_PER_S:
                continue
            found += [
                Telling(
                    key=f"alarm:{alarm['id']}:{alarm['raised_ns']}:{rule.name}:{channel}",
                    channel=channel,
                    rule=rule.name,
                    alarm=alarm,
                )
                for channel in rule.channels
            ]
    return found
