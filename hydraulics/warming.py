"""Compiling all kernels ahead, so that no service waits for the compiler later."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from hydraulics.batch.many import solve_many
from hydraulics.compiled import cache_folder
from hydraulics.extended import ExtendedPeriod
from hydraulics.gas.warming import warm_gas
from hydraulics.heat.warming import warm_heat
from hydraulics.quality.run import simulate_quality
from hydraulics.water import SteadyWater
from network_models.elements import Demand, Junction, Pipe, Tank
from network_models.network import Network


def warmup(progress: Callable[[str], None] | None = None) -> None:
    """Compile every kernel into the user's cache folder, or load it from there.

    Takes two minutes on a fresh machine and seconds afterwards. `progress` gets a line a part.
    """
    for name, compile_part in PARTS.items():
        if progress is not None:
            progress(f"compiling {name}")
        compile_part()
    with suppress(OSError):  # a cache that cannot be written compiles each time
        ready_mark().touch()
    if progress is not None:
        progress("kernels ready")


def ready_mark() -> Path:
    """A file that stands in the cache once all kernels of exactly these sources do."""
    return cache_folder(__name__) / "ready"


def _water() -> None:
    model = SteadyWater(_TINY)
    model.solve(model.boundary(0.0))
    ExtendedPeriod(_TINY).advance(2.0)


def _quality() -> None:
    simulate_quality(_TINY, "age", hours=0.001)
    simulate_quality(_TINY, "chemical", hours=0.001)


def _many() -> None:
    for _ in solve_many(_TINY, [[]], threads=1):
        pass


PARTS: dict[str, Callable[[], None]] = {
    "the water solver": _water,
    "gas": warm_gas,
    "heat": warm_heat,
    "water quality": _quality,
    "many cases at once": _many,
}
"""What can be compiled apart; the last two call kernels of the first."""


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
