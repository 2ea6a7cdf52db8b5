"""Outages at the same time that meet in place or effect. Pure.

Footprints come from proposals; an order without one is compared by what its valves shut, or by its
element alone, and that is said.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from dispatch.element import element_name

Meets = Literal["element", "piece", "valves", "people", "joint"]
SHOWN = 20
TEXTS: dict[Meets, tuple[str, str]] = {
    "element": ("同一设施", "the same element"),
    "piece": ("停水（气、热）范围重叠", "pieces that are shut off overlap"),
    "valves": ("需操作同一阀门", "the same valves are worked on"),
    "people": ("同一用户同时受影响", "the same customers are hit"),
    "joint": ("同时关闭将使更多节点失去水源", "shut together they cut off more than each alone"),
}
Basis = Literal["proposal", "valves", "element", "not-shut"]
UNJUDGED: dict[Basis, tuple[str, str]] = {
    "valves": (
        "无已保存方案：按阀门和停供用户比较，低压用户未知",
        "no saved plan: compared by its valves and who is cut off; who has low pressure is unknown",
    ),
    "element": (
        "无已保存方案，且该设施不在本站管网中：仅按设施名称比较",
        "no saved plan, and its element is in no network of the site: compared by its name only",
    ),
    "not-shut": (
        "无已保存方案，且该作业不关断管段：仅按设施名称比较",
        "no saved plan, and such work shuts off no piece: compared by its element's name only",
    ),
}
"""What could not be compared, by what a footprint comes from."""
Joint = Callable[[Collection[str], Collection[str]], Collection[str]]
"""Nodes that two sets of closed links cut off together and neither does alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Footprint:
    """What an outage takes: where, when and whom."""

    id: str
    medium: str
    element: str
    start: datetime
    end: datetime
    state: str = ""
    piece: frozenset[str] = frozenset()
    valves: frozenset[str] = frozenset()
    closed_links: frozenset[str] = frozenset()
    hit: frozenset[str] = frozenset()
    basis: Basis = "proposal"


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """Another outage in the same hours, and one thing they share."""

    other: Footprint
    meets: Meets
    shared: tuple[str, ...]
    start: datetime
    end: datetime

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready values; of many shared things the first."""
        zh, en = TEXTS[self.meets]
        return {
            "with": self.other.id,
            "element": self.other.element,
            "state": self.other.state,
            "meets": self.meets,
            "shared": list(self.shared[:SHOWN]),
            "count": len(self.shared),
            "from": self.start.isoformat(),
            "to": self.end.isoformat(),
            "text_zh": zh,
            "text_en": en,
        }


def conflicts(
    mine: Footprint, others: Iterable[Footprint], joint: Joint | None = None
) -> tuple[Conflict, ...]:
    """What `mine` meets in others of overlapping windows, the same medium's place and any's people.

    `joint` looks at the network of `mine`; without it only what each shuts is compared.
    """
    found = []
    for other in others:
        start, end = max(mine.start, other.start), min(mine.end, other.end)
        if other.id == mine.id or start >= end:
            continue
        shares: dict[Meets, Collection[str]] = {"people": mine.hit & other.hit}
        if mine.medium == other.medium:
            same = element_name(mine.element).id == element_name(other.element).id
            shares |= {
                "element": (mine.element,) if same else (),
                "piece": mine.piece & other.piece,
                "valves": mine.valves & other.valves,
            }
            if joint is not None:
                shares["joint"] = joint(mine.closed_links, other.closed_links)
        for meets in TEXTS:
            if shared := shares.get(meets):
                conflict = Conflict(
                    other=other, meets=meets, shared=tuple(sorted(shared)), start=start, end=end
                )
                found.append(conflict)
    return tuple(found)


def unjudged(mine: Footprint, others: Iterable[Footprint]) -> list[dict[str, Any]]:
    """What the comparison of `mine` with others of its hours leaves open, as JSON values."""
    told = []
    for one in (mine, *(o for o in others if o.id != mine.id)):
        if one.basis in UNJUDGED and one.start < mine.end and one.end > mine.start:
            zh, en = UNJUDGED[one.basis]
            told.append(
                {
                    "order": one.id,
                    "element": one.element,
                    "state": one.state,
                    "basis": one.basis,
                    "text_zh": zh,
                    "text_en": en,
                }
            )
    return told


def footprint_of(
    order: Mapping[str, Any], proposal: Mapping[str, Any] | None, start: datetime, end: datetime
) -> Footprint:
    """The footprint of an order (its JSON), by the proposal it was made from where there is one."""
    plan = proposal or {}
    isolation, impact = plan.get("isolation", {}), plan.get("impact", {})
    gas, heat = impact.get("gas", {}), impact.get("heat", {})
    nodes = (f"node:{name}" for name in isolation.get("segment_nodes", ()))
    links = (f"link:{name}" for name in isolation.get("segment_links", ()))
    return Footprint(
        id=str(order["id"]),
        medium=str(order.get("medium", "water")),
        element=str(order["element"]),
        start=start,
        end=end,
        state=str(order.get("state", "")),
        piece=frozenset((*nodes, *links)),
        valves=frozenset(valve["id"] for valve in isolation.get("valves", ())),
        closed_links=frozenset(isolation.get("closed_links", ())),
        hit=frozenset(
            (
                *(f"customer {c['id']}" for c in impact.get("customers", ())),
                *(f"gas user {user['id']}" for user in gas.get("users", ())),
                *(f"heat station {name}" for name in heat.get("cut_off", ())),
            )
        ),
    )
