"""Addresses of points: what `hr:100.3`, `7/co:12` or `ns=2;s=PLC.P1` mean. Pure text to records."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Area = Literal["co", "di", "hr", "ir"]

READ_FUNCTION: dict[Area, int] = {"co": 1, "di": 2, "hr": 3, "ir": 4}
"""The Modbus function code that reads an area."""

BIT_AREAS: frozenset[Area] = frozenset({"co", "di"})
READ_ONLY_AREAS: frozenset[Area] = frozenset({"di", "ir"})

MODBUS_SYNTAX = (
    "hr:N, ir:N, co:N, di:N with N from 0 to 65535, hr:N.B for bit B, hr:N.B-C for bits B to C, "
    "U/hr:N for unit U"
)
OPCUA_SYNTAX = "a node id such as ns=2;s=PLC.P1, ns=2;i=1001 or i=2258"
MODEL_SYNTAX = "a name of letters, digits, '_', '-', '.', ':' or '/'"

_MODBUS = re.compile(
    r"(?:(\d{1,3})/)?(co|di|hr|ir):(\d{1,6})(?:\.(\d{1,2})(?:-(\d{1,2}))?)?", re.ASCII
)
_OPCUA = re.compile(
    r"(?:ns=(\d{1,5});)?(?:i=(\d{1,10})|s=(\S.*)"
    r"|g=[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|b=[A-Za-z0-9+/]+={0,2})",
    re.ASCII | re.DOTALL,
)
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.:/-]*", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class ModbusAddress:
    """A place in a Modbus unit; `number` is 0-based as on the wire, `unit` None is the link's."""

    area: Area
    number: int
    bit: int | None = None
    """The lowest bit, of a point that is one or some bits of a register."""
    bits: int = 1
    unit: int | None = None


def parse_modbus(text: str) -> ModbusAddress:
    """The address written as `[unit/]area:number[.bit]`; ValueError says what was expected."""
    match = _MODBUS.fullmatch(text)
    if match is None:
        raise ValueError(MODBUS_SYNTAX)
    unit, area, number, bit, last = match.groups()
    if int(number) > 0xFFFF:
        raise ValueError("an address from 0 to 65535 (4xxxx is notation, not an address)")
    if unit is not None and not 0 <= int(unit) <= 255:
        raise ValueError("a unit from 0 to 255")
    if bit is not None and area in BIT_AREAS:
        raise ValueError(f"no bit number: every {area} is one bit")
    if bit is not None and int(bit) > 15:
        raise ValueError("a bit from 0 to 15")
    if last is not None and not int(bit) < int(last) <= 15:
        raise ValueError("bits that rise, up to 15, such as hr:100.4-6")
    return ModbusAddress(
        area=area,  # type: ignore[arg-type]  # the pattern allows the four areas only
        number=int(number),
        bit=None if bit is None else int(bit),
        bits=1 if last is None else int(last) - int(bit) + 1,
        unit=None if unit is None else int(unit),
    )


def parse_hole(text: str) -> tuple[ModbusAddress, int]:
    """The first address and the last number of `[unit/]area:first-last`; ValueError otherwise."""
    first, dash, last = text.partition("-")
    wanted = "[unit/]area:first-last, such as hr:100-119"
    if not dash or not last.isdigit():
        raise ValueError(wanted)
    at = parse_modbus(first)
    if at.bit is not None or not at.number <= int(last) <= 0xFFFF:
        raise ValueError(wanted)
    return at, int(last)


def check_opcua(text: str) -> None:
    """Pass a well-formed OPC UA node id; ValueError says what was expected."""
    match = _OPCUA.fullmatch(text)
    if match is None:
        raise ValueError(OPCUA_SYNTAX)
    namespace, number, _ = match.groups()
    if namespace is not None and int(namespace) > 0xFFFF:
        raise ValueError("a namespace from 0 to 65535")
    if number is not None and int(number) > 0xFFFFFFFF:
        raise ValueError("a numeric identifier from 0 to 4294967295")


def check_name(text: str) -> None:
    """Pass the name of a value the live model or a test computes; ValueError otherwise."""
    if _NAME.fullmatch(text) is None:
        raise ValueError(MODEL_SYNTAX)
