"""Elements of a water network, as EPANET names them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from network_models.elements.common import Link, LinkStatus, Node

ValveKind = Literal["PRV", "PSV", "PBV", "FCV", "TCV", "GPV", "PCV"]
MixingModel = Literal["MIXED", "2COMP", "FIFO", "LIFO"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """One demand category of a junction; negative means inflow."""

    base_m3s: float
    pattern: str | None = None
    category: str = ""


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
