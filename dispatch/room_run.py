"""Rooms behind heat stations: a run of the network with the homes that its heat keeps warm.

Homes are sized by the network itself: what a station asks for over a day keeps its rooms at the
indoor temperature in the weather of the study. Households follow from heat and floor area where
nobody has counted them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dispatch.heat_rooms import Station
from hydraulics.heat.boundary import pattern_factor
from hydraulics.heat.results import HeatRun
from hydraulics.heat.rooms import Buildings, balanced, stepped
from hydraulics.heat.run import simulate
from network_models.changes import Change, CloseLink, LoseSource
from network_models.elements import CirculationPump, HeatSource, Substation
from network_models.network import Network

F64 = NDArray[np.float64]
STEP_S = 300.0
DAY_HOURS = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Homes:
    """What is assumed of the homes; every figure is shown with the result.

    60 h is a brick house of the usual Chinese stock with light insulation; 45 W/m2 and 90 m2 a home
    are planning figures for dwellings. `wall_share` above 0 makes two nodes of every building.
    """

    indoor_k: float = 293.15
    time_constant_h: float = 60.0
    wall_share: float = 0.0
    heat_index_w_m2: float = 45.0
    household_m2: float = 90.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomRun:
    """A heat run with the air temperature (T, B) of the rooms behind each station."""

    run: HeatRun
    stations: tuple[Station, ...]
    room_k: F64


def run_rooms(
    net: Network,
    homes: Homes,
    outdoor_k: float,
    *,
    hours: float,
    step_s: float = STEP_S,
    changes_at: Callable[[float], Sequence[Change]] | None = None,
    progress: Callable[[float], None] | None = None,
) -> RoomRun:
    """Run `net` and its rooms. Rooms begin at the indoor temperature."""
    names = [name for name, k in net.links.items() if isinstance(k, Substation) and k.heat_w > 0.0]
    design = np.array([day_heat_w(net, name) for name in names])
    buildings = Buildings.alike(
        design,
        indoor_k=homes.indoor_k,
        outdoor_k=outdoor_k,
        time_constant_h=homes.time_constant_h,
        wall_share=homes.wall_share,
    )
    if homes.wall_share > 0.0:
        rise = balanced(buildings, design, outdoor_k).air_k - outdoor_k
        scale = rise / (homes.indoor_k - outdoor_k)
        buildings = Buildings.alike(
            design * scale,
            indoor_k=homes.indoor_k,
            outdoor_k=outdoor_k,
            time_constant_h=homes.time_constant_h,
            wall_share=homes.wall_share,
        )
    run = simulate(
        net,
        hours=hours,
        step_s=step_s,
        outdoor_k=outdoor_k,
        changes_at=changes_at,
        progress=progress,
    )
    place = {name: i for i, name in enumerate(run.link_ids)}
    heat = run.heat_w[:, [place[name] for name in names]]
    rooms = balanced(buildings, design, outdoor_k)
    air = np.empty_like(heat)
    air[0] = rooms.air_k
    for i in range(1, len(run.times_s)):
        seconds = float(run.times_s[i] - run.times_s[i - 1])
        rooms = stepped(buildings, rooms, heat[i], outdoor_k, seconds)
        air[i] = rooms.air_k
    stations = tuple(
        Station(
            id=name,
            area_m2=float(round(watts / homes.heat_index_w_m2)),
            households=max(1, round(watts / homes.heat_index_w_m2 / homes.household_m2)),
        )
        for name, watts in zip(names, design.tolist(), strict=True)
    )
    return RoomRun(run=run, stations=stations, room_k=air)


def outage(
    net: Network,
    *,
    hours: float,
    from_h: float = 0.0,
    plants: Sequence[str] = (),
    links: Sequence[str] = (),
) -> Callable[[float], Sequence[Change]]:
    """Changes by time: `plants` (all, if nothing is named) stand still and `links` are shut for
    `hours` from `from_h` on."""
    lost = list(plants)
    if not lost and not links:
        lost = [k for k, v in net.links.items() if isinstance(v, HeatSource | CirculationPump)]
    stop: list[Change] = [*map(LoseSource, lost), *map(CloseLink, links)]
    begin, end = from_h * 3600.0, (from_h + hours) * 3600.0
    return lambda time_s: stop if begin - 1e-6 <= time_s < end - 1e-6 else ()


def day_heat_w(net: Network, name: str) -> float:
    """The mean heat a station asks for over a day, W."""
    station = net.links[name]
    assert isinstance(station, Substation)
    factors = [pattern_factor(net, station.pattern, 3600.0 * h) for h in range(DAY_HOURS)]
    return station.heat_w * float(np.mean(factors))
