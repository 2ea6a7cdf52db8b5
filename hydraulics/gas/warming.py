"""Compiling the gas kernels ahead."""

from __future__ import annotations

from hydraulics.gas.line_pack import LinePack
from hydraulics.gas.model import GasModel
from network_models.changes import BreakPipe
from network_models.elements import GasJunction, GasPipe, GasSource, Regulator
from network_models.network import Network
from network_models.physics import Fluid


def warm_gas() -> None:
    """Call every gas kernel once: a steady state, a step of line pack with a break, a blend."""
    model = GasModel(_TINY)
    model.solve()
    LinePack(model, changes=[BreakPipe("1")]).step(1.0)
    model.leaked_kgs()


_TINY = Network(
    medium="gas",
    nodes={
        "S": GasSource(id="S", pressure_pa=3e5, gas="a"),
        "F": GasSource(id="F", pressure_pa=4e5, control="flow", flow_kgs=0.01, gas="b"),
        "A": GasJunction(id="A"),
        "B": GasJunction(id="B", demand_kgs=0.02, level="low"),
    },
    links={
        "1": GasPipe(id="1", start="S", end="A", length_m=100.0, diameter_m=0.1),
        "2": GasPipe(id="2", start="F", end="A", length_m=100.0, diameter_m=0.1),
        "R": Regulator(id="R", start="A", end="B", setting_pa=2500.0),
    },
    fluids={
        "a": Fluid(id="a", molar_mass_kgmol=0.0167),
        "b": Fluid(id="b", molar_mass_kgmol=0.018),
    },
)
