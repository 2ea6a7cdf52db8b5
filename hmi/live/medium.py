"""What the live models of gas and heat have in common: what a cycle finds, and what it goes by.

Boundary values come from the field; where one is missing or bad the model keeps its last and says
so. Instruments are noisy and the media are slow, so a boundary value follows its point with a time
constant, and jumps with it when it jumps.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]
Usable = NDArray[np.bool_]

JUMP_SHARE = 0.03
"""A boundary value that is off by more is not noise."""
LEAST_FACTOR, MOST_FACTOR = 0.2, 5.0
"""Demand beyond these shares of the forecast is not believed."""
LARGEST_STEP = 1.5


@dataclass(frozen=True, slots=True, kw_only=True)
class MediumFrame:
    """What a cycle found.

    `state` are the arrays of the solved state by `hmi.state_layout`; `handle`, `value` the model's
    SI values beside measured points, `normalised` (measured - modelled) / sigma beside them (NaN
    where nothing is measured); `figures` the values of model-filled points by name; `low_end_nodes`
    users outside their band or stations without their differential. `kept` are boundary points
    that are bad or missing, so that the model goes by its last value or by the record; `remarks`
    what else limits the answer.
    """

    state: dict[str, NDArray[Any]]
    report: dict[str, Any]
    factors: tuple[float, ...]
    handle: I64
    value: F64
    normalised: F64
    figures: dict[str, float]
    low_end_nodes: tuple[str, ...] = ()
    kept: tuple[int, ...] = ()
    remarks: tuple[str, ...] = ()
    solves: int = 1
    more: dict[str, Any] = field(default_factory=dict)
    """What else a medium's header says."""


@dataclass(slots=True)
class Held:
    """Boundary values by point handle: the last usable ones, smoothed."""

    handles: Sequence[int]
    span_s: float
    least: float = 0.0
    """The size below which a difference is never a jump, in the points' SI unit."""
    _value: dict[int, float] = field(default_factory=dict)
    kept: tuple[int, ...] = ()

    def take(self, value: F64, usable: Usable, seconds: float) -> None:
        """Follow the points `seconds` after the last time."""
        share = 1.0 - math.exp(-max(seconds, 0.0) / self.span_s)
        for handle in self.handles:
            if not usable[handle]:
                continue
            now, before = float(value[handle]), self._value.get(handle)
            jump = max(JUMP_SHARE * abs(now), self.least)
            if before is None or abs(now - before) > jump:
                self._value[handle] = now
            else:
                self._value[handle] = before + share * (now - before)
        self.kept = tuple(h for h in self.handles if not usable[h])

    def get(self, handle: int) -> float | None:
        """The value to go by; None when there never was one."""
        return self._value.get(handle)


def nearer(factor: float, measured: float, modelled: float) -> float:
    """The demand factor that brings a modelled flow to the measured one, within what is believed.

    The same factor where the flows say nothing.
    """
    if not (modelled > 0.0 and measured > 0.0):
        return factor
    step = min(max(measured / modelled, 1.0 / LARGEST_STEP), LARGEST_STEP)
    return min(max(factor * step, LEAST_FACTOR), MOST_FACTOR)


def normalised(value: F64, usable: Usable, handle: I64, modelled: F64, sigma: F64) -> F64:
    """(measured - modelled) / sigma; NaN where nothing usable is measured."""
    out: F64 = (value[handle] - modelled) / sigma
    out[~usable[handle]] = np.nan
    return out


def largest(residual: F64) -> float | None:
    """The largest size of a residual; None when there is none."""
    size = np.abs(residual[np.isfinite(residual)])
    return float(size.max()) if len(size) else None
