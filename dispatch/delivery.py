"""How much water must be taken where: the people cut off, by community, a day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from dispatch.customers import PRIORITY_CLASSES, RESIDENTIAL
from dispatch.impact import CustomerImpact
from dispatch.roads import RoadGraph
from network_models.units import UNITS

_SERVED = (RESIDENTIAL, *PRIORITY_CLASSES)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryPoint:
    """Where trucks unload: a community at the junction nearest to its people, or one customer."""

    id: str
    x: float
    y: float
    junction: int
    people: int
    daily_m3: float
    priority: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryNeed:
    """What an outage needs: a full day's round, repeated on each of its `days`.

    `uncounted` are priority users the customer table gives no people for: their need is unknown.
    """

    points: tuple[DeliveryPoint, ...]
    uncounted: tuple[str, ...] = ()
    people: int
    litres_per_person_day: float
    days: float

    @property
    def daily_m3(self) -> float:
        """Water of one full day."""
        return sum(point.daily_m3 for point in self.points)

    @property
    def total_m3(self) -> float:
        """Water of the whole outage."""
        return self.daily_m3 * self.days


def delivery_need(
    cut_off: Sequence[CustomerImpact],
    roads: RoadGraph,
    litres_per_person_day: float,
    duration: timedelta,
) -> DeliveryNeed:
    """The need of the homes, hospitals, dialysis centres and schools that are cut off.

    A community is one point at the mean place of its people; customers outside of any, and
    hospitals and the like, are points of their own.
    """
    groups: dict[str, list[CustomerImpact]] = {}
    for item in cut_off:
        customer = item.customer
        if customer.kind not in _SERVED or customer.people <= 0:
            continue
        alone = not customer.community or customer.kind in PRIORITY_CLASSES
        groups.setdefault(customer.id if alone else customer.community, []).append(item)
    points = []
    for name, members in groups.items():
        people = sum(item.customer.people for item in members)
        x = sum(item.customer.x * item.customer.people for item in members) / people
        y = sum(item.customer.y * item.customer.people for item in members) / people
        junction = roads.nearest(x, y)
        place = roads.position_m[junction]
        points.append(
            DeliveryPoint(
                id=name,
                x=float(place[0]),
                y=float(place[1]),
                junction=junction,
                people=people,
                daily_m3=people * litres_per_person_day * UNITS["L"].factor,
                priority=members[0].customer.kind in PRIORITY_CLASSES,
            )
        )
    return DeliveryNeed(
        points=tuple(points),
        uncounted=tuple(
            item.customer.name_en
            for item in cut_off
            if item.customer.kind in PRIORITY_CLASSES and item.customer.people <= 0
        ),
        people=sum(point.people for point in points),
        litres_per_person_day=litres_per_person_day,
        days=duration / timedelta(days=1),
    )
