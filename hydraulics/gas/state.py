"""What comes out of a gas solve, in SI and in the file's order of elements."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from hydraulics.gas.tables import CONTROL, CUT, LOCKED, OPEN, RATIO, SHUT, SLAMMED
from hydraulics.types import F64, I64

WORDS = {
    SHUT: "closed",
    OPEN: "wide-open",
    CONTROL: "control",
    LOCKED: "lock-up",
    SLAMMED: "slam-shut",
    RATIO: "ratio",
    CUT: "no-supply",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shortfall:
    """A user that does not get what it wants, kg/s, and the link that binds it, with the reason."""

    node: str
    wanted_kgs: float
    delivered_kgs: float
    element: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GasReport:
    """How a gas solve or run went; never silent.

    `mass_kgs` and `energy_pa` are the worst miss of a node's balance and of a link's law, found
    from the final flows and pressures. `unsupplied` nodes have no way to a source (pressure NaN).
    `shortfalls` are users that get less than they want; of a run, each at its worst time.
    `controls` says of each regulator and compressor in which state it is (a run: at its end).
    `settings` says by which laws: gas, Z, friction. `flags` says what an answer misses that did
    not converge.
    """

    converged: bool
    iterations: int
    solves: int
    relative_change: float
    mass_kgs: float
    mass_node: str
    energy_pa: float
    energy_link: str
    unsupplied: tuple[str, ...] = ()
    shortfalls: tuple[Shortfall, ...] = ()
    controls: tuple[tuple[str, str], ...] = ()
    settings: tuple[tuple[str, str], ...] = ()
    unbalanced_times_s: tuple[float, ...] = ()
    warnings: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """The report as JSON-ready values."""
        record = asdict(self)
        record["controls"] = dict(self.controls)
        record["settings"] = dict(self.settings)
        return record


@dataclass(frozen=True, slots=True, kw_only=True)
class Blend:
    """What the gas at each node is made of: `share` (N, F) by mass of the gases `names`.

    Normal density kg/m3, upper heating value and Wobbe index J a normal m3; (N,), NaN where no gas
    comes.
    """

    names: tuple[str, ...]
    share: F64
    density_kgm3: F64
    heating_jm3: F64
    wobbe_jm3: F64


@dataclass(frozen=True, slots=True, kw_only=True)
class GasSolution:
    """A gas network at one instant.

    `pressure_pa` (N,) is gauge, NaN where no source reaches; `demand_kgs` (N,) what is taken at a
    node (negative: fed in), at a source what it takes, so less than 0 when it feeds. `flow_kgs`
    (L,) is positive from start to end; `velocity_ms` its size at the mean pressure; `status` 0
    closed, 1 open. `blend` is there when sources feed different gases.
    """

    node_ids: tuple[str, ...]
    link_ids: tuple[str, ...]
    pressure_pa: F64
    demand_kgs: F64
    flow_kgs: F64
    velocity_ms: F64
    status: I64
    report: GasReport
    blend: Blend | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GasRun:
    """A gas network over time: the fields of `GasSolution` with a leading axis of report times.

    `line_pack_kg` (T,) is the mass in the pipes, `stored_error_kg` how far it is from what flowed
    in and out since the start; both None of a run of steady states.
    """

    times_s: F64
    node_ids: tuple[str, ...]
    link_ids: tuple[str, ...]
    pressure_pa: F64
    demand_kgs: F64
    flow_kgs: F64
    velocity_ms: F64
    status: I64
    report: GasReport
    line_pack_kg: F64 | None = None
    stored_error_kg: float | None = None
