"""Whom a gas or heat outage hits: gas users by line pack, rooms by how they cool."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from typing import Any

from dispatch.gas_compliance import band_pa, gas_kind, gas_users
from dispatch.heat_rooms import RoomVerdict, judge_rooms
from dispatch.isolation import Isolation
from dispatch.pattern_time import pattern_time_s
from dispatch.request import OutageRequest, PlanningContext
from dispatch.room_run import Homes, run_rooms
from dispatch.room_run import outage as heat_stops
from dispatch.rulebook import RuleSet
from network_models.changes import Change, CloseLink, LoseSource
from network_models.network import Network
from network_models.physics import ZERO_C_K

HOUR_S = 3600.0
MOST_STEPS = 720
"""A long window is watched in longer steps, at least a minute each: the first hours decide."""
WATCH_AFTER = timedelta(days=1)
"""Rooms are coldest after the heat is back, when the water in the pipes is still cold."""
OUTDOOR_C = -10.0
"""Weather where the request names none; ours, shown with the result."""

Share = Callable[[float], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class GasUser:
    """A user that falls below its band, so long after the start."""

    id: str
    falls_s: float
    below_h: float
    inside: bool
    """Within the piece that is shut off and emptied for the work, not only fed through it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GasImpact:
    """Users under their band, by line pack; `base_below` are those that are so anyway."""

    limit_pa: float | None
    watched: int
    line_pack_kg: float
    users: tuple[GasUser, ...]
    base_below: tuple[str, ...]
    settled: bool

    def as_dict(self) -> dict[str, Any]:
        """The record as JSON-ready values, those who fall first in front."""
        return {**asdict(self), "users": [asdict(user) for user in self.users]}


@dataclass(frozen=True, slots=True, kw_only=True)
class HeatImpact:
    """Rooms behind every station: hours to each limit, hours below it, refunds."""

    outdoor_c: float
    homes: Homes
    watched_h: float
    cut_off: tuple[str, ...]
    verdict: RoomVerdict
    converged: bool

    @property
    def hit(self) -> tuple[str, ...]:
        """Stations that are cut off, or whose rooms fall below any limit."""
        cold = [c.station.id for c in self.verdict.courses if any(_known(c.falls_h.values()))]
        return tuple(dict.fromkeys((*self.cut_off, *cold)))

    @property
    def households(self) -> int:
        """Homes behind those stations, estimated from their heat."""
        hit = frozenset(self.hit)
        return sum(c.station.households for c in self.verdict.courses if c.station.id in hit)

    def as_dict(self) -> dict[str, Any]:
        """The record as JSON-ready values, the coldest rooms in front."""
        return {
            "outdoor_c": self.outdoor_c,
            "homes": asdict(self.homes),
            "watched_h": self.watched_h,
            "cut_off": list(self.cut_off),
            "converged": self.converged,
            **self.verdict.as_dict(),
        }


def gas_impact(
    context: PlanningContext, request: OutageRequest, isolation: Isolation, rules: RuleSet
) -> GasImpact:
    """Watch every low-pressure user over the window, with the gas in the pipes to live on.

    The piece that is shut off is emptied for the work: its users have nothing from the start. Of a
    pipe whose valve bounds the piece, the far half counts for those behind it.
    """
    from hydraulics.gas.survival import survival

    net = context.network
    band = band_pa(rules, gas_kind(net))
    users = gas_users(net)
    hours = request.duration.total_seconds() / HOUR_S
    found = survival(
        net,
        _shut(isolation),
        dict.fromkeys(users, 0.0 if band is None else band[0]),
        time_s=pattern_time_s(request.start, context.timezone, net.times),
        hours=hours,
        step_s=max(60.0, hours * HOUR_S / MOST_STEPS),
    )
    inside = frozenset(isolation.segment_nodes)
    # Who was below before the first valve is shut is not this outage's doing.
    base_below = tuple(name for name, s in zip(found.users, found.falls_s, strict=True) if s == 0.0)
    falls = []
    for name, seconds in zip(found.users, found.falls_s.tolist(), strict=True):
        lasts_s = 0.0 if name in inside else float(seconds)
        if lasts_s < hours * HOUR_S and name not in base_below:
            below_h = hours - lasts_s / HOUR_S
            user = GasUser(id=name, falls_s=lasts_s, below_h=below_h, inside=name in inside)
            falls.append(user)
    return GasImpact(
        limit_pa=None if band is None else band[0],
        watched=len(users),
        line_pack_kg=found.stock_kg,
        users=tuple(sorted(falls, key=lambda user: (user.falls_s, user.id))),
        base_below=base_below,
        settled=found.settled,
    )


def heat_impact(
    context: PlanningContext,
    request: OutageRequest,
    isolation: Isolation,
    rules: RuleSet,
    progress: Share,
) -> HeatImpact:
    """Run network and rooms over the window and a day after it, in the weather of the request."""
    start = pattern_time_s(request.start, context.timezone, context.network.times)
    net = replace(
        context.network, times=replace(context.network.times, pattern_start_s=round(start))
    )
    hours = request.duration.total_seconds() / HOUR_S
    outdoor_c = OUTDOOR_C if request.outdoor_c is None else request.outdoor_c
    homes = Homes()
    found = run_rooms(
        net,
        homes,
        outdoor_c + ZERO_C_K,
        hours=hours + WATCH_AFTER.total_seconds() / HOUR_S,
        changes_at=heat_stops(net, hours=hours, links=isolation.closed_links),
        progress=progress,
    )
    verdict = judge_rooms(context.rulebook, rules, found.stations, found.run.times_s, found.room_k)
    shut = frozenset(isolation.cut_off_nodes)
    return HeatImpact(
        outdoor_c=outdoor_c,
        homes=homes,
        watched_h=float(found.run.times_s[-1]) / HOUR_S,
        cut_off=tuple(s.id for s in found.stations if _behind(net, s.id, shut)),
        verdict=verdict,
        converged=bool(found.run.report.converged),
    )


def _known(hours: Iterable[float | None]) -> list[bool]:
    return [found is not None for found in hours]


def _shut(isolation: Isolation) -> list[Change]:
    return [
        *map(LoseSource, isolation.sources_lost),
        *map(CloseLink, isolation.closed_links),
    ]


def _behind(net: Network, station: str, shut: frozenset[str]) -> bool:
    link = net.links[station]
    return link.start in shut or link.end in shut
