"""A caller's wishes laid over a file's options."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from network_models.operation import Options

LEAST_SPAN_M = 0.1


def with_overrides(
    options: Options,
    demand_model: Literal["dda", "pda"] | None,
    required_pressure_m: float | None,
    accuracy: float | None,
) -> Options:
    """`options` with what the caller gives; ValueError for values that mean nothing."""
    if demand_model is not None:
        if demand_model not in ("dda", "pda"):
            raise ValueError(f"demand_model is 'dda' or 'pda', not {demand_model!r}")
        options = replace(options, demand_model="DDA" if demand_model == "dda" else "PDA")
    if required_pressure_m is not None:
        options = replace(options, required_pressure_m=required_pressure_m)
    if accuracy is not None:
        if not 0.0 < accuracy <= 0.1:
            raise ValueError(f"accuracy is above 0 and at most 0.1, not {accuracy}")
        options = replace(options, accuracy=accuracy)
    span = options.required_pressure_m - options.minimum_pressure_m
    if options.demand_model == "PDA" and span < LEAST_SPAN_M:
        least = options.minimum_pressure_m + LEAST_SPAN_M
        options = replace(options, required_pressure_m=least)
    return options
