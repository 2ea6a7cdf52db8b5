"""Telemetry that no solver stands behind: plausible, moving, repeatable by its seed.

Quantities that no plant knows (chlorine, turbidity, the weather), and the points of a utility
without a network or with one that cannot be solved, are signals: a nominal value from the network's
own records (or the point's limits), a daily pattern, an outdoor curve with lag for heat, and slow
first-order (Ornstein-Uhlenbeck) noise. They obey no conservation law and must not be compared with
a model.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from network_models.network import Network
from network_models.physics import ZERO_C_K
from scada.point import Point
from scenarios.virtual_field.nominal import Nominal

F64 = NDArray[np.float64]

# Hourly load as a share of the daily peak: cooking for gas, showers and rooms for heat.
GAS_LOAD = (
    0.30, 0.25, 0.24, 0.24, 0.28, 0.45, 0.80, 0.88, 0.62, 0.52, 0.66, 0.98,
    0.90, 0.55, 0.45, 0.48, 0.66, 0.95, 1.00, 0.85, 0.68, 0.58, 0.46, 0.36,
)  # fmt: skip
HEAT_LOAD = (
    0.94, 0.94, 0.95, 0.96, 0.98, 1.00, 1.00, 0.99, 0.97, 0.95, 0.93, 0.92,
    0.91, 0.90, 0.90, 0.91, 0.93, 0.95, 0.97, 0.98, 0.98, 0.97, 0.96, 0.95,
)  # fmt: skip
NOISE_S = 900.0
HEAT_LAG_S = 1800.0
ROOM_C = 18.0
DESIGN_OUTDOOR_C = -7.0


@dataclass(frozen=True, slots=True)
class Behaviour:
    """How a signal follows load (0 to 1) and wanders: value = nominal * (1 + ...)."""

    load: float = 0.0
    """Relative fall (negative) or rise at full load."""
    noise: float = 0.0
    """Relative standard deviation of the slow noise."""


BEHAVIOUR: dict[tuple[str, str], Behaviour] = {
    ("gas", "pressure"): Behaviour(load=-0.06, noise=0.006),
    ("gas", "flow"): Behaviour(noise=0.03),
    ("gas", "mass_flow"): Behaviour(noise=0.03),
    ("heat", "pressure"): Behaviour(load=-0.03, noise=0.004),
    ("heat", "flow"): Behaviour(load=0.05, noise=0.01),
    ("heat", "mass_flow"): Behaviour(load=0.05, noise=0.01),
    ("heat", "power"): Behaviour(noise=0.01),
}
_EXACT = frozenset({"status", "setting", "position", "speed"})


class Signals:
    """Signals of n points: `advance` once a cycle, `hold` for what an operator sets."""

    def __init__(
        self, points: Sequence[Point], networks: Mapping[str, Network], *, seed: int
    ) -> None:
        self.points = list(points)
        ordinary = {u: Nominal(networks.get(u)) for u in ("water", "gas", "heat")}
        self._nominal = np.array([ordinary[p.utility].value(p) for p in self.points])
        behaviour = [
            Behaviour() if p.quantity in _EXACT else BEHAVIOUR.get((p.utility, p.quantity))
            or Behaviour(noise=0.01)
            for p in self.points
        ]  # fmt: skip
        # A point's own stream: adding a point to the list leaves the others as they were.
        own = [np.random.default_rng([seed, zlib.crc32(p.id.encode())]) for p in self.points]
        self._own = own
        spread = np.array([r.uniform(0.5, 1.5) for r in own])
        self._load = np.array([b.load for b in behaviour]) * spread
        self._sigma = np.array([b.noise for b in behaviour])
        self._noise = np.array([r.standard_normal() for r in own])
        follows = [_follows(p, ordinary[p.utility]) for p in self.points]
        self._is = {
            name: np.array([f == name for f in follows], dtype=bool)
            for name in ("gas", "heat", "curve", "outdoor")
        }
        self._heat_points = np.array([p.utility == "heat" for p in self.points], dtype=bool)
        self._held: dict[int, float] = {}
        self._lagged: float | None = None

    def hold(self, index: int, value: float) -> None:
        """Keep point `index` at an SI value, as an operator set it."""
        self._held[index] = value

    def advance(self, local: datetime, dt_s: float) -> F64:
        """Values (n,), SI, at a moment of the site's own time, `dt_s` after the last ones."""
        keep = math.exp(-dt_s / NOISE_S)
        fresh = np.array([r.standard_normal() for r in self._own])
        self._noise = keep * self._noise + math.sqrt(1.0 - keep * keep) * fresh
        hour = local.hour + local.minute / 60.0 + local.second / 3600.0
        gas = _at(GAS_LOAD, hour)
        outdoor = outdoor_c(local)
        demand = heat_share(outdoor) * _at(HEAT_LOAD, hour)
        if self._lagged is None:
            self._lagged = demand
        self._lagged += (1.0 - math.exp(-dt_s / HEAT_LAG_S)) * (demand - self._lagged)
        load = np.where(self._heat_points, demand, gas)
        value = self._nominal * (1.0 + self._load * load**2 + self._sigma * self._noise)
        value[self._is["gas"]] *= gas
        value[self._is["heat"]] *= self._lagged
        self._temperatures(value, outdoor, self._lagged)
        for index, held in self._held.items():
            value[index] = held
        return np.asarray(value, dtype=np.float64)

    def _temperatures(self, value: F64, outdoor: float, share: float) -> None:
        """Supply and return by the heating curve, around the nominal design temperatures."""
        wander = 0.3 * self._noise
        chosen = self._is["curve"]
        design = self._nominal[chosen] - ZERO_C_K
        value[chosen] = ZERO_C_K + ROOM_C + (design - ROOM_C) * share ** (1 / 1.3) + wander[chosen]
        value[self._is["outdoor"]] = ZERO_C_K + outdoor + wander[self._is["outdoor"]]


def _follows(point: Point, ordinary: Nominal) -> str:
    """Which driving signal a point follows, or nothing.

    Gas flows follow the load. Heat is regulated by temperature: its flows stay, its power follows.
    """
    if point.quantity == "temperature" and point.utility == "heat":
        return "outdoor" if ordinary.record(point) is None else "curve"
    if point.utility == "gas" and point.quantity in ("flow", "mass_flow"):
        return "gas"
    return "heat" if (point.utility, point.quantity) == ("heat", "power") else ""


def outdoor_c(local: datetime) -> float:
    """A northern Chinese city's outdoor temperature: seasons and days as sines, C."""
    day = local.timetuple().tm_yday
    hour = local.hour + local.minute / 60.0
    season = 14.0 - 14.5 * math.cos(2.0 * math.pi * (day - 20) / 365.0)
    return season + 4.5 * math.cos(2.0 * math.pi * (hour - 15.0) / 24.0)


def heat_share(outdoor: float) -> float:
    """Share of the design heat load at an outdoor temperature; hot water alone in summer."""
    return min(max((ROOM_C - outdoor) / (ROOM_C - DESIGN_OUTDOOR_C), 0.12), 1.15)


def _at(hourly: Sequence[float], hour: float) -> float:
    """Linear between the hours, around midnight too."""
    low = int(hour) % 24
    share = hour - math.floor(hour)
    return hourly[low] * (1.0 - share) + hourly[(low + 1) % 24] * share
