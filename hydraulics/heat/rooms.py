"""Room temperature of a heated building: one node, or two for a heavy one.

One node: C dT/dt = Q - H (T - T_out), so an unheated room falls as exp(-t / tau), tau = C / H.
Two nodes: the air with light things follows the heater at once, the walls behind it slowly;
C_a dT_a/dt = Q + G (T_w - T_a) - H_a (T_a - T_out),
C_w dT_w/dt = G (T_a - T_w) - H_w (T_w - T_out).
Both are linear, so a step under constant heat and weather is exact for any length. All buildings
of a city are arrays (B,) and step at once. Temperatures in kelvin.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hydraulics.types import F64


@dataclass(frozen=True, slots=True, kw_only=True)
class Buildings:
    """Buildings (B,); `wall_share` 0 makes a building one node.

    `time_constant_s` is (C_a + C_w) / H of the whole building. `wall_share` is the part of its
    heat capacity in walls and floors; `coupling` how many times better the air is joined to the
    walls than the building to the outside (G / H). Windows and air change (`light_share` of the
    loss) act on the air, the rest on the walls.
    """

    loss_w_k: F64
    time_constant_s: F64
    wall_share: F64
    coupling: F64
    light_share: F64

    @classmethod
    def alike(
        cls,
        design_heat_w: F64,
        *,
        indoor_k: float,
        outdoor_k: float,
        time_constant_h: float = 60.0,
        wall_share: float = 0.0,
        coupling: float = 5.0,
        light_share: float = 0.5,
    ) -> Buildings:
        """Buildings that need `design_heat_w` (B,) for `indoor_k` at `outdoor_k`."""
        loss = np.asarray(design_heat_w, dtype=np.float64) / (indoor_k - outdoor_k)
        full = np.full_like
        return cls(
            loss_w_k=loss,
            time_constant_s=full(loss, time_constant_h * 3600.0),
            wall_share=full(loss, wall_share),
            coupling=full(loss, coupling),
            light_share=full(loss, light_share),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Rooms:
    """Air and wall temperatures (B,), K."""

    air_k: F64
    wall_k: F64


def balanced(b: Buildings, heat_w: F64, outdoor_k: float) -> Rooms:
    """The state that constant heat (B,) ends in."""
    heat = np.asarray(heat_w, dtype=np.float64)
    loss, into_wall = b.loss_w_k, b.coupling * b.loss_w_k
    wall_loss = (1.0 - b.light_share) * loss
    # What the walls lose comes through them from the air.
    through = into_wall * wall_loss / (into_wall + wall_loss)
    one = b.wall_share <= 0.0
    rise = heat / np.where(one, loss, b.light_share * loss + through)
    wall = np.where(one, rise, rise * into_wall / (into_wall + wall_loss))
    return Rooms(air_k=outdoor_k + rise, wall_k=outdoor_k + wall)


def stepped(b: Buildings, rooms: Rooms, heat_w: F64, outdoor_k: float, seconds: float) -> Rooms:
    """The state after `seconds` of constant heat and weather, exact."""
    rest = balanced(b, heat_w, outdoor_k)
    air, wall = rooms.air_k - rest.air_k, rooms.wall_k - rest.wall_k
    one = b.wall_share <= 0.0
    alone = air * np.exp(-seconds / b.time_constant_s)
    # d/dt (air, wall) = ((-a, g), (h, -w)) (air, wall), scaled so that H = 1 and C = tau.
    light = np.where(one, 0.5, 1.0 - b.wall_share) * b.time_constant_s
    heavy = np.where(one, 0.5, b.wall_share) * b.time_constant_s
    a = (b.coupling + b.light_share) / light
    g = b.coupling / light
    h = b.coupling / heavy
    w = (b.coupling + 1.0 - b.light_share) / heavy
    middle, half = -0.5 * (a + w), np.sqrt(0.25 * (a - w) ** 2 + g * h)
    fast, slow = np.exp((middle - half) * seconds), np.exp((middle + half) * seconds)
    mean, lean = 0.5 * (slow + fast), 0.5 * (slow - fast) / half
    new_air = mean * air + lean * (-(a + middle) * air + g * wall)
    new_wall = mean * wall + lean * (h * air - (w + middle) * wall)
    return Rooms(
        air_k=rest.air_k + np.where(one, alone, new_air),
        wall_k=rest.wall_k + np.where(one, alone, new_wall),
    )


def seconds_until(b: Buildings, rooms: Rooms, heat_w: F64, outdoor_k: float, limit_k: float) -> F64:
    """Seconds (B,) until the air is below `limit_k` under constant heat and weather.

    0 where it is below already, inf where it never will be. Found by halving the exact course.
    """
    rest = balanced(b, heat_w, outdoor_k)
    below = rooms.air_k < limit_k
    never = ~below & (rest.air_k >= limit_k)
    low = np.zeros(len(rooms.air_k))
    high = np.full(len(low), 3600.0)
    for _ in range(40):
        warm = stepped_each(b, rooms, heat_w, outdoor_k, high) >= limit_k
        if not (warm & ~never).any():
            break
        high = np.where(warm, 2.0 * high, high)
    for _ in range(60):
        middle = 0.5 * (low + high)
        warm = stepped_each(b, rooms, heat_w, outdoor_k, middle) >= limit_k
        low, high = np.where(warm, middle, low), np.where(warm, high, middle)
    found: F64 = np.where(below, 0.0, np.where(never, np.inf, 0.5 * (low + high)))
    return found


def stepped_each(b: Buildings, rooms: Rooms, heat_w: F64, outdoor_k: float, seconds: F64) -> F64:
    """Air temperatures after a time of its own for each building (B,)."""
    return stepped(b, rooms, heat_w, outdoor_k, seconds).air_k  # type: ignore[arg-type]
