"""Fits the model's demands to what is measured, so that the solved state is the live one.

Weighted least squares on the logarithms x of a few demand-group factors: minimise

    sum(((z - h(x)) / sigma)^2) + sum(((x - x0) / prior_sigma)^2)

by Gauss-Newton with the Jacobian by differences (one warm-started solve a group). A measurement
further than `FAR` standard deviations away weighs less with the square of its distance, so that one
lying sensor does not bend the city; what stays far away is named as suspect. While most of them
are far, as at a cold start, distances count in units of their own median instead.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from hydraulics.state import Boundary, Solution

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]

FAR = 2.0
SUSPECT = 5.0
NORMAL_MAD = 1.4826
"""Standard deviation of a normal variable over its median absolute deviation."""
DIFFERENCE = 0.05
LARGEST_STEP = 0.4
SMALLEST_STEP = 2e-3

Solve = Callable[[Boundary, Solution | None], Solution]


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurements:
    """Heads at nodes and flows in links with their standard deviations, by index."""

    node: I64
    head_m: F64
    head_sigma_m: F64
    link: I64
    flow_m3s: F64
    flow_sigma_m3s: F64

    def __len__(self) -> int:
        return len(self.node) + len(self.link)

    @property
    def value(self) -> F64:
        """All measured values, heads before flows."""
        return np.concatenate((self.head_m, self.flow_m3s))

    @property
    def sigma(self) -> F64:
        """All standard deviations, heads before flows."""
        return np.concatenate((self.head_sigma_m, self.flow_sigma_m3s))

    def modelled(self, solution: Solution) -> F64:
        """The solution's values at the same places."""
        return np.concatenate((solution.head_m[self.node], solution.flow_m3s[self.link]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """The fitted state.

    `factor` (G,) multiplies each group's demand; `normalised_residual` (M,) is
    (measured - modelled) / sigma, heads before flows, NaN where the model has no value;
    `suspect` are the measurements (positions in the same order) that the fit cannot explain.
    """

    factor: F64
    solution: Solution
    normalised_residual: F64
    suspect: tuple[int, ...]
    solves: int


def fit_demands(
    solve: Solve,
    boundary: Boundary,
    group: I64,
    measured: Measurements,
    *,
    start: F64 | None = None,
    warm: Solution | None = None,
    prior_sigma: float = 0.35,
    iterations: int = 2,
) -> Estimate:
    """Fit one demand factor a group to the measurements.

    `solve(boundary, warm)` is a steady solver; `boundary.demand_m3s` (N,) is the forecast demand.
    `start` (G,) are the factors of the last cycle: the fit starts there, the prior stays at 1.
    Errors of the solver pass through.
    """
    count = int(group.max(initial=-1)) + 1
    x = np.zeros(count) if start is None else np.log(start)
    base = np.asarray(boundary.demand_m3s, dtype=np.float64)

    def state(at: F64, near: Solution | None) -> Solution:
        factor = np.append(np.exp(at), 1.0)
        return solve(replace(boundary, demand_m3s=base * factor[group]), near)

    now = state(x, warm)
    solves = 1
    sigma = measured.sigma
    rounds = iterations if count and len(measured) else 0
    for _ in range(rounds):
        residual = (measured.value - measured.modelled(now)) / sigma
        seen = np.isfinite(residual)
        jacobian = np.zeros((len(residual), count))
        for g in range(count):
            moved = x.copy()
            moved[g] += DIFFERENCE
            shifted = state(moved, now)
            jacobian[:, g] = (measured.modelled(shifted) - measured.modelled(now)) / (
                sigma * DIFFERENCE
            )
        solves += count
        seen &= np.isfinite(jacobian).all(axis=1)
        step = robust_step(residual[seen], jacobian[seen], x, prior_sigma)
        x = x + step
        now = state(x, now)
        solves += 1
        if np.abs(step).max(initial=0.0) < SMALLEST_STEP:
            break
    residual = (measured.value - measured.modelled(now)) / sigma
    with np.errstate(invalid="ignore"):
        suspect = tuple(int(i) for i in np.flatnonzero(np.abs(residual) > SUSPECT))
    return Estimate(
        factor=np.exp(x),
        solution=now,
        normalised_residual=residual,
        suspect=suspect,
        solves=solves,
    )


def robust_step(residual: F64, jacobian: F64, x: F64, prior_sigma: float) -> F64:
    """The Gauss-Newton step with robust weights and the prior x = 0, its length limited."""
    size = np.abs(residual)
    typical = NORMAL_MAD * float(np.median(size)) if len(size) else 1.0
    size = size / max(1.0, typical)
    weight = np.square(FAR / np.maximum(size, FAR))
    normal = jacobian.T @ (weight[:, None] * jacobian)
    normal[np.diag_indices_from(normal)] += prior_sigma**-2
    right = jacobian.T @ (weight * residual) - x / prior_sigma**2
    step: F64 = np.asarray(np.linalg.solve(normal, right), dtype=np.float64)
    return np.clip(step, -LARGEST_STEP, LARGEST_STEP)
