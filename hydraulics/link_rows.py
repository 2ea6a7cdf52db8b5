"""Rows of pipes, pumps and valves for the kernels."""

from __future__ import annotations

import math

import numpy as np

from hydraulics.errors import SolveError
from hydraulics.operation_rows import CurveRows
from hydraulics.tables import (
    ACTIVE,
    CHECK_VALVE,
    CLOSED,
    CONSTANT_POWER,
    CURVE,
    FCV,
    GPV,
    LINK,
    MISSING,
    OPEN,
    PBV,
    PCV,
    PIPE,
    POWER_CURVE,
    PRV,
    PSV,
    PUMP,
    PUMP_ROW,
    TCV,
)
from hydraulics.types import I64, Table
from hydraulics.us_units import FOOT_M, VISCOSITY_FT2S, WATT_PER_HP
from network_models.elements import Link, Pipe, Pump, Valve
from network_models.network import Network
from network_models.operation import Options

VALVE_KINDS = {"PRV": PRV, "PSV": PSV, "PBV": PBV, "FCV": FCV, "TCV": TCV, "GPV": GPV, "PCV": PCV}
MINOR = 0.02517
HORSEPOWER_HEAD = 8.814
"""ft4/s of a horsepower: gain = 8.814 hp / q."""
SHUTOFF = 1.33334
"""Shutoff head over design head of a one-point pump curve."""


def link_rows(
    net: Network,
    starts: I64,
    ends: I64,
    places: I64,
    curves: CurveRows,
    patterns: dict[str, int],
    factor: float,
) -> tuple[Table, Table]:
    """The link and pump tables; `starts`, `ends` are node rows."""
    rows = np.zeros(len(net.links), dtype=LINK)
    rows["start"], rows["end"], rows["place"], rows["extra"] = starts, ends, places, -1
    pumps: list[tuple[int, Pump]] = []
    pipes: list[tuple[int, Pipe]] = []
    for k, link in enumerate(net.links.values()):
        if isinstance(link, Pipe):
            pipes.append((k, link))
        elif isinstance(link, Pump):
            rows[k]["kind"] = PUMP
            rows[k]["extra"] = len(pumps)
            rows[k]["status"] = CLOSED if link.status == "closed" else OPEN
            rows[k]["setting"] = 0.0 if link.status == "closed" else link.speed
            rows[k]["diameter"] = 1.0
            pumps.append((k, link))
        elif isinstance(link, Valve):
            _valve(rows[k], link, curves, factor)
        else:
            raise SolveError(
                f"link {link.id} is a {type(link).__name__}: the water solver knows pipes, pumps "
                "and valves",
                elements=(link.id,),
            )
    _fill_pipes(rows, pipes, net.options)
    table = np.zeros(len(pumps), dtype=PUMP_ROW)
    for p, (k, pump) in enumerate(pumps):
        _pump(table[p], k, pump, curves, patterns)
    return rows, table


def _fill_pipes(rows: Table, pipes: list[tuple[int, Pipe]], options: Options) -> None:
    """The rows of pipes, whole columns at once."""
    at = np.array([k for k, _ in pipes], dtype=np.int64)
    d = np.array([pipe.diameter_m for _, pipe in pipes], dtype=np.float64) / FOOT_M
    wrong = np.flatnonzero(~(d > 0.0))
    if len(wrong):
        raise _no_diameter(pipes[wrong[0]][1])
    length = np.array([pipe.length_m for _, pipe in pipes], dtype=np.float64) / FOOT_M
    c = np.array([pipe.roughness for _, pipe in pipes], dtype=np.float64)
    rows["kind"][at] = [CHECK_VALVE if pipe.check_valve else PIPE for _, pipe in pipes]
    rows["status"][at] = [CLOSED if pipe.status == "closed" else OPEN for _, pipe in pipes]
    rows["diameter"][at] = d
    rows["minor"][at] = MINOR * np.array([pipe.minor_loss for _, pipe in pipes]) / d**4
    if options.headloss == "H-W":
        resistance = 4.727 * length / c**1.852 / d**4.871
    elif options.headloss == "D-W":
        c /= FOOT_M
        resistance = length / 2.0 / 32.2 / d / (math.pi * d * d / 4.0) ** 2
        rows["scale"][at] = VISCOSITY_FT2S * options.viscosity_relative * d
    else:
        resistance = (4.0 * c / (1.49 * math.pi * d * d)) ** 2 * (d / 4.0) ** -1.333 * length
    rows["resistance"][at] = resistance
    rows["roughness"][at] = c / d


def _no_diameter(link: Link) -> SolveError:
    return SolveError(f"link {link.id} has no diameter: set it above zero", elements=(link.id,))


def _valve(row: Table, valve: Valve, curves: CurveRows, factor: float) -> None:
    d = valve.diameter_m / FOOT_M
    if not d > 0.0:
        raise _no_diameter(valve)
    row["diameter"] = d
    row["minor"] = MINOR * valve.minor_loss / d**4
    kind = VALVE_KINDS[valve.kind]
    row["kind"] = kind
    if valve.curve is not None:
        row["extra"] = curves.row[valve.curve]
    elif kind == GPV:
        raise SolveError(f"GPV {valve.id} has no head loss curve: name one", elements=(valve.id,))
    row["status"] = {"open": OPEN, "closed": CLOSED, "active": ACTIVE}[valve.status]
    if kind == GPV:
        row["setting"] = 0.0
    elif valve.status != "active":
        row["setting"] = MISSING
    else:
        row["setting"] = setting_from_si(kind, valve.setting, factor)


def setting_from_si(kind: int, value: float, factor: float) -> float:
    """A link's setting in the kernels' units."""
    if kind in (PRV, PSV, PBV):
        return value / FOOT_M
    return value / factor if kind == FCV else value


def setting_to_si(kind: int, value: float, factor: float) -> float:
    """A link's setting in SI; NaN where it has none."""
    if value == MISSING:
        return math.nan
    if kind in (PRV, PSV, PBV):
        return value * FOOT_M
    return value * factor if kind == FCV else value


def _pump(row: Table, k: int, pump: Pump, curves: CurveRows, patterns: dict[str, int]) -> None:
    row["link"] = k
    row["curve"] = -1
    row["pattern"] = -1 if pump.speed_pattern is None else patterns[pump.speed_pattern]
    if pump.head_curve is None:
        if pump.power_w is None or not pump.power_w > 0.0:
            raise SolveError(
                f"pump {pump.id} has neither a head curve nor a power: give one",
                elements=(pump.id,),
            )
        row["kind"], row["exponent"] = CONSTANT_POWER, -1.0
        row["coefficient"] = HORSEPOWER_HEAD * pump.power_w / WATT_PER_HP
        row["greatest"], row["design"] = 1e10, 1.0
        return
    x, y = curves.points(pump.head_curve)
    if len(x) == 1:
        _power_curve(row, pump, SHUTOFF * y[0], (x[0], y[0]), (2.0 * x[0], 0.0))
    elif len(x) == 3 and x[0] == 0.0:
        _power_curve(row, pump, y[0], (x[1], y[1]), (x[2], y[2]))
    elif np.any(np.diff(y) >= 0.0):
        _refuse(pump)
    else:
        row["kind"], row["curve"] = CURVE, curves.row[pump.head_curve]
        row["greatest"], row["design"] = y[0], (x[0] + x[-1]) / 2.0


def _power_curve(
    row: Table,
    pump: Pump,
    shutoff: float,
    design: tuple[float, float],
    last: tuple[float, float],
) -> None:
    """gain = shutoff - b q**c through the design point and the last point."""
    (q1, h1), (q2, h2) = design, last
    if not (shutoff > h1 > h2 and 0.0 < q1 < q2):
        _refuse(pump)
    exponent = math.log((shutoff - h2) / (shutoff - h1)) / math.log(q2 / q1)
    if not 0.0 < exponent <= 20.0:
        _refuse(pump)
    row["kind"], row["shutoff"], row["exponent"] = POWER_CURVE, shutoff, exponent
    row["coefficient"] = (shutoff - h1) / q1**exponent
    row["greatest"], row["design"] = shutoff, q1


def _refuse(pump: Pump) -> None:
    raise SolveError(
        f"pump {pump.id}: the head of curve {pump.head_curve} must fall as the flow grows",
        elements=(pump.id,),
    )
