"""What a network is made of: records for people, one class a kind of element.

All quantities are SI. Ids are strings, unique among the nodes and among the links of one network.
A node is where potentials (head, pressure, temperature) live; a link carries flow from its
`start` to its `end`. Coordinates are in the plan's own length unit (metres for our own networks).
"""

from __future__ import annotations

from network_models.elements.common import (
    Link,
    LinkStatus,
    Node,
    Point2,
    QualitySource,
    SourceKind,
    StoredMass,
)
from network_models.elements.gas import (
    Compressor,
    CompressorControl,
    GasFriction,
    GasJunction,
    GasPipe,
    GasSource,
    GasValve,
    PressureLevel,
    Regulator,
    Resistor,
    ShortPipe,
)
from network_models.elements.heat import (
    BoosterPump,
    Bypass,
    CirculationPump,
    FlowControl,
    HeatExchanger,
    HeatInlet,
    HeatJunction,
    HeatPipe,
    HeatSource,
    HeatValve,
    PressureControl,
    Side,
    Substation,
    SubstationControl,
)
from network_models.elements.water import (
    Demand,
    Junction,
    MixingModel,
    Pipe,
    Pump,
    Reservoir,
    Tank,
    Valve,
    ValveKind,
)

__all__ = [
    "BoosterPump",
    "Bypass",
    "CirculationPump",
    "Compressor",
    "CompressorControl",
    "Demand",
    "FlowControl",
    "GasFriction",
    "GasJunction",
    "GasPipe",
    "GasSource",
    "GasValve",
    "HeatExchanger",
    "HeatInlet",
    "HeatJunction",
    "HeatPipe",
    "HeatSource",
    "HeatValve",
    "Junction",
    "Link",
    "LinkStatus",
    "MixingModel",
    "Node",
    "Pipe",
    "Point2",
    "PressureControl",
    "PressureLevel",
    "Pump",
    "QualitySource",
    "Regulator",
    "Reservoir",
    "Resistor",
    "ShortPipe",
    "Side",
    "SourceKind",
    "StoredMass",
    "Substation",
    "SubstationControl",
    "Tank",
    "Valve",
    "ValveKind",
]
