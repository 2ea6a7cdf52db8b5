"""The value of a fluid's property at a temperature or pressure."""

from __future__ import annotations

import math
from bisect import bisect_right

from network_models.physics import Property


def property_at(found: Property | None, argument: float) -> float:
    """A property's value, NaN if there is none.

    `argument` is kelvin, or bar absolute for compressibility. A table that does not
    extrapolate gives NaN outside of its range.
    """
    if found is None:
        return math.nan
    x, y = found.x, found.y
    if found.kind == "constant":
        return y[0]
    if found.kind == "linear":
        return y[0] + y[1] * argument
    if found.kind == "polynomial":
        value = 0.0
        for coefficient in y:
            value = value * argument + coefficient
        return value
    if found.kind == "sutherland":
        value, start, constant = y
        share = argument / start
        return value * (start + constant) / (argument + constant) * share * math.sqrt(share)
    if not found.extrapolate and not x[0] <= argument <= x[-1]:
        return math.nan
    i = min(max(bisect_right(x, argument) - 1, 0), len(x) - 2)
    share = (argument - x[i]) / (x[i + 1] - x[i])
    return y[i] + share * (y[i + 1] - y[i])
