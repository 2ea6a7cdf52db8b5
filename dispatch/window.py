"""The network over an outage's hours, as it would be anyway and with the valves shut."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from dispatch.pattern_time import pattern_time_s
from network_models.network import Network

if TYPE_CHECKING:
    from hydraulics.extended import ExtendedPeriod
    from hydraulics.state import Solution

F64 = NDArray[np.float64]
Progress = Callable[[str, float], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowRun:
    """The hours of a window: pressures (T, N) in metres, NaN without supply, tank levels (T, K).

    `delivered_m3s` (T, N) is what nodes take, pressure-driven. `unbalanced` are the moments whose
    solve did not converge.
    """

    node_ids: tuple[str, ...]
    tank_ids: tuple[str, ...]
    times: tuple[datetime, ...]
    pressure_m: F64
    delivered_m3s: F64
    level_m: F64
    unbalanced: tuple[datetime, ...]
    warnings: tuple[str, ...]


def window_times(
    start: datetime, end: datetime, step: timedelta, zone: ZoneInfo
) -> tuple[datetime, ...]:
    """The moments from start to end, `step` of elapsed time apart, and the end itself."""
    first, last = start.astimezone(UTC), end.astimezone(UTC)
    moments = [first + i * step for i in range(int((last - first) / step) + 1)]
    if moments[-1] < last:
        moments.append(last)
    return tuple(moment.astimezone(zone) for moment in moments)


def run_window(
    net: Network,
    times: Sequence[datetime],
    zone: ZoneInfo,
    *,
    shut: Sequence[str] = (),
    required_pressure_m: float | None = None,
    warm_up: timedelta = timedelta(days=1),
    progress: Callable[[float], None] | None = None,
) -> WindowRun:
    """Run the network over the window with the demands of its days, pressure-driven.

    The run begins `warm_up` before the window, so that tanks stand where those hours leave them;
    the links of `shut` close at the first moment. Raises hydraulics.errors.SolveError.
    """
    from hydraulics.extended import ExtendedPeriod

    begin = pattern_time_s(times[0].astimezone(UTC) - warm_up, zone, net.times)
    run = ExtendedPeriod(
        net, start_s=begin, demand_model="pda", required_pressure_m=required_pressure_m
    )
    run.advance(warm_up.total_seconds())
    for link in shut:
        run.hold(link, "closed")
    return record_window(run, times, progress)


def record_window(
    run: ExtendedPeriod,
    times: Sequence[datetime],
    progress: Callable[[float], None] | None = None,
) -> WindowRun:
    """Let a run that stands at the first moment go through the window, and note what it shows."""
    origin = run.time_s
    pressure, delivered, levels = [], [], []
    unbalanced = []
    state: Solution | None = None
    for i, moment in enumerate(times):
        elapsed = (moment.astimezone(UTC) - times[0].astimezone(UTC)).total_seconds()
        state = run.advance(max(0.0, origin + elapsed - run.time_s))
        pressure.append(state.pressure_m)
        delivered.append(state.demand_m3s)
        levels.append(list(run.tank_level_m.values()))
        if not state.report.converged:
            unbalanced.append(moment)
        if progress is not None:
            progress((i + 1) / len(times))
    if state is None:
        raise ValueError("a window has at least one moment")
    return WindowRun(
        node_ids=state.node_ids,
        tank_ids=tuple(run.tank_level_m),
        times=tuple(times),
        pressure_m=np.array(pressure),
        delivered_m3s=np.array(delivered),
        level_m=np.array(levels).reshape(len(times), -1),
        unbalanced=tuple(unbalanced),
        warnings=state.report.warnings,
    )
