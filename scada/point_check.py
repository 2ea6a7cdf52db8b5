"""What only a whole row, or two rows together, can show to be wrong with a point list. Pure.

A cell that could not be read is missing from `cells` and reported already; each check looks only
at what could be read, so one pass names every fault of a row.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from network_models.units import UNITS, units_of
from scada.address import (
    BIT_AREAS,
    MODBUS_SYNTAX,
    OPCUA_SYNTAX,
    READ_ONLY_AREAS,
    ModbusAddress,
    check_name,
    check_opcua,
    parse_modbus,
)
from scada.calc_parse import parse
from scada.point_columns import LIMIT_COLUMNS
from scada.registers import REGISTERS

CALC_DRIVERS = ("calc", "sim")
"""Driver names of points whose address is an expression."""
MODEL_DRIVER = "model"
"""The driver name of values that the live model computes."""
DESK_DRIVER = "desk"
"""The driver name of values that the desk counts; their address names the figure."""
DESK_FIGURES = ("clocks_running", "clocks_near", "clocks_late")

Report = Callable[[str, str, str], None]
"""Takes the field, what was found and what was expected."""


def check_unit(cells: Mapping[str, Any], report: Report) -> None:
    """The unit must measure the quantity; a setting may have the unit of what it sets."""
    quantity, unit = cells.get("quantity"), cells.get("unit")
    if quantity is None or unit is None or quantity == "setting":
        return
    if UNITS[unit].quantity != quantity:
        report("unit", unit, f"a unit of {quantity}: " + ", ".join(units_of(quantity)))


def check_element(
    cells: Mapping[str, Any], elements: Mapping[str, Collection[str]] | None, report: Report
) -> None:
    """`node:ID` or `link:ID`, standing in the network of the point's utility when it is known."""
    element = cells.get("element")
    if not element:
        return
    kind, _, name = element.partition(":")
    if kind not in ("node", "link") or not name:
        report("element", element, "node:ID or link:ID")
    elif elements is not None and "utility" in cells:
        utility = cells["utility"]
        if utility not in elements:
            report("element", element, f"no element: the site has no {utility} network")
        elif element not in elements[utility]:
            report("element", element, f"an element of the {utility} network")


def check_limits(cells: Mapping[str, Any], report: Report) -> None:
    """Limits must rise: low_low < low < high < high_high, those that are given; so must a range."""
    low, high = cells.get("range_low"), cells.get("range_high")
    if low is not None and high is not None and not low < high:
        report("range_high", f"{high:g}", f"more than range_low, which is {low:g}")
    if cells.get("clamp") and low is None and high is None:
        report("clamp", "yes", "a range_low or range_high to cut to")
    if cells.get("max_rate") == 0.0:
        report("max_rate", "0", "more than 0, or an empty cell")
    given = [(name, cells[name]) for name in LIMIT_COLUMNS if cells.get(name) is not None]
    for (lower, below), (upper, above) in pairwise(given):
        if not below < above:
            report(upper, f"{above:g}", f"more than {lower}, which is {below:g}")


def check_scale(cells: Mapping[str, Any], report: Report) -> None:
    """A scale of zero would make every raw value the same."""
    if cells.get("scale") == 0.0:
        report("scale", "0", "a number other than 0")


def check_compression(cells: Mapping[str, Any], report: Report) -> None:
    """The swinging door needs a bound, and a value that may lie between two others."""
    if cells.get("compression") != "door":
        return
    if cells.get("deadband") == 0.0:
        report("deadband", "0", "more than 0, the error bound of the swinging door")
    if cells.get("type") in ("bool", "bcd16", "bcd32"):
        report("compression", "door", f"exception, for a {cells['type']}")


def parse_address(
    cells: Mapping[str, Any], drivers: Collection[str] | Mapping[str, str] | None, report: Report
) -> ModbusAddress | None:
    """Judge driver, address, type and writability; the Modbus address when it is a sound one."""
    driver, address = cells.get("driver"), cells.get("address")
    if driver is None or address is None:
        return None
    if not driver or not address:
        if driver or address:
            missing = "address" if driver else "driver"
            report(missing, "an empty cell", "driver and address together, or neither")
        elif cells.get("writable"):
            report("writable", "yes", "no, for a point without a driver")
        return None
    kind = _kind(driver, drivers)
    if kind is None:
        known = sorted({*(drivers or ()), MODEL_DRIVER, DESK_DRIVER, *CALC_DRIVERS})
        report("driver", driver, "one of " + ", ".join(known))
    try:
        return _by_kind(kind or "", address, cells, report)
    except ValueError as error:
        report("address", address, str(error))
        return None


def _kind(driver: str, drivers: Collection[str] | Mapping[str, str] | None) -> str | None:
    """The kind of a driver, "" when only its name is known, None when nobody knows it."""
    if driver in (MODEL_DRIVER, DESK_DRIVER) or driver in CALC_DRIVERS:
        return driver
    if drivers is None:
        return ""
    if driver not in drivers:
        return None
    return drivers[driver] if isinstance(drivers, Mapping) else ""


def _by_kind(
    kind: str, address: str, cells: Mapping[str, Any], report: Report
) -> ModbusAddress | None:
    if kind == MODEL_DRIVER:
        check_name(address)
        if cells.get("writable"):
            report("writable", "yes", "no, for a value the model computes")
        return None
    if kind == DESK_DRIVER:
        if address not in DESK_FIGURES:
            raise ValueError("one of " + ", ".join(DESK_FIGURES))
        if cells.get("writable"):
            report("writable", "yes", "no, for a value the desk counts")
        return None
    if kind in CALC_DRIVERS:
        parse(address)  # what it refers to is judged when the whole list is read
        if cells.get("writable"):
            report("writable", "yes", "no, for a calculated value")
        return None
    if kind == "opcua" or (not kind and "=" in address):
        check_opcua(address)
        return None
    if kind == "modbus_tcp":
        place = parse_modbus(address)
    elif kind:
        return None  # the in-memory driver takes any address
    else:
        try:
            place = parse_modbus(address)
        except ValueError as error:
            both = f"{MODBUS_SYNTAX}; or {OPCUA_SYNTAX}"
            raise ValueError(both if str(error) == MODBUS_SYNTAX else str(error)) from error
    _check_modbus(place, cells, report)
    return place


def _check_modbus(place: ModbusAddress, cells: Mapping[str, Any], report: Report) -> None:
    if cells.get("writable") and place.area in READ_ONLY_AREAS:
        report("writable", "yes", f"no: {place.area} can only be read")
    kind = cells.get("type")
    if kind is None:
        return
    if place.bits > 1:
        if kind != "uint16":
            report("type", kind, f"uint16, for the bits {cells['address']}")
    elif place.area in BIT_AREAS or place.bit is not None:
        if kind != "bool":
            report("type", kind, f"bool, for the single bit {cells['address']}")
    elif kind == "bool":
        report("address", cells["address"], f"a bit of the register, such as {place.area}:1.0")
    elif place.number + REGISTERS[kind] > 0x10000:
        report("address", cells["address"], f"room for {REGISTERS[kind]} registers up to 65535")


@dataclass(slots=True)
class Occupied:
    """Who holds which register or bit; two values may not share one, a word and its bits may."""

    _whole: dict[tuple[str, int | None, str, int], str] = field(default_factory=dict)
    _bits: dict[tuple[str, int | None, str, int, int], str] = field(default_factory=dict)

    def take(self, cells: Mapping[str, Any], place: ModbusAddress, report: Report) -> None:
        """Note the point's registers; an overlap with an earlier point is reported once."""
        base = (cells["driver"], place.unit, place.area)
        owner = cells.get("id") or cells["address"]
        other: str | None = None
        if place.bit is not None:
            for bit in range(place.bit, place.bit + place.bits):
                holder = self._bits.setdefault((*base, place.number, bit), owner)
                other = holder if holder is not owner and other is None else other
        else:
            kind = cells.get("type")
            width = 1 if place.area in BIT_AREAS or kind is None else REGISTERS[kind]
            for number in range(place.number, place.number + width):
                holder = self._whole.setdefault((*base, number), owner)
                other = holder if holder is not owner and other is None else other
        if other is not None and other is not owner:
            report("address", cells["address"], f"registers of its own; {other} holds them")
