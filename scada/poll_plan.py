"""Which registers to read together: a pure planner, and what it learns from refusals.

Points of one unit are joined into few reads. A value is never split, a gap is read over only up
to `max_gap`, and a read never crosses a cut: a place where the unit refused an earlier read
(exception 2, illegal data address). Splitting a refused read gives one cut more, so planning
again with the same cuts gives the same reads, and a new point changes only reads it touches.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from scada.address import BIT_AREAS, Area

MAX_REGISTERS = 125
MAX_BITS = 2000
BITS_PER_REGISTER = 16

Cut = tuple[Area, int]
"""No read may hold both an address below this one and this one."""


@dataclass(frozen=True, slots=True, order=True)
class Item:
    """What one point needs: `count` registers, or one bit of a bit area, from `address` on."""

    area: Area
    address: int
    count: int
    key: int

    @property
    def end(self) -> int:
        """The address after the last one needed."""
        return self.address + self.count


@dataclass(frozen=True, slots=True)
class Read:
    """One request: `count` registers or bits of `area` from `start` on, serving `items`."""

    area: Area
    start: int
    count: int
    items: tuple[Item, ...]


def plan_reads(
    items: Iterable[Item],
    *,
    max_gap: int = 8,
    max_registers: int = MAX_REGISTERS,
    max_bits: int = MAX_BITS,
    cuts: Collection[Cut] = (),
) -> list[Read]:
    """Reads that cover every item once. `max_gap` counts registers; of bits it allows 16-fold.

    ValueError when an item is larger than a read may be.
    """
    forbidden = frozenset(cuts)
    reads: list[Read] = []
    group: list[Item] = []
    end = 0
    for item in sorted(items):
        bits = item.area in BIT_AREAS
        most = max_bits if bits else max_registers
        if not 1 <= item.count <= most:
            raise ValueError(f"{item.count} at {item.area}:{item.address} do not fit in a read")
        gap = max_gap * BITS_PER_REGISTER if bits else max_gap
        joins = (
            bool(group)
            and item.area == group[0].area
            and item.address - end <= gap
            and max(end, item.end) - group[0].address <= most
            and not _cut_between(group[-1], item, forbidden)
        )
        if not joins and group:
            reads.append(_read(group, end))
            group = []
        end = max(end, item.end) if group else item.end
        group.append(item)
    if group:
        reads.append(_read(group, end))
    return reads


def split(read: Read) -> Cut | None:
    """Where to cut a refused read: at its widest unused gap, else in its middle.

    None when nothing can be cut: one value, or values that overlap.
    """
    end = read.items[0].end
    places: list[tuple[int, int, int]] = []
    middle = read.start + read.count / 2
    for item in read.items[1:]:
        if item.address >= end:
            places.append((item.address - end, -round(abs(item.address - middle)), item.address))
        end = max(end, item.end)
    if not places:
        return None
    return (read.area, max(places)[2])


def _cut_between(last: Item, item: Item, cuts: frozenset[Cut]) -> bool:
    return any((item.area, at) in cuts for at in range(last.address + 1, item.address + 1))


def _read(group: list[Item], end: int) -> Read:
    start = group[0].address
    return Read(group[0].area, start, end - start, tuple(group))
