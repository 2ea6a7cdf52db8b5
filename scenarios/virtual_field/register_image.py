"""The memory of a Modbus device: points laid into coils, inputs and registers. Pure.

Coils and discrete inputs are kept packed, bit i of word w being bit address 16 w + i, so that all
four areas are lists of 16-bit words. Only addresses that hold a point exist; the others are holes
that answer exception 2, as on a real device.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from scada.address import BIT_AREAS, READ_ONLY_AREAS, Area, parse_modbus
from scada.point import Point
from scada.registers import REGISTERS, decode, encode
from scenarios.virtual_field.scaling import from_raw, to_raw

ILLEGAL_ADDRESS = 2
ILLEGAL_VALUE = 3


class WriteRefusedError(ValueError):
    """A request that the device answers with an exception; `code` is Modbus' own."""

    def __init__(self, code: int, message: str) -> None:
        self.code = code
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class Slot:
    """Where a point lies: words [word, word + count) of an area, or one bit of a word."""

    index: int
    point: Point
    word: int
    count: int
    bit: int | None


class AreaImage:
    """One area of one unit: words by address, and which of their bits exist."""

    def __init__(self, slots: Sequence[Slot]) -> None:
        self.slots = sorted(slots, key=lambda s: (s.word, s.bit or 0))
        self.first = self.slots[0].word if slots else 0
        end = max((s.word + s.count for s in slots), default=0)
        self.words = [0] * (end - self.first)
        self.exists = [False] * (end - self.first)
        for slot in slots:
            for word in range(slot.word, slot.word + slot.count):
                self.exists[word - self.first] = True

    def runs(self) -> list[tuple[int, int]]:
        """(address, count) of the unbroken stretches of existing words."""
        found = []
        at = self.first
        for there, group in groupby(self.exists):
            count = len(list(group))
            if there:
                found.append((at, count))
            at += count
        return found

    def put(self, slot: Slot, raw: float) -> None:
        """Store a raw number."""
        at = slot.word - self.first
        if slot.bit is None:
            self.words[at : at + slot.count] = encode(raw, slot.point.type, slot.point.word_order)
        elif raw:
            self.words[at] |= 1 << slot.bit
        else:
            self.words[at] &= ~(1 << slot.bit)


class UnitImage:
    """The four areas of one unit."""

    def __init__(self, slots: dict[Area, list[Slot]]) -> None:
        areas: tuple[Area, ...] = ("co", "di", "hr", "ir")
        self.areas: dict[Area, AreaImage] = {a: AreaImage(slots.get(a, [])) for a in areas}

    def commands(self, area: Area, address: int, values: Sequence[int]) -> list[tuple[Slot, float]]:
        """What a write of bits or words asks for, as (slot, SI value).

        Raises WriteRefusedError for addresses that do not exist or cannot be written, for half a
        value and for a number that is none.
        """
        if area in READ_ONLY_AREAS:
            raise WriteRefusedError(ILLEGAL_ADDRESS, f"{area} cannot be written")
        image = self.areas[area]
        if area in BIT_AREAS:
            return [self._bit(image, address + i, bool(v)) for i, v in enumerate(values)]
        end = address + len(values)
        touched = [s for s in image.slots if s.word < end and s.word + s.count > address]
        covered = {w for s in touched for w in range(s.word, s.word + s.count)}
        if not covered.issuperset(range(address, end)):
            raise WriteRefusedError(ILLEGAL_ADDRESS, "no point there")
        found = []
        _check_bits(image, touched, address, values)
        for slot in touched:
            if slot.bit is not None:
                new = values[slot.word - address] >> slot.bit & 1
                if new == image.words[slot.word - image.first] >> slot.bit & 1:
                    continue
                _check_writable(slot)
                found.append((slot, from_raw(slot.point, float(new))))
                continue
            _check_writable(slot)
            if slot.word < address or slot.word + slot.count > end:
                raise WriteRefusedError(ILLEGAL_VALUE, f"half of {slot.point.id}")
            words = values[slot.word - address : slot.word - address + slot.count]
            raw = decode(words, slot.point.type, slot.point.word_order)
            if not math.isfinite(raw):
                raise WriteRefusedError(ILLEGAL_VALUE, "not a number")
            found.append((slot, from_raw(slot.point, raw)))
        return found

    @staticmethod
    def _bit(image: AreaImage, address: int, on: bool) -> tuple[Slot, float]:
        for slot in image.slots:
            if slot.word == address // 16 and slot.bit == address % 16:
                _check_writable(slot)
                return slot, from_raw(slot.point, float(on))
        raise WriteRefusedError(ILLEGAL_ADDRESS, "no point there")


def _check_bits(
    image: AreaImage, touched: Sequence[Slot], address: int, values: Sequence[int]
) -> None:
    """Of a word made of bits only those that are points may change."""
    bits: dict[int, int] = {}
    for slot in touched:
        if slot.bit is not None:
            bits[slot.word] = bits.get(slot.word, 0) | 1 << slot.bit
    for word, mask in bits.items():
        if (values[word - address] ^ image.words[word - image.first]) & ~mask:
            raise WriteRefusedError(ILLEGAL_VALUE, "a bit that is no point")


def _check_writable(slot: Slot) -> None:
    if not slot.point.writable:
        raise WriteRefusedError(ILLEGAL_ADDRESS, f"{slot.point.id} cannot be written")


class DeviceImage:
    """All units behind one Modbus endpoint."""

    def __init__(self, points: Sequence[Point], *, unit: int) -> None:
        self._places: list[tuple[AreaImage, Slot]] = []
        by_unit: dict[int, dict[Area, list[Slot]]] = {unit: {}}
        placed: list[tuple[int, Area, Slot]] = []
        for index, point in enumerate(points):
            address = parse_modbus(point.address)
            if address.area in BIT_AREAS:
                slot = Slot(index, point, address.number // 16, 1, address.number % 16)
            elif point.type == "bool":
                slot = Slot(index, point, address.number, 1, address.bit or 0)
            else:
                slot = Slot(index, point, address.number, REGISTERS[point.type], None)
            at = unit if address.unit is None else address.unit
            by_unit.setdefault(at, {}).setdefault(address.area, []).append(slot)
            placed.append((at, address.area, slot))
        self.units = {number: UnitImage(slots) for number, slots in by_unit.items()}
        self._places = [(self.units[u].areas[a], slot) for u, a, slot in placed]

    def put(self, index: int, value: float) -> None:
        """Store the SI reading of point `index`; a dead instrument's value stays as it was."""
        if math.isfinite(value):
            area, slot = self._places[index]
            area.put(slot, to_raw(slot.point, value))
