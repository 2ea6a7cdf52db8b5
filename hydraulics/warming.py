"""Compiling all kernels ahead, so that no service waits for the compiler later."""

from __future__ import annotations

from collections.abc import Callable

from hydraulics.batch.many import solve_many
from hydraulics.extended import ExtendedPeriod
from hydraulics.gas.warming import warm_gas
from hydraulics.heat.warming import warm_heat
from hydraulics.quality.run import simulate_quality
from hydraulics.water import SteadyWater
from network_models.elements import Demand, Junction, Pipe, Tank
from network_models.network import Network


def warmup(progress: Callable[[str], None] | None = None) -> None:
    """Compile every kernel into the user's cache folder, or load it from there.

    Takes a minute or two on a fresh machine and seconds afterwards. `progress` gets a line a stage.
    """
    say = progress if progress is not None else _quiet
    say("compiling the steady solver")
    model = SteadyWater(_TINY)
    model.solve(model.boundary(0.0))
    say("compiling the extended period")
    ExtendedPeriod(_TINY).advance(2.0)
    say("compiling water quality")
    simulate_quality(_TINY, "age", hours=0.001)
    simulate_quality(_TINY, "chemical", hours=0.001)
    say("compiling many cases at once")
    for _ in solve_many(_TINY, [[]], threads=1):
        pass
    say("compiling gas")
    warm_gas()
    say("compiling heat")
    warm_heat()
    say("kernels ready")


def _quiet(_: str) -> None:
    return None


_TINY = Network(
    nodes={
        "T": Tank(
            id="T",
            elevation_m=50.0,
            initial_level_m=2.0,
            minimum_level_m=0.0,
            maximum_level_m=4.0,
            diameter_m=10.0,
        ),
        "A": Junction(id="A", demands=(Demand(base_m3s=0.01),)),
        "B": Junction(id="B", demands=(Demand(base_m3s=0.01),)),
    },
    links={
        "1": Pipe(id="1", start="T", end="A", length_m=100.0, diameter_m=0.2, roughness=100.0),
        "2": Pipe(id="2", start="A", end="B", length_m=100.0, diameter_m=0.2, roughness=100.0),
    },
)
