"""What binds a day of water trucks: how many trucks each change of one thing would save.

The programme of the bound is solved again with taps twice as fast, roads half as long, fill points
twice as fast, stops handled in half the time, or trucks half as large again. What saves most binds.
Of the time trucks wait at fill points, which the programme does not know, half is counted as saved
by filling twice as fast.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from dispatch.fleet import Truck
from dispatch.haul import Haul
from dispatch.truck_bound import relaxed_trucks

_FASTER = 2.0
_LARGER = 1.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Lever:
    """A change of one thing and the trucks it would save, in parts."""

    name: str
    change_zh: str
    change_en: str
    saves: float

    def as_dict(self) -> dict[str, Any]:
        """The record as JSON-ready values."""
        return {
            "name": self.name,
            "change": self.change_en,
            "change_zh": self.change_zh,
            "saves_trucks": round(self.saves, 2),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """Trucks asked for as things are, in parts, and the levers, best first."""

    trucks: float
    levers: tuple[Lever, ...]

    def text(self, names: Mapping[str, str], *, chinese: bool) -> str:
        """A sentence; `names` of the levers' things in its language."""
        if not self.levers:
            return ""
        first, *others = self.levers
        if chinese:
            rest = "；".join(f"{names[x.name]}：{x.change_zh}省{x.saves:.1f}" for x in others)
            return (
                f"制约因素是{names[first.name]}：{first.change_zh}，{self.trucks:.1f}车可省"
                f"{first.saves:.1f}车；其次{rest}。"
            )
        rest = "; ".join(f"{names[x.name]}: {x.change_en} {x.saves:.1f}" for x in others)
        return (
            f"{names[first.name].capitalize()} binds: {first.change_en} would save "
            f"{first.saves:.1f} of {self.trucks:.1f} trucks; then {rest}."
        )


def binding(haul: Haul, *, waiting_h: float = 0.0) -> Binding | None:
    """What binds; None when nothing is asked for or no number of trucks could do it."""
    now = relaxed_trucks(haul)
    if not now:
        return None
    shift_h = max(kind.one.shift_s for kind in haul.types) / 3600.0
    levers = []
    for name, change_zh, change_en, changed in _CHANGES:
        then = relaxed_trucks(changed(haul))
        saves = max(now - (now if then is None else then), 0.0)
        if name == "filling":
            saves += waiting_h / _FASTER / shift_h
        levers.append(Lever(name=name, change_zh=change_zh, change_en=change_en, saves=saves))
    return Binding(trucks=now, levers=tuple(sorted(levers, key=lambda lever: -lever.saves)))


def _trucks(haul: Haul, change: Callable[[Truck], Truck]) -> Haul:
    types = tuple(replace(k, trucks=tuple(change(truck) for truck in k.trucks)) for k in haul.types)
    return replace(haul, types=types)


def _faster_taps(haul: Haul) -> Haul:
    return _trucks(haul, lambda t: replace(t, discharge_m3s=t.discharge_m3s * _FASTER))


def _quicker_stops(haul: Haul) -> Haul:
    return _trucks(haul, lambda t: replace(t, setup_s=t.setup_s / _FASTER))


def _larger_trucks(haul: Haul) -> Haul:
    return _trucks(haul, lambda t: replace(t, capacity_m3=t.capacity_m3 * _LARGER))


def _shorter_roads(haul: Haul) -> Haul:
    return replace(haul, time_s=haul.time_s / _FASTER)


def _faster_filling(haul: Haul) -> Haul:
    fills = tuple(replace(fill, flow_m3s=fill.flow_m3s * _FASTER) for fill in haul.fills)
    return replace(haul, fills=fills)


_CHANGES: tuple[tuple[str, str, str, Callable[[Haul], Haul]], ...] = (
    ("tap", "放水快一倍", "taps twice as fast", _faster_taps),
    ("stops", "停靠接管快一倍", "stops handled in half the time", _quicker_stops),
    ("distance", "路程减半", "drives half as long", _shorter_roads),
    ("filling", "取水快一倍", "fill points twice as fast", _faster_filling),
    ("fleet", "车罐大一半", "trucks half as large again", _larger_trucks),
)
