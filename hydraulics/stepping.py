"""From one event to the next: how long the present state holds, and the tanks after it.

The step is the least of the hydraulic step and the times to the next pattern period, report, tank
limit and simple control, in whole seconds. Tanks follow explicit Euler on volume.
"""

from __future__ import annotations

import math

from hydraulics.compiled import lean_kernel
from hydraulics.controls import (
    DAY,
    apply_controls,
    apply_patterns,
    fill_tanks,
    pattern_period,
    volume_at,
)
from hydraulics.energy import add_energy
from hydraulics.proof.solving import Witness, solve_proved
from hydraulics.records import Place, Records, write_record
from hydraulics.rules import through_rules
from hydraulics.tables import (
    ABOVE,
    AT_CLOCKTIME,
    AT_TIME,
    BELOW,
    PIPE,
    STILL,
    Settings,
    Tables,
    Work,
)
from hydraulics.types import F64


@lean_kernel
def round_half_up(x: float) -> float:
    """Whole seconds, halves away from zero."""
    return math.floor(x + 0.5) if x >= 0.0 else math.ceil(x - 0.5)


@lean_kernel
def next_step(
    tables: Tables, work: Work, settings: Settings, junctions: int, time: float, stop: float
) -> float:
    """Seconds until the network must be solved again, at most to the instant `stop`."""
    step = settings.hydraulic_step
    period = pattern_period(settings, time) + 1
    wait = period * settings.pattern_step - time
    if 0.0 < wait < step:
        step = wait
    wait = stop - time
    if 0.0 < wait < step:
        step = wait
    for i in range(len(tables.sources)):
        s = tables.sources[i]
        n = junctions + i
        flow = work.inflow[n]
        if s.area == 0.0 or abs(flow) <= STILL:
            continue
        if flow > 0.0 and work.head[n] < s.greatest_head:
            volume = s.greatest_volume - work.volume[i]
        elif flow < 0.0 and work.head[n] > s.least_head:
            volume = s.least_volume - work.volume[i]
        else:
            continue
        if abs(volume / flow) > step + 1.0:
            continue
        wait = round_half_up(volume / flow)
        if 0.0 < wait < step:
            step = wait
    for c in tables.controls:
        wait = 0.0
        if c.kind == AT_TIME:
            wait = c.time - time
        elif c.kind == AT_CLOCKTIME:
            now = (time + settings.start_clock) % DAY
            wait = c.time - now if c.time >= now else DAY - now + c.time
        elif c.node >= junctions:
            flow = work.inflow[c.node]
            if abs(flow) <= STILL:
                continue
            i = c.node - junctions
            head = work.head[c.node]
            rising = c.kind == ABOVE and head < c.grade and flow > 0.0
            falling = c.kind == BELOW and head > c.grade and flow < 0.0
            if rising or falling:
                elevation = tables.nodes[c.node].elevation
                goal = volume_at(tables, i, c.grade, elevation)
                wait = round_half_up((goal - work.volume[i]) / flow)
        if 0.0 < wait < step:
            k = c.link
            new_setting = tables.links[k].kind > PIPE and work.setting[k] != c.setting
            if not work.held[k] and (new_setting or work.status[k] != c.status):
                step = wait
    return step


@lean_kernel
def run_reports(
    tables: Tables,
    work: Work,
    settings: Settings,
    junctions: int,
    witness: Witness,
    time: float,
    stops: F64,
    most: int,
    records: Records,
    row: int,
    place: Place,
) -> tuple[float, int, int, int, int, float, int, bool]:
    """Run from `time` through the instants `stops`, at each writing a row of `records` from `row`
    on if it has rows; through the `most` next events at most. Returns as `run_until`; iterations,
    change and proof are those of `records.ended` if nothing was solved.
    """
    solves, total, unbalanced, count, error, singular, good = 0, 0, 0, -1, 0.0, -1, True
    for i in range(len(stops)):
        time, n, iterations, unproved, c, e, singular, g = run_until(
            tables, work, settings, junctions, witness, time, stops[i], most - solves
        )
        solves += n
        total += iterations
        unbalanced += unproved
        if n > 0:
            count, error, good = c, e, g
            records.ended[0] = 2 if not g else 1 if c > settings.trials else 0
        if singular >= 0 or not math.isfinite(error):
            break
        if len(records.head) > 0:
            write_record(records, row + i, work, junctions, place)
    return time, solves, total, unbalanced, count, error, singular, good


@lean_kernel
def run_until(
    tables: Tables,
    work: Work,
    settings: Settings,
    junctions: int,
    witness: Witness,
    time: float,
    stop: float,
    most: int,
) -> tuple[float, int, int, int, int, float, int, bool]:
    """Run through all events from `time` to `stop`, or through the `most` next ones.

    Returns the time reached, solves, iterations, solves without proof, and the last solve's
    iterations, relative change, singular row (-1: none; the run ends there otherwise) and proof.
    """
    solves, total, unbalanced, count, error, singular, good = 0, 0, 0, 0, 0.0, -1, True
    while time < stop and solves < most:
        step = next_step(tables, work, settings, junctions, time, stop)
        if len(tables.rules) > 0:
            step = through_rules(tables, work, settings, junctions, time, step)
        else:
            fill_tanks(tables, work, junctions, step)
        add_energy(tables, work, settings, witness.ledger, time, step)
        time = math.floor((time + step) * 1000.0 + 0.5) / 1000.0
        apply_patterns(tables, work, settings, junctions, time)
        apply_controls(tables, work, settings, junctions, time)
        count, error, singular, good = solve_proved(tables, work, settings, junctions, witness)
        solves += 1
        total += count
        if not good:
            unbalanced += 1
        if singular >= 0 or not math.isfinite(error):
            break
    return time, solves, total, unbalanced, count, error, singular, good
