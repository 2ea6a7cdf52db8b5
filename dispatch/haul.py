"""The day's haul as numbers: truck types, places and driving times, ready for plan and bound."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dispatch.delivery import DeliveryPoint
from dispatch.fleet import Depot, FillPoint, Truck
from dispatch.roads import RoadGraph


@dataclass(frozen=True, slots=True, kw_only=True)
class TruckType:
    """Trucks that differ in nothing but their name; `depot` is a place's number in the haul.

    On a day that has begun they are at another place, `start`, `ready_s` after the plan's
    beginning, from which `shift_s` still counts.
    """

    trucks: tuple[Truck, ...]
    depot: int
    start: int | None = None
    ready_s: float = 0.0

    @property
    def one(self) -> Truck:
        """Any of them."""
        return self.trucks[0]

    @property
    def begin(self) -> int:
        """The place from which the first drive goes."""
        return self.depot if self.start is None else self.start

    @property
    def duty_s(self) -> float:
        """What is left of the shift when they are ready."""
        return max(self.one.shift_s - self.ready_s, 0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Haul:
    """Depots, fill points and delivery points, in that order, with driving times (n, n) between.

    A truck starts empty at its depot, fills, unloads at one point or more, fills again as often
    as its shift allows, and ends at its depot. Each filling and each unloading costs its set-up
    time and the time for the water itself.
    """

    types: tuple[TruckType, ...]
    depots: tuple[Depot, ...]
    fills: tuple[FillPoint, ...]
    points: tuple[DeliveryPoint, ...]
    time_s: NDArray[np.float64]
    busy_s: tuple[float, ...] = ()
    """Until when each fill point is taken on a day that has begun; empty for not at all."""

    @property
    def fill_places(self) -> range:
        """Numbers of the fill points."""
        return range(len(self.depots), len(self.depots) + len(self.fills))

    @property
    def point_places(self) -> range:
        """Numbers of the delivery points."""
        first = len(self.depots) + len(self.fills)
        return range(first, first + len(self.points))


def make_haul(
    roads: RoadGraph,
    fleet: Sequence[Truck],
    depots: Sequence[Depot],
    fills: Sequence[FillPoint],
    points: Sequence[DeliveryPoint],
) -> Haul:
    """The haul of the trucks that are available; places stand at their nearest junctions."""
    number = {depot.id: i for i, depot in enumerate(depots)}
    alike: dict[tuple[object, ...], list[Truck]] = {}
    for truck in fleet:
        if truck.available and truck.depot in number:
            key = (
                truck.depot,
                truck.capacity_m3,
                truck.shift_s,
                truck.discharge_m3s,
                truck.setup_s,
                truck.sets_down,
            )
            alike.setdefault(key, []).append(truck)
    junctions = [roads.nearest(depot.x, depot.y) for depot in depots]
    junctions += [roads.nearest(fill.x, fill.y) for fill in fills]
    junctions += [point.junction for point in points]
    return Haul(
        types=tuple(
            TruckType(trucks=tuple(trucks), depot=number[trucks[0].depot])
            for trucks in alike.values()
        ),
        depots=tuple(depots),
        fills=tuple(fills),
        points=tuple(points),
        time_s=roads.travel_times_s(junctions),
    )
