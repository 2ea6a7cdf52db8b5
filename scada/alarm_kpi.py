"""Figures of an alarm system by EEMUA 191 and ISA-18.2 (table of performance figures). Pure.

Rates are of alarms shown to one operating position; the figures to reach are in `TARGETS`.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from scada.alarm_flood import BEGINS_ABOVE, ENDS_BELOW, annunciated
from scada.alarm_logic import ACTIVE, NS_PER_S

SLOT_NS = 600 * NS_PER_S
DAY_NS = 86_400 * NS_PER_S
STALE_NS = DAY_NS
CHATTER_TIMES, CHATTER_NS = 3, 60 * NS_PER_S
FLEETING_NS = 60 * NS_PER_S
TOP = 10

TARGETS: Mapping[str, tuple[float | None, float | None]] = {
    "per_day": (144.0, 288.0),
    "per_10_min": (1.0, 2.0),
    "share_of_slots_over_10": (0.01, 0.01),
    "share_of_time_in_flood": (0.01, 0.01),
    "top_10_share": (0.05, 0.05),
    "stale": (5.0, 5.0),
    "chattering": (0.0, 0.0),
    "fleeting": (0.0, 0.0),
}
"""Acceptable, and the most that is manageable, of each figure."""

SHARES: Mapping[str, float] = {"low": 0.80, "medium": 0.15, "high": 0.05, "urgent": 0.01}
"""Of priorities, as an aim: about 80, 15 and 5 %, and under 1 % of the highest of four."""


@dataclass(slots=True)
class _Told:
    """What was heard of one alarm."""

    raised: list[int] = field(default_factory=list)
    began: int | None = None
    stood: list[tuple[int, int]] = field(default_factory=list)


def report(events: Iterable[Mapping[str, Any]], from_ns: int, to_ns: int) -> dict[str, Any]:
    """The figures of a span of time from its journal, in the order of storing.

    Events before `from_ns` may be given: they tell what stood already. Commands and floods are no
    alarms. ValueError when the span is empty.
    """
    if to_ns <= from_ns:
        raise ValueError("the span ends before it starts")
    heard: dict[str, _Told] = defaultdict(_Told)
    shown: list[tuple[int, str, str]] = []
    acknowledged: list[int] = []
    waiting: dict[str, int] = {}
    for event in events:
        at, id_ = int(event["time_ns"]), str(event["id"])
        if at > to_ns or event.get("kind") in ("command", "flood"):
            continue
        one = heard[id_]
        active = event["state"] in ACTIVE
        if active and one.began is None:
            one.began = at
        elif not active and one.began is not None:
            one.stood.append((one.began, at))
            one.began = None
        if annunciated(dict(event)):
            waiting.setdefault(id_, at)
            if at >= from_ns:
                one.raised.append(at)
                shown.append((at, id_, str(event.get("priority") or "medium")))
        elif event["event"] == "acknowledged" and id_ in waiting:
            since = waiting.pop(id_)
            if at >= from_ns:
                acknowledged.append(at - since)
    return _figures(heard, shown, acknowledged, from_ns, to_ns)


def _figures(
    heard: Mapping[str, _Told],
    shown: list[tuple[int, str, str]],
    acknowledged: list[int],
    from_ns: int,
    to_ns: int,
) -> dict[str, Any]:
    span_ns = to_ns - from_ns
    n = len(shown)
    slots = Counter((at - from_ns) // SLOT_NS for at, _, _ in shown)
    slot_count = max(1, -(-span_ns // SLOT_NS))
    counts = Counter(id_ for _, id_, _ in shown)
    top = counts.most_common(TOP)
    priorities = Counter(priority for _, _, priority in shown)
    flood_ns, floods = _floods(sorted(at for at, _, _ in shown), from_ns, to_ns)
    standing = [(id_, one.began) for id_, one in heard.items() if one.began is not None]
    figures: dict[str, Any] = {
        "from_ns": from_ns,
        "to_ns": to_ns,
        "alarms": n,
        "per_day": n * DAY_NS / span_ns,
        "per_10_min": n * SLOT_NS / span_ns,
        "most_in_10_min": max(slots.values(), default=0),
        "share_of_slots_over_10": sum(c > BEGINS_ABOVE for c in slots.values()) / slot_count,
        "floods": floods,
        "share_of_time_in_flood": flood_ns / span_ns,
        "priorities": {p: priorities[p] / n if n else 0.0 for p in SHARES},
        "priority_aim": dict(SHARES),
        "top_10": [{"id": id_, "alarms": count} for id_, count in top],
        "top_10_share": sum(count for _, count in top) / n if n else 0.0,
        "stale": sum(to_ns - began > STALE_NS for _, began in standing),
        "stale_ids": sorted(id_ for id_, began in standing if to_ns - began > STALE_NS)[:100],
        "standing": len(standing),
        "chattering": sum(_chatters(one.raised) for one in heard.values()),
        "chattering_ids": sorted(i for i, one in heard.items() if _chatters(one.raised))[:100],
        "fleeting": sum(
            from_ns <= start and end - start < FLEETING_NS
            for one in heard.values()
            for start, end in one.stood
        ),
        "acknowledged": len(acknowledged),
        "median_s_to_acknowledge": (
            sorted(acknowledged)[len(acknowledged) // 2] / NS_PER_S if acknowledged else None
        ),
    }
    figures["verdicts"] = {name: _verdict(figures[name], *TARGETS[name]) for name in TARGETS}
    return figures


def _verdict(value: float, good: float | None, most: float | None) -> str:
    if good is not None and value <= good:
        return "acceptable"
    return "manageable" if most is not None and value <= most else "over"


def _chatters(raised: list[int]) -> bool:
    """Three times or more within a minute."""
    pairs = zip(raised, raised[CHATTER_TIMES - 1 :], strict=False)
    return any(last - first <= CHATTER_NS for first, last in pairs)


def _floods(raised: list[int], from_ns: int, to_ns: int) -> tuple[int, int]:
    """(ns in flood, number of floods): above 10 in 10 minutes begins one, below 5 ends it."""
    # The window changes when an alarm comes in and when one is ten minutes old.
    changes = sorted([(at, 1) for at in raised] + [(at + SLOT_NS, -1) for at in raised])
    inside, since, total, floods = 0, None, 0, 0
    for at, step in changes:
        if at >= to_ns:
            break
        inside += step
        if since is None and inside > BEGINS_ABOVE:
            since, floods = at, floods + 1
        elif since is not None and inside < ENDS_BELOW:
            total += at - max(since, from_ns)
            since = None
    if since is not None:
        total += to_ns - since
    return total, floods
