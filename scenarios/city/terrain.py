"""The lie of the land: where a river runs, how high the ground is, where the city ends.

Everything is a smooth function of the position, so neighbours fit together at any size.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

F64 = NDArray[np.float64]

LOW_ZONE_TOP_M = 44.0
"""Ground higher than this is served by a high zone with its own boosters and tank."""
SUMMIT_M = 69.0
BANK_M = 24.0
RIVER_WIDTH_M = 220.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Terrain:
    """The land of one city; `extent` is its width and height in metres."""

    extent: tuple[float, float]
    river: F64
    """(amplitude, phase, tilt, bend phase) of the river's course."""
    hills: F64
    """(H, 4): x, y, radius, rise."""
    swell: F64
    """Phases of the gentle undulation."""
    outline: F64
    """Phases of the city's edge."""
    parks: F64
    """(K, 3): x, y, radius of lakes and parks without streets."""

    def river_y(self, x: F64) -> F64:
        """Where the river runs at x."""
        width, height = self.extent
        amplitude, phase, tilt, bend = self.river
        wave = np.sin(2.0 * np.pi * x / max(width, 4000.0) * 1.3 + phase)
        ripple = 0.25 * np.sin(2.0 * np.pi * x / 2600.0 + bend)
        course = 0.42 + tilt * (x / width - 0.5) + amplitude * (wave + ripple)
        return np.asarray(height * course)

    def elevation(self, x: F64, y: F64) -> F64:
        """Ground elevation, m."""
        away = np.abs(y - self.river_y(x))
        plain = BANK_M + 13.0 * (1.0 - np.exp(-away / 1600.0))
        a, b, c = self.swell
        plain += 1.6 * np.sin(x / 900.0 + a) * np.sin(y / 1100.0 + b) + 0.7 * np.sin(x / 310.0 + c)
        hill = np.zeros_like(plain)
        for hx, hy, radius, rise in self.hills:
            away2 = ((x - hx) ** 2 + (y - hy) ** 2) / radius**2
            hill = np.maximum(hill, rise * np.exp(-away2))
        top = plain + hill
        # a high hill levels off below the summit
        knee = SUMMIT_M - 8.0
        over = np.maximum(top - knee, 0.0)
        return np.asarray(np.minimum(top, knee) + 8.0 * (1.0 - np.exp(-over / 8.0)))

    def hill_of(self, x: F64, y: F64) -> NDArray[np.int64]:
        """The hill that raises a place most."""
        best = np.full(len(x), -1.0)
        which = np.zeros(len(x), dtype=np.int64)
        for number, (hx, hy, radius, rise) in enumerate(self.hills):
            lift = rise * np.exp(-((x - hx) ** 2 + (y - hy) ** 2) / radius**2)
            which = np.where(lift > best, number, which)
            best = np.maximum(best, lift)
        return which

    def edge(self, x: F64, y: F64) -> F64:
        """Growing outwards: the city fills the land in this order. Parks come last."""
        width, height = self.extent
        u, v = 2.0 * x / width - 1.0, 2.0 * y / height - 1.0
        angle = np.arctan2(v, u)
        p, q, r = self.outline
        reach = 1.0 + 0.10 * np.sin(2 * angle + p) + 0.07 * np.sin(3 * angle + q)
        reach += 0.04 * np.sin(7 * angle + r)
        far = (np.abs(u) ** 2.6 + np.abs(v) ** 2.6) ** (1 / 2.6) / reach
        for px, py, radius in self.parks:
            far = np.where((x - px) ** 2 + (y - py) ** 2 < radius**2, 9.0, far)
        return np.asarray(np.round(far, 6))


def make_terrain(random: np.random.Generator, width: float, height: float) -> Terrain:
    """Draw the land of a city of this width and height in metres."""
    area_km2 = width * height * 1e-6
    river = np.array([
        0.05 + 0.04 * random.random(),
        2 * np.pi * random.random(),
        0.3 * (random.random() - 0.5),
        2 * np.pi * random.random(),
    ])  # fmt: skip
    bare = Terrain(
        extent=(width, height),
        river=river,
        hills=np.zeros((0, 4)),
        swell=2 * np.pi * random.random(3),
        outline=2 * np.pi * random.random(3),
        parks=np.zeros((0, 3)),
    )
    hills = _hills(random, bare, max(1, round(area_km2 / 20.0)))
    parks = _parks(random, bare, hills, round(area_km2 / 14.0))
    return Terrain(
        extent=bare.extent,
        river=river,
        hills=hills,
        swell=bare.swell,
        outline=bare.outline,
        parks=parks,
    )


def _hills(random: np.random.Generator, bare: Terrain, count: int) -> F64:
    """Hills inside the city and away from the river, spread by best candidates."""
    width, height = bare.extent
    radius = min(1000.0, 0.27 * min(width, height))
    chosen: list[tuple[float, float, float, float]] = []
    for _ in range(count):
        tries = random.random((24, 2)) * 0.64 + 0.18
        x, y = tries[:, 0] * width, tries[:, 1] * height
        room = np.minimum(np.abs(y - bare.river_y(x)), 3.0 * radius)
        for hx, hy, _, _ in chosen:
            room = np.minimum(room, np.hypot(x - hx, y - hy))
        best = int(np.argmax(np.round(room, 3)))
        grown = radius * (0.8 + 0.5 * float(random.random()))
        rise = 30.0 + 8.0 * float(random.random())
        chosen.append((float(x[best]), float(y[best]), grown, rise))
    return np.array(chosen).reshape(-1, 4)


def _parks(random: np.random.Generator, bare: Terrain, hills: F64, count: int) -> F64:
    """Lakes and parks on the plain, off the hills."""
    width, height = bare.extent
    chosen: list[tuple[float, float, float]] = []
    for _ in range(count):
        tries = random.random((24, 2)) * 0.7 + 0.15
        x, y = tries[:, 0] * width, tries[:, 1] * height
        room = np.abs(y - bare.river_y(x))
        for hx, hy, _, _ in hills:
            room = np.minimum(room, 0.7 * np.hypot(x - hx, y - hy))
        for px, py, _ in chosen:
            room = np.minimum(room, 0.4 * np.hypot(x - px, y - py))
        best = int(np.argmax(np.round(room, 3)))
        chosen.append((float(x[best]), float(y[best]), 260.0 + 180.0 * float(random.random())))
    return np.array(chosen).reshape(-1, 3)
