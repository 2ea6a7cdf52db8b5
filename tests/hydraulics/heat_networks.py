"""Small heat networks of our own."""

from __future__ import annotations

from typing import Any

from network_models.elements import (
    HeatJunction,
    HeatPipe,
    HeatSource,
    Link,
    Node,
    Substation,
)
from network_models.network import Network
from network_models.operation import Curve, Pattern, Times

KW = 1e3


def junctions(*names: str) -> dict[str, Node]:
    """Junctions: S... of the supply, R... of the return."""
    return {n: HeatJunction(id=n, side="supply" if n[0] == "S" else "return") for n in names}


def pipe(name: str, start: str, end: str, length: float, size: float, **more: Any) -> HeatPipe:
    """A pipe with 0.3 W/(m K) to the ground."""
    return HeatPipe(id=name, start=start, end=end, length_m=length, diameter_m=size, **more)


def line(stations: int = 3, *, rise_pa: float = 3e5, size: float = 0.15, **wishes: Any) -> Network:
    """A plant and `stations` one behind the other, 500 m apart; 400 kW each, 120/60 C."""
    names = [f"{side}{i}" for side in "SR" for i in range(stations + 1)]
    links: list[Link] = [
        HeatSource(
            id="plant",
            start="R0",
            end="S0",
            supply_temperature_k=393.15,
            pressure_rise_pa=rise_pa,
            temperature_curve=wishes.pop("curve", None),
            heat_max_w=wishes.pop("heat_max_w", None),
        )
    ]
    for i in range(stations):
        links += [
            pipe(f"s{i}", f"S{i}", f"S{i + 1}", 500.0, size),
            pipe(f"r{i}", f"R{i + 1}", f"R{i}", 500.0, size),
            Substation(
                id=f"X{i + 1}",
                start=f"S{i + 1}",
                end=f"R{i + 1}",
                heat_w=400 * KW,
                return_temperature_k=333.15,
                **wishes,
            ),
        ]
    return Network(
        medium="heat",
        nodes=junctions(*names),
        links={link.id: link for link in links},
        patterns={"day": Pattern(id="day", multipliers=(1.0, 0.6))},
        curves={
            "outdoor": Curve(id="outdoor", points=((263.15, 393.15), (283.15, 343.15))),
        },
        times=Times(duration_s=0),
    )
