"""What a truck's day can be worth, and the fewest trucks that could bring what all is worth.

A day is told by its number of trips, the fill point it starts at and how many trucks start there
behind it; `trip_bound` argues why that proves a bound.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dispatch.trip_pricing import Floats, Kind


@dataclass(frozen=True, slots=True)
class Days:
    """The most that days of a type are worth at a price of time, of 1, 2, ... trips.

    By number of trips, fill point of the first trip and price level of its filling (M, F, Q).
    """

    price_s: float
    worth: Floats


def day_values(values: Floats, first: list[Floats], most_trips: int) -> Floats:
    """The most that 1, 2, ... trips are worth, by fill point and level of the first (M, F, Q)."""
    rest = values[:, -1]  # the best of the trips that come after, by their first fill point
    days = [np.stack([level[:, -1] for level in first], axis=1)]
    for _ in range(most_trips - 1):
        days.append(np.stack([(level[:, :-1] + rest).max(axis=1) for level in first], axis=1))
        rest = (values[:, :-1] + rest).max(axis=1)
    return np.array(days)


def most_by_start(
    kinds: Sequence[Kind],
    kind: Kind,
    slots: Sequence[tuple[int, int]],
    days: Sequence[Days],
    queue_s: float,
    levels: Floats,
) -> Floats:
    """The most a truck of a type is worth by start (fill point and trucks behind it)."""
    fills = np.array([fill for fill, _ in slots])
    behind = np.array([number for _, number in slots])
    first = np.array([min(float(k.first_drive_s[f]) for k in kinds) for f in fills])
    reached = np.isfinite(kind.first_drive_s[fills])
    own = np.where(reached, kind.first_drive_s[fills], 0.0)
    late = np.where(reached, own - np.where(reached, first, 0.0), 0.0)
    # Between two levels a chord, above the last the last: worth falls with the price, bent up.
    level = np.minimum(behind * queue_s, levels[-1])
    at = np.clip(np.searchsorted(levels, level, side="right") - 1, 0, max(len(levels) - 2, 0))
    after = np.minimum(at + 1, len(levels) - 1)
    width = levels[after] - levels[at]
    part = np.where(width > 0.0, (level - levels[at]) / np.where(width > 0.0, width, 1.0), 0.0)
    setup = kind.kind.one.setup_s
    least = np.full((kind.most_trips, len(fills)), np.inf)
    for each in days:
        if each.price_s < queue_s:
            continue
        # The queue counts from the first truck's drive, at its price; the rest from the own.
        time = each.price_s * (kind.kind.one.shift_s - own) + queue_s * late
        time = time - queue_s * behind * setup
        worth = (1.0 - part) * each.worth[:, fills, at] + part * each.worth[:, fills, after]
        least = np.minimum(least, time + worth)
    most = least.max(axis=0)
    possible = reached & (own < kind.kind.one.shift_s)
    return np.where(possible, np.maximum(most, 0.0), 0.0)


def fewest_trucks(
    starts: Sequence[tuple[int, int, int, float]],
    worth: float,
    order: Sequence[tuple[int, int]],
    available: Sequence[float],
) -> float:
    """The fewest trucks, in parts if need be, that could bring the worth; 0 if not known."""
    from scipy.optimize import linprog

    slots = {slot: row for row, slot in enumerate(order)}
    rows = np.zeros((1 + len(slots) + len(available), len(starts)))
    for column, (kind, fill, slot, most) in enumerate(starts):
        rows[0, column] = -most
        rows[1 + slots[fill, slot], column] = 1.0
        rows[1 + len(slots) + kind, column] = 1.0
    high = np.concatenate([[-worth], np.ones(len(slots)), available])
    solved = linprog(np.ones(len(starts)), A_ub=rows, b_ub=high, method="highs")
    if solved.status != 0:
        return 0.0
    # By weak duality: prices of the rows, made feasible, prove the number.
    dual = np.maximum(-solved.ineqlin.marginals, 0.0)
    over = max(1.0, float((-(dual @ rows)).max(initial=0.0)))
    return float(-(dual @ high)) / over


def whole_trucks(
    kinds: Sequence[Kind],
    days: Sequence[Sequence[Days]],
    waits: Floats,
    levels: Floats,
    worth: float,
) -> float:
    """The fewest trucks that could bring the worth, counted whole at each fill point.

    Waiting has a price by place in the first queue, `waits`; its last holds for all places behind.
    A truck at a place pays for its own wait as far as set-ups are it, and what its first filling
    takes at the price of everyone behind it, of the number that start there: that is at most what
    those lose. Trucks in front may so have a price of time below that of waiting. Of two numbers
    the one above has the fraction by which the worth exceeds what the one below could bring.
    """
    fills = days[0][0].worth.shape[1]
    trucks = sum(len(kind.kind.trucks) for kind in kinds)
    price = np.concatenate([waits, np.full(max(trucks - len(waits), 0), waits[-1])])
    price[0] = 0.0  # the first waits for nobody
    most = np.zeros(1)
    for fill in range(fills):
        here = [0.0]
        for number in range(1, trucks + 1):
            total = sum(
                max(
                    _at_place(kinds, kind, days[kind.number], fill, place, price[:number], levels)
                    for kind in kinds
                )
                for place in range(number)
            )
            here.append(max(total, here[-1]))
        most = _together(most, np.array(here), trucks)
    enough = np.flatnonzero(most >= worth)
    if not len(enough):
        return float(trucks + 1)
    number = int(enough[0])
    if number == 0:
        return 0.0
    below = float(most[number - 1])
    return number - 1 + (worth - below) / max(float(most[number]) - below, 1e-12)


def _together(most: Floats, here: Floats, trucks: int) -> Floats:
    """The most of 0, 1, ... trucks over the fill points so far and one more."""
    total = np.full(trucks + 1, -np.inf)
    for before in range(len(most)):
        room = trucks + 1 - before
        part = most[before] + here[:room]
        total[before : before + len(part)] = np.maximum(total[before : before + len(part)], part)
    return np.maximum.accumulate(total)


def _at_place(
    kinds: Sequence[Kind],
    kind: Kind,
    days: Sequence[Days],
    fill: int,
    place: int,
    price: Floats,
    levels: Floats,
) -> float:
    """The most a truck is worth at a place of a queue of as many as there are prices."""
    own = float(kind.first_drive_s[fill])
    shift = kind.kind.one.shift_s
    if not own < shift:
        return 0.0
    first = min(float(each.first_drive_s[fill]) for each in kinds)
    setup = min(each.kind.one.setup_s for each in kinds)
    wait = float(price[place])
    level = min(float(price[place + 1 :].sum()), float(levels[-1]))
    after = int(np.clip(np.searchsorted(levels, level, side="right"), 0, len(levels) - 1))
    at = max(after - 1, 0)
    width = float(levels[after] - levels[at])
    part = (level - float(levels[at])) / width if width > 0.0 else 0.0
    least = np.full(kind.most_trips, np.inf)
    for each in days:
        if each.price_s >= wait:
            time = each.price_s * (shift - own) + wait * (own - first - place * setup)
            value = (1.0 - part) * each.worth[: kind.most_trips, fill, at]
            value = value + part * each.worth[: kind.most_trips, fill, after]
            least = np.minimum(least, time + value)
    return max(float(least.max()), 0.0)
