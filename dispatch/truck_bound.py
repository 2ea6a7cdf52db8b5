"""How many trucks it takes at least: a bound that no plan can beat.

A linear programme that leaves out of the real problem whatever would make it hard, and
adds nothing to it, so that every real plan is one of its solutions:

- trucks n_k, fillings (trips) T_k and stops s_ki need not be whole numbers (in a small haul they
  must), and a point's demand may be split over any number of stops and trucks;
- a stop unloads at most a truckful of its type, and so does a trip; a point has at least as many
  stops as its demand has truckfuls of the largest truck, rounded up, and so have all the trips;
- a truck's shift must hold its set-up, filling and unloading times (at the fastest fill point)
  and at least the shortest drive into each stop and each filling: first stops of a trip are
  entered from a fill point, later ones from another point; the last stop of a trip leads back
  to a fill point or, once a truck, to its depot;
- a trip is at least as long as the drive from a fill point to its farthest stop and on to a fill
  point or the depot; shared out by volume, each m3 pays its own stop's drive over the truck's
  capacity. This is a second row for the same time, not added to the first;
- time is pooled over the trucks of one type, and nobody queues at a fill point; but all fill points
  together give no more water, set-ups counted at the slowest, than they can in the longest shift.

The solver's dual bound of the least sum of n_k, rounded up, is then a true lower bound, also
when the search stops at its node limit. On hauls of some size whole numbers cost seconds and
have not been seen to raise the rounded bound.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import ceil
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dispatch.haul import Haul, TruckType

_NODE_LIMIT = 200
_SMALL_HAUL = 40
"""Points times truck types up to which whole numbers are asked for."""
_ROUNDING = 1e-6


@dataclass(slots=True)
class _Programme:
    """Rows and columns collected one by one; rows are `low <= coefficients . x <= high`."""

    cost: list[float] = field(default_factory=list)
    whole: list[bool] = field(default_factory=list)
    upper: list[float] = field(default_factory=list)
    rows: list[dict[int, float]] = field(default_factory=list)
    low: list[float] = field(default_factory=list)
    high: list[float] = field(default_factory=list)
    used: dict[int, int] = field(default_factory=dict)
    """By truck type, the column that counts its trucks."""
    time: dict[int, float] = field(default_factory=dict)
    """Time needed less time there is, of all types."""

    def column(self, *, cost: float = 0.0, whole: bool = False, upper: float = np.inf) -> int:
        self.cost.append(cost)
        self.whole.append(whole)
        self.upper.append(upper)
        return len(self.cost) - 1

    def columns(self, count: int, *, whole: bool = False) -> list[int]:
        return [self.column(whole=whole) for _ in range(count)]

    def row(self, parts: dict[int, float], low: float, high: float) -> None:
        self.rows.append(parts)
        self.low.append(low)
        self.high.append(high)


def trucks_lower_bound(haul: Haul, *, unlimited: bool = False) -> int | None:
    """The least number of trucks that could serve a day's demand.

    None when the fleet cannot, whatever the plan; `unlimited` then asks as if there were any
    number of trucks of each type (None if even those could not).
    """
    demand = np.array([point.daily_m3 for point in haul.points])
    if not demand.any():
        return 0
    programme = _programme(haul, demand, unlimited=unlimited)
    if programme is None:
        return None
    small = len(haul.points) * len(haul.types) <= _SMALL_HAUL
    result = _solve(programme, np.array(programme.cost), np.array(programme.whole) & small)
    bound = result.get("mip_dual_bound") if small else result.fun
    if bound is None or not np.isfinite(bound):
        return None
    return max(1, ceil(float(bound) - _ROUNDING))


def relaxed_trucks(haul: Haul) -> float | None:
    """The trucks that any number of the same would need, in parts of trucks; None for no way."""
    demand = np.array([point.daily_m3 for point in haul.points])
    programme = _programme(haul, demand, unlimited=True) if demand.any() else None
    if programme is None:
        return None
    cost = np.array(programme.cost)
    result = _solve(programme, cost, np.zeros(len(cost), bool))
    return None if result.x is None else float(result.fun)


def truck_mix(haul: Haul, number: int) -> tuple[int, ...] | None:
    """How many trucks of each type make the day easiest for `number` of them; None when none do.

    By the programme of the bound: the most time to spare, all types together.
    """
    demand = np.array([point.daily_m3 for point in haul.points])
    if len(haul.types) == 1:
        return (number,) if number <= len(haul.types[0].trucks) else None
    programme = _programme(haul, demand, unlimited=False)
    if programme is None:
        return None
    programme.row(dict.fromkeys(programme.used.values(), 1.0), number, number)
    cost, whole = np.zeros(len(programme.cost)), np.zeros(len(programme.cost), bool)
    for column, seconds in programme.time.items():
        cost[column] = seconds
    whole[list(programme.used.values())] = True
    result = _solve(programme, cost, whole)
    if result.x is None:
        return None
    mix = [0] * len(haul.types)
    for kind, column in programme.used.items():
        mix[kind] = round(float(result.x[column]))
    return tuple(mix)


def _programme(haul: Haul, demand: NDArray[np.float64], *, unlimited: bool) -> _Programme | None:
    """The linear programme; None when no truck type can make a trip."""
    if not haul.types or not haul.fills:
        return None
    programme = _Programme()
    volumes: list[list[int]] = [[] for _ in haul.points]
    stops: list[list[int]] = [[] for _ in haul.points]
    trips: list[int] = []
    largest = max(kind.one.capacity_m3 for kind in haul.types)
    for number, kind in enumerate(haul.types):
        if all(np.isfinite(_drives(haul, kind).least)):
            programme.used[number] = len(programme.cost)
            added = _add_type(programme, haul, kind, volumes, unlimited=unlimited)
            trips.append(added[0])
            for i, column in enumerate(added[1:]):
                stops[i].append(column)
    if not programme.cost:
        return None
    for i, columns in enumerate(volumes):
        programme.row(dict.fromkeys(columns, 1.0), float(demand[i]), float(demand[i]))
    for i, columns in enumerate(stops):
        programme.row(dict.fromkeys(columns, 1.0), _truckfuls(demand[i], largest), np.inf)
    programme.row(dict.fromkeys(trips, 1.0), _truckfuls(demand.sum(), largest), np.inf)
    # All fill points together, each busy from the first truck's start to the longest shift's end.
    flows = [fill.flow_m3s for fill in haul.fills]
    longest = max(kind.one.shift_s for kind in haul.types)
    setup_m3 = min(flows) * min(kind.one.setup_s for kind in haul.types)
    room_m3 = longest * sum(flows) - float(demand.sum())
    programme.row(dict.fromkeys(trips, setup_m3), -np.inf, room_m3)
    return programme


def _solve(programme: _Programme, cost: NDArray[np.float64], whole: NDArray[np.bool_]) -> Any:
    from scipy.optimize import Bounds, LinearConstraint, milp
    from scipy.sparse import csr_array

    index = [(r, c) for r, parts in enumerate(programme.rows) for c in parts]
    data = [value for parts in programme.rows for value in parts.values()]
    matrix = csr_array(
        (data, ([r for r, _ in index], [c for _, c in index])),
        shape=(len(programme.rows), len(programme.cost)),
    )
    return milp(
        c=cost,
        integrality=whole.astype(np.int64),
        bounds=Bounds(np.zeros(len(programme.upper)), np.array(programme.upper)),
        constraints=LinearConstraint(matrix, np.array(programme.low), np.array(programme.high)),
        # HiGHS's presolve calls some of these feasible programmes infeasible (scipy 1.17).
        options={"node_limit": _NODE_LIMIT, "presolve": False},
    )


def _truckfuls(volume_m3: float, largest_m3: float) -> float:
    """The fewest loads that hold a volume: a whole number, as loads are."""
    return float(ceil(volume_m3 / largest_m3 - _ROUNDING))


@dataclass(frozen=True, slots=True)
class _Drives:
    """Shortest drives of a truck type, by point (P,): into a first or later stop, and out."""

    first_fill: float
    into_first: NDArray[np.float64]
    into_later: NDArray[np.float64]
    back_to_fill: NDArray[np.float64]
    to_depot: NDArray[np.float64]

    @property
    def least(self) -> NDArray[np.float64]:
        """What must be finite for any trip at all."""
        return np.concatenate([[self.first_fill], self.into_first])


def _drives(haul: Haul, kind: TruckType) -> _Drives:
    fills, points = list(haul.fill_places), list(haul.point_places)
    between = haul.time_s[np.ix_(points, points)].copy()
    # Two stops in a row at one point are one stop: a plan that makes them is no better for it.
    np.fill_diagonal(between, np.inf)
    return _Drives(
        first_fill=float(haul.time_s[kind.begin, fills].min()),
        into_first=haul.time_s[np.ix_(fills, points)].min(axis=0),
        into_later=between.min(axis=0, initial=np.inf),
        back_to_fill=haul.time_s[np.ix_(points, fills)].min(axis=1),
        to_depot=haul.time_s[points, kind.depot],
    )


def _add_type(
    programme: _Programme,
    haul: Haul,
    kind: TruckType,
    volumes: list[list[int]],
    *,
    unlimited: bool,
) -> list[int]:
    """Add a type's columns and rows; its trips column, then its stops columns by point."""
    truck, drives, count = kind.one, _drives(haul, kind), len(haul.points)
    fastest = max(fill.flow_m3s for fill in haul.fills)
    per_m3 = 1.0 / truck.discharge_m3s + 1.0 / fastest
    used = programme.column(
        cost=1.0, whole=True, upper=np.inf if unlimited else float(len(kind.trucks))
    )
    trips = programme.column(whole=True)
    stops = programme.columns(count, whole=True)
    volume = programme.columns(count)
    first, later = programme.columns(count), programme.columns(count)
    refill, home = programme.columns(count), programme.columns(count)
    time: dict[int, float] = {used: drives.first_fill - kind.duty_s, trips: truck.setup_s}
    for i in range(count):
        volumes[i].append(volume[i])
        programme.row({volume[i]: 1.0, stops[i]: -truck.capacity_m3}, -np.inf, 0.0)
        programme.row({first[i]: 1.0, later[i]: 1.0, stops[i]: -1.0}, 0.0, 0.0)
        programme.row({refill[i]: 1.0, home[i]: 1.0, stops[i]: -1.0}, -np.inf, 0.0)
        time |= {volume[i]: per_m3, stops[i]: truck.setup_s}
        for column, drive in (
            (first[i], drives.into_first[i]),
            (later[i], drives.into_later[i]),
            (refill[i], drives.back_to_fill[i]),
            (home[i], drives.to_depot[i]),
        ):
            if np.isfinite(drive):
                time[column] = float(drive)
            else:
                programme.upper[column] = 0.0
    programme.row(time, -np.inf, 0.0)
    programme.time |= time
    radial = drives.into_first + np.minimum(drives.back_to_fill, drives.to_depot)
    farthest = {used: drives.first_fill - kind.duty_s, trips: truck.setup_s}
    for i in range(count):
        drive = float(radial[i]) / truck.capacity_m3 if np.isfinite(radial[i]) else 0.0
        farthest |= {volume[i]: per_m3 + drive, stops[i]: truck.setup_s}
    programme.row(farthest, -np.inf, 0.0)
    programme.row({**dict.fromkeys(volume, 1.0), trips: -truck.capacity_m3}, -np.inf, 0.0)
    programme.row({**dict.fromkeys(first, 1.0), trips: -1.0}, 0.0, 0.0)
    programme.row({**dict.fromkeys(home, 1.0), used: -1.0}, 0.0, 0.0)
    programme.row({**dict.fromkeys(refill, 1.0), trips: -1.0, used: 1.0}, 0.0, 0.0)
    return [trips, *stops]
