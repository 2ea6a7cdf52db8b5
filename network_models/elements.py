"""What a network is made of: records for people, one class a kind of element.

All quantities are SI. Ids are strings, unique among the nodes and among the links of one network.
A node is where potentials (head, pressure, temperature) live; a link carries flow from its
`start` to its `end`. Coordinates are in the plan's own length unit (metres for our own networks).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

LinkStatus = Literal["open", "closed", "active"]
"""Initial status of a link; `active` means a valve obeys its setting."""

ValveKind = Literal["PRV", "PSV", "PBV", "FCV", "TCV", "GPV", "PCV"]
MixingModel = Literal["MIXED", "2COMP", "FIFO", "LIFO"]
SourceKind = Literal["CONCEN", "MASS", "FLOWPACED", "SETPOINT"]

Point2 = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """One demand category of a junction; negative means inflow."""

    base_m3s: float
    pattern: str | None = None
    category: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class QualitySource:
    """Where a water-quality constituent enters; `strength` keeps the file's unit."""

    kind: SourceKind
    strength: float
    pattern: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """What every node has."""

    id: str
    elevation_m: float = 0.0
    position: Point2 | None = None
    tag: str = ""
    comment: str = ""
    initial_quality: float = 0.0
    quality_source: QualitySource | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """What every link has."""

    id: str
    start: str
    end: str
    vertices: tuple[Point2, ...] = ()
    tag: str = ""
    comment: str = ""


# ---- water ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Junction(Node):
    """A water junction: demands, and an emitter whose flow is `coefficient * pressure_m ** n`.

    `emitter_coefficient` is in m3/s per m**n; n is `Options.emitter_exponent`.
    """

    demands: tuple[Demand, ...] = ()
    emitter_coefficient: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Reservoir(Node):
    """A source of fixed total head `elevation_m`, times its pattern if it has one."""

    pattern: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tank(Node):
    """A tank with a free surface; levels are above `elevation_m`, its bottom."""

    initial_level_m: float
    minimum_level_m: float
    maximum_level_m: float
    diameter_m: float
    minimum_volume_m3: float = 0.0
    volume_curve: str | None = None
    overflow: bool = False
    mixing: MixingModel = "MIXED"
    mixing_fraction: float = 1.0
    bulk_coefficient: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pipe(Link):
    """A water pipe.

    `roughness` is Hazen-Williams C, Darcy-Weisbach height in metres, or Manning n, by
    `Options.headloss`. `check_valve` lets flow pass from start to end only.
    Reaction coefficients keep the file's unit (per day; wall: length per day).
    `leak_area_mm2_per_100m` and `leak_expansion_mm2_per_m` are EPANET 2.3's leakage pair.
    """

    length_m: float
    diameter_m: float
    roughness: float
    minor_loss: float = 0.0
    status: LinkStatus = "open"
    check_valve: bool = False
    bulk_coefficient: float | None = None
    wall_coefficient: float | None = None
    leak_area_mm2_per_100m: float = 0.0
    leak_expansion_mm2_per_m: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Pump(Link):
    """A pump: a head curve (by id) or a constant power, at a relative speed."""

    head_curve: str | None = None
    power_w: float | None = None
    speed: float = 1.0
    speed_pattern: str | None = None
    status: LinkStatus = "open"
    efficiency_curve: str | None = None
    energy_price: float | None = None
    price_pattern: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Valve(Link):
    """A control valve.

    `setting` is metres of pressure head above the node for PRV and PSV, metres of head drop for
    PBV, m3/s for FCV, a loss coefficient for TCV, per cent open for PCV; a GPV has none.
    `curve` is the GPV's head loss curve or the PCV's loss curve.
    """

    kind: ValveKind
    diameter_m: float
    setting: float = 0.0
    curve: str | None = None
    minor_loss: float = 0.0
    status: LinkStatus = "active"


# ---- gas ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class GasJunction(Node):
    """A gas junction; `demand_kgs` leaves the network. `level` names the pressure stage."""

    demand_kgs: float = 0.0
    pattern: str | None = None
    level: Literal["high", "medium", "low"] = "medium"


@dataclass(frozen=True, slots=True, kw_only=True)
class GasSource(Node):
    """A city gate or storage outlet of fixed gauge pressure."""

    pressure_pa: float


@dataclass(frozen=True, slots=True, kw_only=True)
class GasPipe(Link):
    """A gas pipe; roughness is the wall's height in metres."""

    length_m: float
    diameter_m: float
    roughness_m: float = 1e-4
    status: LinkStatus = "open"


@dataclass(frozen=True, slots=True, kw_only=True)
class Regulator(Link):
    """A pressure regulator holding the gauge pressure `setting_pa` at its end."""

    setting_pa: float
    diameter_m: float = 0.1
    status: LinkStatus = "active"


# ---- heat -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class HeatJunction(Node):
    """A junction of the supply or of the return side."""

    side: Literal["supply", "return"]


@dataclass(frozen=True, slots=True, kw_only=True)
class HeatPipe(Link):
    """A district-heat pipe; `loss_w_mk` is its heat loss a metre and kelvin to the ground."""

    length_m: float
    diameter_m: float
    roughness_m: float = 1e-4
    loss_w_mk: float = 0.3
    status: LinkStatus = "open"


@dataclass(frozen=True, slots=True, kw_only=True)
class HeatSource(Link):
    """A heat plant from return (start) to supply (end): temperature and pressure rise it holds.

    `return_pressure_pa` is the gauge pressure kept at its start.
    """

    supply_temperature_k: float
    pressure_rise_pa: float
    return_pressure_pa: float = 3.0e5


@dataclass(frozen=True, slots=True, kw_only=True)
class Substation(Link):
    """A heat station from supply (start) to return (end) that takes `heat_w` from the network."""

    heat_w: float
    return_temperature_k: float = 323.15
    pattern: str | None = None
