"""Energy and cost of pumps, added up over every hydraulic step of a run.

Power = head gain * flow * specific gravity / efficiency. Efficiency comes from the pump's curve at
the flow it would have at full speed, corrected for speed after Sarbu and Borza (1998), or is the
network's common figure. Prices are a pump's own or the network's, times their pattern. Averages
are over the time a pump runs, as EPANET reports them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple, cast

import numpy as np

from hydraulics.compiled import lean_kernel
from hydraulics.controls import pattern_value
from hydraulics.laws.curve import interpolate
from hydraulics.state import PumpEnergy
from hydraulics.tables import CLOSED, STILL, Settings, Tables, Work
from hydraulics.types import F64, I64
from network_models.elements import Pump
from network_models.network import Network

KILOWATT = 0.7457 / 8.814
"""Of a foot of head and a cubic foot a second of water."""
HOUR = 3600.0
ONLINE, EFFICIENCY, SPECIFIC, ENERGY, PEAK, COST = range(6)
POWER, SHARE, FLOW = range(3)
HOURS, PEAK_ALL, LEAKED = range(3)


class Ledger(NamedTuple):
    """Prices of a network's pumps, and what a run has used so far."""

    gravity: float
    price: F64
    """(P,) a kWh."""
    pattern: I64
    """(P,) row of the price pattern; 0 is the constant 1."""
    efficiency: F64
    """(P,) per cent, where there is no curve."""
    curve: I64
    """(P,) row of the efficiency curve (m3/s, per cent), or -1."""
    now: F64
    """(P, 3): kW, efficiency (0 where the pump stands), cfs."""
    used: F64
    """(P, 6): hours running, efficiency * h, kWh a cf/s, kWh, peak kW, cost."""
    total: F64
    """(3,): hours, greatest kW of all pumps together, leakage in cubic feet."""


def new_ledger(net: Network, pump_ids: Sequence[str]) -> Ledger:
    """An empty ledger with the prices of the pumps named, all of `net` in the file's order."""
    pumps = [cast("Pump", net.links[id_]) for id_ in pump_ids]
    curves = {id_: i for i, id_ in enumerate(net.curves)}
    patterns = {id_: i + 1 for i, id_ in enumerate(net.patterns)}
    common = net.energy
    names = [p.price_pattern or common.price_pattern or "" for p in pumps]
    return Ledger(
        gravity=net.options.specific_gravity,
        price=np.array([p.energy_price or common.price for p in pumps], dtype=np.float64),
        pattern=np.array([patterns.get(name, 0) for name in names], dtype=np.int64),
        efficiency=np.full(len(pumps), common.efficiency_percent),
        curve=np.array([curves.get(p.efficiency_curve or "", -1) for p in pumps], dtype=np.int64),
        now=np.zeros((len(pumps), 3)),
        used=np.zeros((len(pumps), 6)),
        total=np.zeros(3),
    )


@lean_kernel
def measure_power(tables: Tables, work: Work, ledger: Ledger, m3s_per_cfs: float) -> None:
    """Keep each pump's power in the state just solved; controls may change it before it counts."""
    now = ledger.now
    now[:] = 0.0
    for p in range(len(tables.pumps)):
        k = tables.pumps[p].link
        if work.status[k] <= CLOSED or work.dead_link[k]:
            continue
        flow = abs(work.flow[k])
        gain = abs(work.head[tables.links[k].start] - work.head[tables.links[k].end])
        share = _efficiency(tables, ledger, p, flow * m3s_per_cfs, work.setting[k])
        now[p, POWER] = gain * flow * ledger.gravity * KILOWATT / share
        now[p, SHARE] = share
        now[p, FLOW] = max(STILL, flow)


@lean_kernel
def add_energy(
    tables: Tables, work: Work, settings: Settings, ledger: Ledger, time: float, seconds: float
) -> None:
    """Count the power last measured, which began at `time`, for so many seconds."""
    hours = seconds / HOUR
    if hours <= 0.0:
        return
    period = math.floor((time + settings.pattern_start) / settings.pattern_step + 1e-9)
    first, values = tables.pattern_first, tables.pattern_value
    together = 0.0
    used, now = ledger.used, ledger.now
    for p in range(len(tables.pumps)):
        if now[p, SHARE] == 0.0:
            continue
        power = now[p, POWER]
        price = ledger.price[p] * pattern_value(first, values, ledger.pattern[p], period)
        together += power
        used[p, ONLINE] += hours
        used[p, EFFICIENCY] += now[p, SHARE] * hours
        used[p, SPECIFIC] += power / now[p, FLOW] * hours
        used[p, ENERGY] += power * hours
        used[p, PEAK] = max(used[p, PEAK], power)
        used[p, COST] += price * power * hours
    total = ledger.total
    total[HOURS] += hours
    total[PEAK_ALL] = max(total[PEAK_ALL], together)
    for row in tables.leaks:
        total[LEAKED] += work.leaked[row.node] * seconds


@lean_kernel
def _efficiency(tables: Tables, ledger: Ledger, p: int, flow_m3s: float, speed: float) -> float:
    """Share of the power that becomes head, 0.01 to 1."""
    curve = ledger.curve[p]
    percent = ledger.efficiency[p]
    if curve >= 0 and speed > 0.0:
        begin, end = tables.curve_first[curve], tables.curve_first[curve + 1]
        xs, ys = tables.curve_x, tables.curve_y
        percent = interpolate(xs, ys, begin, end, flow_m3s / speed)
        percent = 100.0 - (100.0 - percent) * (1.0 / speed) ** 0.1
    return float(max(min(percent, 100.0), 1.0) / 100.0)


def energy_report(ids: Sequence[str], ledger: Ledger, m3s_per_cfs: float) -> tuple[PumpEnergy, ...]:
    """A record a pump, in the file's order."""
    hours = float(ledger.total[HOURS])
    records = []
    for id_, row in zip(ids, ledger.used, strict=True):
        running = float(row[ONLINE])
        over = 1.0 / running if running > 0.0 else 0.0
        records.append(
            PumpEnergy(
                pump=id_,
                utilisation_percent=100.0 * running / hours if hours > 0.0 else 0.0,
                efficiency_percent=100.0 * float(row[EFFICIENCY]) * over,
                kwh_per_m3=float(row[SPECIFIC]) * over / m3s_per_cfs / HOUR,
                average_kw=float(row[ENERGY]) * over,
                peak_kw=float(row[PEAK]),
                kwh=float(row[ENERGY]),
                cost=float(row[COST]),
                cost_per_day=24.0 * float(row[COST]) / hours if hours > 0.0 else 0.0,
            )
        )
    return tuple(records)
