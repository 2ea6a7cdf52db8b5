"""Compiling the kernels of the truck search ahead, as `hydraulics.warming` does the solvers'."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import numpy as np

from hydraulics.compiled import cache_folder


def ready_mark() -> Path:
    """A file that stands in the cache once the kernels of exactly these sources do."""
    # The one folder would not tell of a change in the other.
    return cache_folder("dispatch.day_kernel") / cache_folder("dispatch.trip_kernel").name


def warm_trucks() -> None:
    """Compile the truck kernels into the user's cache folder, or load them from there."""
    from dispatch.day_search import fit_shifts
    from dispatch.delivery import DeliveryPoint
    from dispatch.fleet import Depot, FillPoint, Truck
    from dispatch.haul import Haul, TruckType
    from dispatch.rounds import Load, Round, Trip
    from dispatch.trip_bound import TripBound
    from dispatch.trip_pricing import Prices

    truck = Truck(id="T", depot="D", capacity_m3=1.0, shift_s=1.0, discharge_m3s=1.0, setup_s=1.0)
    depot = Depot(id="D", name_zh="", name_en="", x=0.0, y=0.0)
    fill = FillPoint(id="F", name_zh="", name_en="", x=0.0, y=0.0, element="", flow_m3s=1.0)
    haul = Haul(
        types=(TruckType(trucks=(truck,), depot=0),),
        depots=(depot,),
        fills=(fill,),
        points=(DeliveryPoint(id="P", x=0.0, y=0.0, junction=0, people=1, daily_m3=1.0),),
        time_s=np.zeros((3, 3)),
    )
    rounds = (Round(0, (Trip(0, (Load(0, 1.0),)),)),)
    fit_shifts(haul, rounds, seed=1, tries=1)
    for listed in (False, True):
        TripBound(haul, listed=listed).certify(Prices(np.ones(1), np.zeros(1), np.zeros(1)))
    with suppress(OSError):  # a cache that cannot be written compiles each time
        ready_mark().touch()
