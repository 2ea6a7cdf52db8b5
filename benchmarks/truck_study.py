"""How many water trucks: plans, proved bounds, and an independent check of every timetable.

    python benchmarks/truck_study.py [--points 40 200] [--seeds 0 1 2] [--effort 8000] [--proof 80]

Random towns on a street grid; fleets of 5, 8, 12 m3 and mixed; every second case has slow taps, so
that time binds and not volume. Each case is planned as a proposal is; where plan and bound differ
it is then planned with more effort and more steps for the bound; 200 points gain from `--effort
20000`, a few minutes a case. Prints a line a case: trucks, proved bound, processor seconds of the
first plan and of all, hours that trucks stand idle at the end of their shifts, what binds, faults.
"""

from __future__ import annotations

import argparse
import math
import random
import time
from datetime import datetime
from zoneinfo import ZoneInfo

from dispatch.delivery import DeliveryNeed, DeliveryPoint
from dispatch.fleet import Depot, FillPoint, Truck, drop_and_go
from dispatch.roads import Road, RoadGraph
from dispatch.trucks import TruckPlan, plan_trucks
from dispatch.warming import warm_trucks
from tests.dispatch.truck_checker import violations

ZONE = ZoneInfo("Asia/Shanghai")
START = datetime(2026, 3, 10, 8, tzinfo=ZONE)
BLOCK_M, SIDE = 400.0, 16
FIRST_PLAN_S = 10.0
SHIFT_S = 8 * 3600.0
SIZES = {"5 m3": (5.0,), "8 m3": (8.0,), "12 m3": (12.0,), "mixed": (5.0, 8.0, 12.0)}


def streets() -> list[Road]:
    """A grid of two-way streets at 30 km/h."""
    found = []
    for x in range(SIDE):
        for y in range(SIDE):
            for dx, dy in ((1, 0), (0, 1)):
                u, v = x + dx, y + dy
                if u < SIDE and v < SIDE:
                    found.append(
                        Road(
                            id=f"{x},{y}-{u},{v}",
                            start=f"{x},{y}",
                            end=f"{u},{v}",
                            x1=x * BLOCK_M,
                            y1=y * BLOCK_M,
                            x2=u * BLOCK_M,
                            y2=v * BLOCK_M,
                            length_m=BLOCK_M,
                            speed_ms=30 / 3.6,
                        )
                    )
    return found


def case(
    points: int,
    fleet: str,
    seed: int,
    *,
    swap: bool = False,
    effort: int = 2000,
    proof: int | None = None,
) -> tuple[TruckPlan, list[str], float]:
    """A plan, its faults, and the processor seconds it took."""
    dice = random.Random(f"{points} {fleet} {seed}")
    roads = streets()
    graph = RoadGraph(roads)

    def somewhere() -> tuple[float, float]:
        return dice.randrange(SIDE) * BLOCK_M, dice.randrange(SIDE) * BLOCK_M

    wanted = []
    for i in range(points):
        x, y = somewhere()
        people = dice.randint(60, 400)
        wanted.append(
            DeliveryPoint(
                id=f"P{i}",
                x=x,
                y=y,
                junction=graph.nearest(x, y),
                people=people,
                daily_m3=people * 0.02,
                priority=i % 20 == 0,
            )
        )
    slow = seed % 2 == 1
    depot_x, depot_y = somewhere()
    depots = [Depot(id="Y", name_zh="Y", name_en="Y", x=depot_x, y=depot_y)]
    fills = []
    for i in range(max(3, points // 25)):
        x, y = somewhere()
        fills.append(
            FillPoint(
                id=f"F{i}", name_zh="F", name_en="F", x=x, y=y, element="node:F", flow_m3s=0.015
            )
        )
    total = sum(p.daily_m3 for p in wanted)
    rate = 0.0012 if slow else 0.006
    trucks = []
    for i in range(math.ceil(total / (8 if slow else 16)) + 4):
        trucks.append(
            Truck(
                id=f"T{i}",
                depot="Y",
                capacity_m3=SIZES[fleet][i % len(SIZES[fleet])],
                shift_s=SHIFT_S,
                discharge_m3s=rate,
                setup_s=480.0,
            )
        )
    if swap:
        trucks = [drop_and_go(truck, 300.0) for truck in trucks]
    need = DeliveryNeed(
        points=tuple(wanted),
        people=sum(p.people for p in wanted),
        litres_per_person_day=20.0,
        days=1.0,
    )
    began = time.process_time()
    plan = plan_trucks(
        need,
        graph,
        trucks,
        depots,
        fills,
        start=START,
        zone=ZONE,
        source="study",
        seed=seed,
        iterations=effort,
        proof=proof,
    )
    took = time.process_time() - began
    return plan, violations(plan.as_dict(required=True), roads, trucks, fills, START), took


def gap(plan: TruckPlan) -> float:
    """Trucks between the plan and its bound; infinite when somebody is not served."""
    served = plan.complete and plan.lower_bound is not None
    return len(plan.routes) - (plan.lower_bound or 0) if served else math.inf


def main(sizes: list[int], fleets: list[str], seeds: list[int], effort: int, proof: int) -> None:
    """Print every case and the totals by number of points."""
    warm_trucks()  # compiling is no part of a plan
    for points in sizes:
        gaps: list[float] = []
        faults = late = 0
        for fleet in fleets:
            for seed in seeds:
                plan, wrong, first = case(points, fleet, seed)
                took = first
                if gap(plan) > 0:
                    plan, more, second = case(points, fleet, seed, effort=effort, proof=proof)
                    wrong, took = wrong + more, first + second
                gaps.append(gap(plan))
                faults += len(wrong)
                late += first > FIRST_PLAN_S
                volume = sum(p.daily_m3 for p in plan.need.points)
                idle_h = sum(SHIFT_S / 3600.0 - route.hours.total for route in plan.routes)
                print(
                    f"{points} points {fleet:<5} seed {seed}: {volume:6.1f} m3, {plan.trucks_text}"
                    f" (bound {plan.lower_bound}), first plan {first:.1f} s, all {took:.1f} s, "
                    f"idle {idle_h:.1f} h; {plan.binds_en} {'; '.join(wrong)}",
                    flush=True,
                )
        optimal, near = sum(g == 0 for g in gaps), sum(g <= 1 for g in gaps)
        print(
            f"{points} points: {optimal} of {len(gaps)} proved optimal, {near} within one truck, "
            f"{faults} faults found by the checker, {late} first plans over {FIRST_PLAN_S} s",
            flush=True,
        )


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--points", type=int, nargs="+", default=[40, 200])
    parser.add_argument("--fleets", nargs="+", default=list(SIZES), choices=list(SIZES))
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2, 3, 4])
    parser.add_argument("--effort", type=int, default=8000)
    parser.add_argument("--proof", type=int, default=80)
    given = parser.parse_args()
    main(given.points, given.fleets, given.seeds, given.effort, given.proof)
