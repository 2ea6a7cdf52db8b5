"""A round's timetable: when a truck arrives, leaves and what it carries, with exact times."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

from dispatch.fill_queue import QueuedRound
from dispatch.haul import Haul


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """A stop of a truck; `load_m3` is what it takes on (fill) or leaves (deliver).

    `wait_s` is how long it stands in the queue first.
    """

    kind: Literal["fill", "deliver", "depot"]
    id: str
    arrive: datetime
    leave: datetime
    load_m3: float
    x: float
    y: float
    wait_s: float = 0.0

    def as_dict(self) -> dict[str, Any]:
        """The record as JSON-ready values."""
        return {
            "kind": self.kind,
            "id": self.id,
            "arrive": self.arrive.isoformat(),
            "leave": self.leave.isoformat(),
            "load_m3": round(self.load_m3, 3),
            "x": self.x,
            "y": self.y,
            "wait_s": round(self.wait_s),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """What trucks spend their time on, in hours."""

    driving: float = 0.0
    setup: float = 0.0
    filling: float = 0.0
    unloading: float = 0.0
    waiting: float = 0.0

    def __add__(self, other: Hours) -> Hours:
        return Hours(
            driving=self.driving + other.driving,
            setup=self.setup + other.setup,
            filling=self.filling + other.filling,
            unloading=self.unloading + other.unloading,
            waiting=self.waiting + other.waiting,
        )

    @property
    def total(self) -> float:
        """All of it."""
        return self.driving + self.setup + self.filling + self.unloading + self.waiting


@dataclass(frozen=True, slots=True, kw_only=True)
class TruckRoute:
    """One truck's day."""

    truck: str
    stops: tuple[Stop, ...]
    hours: Hours
    until: datetime
    """When its shift ends."""

    def as_dict(self) -> dict[str, Any]:
        """The record as JSON-ready values."""
        return {
            "truck": self.truck,
            "until": self.until.isoformat(),
            "stops": [stop.as_dict() for stop in self.stops],
        }


def timetables(
    haul: Haul, rounds: Sequence[QueuedRound], start: datetime, zone: ZoneInfo
) -> tuple[TruckRoute, ...]:
    """The rounds with names of trucks and times; all trucks leave their depots at `start`."""
    taken = [0] * len(haul.types)
    routes = []
    for each in rounds:
        kind = each.round.kind
        truck = haul.types[kind].trucks[taken[kind]]
        taken[kind] += 1
        stops, hours = _drive(haul, each, start.astimezone(UTC), zone)
        until = _on_the_second(start.astimezone(UTC) + timedelta(seconds=truck.shift_s), zone)
        routes.append(TruckRoute(truck=truck.id, stops=tuple(stops), hours=hours, until=until))
    return tuple(routes)


def _drive(
    haul: Haul, each: QueuedRound, start: datetime, zone: ZoneInfo
) -> tuple[list[Stop], Hours]:
    kind = haul.types[each.round.kind]
    truck = kind.one
    clock, place = start + timedelta(seconds=kind.ready_s), kind.begin
    driving = setup = filling = unloading = waiting = 0.0
    stops: list[Stop] = []

    def stop(
        what: Literal["fill", "deliver", "depot"],
        where: int,
        site: Any,
        load: float,
        work: float,
        wait: float = 0.0,
    ) -> None:
        nonlocal clock, place, driving
        drive = float(haul.time_s[place, where])
        arrive = clock + timedelta(seconds=drive)
        clock, place = arrive + timedelta(seconds=wait + work), where
        driving += drive
        stops.append(
            Stop(
                kind=what,
                id=site.id,
                arrive=_on_the_second(arrive, zone),
                leave=_on_the_second(clock, zone),
                load_m3=load,
                x=site.x,
                y=site.y,
                wait_s=wait,
            )
        )

    depot = haul.depots[kind.depot]
    if kind.start is None:
        stop("depot", kind.depot, depot, 0.0, 0.0)
    for trip, wait in zip(each.round.trips, each.waits_s, strict=True):
        fill = haul.fills[trip.fill]
        volume = sum(load.volume_m3 for load in trip.loads)
        time_to_fill = volume / fill.flow_m3s
        setup, filling, waiting = setup + truck.setup_s, filling + time_to_fill, waiting + wait
        work = truck.setup_s + time_to_fill
        stop("fill", haul.fill_places[trip.fill], fill, volume, work, wait)
        for load in trip.loads:
            time_to_empty = load.volume_m3 / truck.discharge_m3s
            setup, unloading = setup + truck.setup_s, unloading + time_to_empty
            stop(
                "deliver",
                haul.point_places[load.point],
                haul.points[load.point],
                load.volume_m3,
                truck.setup_s + time_to_empty,
            )
    stop("depot", kind.depot, depot, 0.0, 0.0)
    hour = timedelta(hours=1).total_seconds()
    return stops, Hours(
        driving=driving / hour,
        setup=setup / hour,
        filling=filling / hour,
        unloading=unloading / hour,
        waiting=waiting / hour,
    )


def _on_the_second(moment: datetime, zone: ZoneInfo) -> datetime:
    return (moment + timedelta(milliseconds=500)).replace(microsecond=0).astimezone(zone)
