"""All the points of a field at one moment: the plants, the signals and the sensors."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from network_models.network import Network
from scada.point import Point
from scenarios.virtual_field.commands import CommandRefusedError
from scenarios.virtual_field.instruments import Instruments
from scenarios.virtual_field.signals import Signals

F64 = NDArray[np.float64]


class Plant(Protocol):
    """A medium's own physics behind some of the points."""

    @property
    def covered(self) -> NDArray[np.intp]:
        """Places in its point list that `values` answers."""
        ...

    def advance(self, seconds: float) -> None:
        """Run on."""
        ...

    def values(self, out: F64) -> None:
        """Set the covered places of `out` to true SI values."""
        ...

    def apply(self, point: Point, value: float) -> None:
        """Do what writing an SI value to a point means; CommandRefusedError otherwise."""
        ...

    def truth(self, time_ns: int) -> dict[str, Any]:
        """The true state as arrays."""
        ...


class FieldState:
    """True values and readings of n points, (n,) SI.

    Each of `plants` is made with the whole point list; points that none covers are signals.
    """

    def __init__(
        self,
        points: Sequence[Point],
        networks: Mapping[str, Network],
        *,
        seed: int,
        plants: Sequence[Plant] = (),
    ) -> None:
        self.points = tuple(points)
        self.plants = tuple(plants)
        self._plant_of: dict[int, Plant] = {
            int(place): plant for plant in self.plants for place in plant.covered
        }
        self._signals = Signals(self.points, networks, seed=seed)
        self._instruments = Instruments(self.points, seed=seed)
        self._plant_due_s = 0.0
        self._true = np.zeros(len(self.points))
        self.readings: F64 = np.zeros(len(self.points))

    def advance(
        self,
        local: datetime,
        dt_s: float,
        *,
        plant_step_s: float,
        on_plant_step: Callable[[], None] | None = None,
    ) -> F64:
        """New readings `dt_s` simulated seconds on; plants move in steps of `plant_step_s`."""
        self._plant_due_s += dt_s
        if self.plants and self._plant_due_s >= plant_step_s:
            for plant in self.plants:
                plant.advance(self._plant_due_s)
            self._plant_due_s = 0.0
            if on_plant_step is not None:
                on_plant_step()
        self._true = self._signals.advance(local, dt_s)
        return self._read(dt_s)

    def write(self, index: int, value: float) -> float:
        """Carry out a write to a point (SI); what it reads afterwards.

        Raises CommandRefusedError and changes nothing when the point is not for writing or the
        plant does not take the value.
        """
        point = self.points[index]
        if not point.writable:
            raise CommandRefusedError(f"{point.id} is not for writing")
        if not np.isfinite(value):
            raise CommandRefusedError(f"{value} is not a number")
        plant = self._plant_of.get(index)
        if plant is not None:
            plant.apply(point, value)
        else:
            self._signals.hold(index, value)
            self._true[index] = value
        return float(self._read(0.0)[index])

    def _read(self, dt_s: float) -> F64:
        for plant in self.plants:
            plant.values(self._true)
        self.readings = self._instruments.read(self._true, dt_s)
        return self.readings
