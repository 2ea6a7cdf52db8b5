"""What an operator may tell the plant: a written point as an action on a link. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from network_models.elements import Link, Pipe, Pump, Valve
from network_models.network import Network
from network_models.units import PA_PER_M_WATER
from scada.point import Point

SET_BY: dict[str, tuple[str, ...]] = {
    "PRV": ("pressure", "setting"),
    "PSV": ("pressure", "setting"),
    "PBV": ("pressure", "setting"),
    "FCV": ("flow", "setting"),
    "TCV": ("setting",),
    "PCV": ("position", "setting"),
    "GPV": (),
}
"""The quantities of a point that are a control valve's set point."""


class CommandRefusedError(ValueError):
    """The plant does not do that; the message says why."""


@dataclass(frozen=True, slots=True)
class Hold:
    """Hold a link at a status, or at a setting in the network's own terms."""

    link: str
    status: Literal["open", "closed"] | None = None
    setting: float | None = None


def commanded_link(point: Point, net: Network) -> Link | None:
    """The link a writable point commands; None when the plant has none of that name."""
    kind, _, name = point.element.partition(":")
    return net.links.get(name) if kind == "link" else None


def hold_for(point: Point, value: float, net: Network) -> Hold:
    """The action of writing `value` (SI) to a point of a link.

    A control valve's set point by `SET_BY`; a pump's speed (0 to 1.5) by speed or setting. Else
    status and position: a pump starts and stops, a pipe or valve opens (above 0.5) and closes.
    """
    link = commanded_link(point, net)
    if link is None:
        raise CommandRefusedError(f"{point.id} commands no link of the network")
    quantity = point.quantity
    if isinstance(link, Pump) and quantity in ("speed", "setting"):
        if not 0.0 <= value <= 1.5:
            raise CommandRefusedError(f"a pump's speed is 0 to 1.5, not {value:g}")
        return Hold(link.id, setting=value)
    if isinstance(link, Valve) and quantity in SET_BY[link.kind]:
        if value < 0.0:
            raise CommandRefusedError(f"a set point is not negative: {value:g}")
        return Hold(link.id, setting=valve_setting(link, value))
    if quantity in ("status", "position"):
        if isinstance(link, Pipe) and link.check_valve:
            raise CommandRefusedError(f"{link.id} is a check valve")
        return Hold(link.id, status="open" if opens(point, value) else "closed")
    raise CommandRefusedError(f"{quantity} of {link.id} cannot be commanded")


def opens(point: Point, value: float) -> bool:
    """Whether writing `value` to a status or position opens what it commands."""
    if not 0.0 <= value <= 1.0:
        raise CommandRefusedError(f"a {point.quantity} is 0 to 1, not {value:g}")
    return value >= 0.5


def valve_setting(valve: Valve, value: float) -> float:
    """A valve's setting as the network has it, of the SI value a point holds."""
    if valve.kind in ("PRV", "PSV", "PBV"):
        return value / PA_PER_M_WATER
    return value * 100.0 if valve.kind == "PCV" else value


def valve_reading(valve: Valve, setting: float) -> float:
    """The SI value a point shows of a valve's setting: the way back of `valve_setting`."""
    if valve.kind in ("PRV", "PSV", "PBV"):
        return setting * PA_PER_M_WATER
    return setting / 100.0 if valve.kind == "PCV" else setting
