"""Sensors: what an instrument shows of a true value. Pure, repeatable by its seed.

A reading is the true value with smooth gaussian noise, rounded to the instrument's resolution.
An instrument may fail: stuck, drifting, offset or dead. What is commanded (statuses, settings and
every writable point) is shown exactly. A pressure that no source supplies reads 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from scada.point import Point

F64 = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Accuracy:
    """One standard deviation is `relative * |value| + absolute`; readings step by `resolution`."""

    relative: float = 0.0
    absolute: float = 0.0
    resolution: float = 0.0


ACCURACY: dict[str, Accuracy] = {
    "pressure": Accuracy(relative=0.0025, resolution=1.0),
    "head": Accuracy(absolute=0.05, resolution=0.001),
    "level": Accuracy(absolute=0.005, resolution=0.001),
    "flow": Accuracy(relative=0.01, resolution=1e-6),
    "mass_flow": Accuracy(relative=0.01, resolution=1e-6),
    "velocity": Accuracy(relative=0.01, resolution=1e-3),
    "temperature": Accuracy(absolute=0.1, resolution=0.01),
    "power": Accuracy(relative=0.01, resolution=1.0),
    "concentration": Accuracy(relative=0.02, resolution=1e-6),
    "turbidity": Accuracy(relative=0.02, resolution=1e-3),
}
"""SI, by quantity: plain industrial transmitters. A quantity not listed is shown exactly."""

DAMPING_S = 5.0
"""Time constant of a transmitter's noise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A failed instrument: `amount` is SI (offset), SI an hour (drift), else unused."""

    kind: Literal["stuck", "drift", "offset", "dead"]
    amount: float = 0.0


class Instruments:
    """The instruments of n points; `read` is called once a cycle."""

    def __init__(self, points: Sequence[Point], *, seed: int) -> None:
        self._index = {p.id: i for i, p in enumerate(points)}
        sigma = [Accuracy() if p.writable else ACCURACY.get(p.quantity, Accuracy()) for p in points]
        self._relative = np.array([a.relative for a in sigma])
        self._absolute = np.array([a.absolute for a in sigma])
        self._resolution = np.array([a.resolution for a in sigma])
        self._rounded = self._resolution > 0.0
        self._random = np.random.default_rng([seed, 0x5E])
        self._noise = self._random.standard_normal(len(points))
        self._faults: dict[int, tuple[Fault, float]] = {}
        self._shown = np.full(len(points), np.nan)

    def set_fault(self, point_id: str, fault: Fault | None) -> None:
        """Let an instrument fail, or mend it; KeyError when there is no such point."""
        i = self._index[point_id]
        if fault is None:
            self._faults.pop(i, None)
        else:
            self._faults[i] = (fault, 0.0)

    def read(self, true: F64, dt_s: float) -> F64:
        """Readings (n,) of the true values (n,), SI, `dt_s` after the last ones.

        NaN in (not supplied) reads 0; NaN out means a dead instrument.
        """
        value = np.where(np.isfinite(true), true, 0.0)
        # An exactly sampled first-order process keeps its variance at any step.
        keep = float(np.exp(-dt_s / DAMPING_S))
        fresh = self._random.standard_normal(len(value))
        self._noise = keep * self._noise + np.sqrt(1.0 - keep * keep) * fresh
        shown = value + self._noise * (self._relative * np.abs(value) + self._absolute)
        step = self._resolution[self._rounded]
        shown[self._rounded] = np.round(shown[self._rounded] / step) * step
        for i, (fault, age_s) in self._faults.items():
            self._faults[i] = (fault, age_s + dt_s)
            shown[i] = self._failed(fault, age_s, float(shown[i]), float(self._shown[i]))
        self._shown = shown
        result: F64 = shown.copy()
        return result

    @staticmethod
    def _failed(fault: Fault, age_s: float, shown: float, before: float) -> float:
        """What a failed instrument shows instead of `shown`."""
        if fault.kind == "dead":
            return float("nan")
        if fault.kind == "stuck":
            return before if np.isfinite(before) else shown
        return shown + fault.amount * (age_s / 3600.0 if fault.kind == "drift" else 1.0)
