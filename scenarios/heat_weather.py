"""What a heat network does in a weather: the share of its design heat, and how warm it runs.

Plants without a curve of their own regulate by quality (`hydraulics.heat.curve`): flow stays about
the same, supply and return get colder as the weather gets milder.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hydraulics.heat.boundary import supply_k
from hydraulics.heat.curve import HeatingCurve
from hydraulics.heat.kinds import BY_RETURN
from hydraulics.heat.tables import HeatArrays
from network_models.elements import HeatSource, Substation

F64 = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class HeatDesign:
    """The weather a heat network is laid out for: a city in the north of China.

    `least_share` is what is taken at any time, for hot water.
    """

    indoor_k: float = 293.15
    outdoor_k: float = 266.15
    least_share: float = 0.12

    def share(self, outdoor_k: float) -> float:
        """Share of the design heat that is needed at an outdoor temperature."""
        span = self.indoor_k - self.outdoor_k
        return min(max((self.indoor_k - outdoor_k) / span, self.least_share), 1.15)


class Regulation:
    """Supply and return temperatures of one compiled network by weather, by slot."""

    def __init__(self, a: HeatArrays, design: HeatDesign) -> None:
        self._arrays, self._design = a, design
        records = list(a.net.links.values())
        self._plants = [
            (int(k), records[int(a.structure.link[k])])
            for k in a.plants
            if isinstance(records[int(a.structure.link[k])], HeatSource)
        ]
        self.stations = np.array(
            [
                k
                for k in a.stations
                if a.links.control[k] == BY_RETURN
                and isinstance(records[int(a.structure.link[k])], Substation)
            ],
            dtype=np.int64,
        )
        self._design_return = a.links.return_k[self.stations].copy()
        first = self._plants[0][1] if self._plants else None
        self._supply_k = first.supply_temperature_k if isinstance(first, HeatSource) else 368.15

    def supply(self, outdoor_k: float) -> list[tuple[int, float]]:
        """(slot, K) of every plant."""
        found = []
        for slot, plant in self._plants:
            assert isinstance(plant, HeatSource)
            if plant.temperature_curve is not None:
                found.append((slot, supply_k(self._arrays.net, plant, outdoor_k)))
            else:
                curve = self._curve(plant.supply_temperature_k, float(self._typical_return()))
                found.append((slot, curve.at_share(self._share(outdoor_k))[0]))
        return found

    def returns(self, outdoor_k: float) -> F64:
        """K at which the stations (`stations`, slots) give their water back."""
        share = self._share(outdoor_k)
        kinds: dict[float, float] = {
            k: self._curve(self._supply_k, k).at_share(share)[1]
            for k in np.unique(self._design_return).tolist()
        }
        return np.array([kinds[k] for k in self._design_return.tolist()])

    def _typical_return(self) -> float:
        return float(np.median(self._design_return)) if len(self._design_return) else 323.15

    def _share(self, outdoor_k: float) -> float:
        return min(self._design.share(outdoor_k), 1.0)

    def _curve(self, supply: float, back: float) -> HeatingCurve:
        return HeatingCurve(
            supply_k=supply,
            return_k=back,
            room_k=self._design.indoor_k,
            outdoor_k=self._design.outdoor_k,
        )
