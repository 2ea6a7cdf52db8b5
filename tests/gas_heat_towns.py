"""Small gas and heat networks, and points on them, for tests of the field and of the live model."""

from __future__ import annotations

from network_models.elements import (
    GasJunction,
    GasPipe,
    GasSource,
    HeatJunction,
    HeatPipe,
    HeatSource,
    Regulator,
    Substation,
)
from network_models.network import Network
from network_models.operation import Pattern, Times
from network_models.physics import Fluid, Physics
from scada.point import Point, Utility

GAS = Fluid(id="gas", fractions=(("methane", 0.95), ("nitrogen", 0.05)))
DAY = Pattern(id="DAY", multipliers=(0.5,) * 12 + (1.0,) * 12)


def gas_town() -> Network:
    """Two gates on a medium main, and two districts behind a regulator each."""
    nodes = [
        GasSource(id="G1", pressure_pa=0.3e6),
        GasSource(id="G2", pressure_pa=0.3e6),
        GasJunction(id="M1", level="medium"),
        GasJunction(id="M2", level="medium"),
        *(GasJunction(id=f"O{d}", level="low") for d in (1, 2)),
        *(
            GasJunction(id=f"U{d}{i}", level="low", demand_kgs=0.01, pattern="DAY")
            for d in (1, 2)
            for i in (1, 2, 3)
        ),
    ]

    def pipe(name: str, start: str, end: str, length: float, diameter: float) -> GasPipe:
        return GasPipe(id=name, start=start, end=end, length_m=length, diameter_m=diameter)

    links = [
        pipe("G1-MAIN", "G1", "M1", 400.0, 0.16),
        pipe("G2-MAIN", "G2", "M2", 400.0, 0.16),
        pipe("M", "M1", "M2", 2000.0, 0.2),
        Regulator(id="R1", start="M1", end="O1", setting_pa=2500.0),
        Regulator(id="R2", start="M2", end="O2", setting_pa=2500.0),
        *(pipe(f"P{d}1", f"O{d}", f"U{d}1", 300.0, 0.16) for d in (1, 2)),
        *(
            pipe(f"P{d}{i}", f"U{d}{i - 1}", f"U{d}{i}", 300.0, 0.11)
            for d in (1, 2)
            for i in (2, 3)
        ),
    ]
    return Network(
        medium="gas",
        nodes={n.id: n for n in nodes},
        links={k.id: k for k in links},
        patterns={"DAY": DAY},
        times=Times(duration_s=86400),
        fluids={"gas": GAS},
        physics=Physics(fluid="gas"),
    )


def heat_town() -> Network:
    """A plant and three stations along a street."""
    nodes = [
        HeatJunction(id=f"{side}{i}", side="supply" if side == "S" else "return")
        for i in range(4)
        for side in "SR"
    ]
    links = [
        HeatSource(
            id="PLANT", start="R0", end="S0", supply_temperature_k=383.15, pressure_rise_pa=4e5
        ),
        *(
            HeatPipe(
                id=f"{side}P{i}",
                start=f"{side}{i - 1}" if side == "S" else f"{side}{i}",
                end=f"{side}{i}" if side == "S" else f"{side}{i - 1}",
                length_m=500.0,
                diameter_m=0.25,
            )
            for i in (1, 2, 3)
            for side in "SR"
        ),
        *(
            Substation(id=f"HX{i}", start=f"S{i}", end=f"R{i}", heat_w=3e6, pattern="DAY")
            for i in (1, 2, 3)
        ),
    ]
    return Network(
        medium="heat",
        nodes={n.id: n for n in nodes},
        links={k.id: k for k in links},
        patterns={"DAY": DAY},
        times=Times(duration_s=86400),
    )


def point(
    name: str, utility: Utility, quantity: str, unit: str, element: str, *, driver: str = "rtu",
    address: str = "", writable: bool = False, end_point: bool = False,
) -> Point:  # fmt: skip
    """A point of a town."""
    return Point(
        id=name,
        utility=utility,
        quantity=quantity,
        unit=unit,
        element=element,
        driver=driver,
        address=address,
        writable=writable,
        end_point=end_point,
    )


GAS_POINTS = (
    point("G1-P", "gas", "pressure", "kPa", "node:G1"),
    point("G2-P", "gas", "pressure", "kPa", "node:G2"),
    point("G1-Q", "gas", "flow", "m3/h", "link:G1-MAIN"),
    point("G2-Q", "gas", "flow", "m3/h", "link:G2-MAIN"),
    point("M2-P", "gas", "pressure", "kPa", "node:M2"),
    point("O1-P", "gas", "pressure", "Pa", "node:O1"),
    point("O2-P", "gas", "pressure", "Pa", "node:O2"),
    point("U13-P", "gas", "pressure", "Pa", "node:U13", end_point=True),
    point("U23-P", "gas", "pressure", "Pa", "node:U23", end_point=True),
    point("R1-SP", "gas", "setting", "Pa", "link:R1", writable=True),
    point("G1-ST", "gas", "status", "on/off", "link:G1-MAIN", writable=True),
    point("G2-ST", "gas", "status", "on/off", "link:G2-MAIN", writable=True),
    point("G1-T", "gas", "temperature", "degC", "node:G1"),
)

HEAT_POINTS = (
    point("OUT-T", "heat", "temperature", "degC", ""),
    point("PLANT-SUP-T", "heat", "temperature", "degC", "node:S0"),
    point("PLANT-RET-T", "heat", "temperature", "degC", "node:R0"),
    point("PLANT-SUP-P", "heat", "pressure", "kPa", "node:S0"),
    point("PLANT-RET-P", "heat", "pressure", "kPa", "node:R0"),
    point("PLANT-G", "heat", "mass_flow", "t/h", "link:PLANT"),
    point("PLANT-ST", "heat", "status", "on/off", "link:PLANT", writable=True),
    point("PLANT-SP", "heat", "temperature", "degC", "link:PLANT", writable=True),
    point("HX3-SUP-T", "heat", "temperature", "degC", "node:S3"),
    point("HX3-RET-T", "heat", "temperature", "degC", "node:R3"),
    point("HX3-DP", "heat", "pressure", "kPa", "link:HX3"),
    point("HX3-SUP-P", "heat", "pressure", "kPa", "node:S3"),
    point("HX2-ST", "heat", "status", "on/off", "link:HX2", writable=True),
)
