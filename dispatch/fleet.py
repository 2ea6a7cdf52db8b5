"""Water trucks, the depots they stand at and the points where they fill up."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from dispatch.place_columns import ID, PLACE_COLUMNS, named_place
from network_models.formats.table import flag, number, optional, read_table, text
from network_models.problems import InputError
from network_models.units import UNITS

_DEPOT = text("depot")
_CAPACITY = number("capacity_m3", minimum=0.1)
_SHIFT = number("shift_h", minimum=0.1)
_DISCHARGE = number("discharge_m3h", minimum=0.1)
_SETUP = number("setup_min", minimum=0.0)
_AVAILABLE = optional(flag("available"), True)
_TANK_CHANGE = optional(number("tank_change_min", minimum=0.0), None)
_ELEMENT = optional(text("element"), "")
_FLOW = number("flow_m3h", minimum=0.1)
FLEET_COLUMNS = (ID, _DEPOT, _CAPACITY, _SHIFT, _DISCHARGE, _SETUP, _AVAILABLE, _TANK_CHANGE)
DEPOT_COLUMNS = PLACE_COLUMNS
FILL_POINT_COLUMNS = (*PLACE_COLUMNS, _ELEMENT, _FLOW)


@dataclass(frozen=True, slots=True, kw_only=True)
class Truck:
    """A water truck: it may work `shift_s` a day, empties at `discharge_m3s`.

    `setup_s` is lost at every stop (parking, hoses) before water runs. A truck that `sets_down` its
    tank has one stop a trip.
    """

    id: str
    depot: str
    capacity_m3: float
    shift_s: float
    discharge_m3s: float
    setup_s: float
    available: bool = True
    sets_down: bool = False


_TANK_CHANGE_M3S = 1e9


def drop_and_go(truck: Truck, handling_s: float) -> Truck:
    """The truck when it sets down a full tank and takes the empty one instead of waiting at a tap.

    A stop then takes `handling_s` whatever the volume, and so does putting a tank under the tap
    before it fills. It has one tank, so a trip serves one stop.
    """
    return replace(truck, discharge_m3s=_TANK_CHANGE_M3S, setup_s=handling_s, sets_down=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Depot:
    """Where trucks start and end their day; x and y are plan metres."""

    id: str
    name_zh: str
    name_en: str
    x: float
    y: float


@dataclass(frozen=True, slots=True, kw_only=True)
class FillPoint:
    """A hydrant or standpipe for trucks; `element` is its node, so an outage may take it."""

    id: str
    name_zh: str
    name_en: str
    x: float
    y: float
    element: str
    flow_m3s: float


def read_fleet(path: Path | str, *, depots: Iterable[str] | None = None) -> tuple[Truck, ...]:
    """The trucks in a CSV file; with `depots` (ids), another depot is a fault.

    Raises InputError with all faults.
    """
    table = read_table(path, FLEET_COLUMNS, key=ID)
    known = None if depots is None else frozenset(depots)
    trucks = []
    for row in table.rows:
        if known is not None and row[_DEPOT] not in known:
            table.problem(row.line, "depot", row[_DEPOT], "a depot of the depot table")
        truck = Truck(
            id=row[ID],
            depot=row[_DEPOT],
            capacity_m3=row[_CAPACITY],
            shift_s=timedelta(hours=row[_SHIFT]).total_seconds(),
            discharge_m3s=UNITS["m3/h"].to_si(row[_DISCHARGE]),
            setup_s=timedelta(minutes=row[_SETUP]).total_seconds(),
            available=row[_AVAILABLE],
        )
        change_min = row[_TANK_CHANGE]
        if change_min is not None:
            truck = drop_and_go(truck, timedelta(minutes=change_min).total_seconds())
        trucks.append(truck)
    if table.problems:
        raise InputError(table.problems)
    return tuple(trucks)


def read_depots(path: Path | str) -> tuple[Depot, ...]:
    """The depots in a CSV file. Raises InputError with all faults."""
    table = read_table(path, DEPOT_COLUMNS, key=ID)
    if table.problems:
        raise InputError(table.problems)
    return tuple(Depot(**named_place(row)) for row in table.rows)


def read_fill_points(path: Path | str) -> tuple[FillPoint, ...]:
    """The filling points in a CSV file. Raises InputError with all faults."""
    table = read_table(path, FILL_POINT_COLUMNS, key=ID)
    if table.problems:
        raise InputError(table.problems)
    return tuple(
        FillPoint(
            **named_place(row),
            element=row[_ELEMENT],
            flow_m3s=UNITS["m3/h"].to_si(row[_FLOW]),
        )
        for row in table.rows
    )
