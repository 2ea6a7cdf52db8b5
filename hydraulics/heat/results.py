"""What a heat solve gives, in SI and in the file's order of elements."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from hydraulics.types import F64, I64


@dataclass(frozen=True, slots=True, kw_only=True)
class Shortfall:
    """A station that does not get its heat: what it lacks, and what binds it.

    `binds`: "pressure" (its valve is wide open), "temperature" (its supply is too cold for the
    heat), "cut off" (no pressure reaches it), "shut".
    """

    station: str
    wanted_w: float
    delivered_w: float
    available_pa: float
    binds: str

    @property
    def unmet_w(self) -> float:
        """Heat that is missing."""
        return self.wanted_w - self.delivered_w


@dataclass(frozen=True, slots=True, kw_only=True)
class HeatReport:
    """How a solve or a run went; never silent. Of a run: sums, and the worst.

    `mass_kgs` and `pressure_pa` are the greatest imbalances of a node and of a link's law, `heat_w`
    that of the network's heat, found apart from the solver. `critical` is the station with the
    least available pressure, `boiling` the node nearest to boiling; `make_up_kgs` what a plant's
    pressure keeping feeds in (below 0: lets out).
    """

    converged: bool
    iterations: int
    solves: int
    mass_kgs: float
    pressure_pa: float
    heat_w: float
    plant_w: float = 0.0
    delivered_w: float = 0.0
    lost_w: float = 0.0
    wet_w: float = 0.0
    """Heat that leaves with water that leaves, above what made-up water brings."""
    critical: str = ""
    critical_pa: float = float("nan")
    boiling: str = ""
    boiling_margin_pa: float = float("nan")
    make_up_kgs: tuple[tuple[str, float], ...] = ()
    shortfalls: tuple[Shortfall, ...] = ()
    unsupplied: tuple[str, ...] = ()
    negative_pressure: tuple[str, ...] = ()
    unbalanced_times_s: tuple[float, ...] = ()
    warnings: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """The report as JSON-ready values."""
        return asdict(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class HeatSolution:
    """A heat network at one instant; pressures (gauge) and temperatures are NaN where no pressure
    reaches.

    `flow_kgs` (L,) is positive from start to end. `outlet_k` (L,) is the temperature of the water
    that leaves a link, `heat_w` (L,) what it takes out of the water (below 0: a plant), `wanted_w`
    (L,) what it should. `available_pa` (L,) of a station is the pressure of its start above that of
    its end, NaN elsewhere; `boiling_margin_pa` (N,) is how far the absolute pressure is above
    boiling.
    """

    node_ids: tuple[str, ...]
    link_ids: tuple[str, ...]
    pressure_pa: F64
    temperature_k: F64
    flow_kgs: F64
    velocity_ms: F64
    outlet_k: F64
    heat_w: F64
    wanted_w: F64
    available_pa: F64
    boiling_margin_pa: F64
    status: I64
    """(L,) 0 closed, 1 open."""
    report: HeatReport


@dataclass(frozen=True, slots=True, kw_only=True)
class HeatRun:
    """A heat network over time: the fields of `HeatSolution` with a leading axis of times (T,).

    Temperatures are those at the report times, heats the means since the report time before.
    """

    times_s: F64
    node_ids: tuple[str, ...]
    link_ids: tuple[str, ...]
    pressure_pa: F64
    temperature_k: F64
    flow_kgs: F64
    velocity_ms: F64
    outlet_k: F64
    heat_w: F64
    wanted_w: F64
    available_pa: F64
    status: I64
    report: HeatReport
