"""What the live models say on the bus: batches of model values, and the points explained least."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from network_models.units import UNITS
from scada import quality
from scada.point import Point
from scada.ports import Bus
from scada.samples import SampleBatch

F64 = NDArray[np.float64]
WORST_LISTED = 10


def model_batch(handle: Any, value: Any, now_ns: int) -> SampleBatch:
    """Model values as samples; a value that is not known is bad."""
    known = np.isfinite(value)
    code = np.where(known, quality.GOOD, quality.BAD_OUT_OF_SERVICE).astype(np.uint32)
    times = np.full(len(handle), now_ns, dtype=np.int64)
    return SampleBatch(np.asarray(handle).astype(np.uint32), value, code, times, times)


class OwnPoints:
    """Tells core the values of the points a model fills, as the numbered parcels of a gateway."""

    def __init__(self, bus: Bus, gateway: str) -> None:
        self._bus, self._gateway = bus, gateway
        self._epoch, self._number = time.time_ns(), 0

    async def tell(self, handle: Any, value: Any, now_ns: int) -> None:
        """Send values in SI; NaN is a value that is not known. BusError if core is away."""
        self._number += 1
        mark = {"gateway": self._gateway, "epoch": self._epoch, "number": self._number}
        batch = model_batch(handle, value, now_ns)
        await self._bus.call("core.samples", {**mark, "origin": "model"}, batch.to_bytes())


def worst_residuals(
    points: Sequence[Point], measured: F64, handle: Any, modelled: F64, normalised: F64
) -> list[dict[str, Any]]:
    """The measured points that the model explains least, in their own units."""
    size = np.nan_to_num(np.abs(normalised), nan=-1.0)
    rows = []
    for k in np.argsort(-size, kind="stable")[:WORST_LISTED]:
        if size[k] < 0.0:
            break
        point = points[int(handle[k])]
        residual = (measured[int(handle[k])] - modelled[k]) / UNITS[point.unit].factor
        rows.append(
            {
                "point": point.id,
                "residual": round(float(residual), 5),
                "unit": point.unit,
                "sigmas": round(float(size[k]), 2),
            }
        )
    return rows
