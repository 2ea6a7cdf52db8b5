"""What a city that was kept lacks of the one this version makes from the same seed."""

from __future__ import annotations

import csv
import tempfile
from dataclasses import dataclass
from pathlib import Path

from scenarios.city.make import make_city


@dataclass(frozen=True, slots=True, kw_only=True)
class Lacking:
    """Points and tables of today's city that the kept one does not have."""

    points: tuple[str, ...] = ()
    tables: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.points or self.tables)


def lacking(folder: Path, *, seed: int, elements: int) -> Lacking:
    """Compare a kept city with a new one, which is made aside; nothing of `folder` is touched.

    A point list that cannot be read counts as lacking nothing: whoever reads the site tells of it.
    """
    with tempfile.TemporaryDirectory(prefix="ringmain-city-") as temporary:
        new = Path(temporary)
        make_city(new, seed=seed, elements=elements)
        tables = sorted(
            file.name for file in new.glob("*.csv") if not (folder / file.name).exists()
        )
        try:
            kept = set(_points(folder / "points.csv"))
        except (OSError, ValueError, KeyError):
            return Lacking(tables=tuple(tables))
        points = [name for name in _points(new / "points.csv") if name not in kept]
    return Lacking(points=tuple(points), tables=tuple(tables))


def _points(file: Path) -> list[str]:
    with file.open(encoding="utf-8-sig", newline="") as rows:
        return [row["id"] for row in csv.DictReader(rows)]
