"""Elements of a district-heat network: supply and return are one graph.

Pressures are gauge, flows mass flows in kg/s, temperatures kelvin.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from network_models.elements.common import Link, LinkStatus, Node, StoredMass

Side = Literal["supply", "return", "any"]
SubstationControl = Literal[
    "return_temperature",
    "temperature_drop",
    "flow",
    "flow_and_drop",
    "flow_and_return",
    "heat_exchanger",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class HeatJunction(Node):
    """A junction of the supply or of the return side (`any`: of neither for certain).

    `demand_kgs` leaves the network (negative: fed in at the junction's temperature).
    """

    side: Side
    demand_kgs: float = 0.0
    pattern: str | None = None
    pressure_min_pa: float | None = None
    pressure_max_pa: float | None = None
    temperature_k: float | None = None
    """Where a file states it: what a solution starts from, or keeps if only flows are solved."""
    stored: StoredMass | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HeatInlet(Node):
    """A node joined to something outside that holds its pressure, its inflow's temperature or both.

    A pressure keeper of a closed network, or the outlet of a larger network. None is not held.
    """

    side: Side = "any"
    pressure_pa: float | None = None
    temperature_k: float | None = None
    demand_kgs: float = 0.0
    pattern: str | None = None
    stored: StoredMass | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HeatPipe(Link):
    """A district-heat pipe; `loss_w_mk` is its heat loss a metre and kelvin to the ground.

    A loss coefficient U on an area is U * pi * (its own diameter) here. `ambient_temperature_k`
    None is that of `Physics`; `extracted_w` is heat taken out along it whatever the temperature.
    """

    length_m: float
    diameter_m: float
    roughness_m: float = 1e-4
    loss_w_mk: float = 0.3
    status: LinkStatus = "open"
    minor_loss: float = 0.0
    outer_diameter_m: float | None = None
    ambient_temperature_k: float | None = None
    extracted_w: float = 0.0
    wall_capacity_j_mk: float = 0.0
    """Heat the steel wall takes a metre and kelvin: it delays a temperature front."""
    sections: int = 1
    """Cells a program that cuts pipes into cells uses; it decides parity, not our results."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeatSource(Link):
    """A heat plant from return (start) to supply (end): temperature and pressure rise it holds.

    `return_pressure_pa` is the gauge pressure kept at its start, unless `keeps_pressure` is false
    because another plant keeps the network's. With `flow_kgs` the plant holds that flow, and its
    pressure rise is what the network needs, `pressure_rise_pa` at most. `temperature_curve` is a
    curve of supply temperature by outdoor temperature (both kelvin), which then goes before
    `supply_temperature_k`.
    """

    supply_temperature_k: float
    pressure_rise_pa: float
    return_pressure_pa: float = 3.0e5
    keeps_pressure: bool = True
    flow_kgs: float | None = None
    heat_max_w: float | None = None
    temperature_curve: str | None = None
    status: LinkStatus = "open"


@dataclass(frozen=True, slots=True, kw_only=True)
class CirculationPump(Link):
    """A pump with its heater, from return (start) to supply (end), that holds the supply.

    It keeps `pressure_pa` and `temperature_k` at its end (None: not held), and either the
    pressure lift `lift_pa` or the flow `flow_kgs`.
    """

    pressure_pa: float | None = None
    temperature_k: float | None = None
    lift_pa: float | None = None
    flow_kgs: float | None = None
    status: LinkStatus = "open"


@dataclass(frozen=True, slots=True, kw_only=True)
class BoosterPump(Link):
    """A pump (in gas: a blower) whose pressure lift is a polynomial of its volume flow.

    `lift_pa` are coefficients, the highest power of the flow in m3/s first: one number is a fixed
    lift. The lift is never below 0; backward flow passes without a lift.
    """

    lift_pa: tuple[float, ...]
    speed: float = 1.0
    status: LinkStatus = "open"


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowControl(Link):
    """A valve that holds the mass flow `flow_kgs` (closed: none; open: no control, no loss)."""

    flow_kgs: float
    status: LinkStatus = "active"


@dataclass(frozen=True, slots=True, kw_only=True)
class PressureControl(Link):
    """A valve or pump that holds the gauge pressure `setting_pa` at its end.

    Or at `controlled_node`. `open`: it does not control and only loses `minor_loss` heads.
    """

    setting_pa: float
    controlled_node: str | None = None
    diameter_m: float = 0.1
    minor_loss: float = 0.0
    status: LinkStatus = "active"


@dataclass(frozen=True, slots=True, kw_only=True)
class HeatValve(Link):
    """A valve that is open or closed; open it loses `minor_loss` velocity heads."""

    diameter_m: float
    minor_loss: float = 0.0
    status: LinkStatus = "open"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bypass(Link):
    """A throttle from supply to return; `kv_m3h` is its flow at 1 bar drop in cold water."""

    kv_m3h: float
    status: LinkStatus = "open"


@dataclass(frozen=True, slots=True, kw_only=True)
class HeatExchanger(Link):
    """A heat exchanger that takes `heat_w` out of the flow whatever it is (negative: puts in)."""

    heat_w: float
    diameter_m: float
    minor_loss: float = 0.0
    status: LinkStatus = "open"


@dataclass(frozen=True, slots=True, kw_only=True)
class Substation(Link):
    """A heat station from supply (start) to return (end) that takes `heat_w` from the network.

    What it holds beside the heat, by `control`: the return temperature, the drop
    `temperature_drop_k`, the flow `flow_kgs`; `flow_and_...` hold flow and temperature and leave
    the heat open (`heat_w` is then 0); `heat_exchanger` has the conductance `exchanger_w_k`
    against a secondary side. `kv_m3h` is the valve's largest opening: heat it cannot deliver
    through that is unmet. `available_head_pa` is the pressure between supply and return that the
    user system behind it needs, by its contract; None where nobody has stated it.
    """

    heat_w: float
    return_temperature_k: float = 323.15
    pattern: str | None = None
    control: SubstationControl = "return_temperature"
    temperature_drop_k: float | None = None
    flow_kgs: float | None = None
    kv_m3h: float | None = None
    exchanger_w_k: float | None = None
    secondary_return_k: float | None = None
    secondary_flow_kgs: float | None = None
    available_head_pa: float | None = None
    status: LinkStatus = "open"
