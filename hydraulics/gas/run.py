"""Gas at one instant, and over time: steady states in a row, or with line pack."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from hydraulics.gas.compile import GasArrays
from hydraulics.gas.line_pack import PACK_STEP_S, LinePack
from hydraulics.gas.model import REQUIRED_PA, GasModel
from hydraulics.gas.run_records import Records
from hydraulics.gas.state import GasRun, GasSolution
from hydraulics.run import report_times
from network_models.changes import Change
from network_models.network import Network


def solve(
    net: Network,
    *,
    time_s: float = 0.0,
    changes: Sequence[Change] = (),
    accuracy: float | None = None,
    required_pressure_pa: float = REQUIRED_PA,
    arrays: GasArrays | None = None,
) -> GasSolution:
    """The steady state of a gas network at `time_s` of its patterns. Raises SolveError.

    Users below `required_pressure_pa` (gauge) get less than they want, once the demands cannot be
    met; then `report.shortfalls` says who and why.
    """
    model = GasModel(
        net, accuracy=accuracy, required_pressure_pa=required_pressure_pa, arrays=arrays
    )
    return model.solve(time_s=time_s, changes=changes)


def simulate(
    net: Network,
    *,
    hours: float | None = None,
    step_s: float | None = None,
    changes: Sequence[Change] = (),
    accuracy: float | None = None,
    required_pressure_pa: float = REQUIRED_PA,
    line_pack: bool = False,
    pack_step_s: float = PACK_STEP_S,
    progress: Callable[[float], None] | None = None,
    arrays: GasArrays | None = None,
) -> GasRun:
    """Run a gas network over its file's duration (or `hours`), reporting as for water.

    Without `line_pack` each report time is a steady state. With it the network begins in the steady
    state without `changes`, which act from then on, and pipes fill and empty in steps of
    `pack_step_s` at most (implicit Euler, quasi-steady friction).
    """
    times = report_times(net, hours, step_s)
    model = GasModel(
        net, accuracy=accuracy, required_pressure_pa=required_pressure_pa, arrays=arrays
    )
    records = Records(model, times)
    if line_pack:
        pack = LinePack(model, start_s=float(times[0]), changes=changes, step_s=pack_step_s)
        stock = np.zeros(len(times))
        for i, time_s in enumerate(times):
            outcome = pack.advance_to(float(time_s))
            stock[i] = pack.stock_kg
            records.take(i, outcome, pack.unsettled)
            if progress is not None:
                progress((i + 1) / len(times))
        return records.run(line_pack_kg=stock, stored_error_kg=pack.error_kg)
    for i, time_s in enumerate(times):
        solution = model.solve(time_s=float(time_s), changes=changes if i == 0 else None)
        records.add(i, solution)
        if progress is not None:
            progress((i + 1) / len(times))
    return records.run()
