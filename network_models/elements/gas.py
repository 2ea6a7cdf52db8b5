"""Elements of a gas network.

Pressures are gauge (above `Physics.ambient_pressure_pa`), flows mass flows in kg/s. Limits are
`None` where there is none. A link's flow limits count from its start to its end.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from network_models.elements.common import Link, LinkStatus, Node, StoredMass

PressureLevel = Literal["high", "medium", "low"]
GasFriction = Literal[
    "colebrook",
    "nikuradse",
    "prandtl-colebrook",
    "swamee-jain",
    "hofer",
    "hofer-approx",
    "gb50028",
]
CompressorControl = Literal["ratio", "outlet", "flow", "free"]
"""What a compressor holds; `free` leaves it to whoever plans, within its limits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GasJunction(Node):
    """A gas junction; `demand_kgs` leaves the network (negative: fed in), times its pattern.

    `level` names the pressure stage, `user_class` who uses the gas (a district's own words).
    `volume_m3` is geometric volume that counts as line pack beside that of the pipes.
    """

    demand_kgs: float = 0.0
    pattern: str | None = None
    level: PressureLevel = "medium"
    user_class: str = ""
    volume_m3: float = 0.0
    pressure_min_pa: float | None = None
    pressure_max_pa: float | None = None
    flow_min_kgs: float | None = None
    """Least and largest withdrawal."""
    flow_max_kgs: float | None = None
    temperature_k: float | None = None
    """Of the gas here, where a file states it by node; None is that of `Physics`."""
    stored: StoredMass | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GasSource(Node):
    """A city gate or storage outlet: of fixed pressure, or of fixed flow.

    Under `pressure` control it holds the gauge pressure `pressure_pa`; under `flow` control it
    feeds `flow_kgs` and `pressure_pa` is the pressure it must not exceed. `gas` is the id of the
    fluid it feeds (`Network.fluids`). `demand_kgs` is taken at this very node.
    """

    pressure_pa: float
    control: Literal["pressure", "flow"] = "pressure"
    flow_kgs: float = 0.0
    gas: str | None = None
    temperature_k: float | None = None
    demand_kgs: float = 0.0
    pressure_min_pa: float | None = None
    pressure_max_pa: float | None = None
    flow_min_kgs: float | None = None
    flow_max_kgs: float | None = None
    pattern: str | None = None
    stored: StoredMass | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GasPipe(Link):
    """A gas pipe; roughness is the wall's height in metres.

    `friction` overrides the law of `Physics`. `sections` is the number of cells a program that
    cuts pipes into cells uses; it decides parity with it, not our own results.
    """

    length_m: float
    diameter_m: float
    roughness_m: float = 1e-4
    status: LinkStatus = "open"
    minor_loss: float = 0.0
    friction: GasFriction | None = None
    ambient_temperature_k: float | None = None
    heat_transfer_w_m2k: float | None = None
    pressure_max_pa: float | None = None
    flow_min_kgs: float | None = None
    flow_max_kgs: float | None = None
    sections: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Regulator(Link):
    """A pressure regulator holding the gauge pressure `setting_pa` at its end.

    Or at the node `controlled_node`. `capacity` K gives the largest flow: K sqrt(dp p2) below and
    K p1/2 above the critical ratio, absolute pressures, so kg/s per Pa; None is without limit.
    Above `lock_up_pa` at its end it is shut tight; beyond a slam-shut pressure it closes and
    stays closed. `status` active controls, open stands wide open.
    """

    setting_pa: float
    diameter_m: float = 0.1
    status: LinkStatus = "active"
    capacity_kgs_pa: float | None = None
    controlled_node: str | None = None
    minor_loss: float = 0.0
    lock_up_pa: float | None = None
    slam_shut_high_pa: float | None = None
    slam_shut_low_pa: float | None = None
    inlet_min_pa: float | None = None
    outlet_max_pa: float | None = None
    drop_min_pa: float | None = None
    drop_max_pa: float | None = None
    inlet_loss_pa: float = 0.0
    outlet_loss_pa: float = 0.0
    flow_min_kgs: float | None = None
    flow_max_kgs: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Compressor(Link):
    """A compressor or a whole station, from suction (start) to discharge (end).

    `ratio` is of absolute pressures. `bypass` lets gas pass it unchanged when it is idle, from
    start to end. Losses of the station's own pipework are a fixed drop, or a drag factor with its
    diameter (as a `Resistor`), at the inlet and at the outlet.
    """

    control: CompressorControl = "ratio"
    ratio: float | None = None
    outlet_pa: float | None = None
    flow_kgs: float | None = None
    status: LinkStatus = "active"
    bypass: bool = True
    ratio_max: float | None = None
    power_max_w: float | None = None
    inlet_min_pa: float | None = None
    outlet_max_pa: float | None = None
    flow_min_kgs: float | None = None
    flow_max_kgs: float | None = None
    inlet_loss_pa: float = 0.0
    outlet_loss_pa: float = 0.0
    inlet_drag: float = 0.0
    inlet_diameter_m: float | None = None
    outlet_drag: float = 0.0
    outlet_diameter_m: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GasValve(Link):
    """A valve that is open or closed; open it loses `minor_loss` velocity heads, if any."""

    diameter_m: float | None = None
    minor_loss: float = 0.0
    status: LinkStatus = "open"
    drop_max_pa: float | None = None
    flow_min_kgs: float | None = None
    flow_max_kgs: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Resistor(Link):
    """A local loss: a fixed drop `loss_pa`, or drag_factor * rho v |v| / 2 at `diameter_m`."""

    drag_factor: float = 0.0
    diameter_m: float | None = None
    loss_pa: float = 0.0
    flow_min_kgs: float | None = None
    flow_max_kgs: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ShortPipe(Link):
    """A link without any loss."""

    flow_min_kgs: float | None = None
    flow_max_kgs: float | None = None
