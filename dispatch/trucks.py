"""Emergency water delivery: how many trucks at least, a plan that does it, and what binds."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from dispatch.delivery import DeliveryNeed
from dispatch.element import element_name
from dispatch.fill_queue import with_queues
from dispatch.fleet import Depot, FillPoint, Truck, read_depots, read_fill_points, read_fleet
from dispatch.haul import Haul, make_haul
from dispatch.note import Note
from dispatch.roads import RoadGraph
from dispatch.rounds import RoundPlan
from dispatch.timetable import Hours, TruckRoute, timetables
from dispatch.truck_bound import trucks_lower_bound
from dispatch.truck_levers import Binding, Lever, binding
from dispatch.truck_proof import quick_steps, sharper_bound
from dispatch.truck_search import plan_rounds

__all__ = [
    "Depot",
    "FillPoint",
    "Truck",
    "TruckPlan",
    "first_round",
    "plan_trucks",
    "read_depots",
    "read_fill_points",
    "read_fleet",
]

_EVERY_DAY = Note(
    "以上为一整天的班次，停水期间每天重复",
    "one full day's round, to be repeated on every day of the outage",
)
_THINGS = {
    "tap": ("放水速度", "tap discharge"),
    "stops": ("停靠接管", "stop handling"),
    "distance": ("路程", "distance"),
    "filling": ("取水", "filling"),
    "fleet": ("车辆", "fleet"),
}
_BINDS = {
    "driving": ("行驶", "driving"),
    "setup": ("停靠与接管", "parking and hoses"),
    "filling": ("取水", "filling"),
    "unloading": ("放水", "unloading"),
    "waiting": ("排队", "waiting to fill"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TruckPlan:
    """A day's delivery. `lower_bound` is what no plan can beat (None: the fleet cannot do it).

    `needed_of_any_number` is that bound when the fleet is too small: as if it had more of the same
    trucks. The plan serves everybody when `undelivered_m3` is zero.
    """

    need: DeliveryNeed
    source: str
    lower_bound: int | None
    needed_of_any_number: int | None
    routes: tuple[TruckRoute, ...]
    undelivered_m3: float
    binds_zh: str
    binds_en: str
    levers: tuple[Lever, ...]
    notes: tuple[Note, ...]

    @property
    def complete(self) -> bool:
        """Whether everybody is served."""
        return self.undelivered_m3 <= 0.0

    @property
    def trucks_text(self) -> str:
        """`5 trucks` where plan and bound meet, `5-6 trucks` where the truth lies between."""
        count = len(self.routes)
        if not self.complete:
            least = self.needed_of_any_number
            return f"more than the fleet has (at least {least})" if least else "cannot be served"
        if self.lower_bound is None or self.lower_bound >= count:
            return f"{count} truck" + "s" * (count != 1)
        return f"{self.lower_bound}-{count} trucks"

    def as_dict(self, *, required: bool) -> dict[str, Any]:
        """The plan as JSON-ready values; volumes of one day unless they say otherwise."""
        return {
            "required": required,
            "people": self.need.people,
            "demand_m3": round(self.need.total_m3, 3),
            "daily_m3": round(self.need.daily_m3, 3),
            "days": round(self.need.days, 4),
            "litres_per_person_day": self.need.litres_per_person_day,
            "source": self.source,
            "lower_bound": self.lower_bound,
            "trucks": len(self.routes),
            "trucks_text": self.trucks_text,
            "undelivered_m3": round(self.undelivered_m3, 3),
            "points": [
                {
                    "id": point.id,
                    "x": point.x,
                    "y": point.y,
                    "people": point.people,
                    "daily_m3": round(point.daily_m3, 3),
                    "priority": point.priority,
                }
                for point in self.need.points
            ],
            "routes": [route.as_dict() for route in self.routes],
            "binds": self.binds_en,
            "binds_zh": self.binds_zh,
            "levers": [lever.as_dict() for lever in self.levers],
            "notes": [note.en for note in self.notes],
            "notes_zh": [note.zh for note in self.notes],
        }


def plan_trucks(
    need: DeliveryNeed,
    roads: RoadGraph,
    fleet: Sequence[Truck],
    depots: Sequence[Depot],
    fill_points: Sequence[FillPoint],
    *,
    start: datetime,
    zone: ZoneInfo,
    source: str,
    without_water: Collection[str] = (),
    iterations: int = 2000,
    seed: int = 1,
    proof: int | None = None,
) -> TruckPlan:
    """A round for one full day of need that starts at `start`, and its certified lower bound.

    Fill points at the nodes of `without_water` are left out. The same inputs give the same plan:
    the search is seeded and ends after `iterations`. Up to `proof` steps go into a sharper bound;
    None for as many as a few seconds allow.
    """
    dry = frozenset(without_water)
    usable = [f for f in fill_points if element_name(f.element).id not in dry]
    haul = make_haul(roads, fleet, depots, usable, need.points)
    told = (_EVERY_DAY, *_dry_fills(len(fill_points) - len(usable)))
    return plan_haul(
        haul,
        need,
        told,
        start=start,
        zone=zone,
        source=source,
        iterations=iterations,
        seed=seed,
        proof=proof,
    )


def with_agreement(plan: TruckPlan, fire_fleet: Sequence[Truck]) -> TruckPlan:
    """The plan with a note on the trucks of the fire service that it uses."""
    theirs = {truck.id for truck in fire_fleet}
    used = [route.truck for route in plan.routes if route.truck in theirs]
    names = ", ".join(used)
    note = Note(
        f"按协议使用消防车{len(used)}辆：{names}",
        f"{len(used)} trucks of the fire service by agreement: {names}",
    )
    return replace(plan, notes=(note, *plan.notes)) if used else plan


def plan_haul(
    haul: Haul,
    need: DeliveryNeed,
    told: Sequence[Note],
    *,
    start: datetime,
    zone: ZoneInfo,
    source: str,
    iterations: int,
    seed: int,
    proof: int | None,
) -> TruckPlan:
    """The plan of a haul that begins at `start`; `told` are notes on how it came about."""
    bound = trucks_lower_bound(haul)
    plan = plan_rounds(
        haul, iterations=iterations, seed=seed, enough=bound or 0, feasible=bound is not None
    )
    routes = timetables(haul, with_queues(haul, plan.rounds), start, zone)
    hours = sum((route.hours for route in routes), Hours())
    short = plan.undelivered_m3 > 0.0
    if bound is not None and not short and bound < len(plan.rounds):
        steps = quick_steps(haul) if proof is None else proof
        if steps:
            sharper = sharper_bound(haul, plan, iterations=steps, thorough=proof is not None)
            bound = max(bound, sharper)
    notes = (*told, *_tanks(haul, plan), *_notes(haul, need.uncounted, short=short))
    if not short and (bound is None or bound > len(routes)):
        # A plan that works refutes the bound: better none than a wrong one.
        bound = None
        notes = (
            *notes,
            Note(
                "求解器给出的下界与方案矛盾，已舍去",
                "the solver's lower bound contradicts the plan and is left out",
            ),
        )
    needed = trucks_lower_bound(haul, unlimited=True) if short else None
    found = binding(haul, waiting_h=hours.waiting)
    binds_zh, binds_en = _binds(haul, hours, found, needed, short=short)
    return TruckPlan(
        need=need,
        source=source,
        lower_bound=bound,
        needed_of_any_number=needed,
        routes=routes,
        undelivered_m3=plan.undelivered_m3,
        binds_zh=binds_zh,
        binds_en=binds_en,
        levers=found.levers if found else (),
        notes=notes,
    )


def first_round(start: datetime, end: datetime, at: time, zone: ZoneInfo) -> datetime:
    """When the first round starts: the first `at` on the site's clock in the window, or its start.

    People store water before a stop, so trucks need not leave in the night it begins.
    """
    local = start.astimezone(zone)
    morning = datetime.combine(local.date(), at, zone)
    if morning.astimezone(UTC) < start.astimezone(UTC):
        morning = datetime.combine(local.date() + timedelta(days=1), at, zone)
    return morning if morning.astimezone(UTC) < end.astimezone(UTC) else local


def _binds(
    haul: Haul, hours: Hours, found: Binding | None, needed: int | None, *, short: bool
) -> tuple[str, str]:
    """Where the truck hours go, and what binds."""
    zh, en = [], []
    if hours.total > 0.0:
        shares = {name: getattr(hours, name) / hours.total for name in _BINDS}
        ranked = sorted(shares, key=lambda name: -shares[name])
        most_zh, most_en = _BINDS[ranked[0]]
        parts_zh = "、".join(f"{_BINDS[name][0]}{shares[name]:.0%}" for name in ranked)
        parts_en = ", ".join(f"{_BINDS[name][1]} {shares[name]:.0%}" for name in ranked)
        zh.append(f"共{hours.total:.1f}车时，主要耗于{most_zh}：{parts_zh}。")
        en.append(f"{hours.total:.1f} truck hours, most of them {most_en}: {parts_en}.")
    if short and haul.types and haul.fills:
        have = sum(len(kind.trucks) for kind in haul.types)
        if needed is not None:
            zh.append(f"车辆不足：现有{have}辆，至少需{needed}辆同类车。")
            en.append(f"The fleet binds: it has {have} trucks, at least {needed} like them needed.")
        else:
            zh.append("取水点供水能力或班次不足：再多车辆也不够。")
            en.append("Filling or the shift binds: no number of such trucks could do it.")
    if found is not None:
        zh.append(found.text({k: v[0] for k, v in _THINGS.items()}, chinese=True))
        en.append(found.text({k: v[1] for k, v in _THINGS.items()}, chinese=False))
    return "".join(zh), " ".join(en)


def _dry_fills(count: int) -> tuple[Note, ...]:
    if not count:
        return ()
    return (
        Note(
            f"{count}个取水点在本次停水中无水，未采用",
            f"{count} fill points lose water in this outage and are left out",
        ),
    )


def _tanks(haul: Haul, plan: RoundPlan) -> tuple[Note, ...]:
    """How many tanks must stand ready for the trucks that set theirs down."""
    stops = sum(
        len(trip.loads)
        for each in plan.rounds
        if haul.types[each.kind].one.sets_down
        for trip in each.trips
    )
    if not stops:
        return ()
    return (
        Note(
            f"放罐{stops}次：须备空罐{stops}个，或按取回的空罐数减少",
            f"tanks are set down {stops} times: have as many ready, less those brought back",
        ),
    )


def _notes(haul: Haul, uncounted: Sequence[str], *, short: bool) -> tuple[Note, ...]:
    notes = [
        Note(
            "取水点一次只供一车，排队时间已计入",
            "a fill point serves one truck at a time; waiting is counted",
        ),
    ]
    if uncounted:
        names = ", ".join(uncounted)
        notes.append(
            Note(
                f"用户表未填人数，需水量不明：{names}",
                f"need unknown, no people in the customer table: {names}",
            )
        )
    if not haul.types:
        notes.append(Note("没有可用车辆", "no truck is available"))
    if not haul.fills:
        notes.append(Note("没有可用取水点", "no fill point is left"))
    if short and haul.types and haul.fills:
        notes.append(
            Note(
                "现有车辆每车一班无法满足全部需求",
                "the fleet cannot serve everybody in one shift a truck",
            )
        )
    return tuple(notes)
