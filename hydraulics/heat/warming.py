"""A tiny heat network that calls every heat kernel once."""

from __future__ import annotations

from hydraulics.heat.run import simulate
from network_models.elements import HeatJunction, HeatPipe, HeatSource, Substation
from network_models.network import Network


def warm_heat() -> None:
    """Compile the heat kernels, or load them from the cache."""
    simulate(_TINY, hours=0.01, step_s=18.0)


_TINY = Network(
    medium="heat",
    nodes={
        name: HeatJunction(id=name, side="supply" if name.startswith("S") else "return")
        for name in ("S1", "S2", "R1", "R2")
    },
    links={
        "plant": HeatSource(
            id="plant",
            start="R1",
            end="S1",
            supply_temperature_k=363.15,
            pressure_rise_pa=2e5,
        ),
        "out": HeatPipe(id="out", start="S1", end="S2", length_m=100.0, diameter_m=0.1),
        "back": HeatPipe(id="back", start="R2", end="R1", length_m=100.0, diameter_m=0.1),
        "station": Substation(id="station", start="S2", end="R2", heat_w=1e5),
    },
)
