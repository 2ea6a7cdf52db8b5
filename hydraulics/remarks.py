"""What a run has to say about itself, in words: the six conditions that EPANET warns of.

Ends without balance, statuses that would not settle, nodes without source, pumps outside their
curve, valves that cannot hold their setting, pressures below zero. Each line names the element and
the report times at which it was so.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from hydraulics.arrays import NetworkArrays
from hydraulics.tables import CONSTANT_POWER, CURVE, FCV, OPEN, PSV, XFCV, XHEAD
from hydraulics.types import F64, I64, U8

LINES = 20
"""Most lines of one kind; the rest is counted."""
TIMES = 3
"""Most instants named in a line."""
Flags = NDArray[np.bool_]


def remarks(
    a: NetworkArrays,
    times_s: F64,
    *,
    head_m: F64,
    demand_m3s: F64,
    flow_m3s: F64,
    status: U8,
    setting: F64,
    ends: I64,
    stops: bool,
) -> tuple[str, ...]:
    """Warnings of stacked report times (T,).

    `head_m`, `demand_m3s` (T, N) in file order; `flow_m3s` (T, L); `status`, `setting`
    (T, L) the kernels' own; `ends` (T,) 0 balanced, 1 balanced only with statuses frozen, 2 not
    balanced.
    `stops`: the file asks to stop where a solve ends without balance.
    """
    lines: list[str] = []
    if (ends == 2).any():
        what = "the iteration ended without balance"
        if stops:
            what += " (UNBALANCED STOP: EPANET would end the run there; this run goes on)"
        lines.append(f"{when(times_s, ends == 2)}: {what}")
    if (ends == 1).any():
        lines.append(
            f"{when(times_s, ends == 1)}: balanced only after statuses of links were frozen, "
            "which went round in circles"
        )
    lines += _few(_valves(a, times_s, status))
    lines += _few(_pumps(a, times_s, flow_m3s, status, setting))
    cut = np.isnan(head_m)
    if cut.any():
        lines.append(f"{when(times_s, np.any(cut, axis=1))}: {_nodes(a, cut)} without a source")
    elevation = np.where(a.row_of_node < a.junctions, a.elevation_m, np.nan)
    low = (head_m < elevation - 1e-3) & (demand_m3s > 0.0)
    if low.any():
        words = "below zero pressure though water is drawn there"
        lines.append(f"{when(times_s, np.any(low, axis=1))}: {_nodes(a, low)} {words}")
    return tuple(lines)


def when(times_s: F64, flags: Flags) -> str:
    """The first instants of a condition, as "at 0:00, 1:00 and 5 more"."""
    found = times_s[flags]
    words = ", ".join(_clock(float(t)) for t in found[:TIMES])
    more = len(found) - TIMES
    return f"at {words}" + (f" and {more} more" if more > 0 else "")


def _clock(time_s: float) -> str:
    minutes, seconds = divmod(round(time_s), 60)
    return f"{minutes // 60}:{minutes % 60:02d}" + (f":{seconds:02d}" if seconds else "")


def _nodes(a: NetworkArrays, flags: Flags) -> str:
    found = np.flatnonzero(flags.any(axis=0))
    if len(found) == 1:
        return f"node {a.node_ids[found[0]]} is"
    first = ", ".join(a.node_ids[i] for i in found[:TIMES])
    return f"{len(found)} nodes ({first}{' ...' if len(found) > TIMES else ''}) are"


def _valves(a: NetworkArrays, times_s: F64, status: U8) -> Iterator[str]:
    names = {PSV: "PSV", FCV: "FCV"}
    for k in a.tables.valves.tolist():
        bad = status[:, k] >= XFCV
        if bad.any():
            kind = int(a.tables.links[k]["kind"])
            missed = "flow" if kind == FCV else "pressure"
            yield (
                f"{when(times_s, bad)}: {names.get(kind, 'PRV')} {a.link_ids[k]} is open but "
                f"cannot deliver its {missed}"
            )


def _pumps(
    a: NetworkArrays, times_s: F64, flow_m3s: F64, status: U8, setting: F64
) -> Iterator[str]:
    for pump in a.tables.pumps:
        k = int(pump["link"])
        running = status[:, k] >= OPEN
        name = f"pump {a.link_ids[k]}"
        shut = (status[:, k] == XHEAD) | (running & (flow_m3s[:, k] < 0.0))
        if shut.any():
            yield f"{when(times_s, shut)}: {name} cannot deliver the head asked of it"
        if pump["kind"] == CONSTANT_POWER:
            continue
        over = running & (flow_m3s[:, k] / a.m3s_per_cfs > setting[:, k] * greatest_flow(a, pump))
        if over.any():
            yield f"{when(times_s, over)}: {name} runs beyond the greatest flow of its curve"


def greatest_flow(a: NetworkArrays, pump: np.void) -> float:
    """Flow at the end of a pump's curve at full speed, cfs."""
    if pump["kind"] == CURVE:
        return float(a.tables.curve_x[a.tables.curve_first[pump["curve"] + 1] - 1])
    return float((pump["shutoff"] / pump["coefficient"]) ** (1.0 / pump["exponent"]))


def _few(lines: Iterator[str]) -> list[str]:
    found = list(lines)
    if len(found) > LINES:
        return [*found[:LINES], f"{len(found) - LINES} more warnings of this kind"]
    return found
