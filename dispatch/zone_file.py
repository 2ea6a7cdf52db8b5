"""zones.csv: the metered areas of a water network, read with every mistake at once."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

from dispatch.zones import Zone
from network_models.formats.table import Column, number, optional, read_table, text
from network_models.problems import InputError
from network_models.units import UNITS


def _meters(cell: str) -> Mapping[str, int] | None:
    """`W1-Q -B2-Q`: points of flow into the area, with a minus those of flow out of it."""
    words = cell.split()
    found = {word.removeprefix("-"): -1 if word.startswith("-") else 1 for word in words}
    return found if len(found) == len(words) and all(found) else None


_ID = text("id")
_NAME_ZH, _NAME_EN = optional(text("name_zh"), ""), optional(text("name_en"), "")
_METERS = Column("meters", _meters, "flow points, each once, with a minus where water leaves")
_LENGTH = number("length_km", minimum=0.001)
_NIGHT_USE = optional(number("night_use_m3h", minimum=0.0), None)
ZONE_COLUMNS = (_ID, _NAME_ZH, _NAME_EN, _METERS, _LENGTH, _NIGHT_USE)


def read_zones(path: Path | str, flow_points: Collection[str]) -> tuple[Zone, ...]:
    """The areas in a CSV file; none without a file. InputError with every fault.

    `flow_points` are the site's points of water flow.
    """
    if not Path(path).exists():
        return ()
    table = read_table(path, ZONE_COLUMNS, key=_ID)
    found = []
    for row in table.rows:
        for meter in row[_METERS]:
            if meter not in flow_points:
                table.problem(row.line, "meters", meter, "a point of water flow")
        use = row[_NIGHT_USE]
        found.append(
            Zone(
                id=row[_ID],
                name_zh=row[_NAME_ZH] or row[_ID],
                name_en=row[_NAME_EN] or row[_ID],
                meters=row[_METERS],
                length_km=row[_LENGTH],
                night_use_m3s=None if use is None else UNITS["m3/h"].to_si(use),
            )
        )
    if table.problems:
        raise InputError(table.problems)
    return tuple(found)
