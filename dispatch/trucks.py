"""Emergency water delivery by truck: the public names of the fleet's records and readers."""

from __future__ import annotations

from dispatch.fleet import Depot, FillPoint, Truck, read_depots, read_fill_points, read_fleet

__all__ = ["Depot", "FillPoint", "Truck", "read_depots", "read_fill_points", "read_fleet"]
