"""The columns of a named place in a table: crews, depots, points where trucks fill."""

from __future__ import annotations

from typing import TypedDict

from network_models.formats.table import Row, number, text

ID = text("id")
PLACE_COLUMNS = (ID, text("name_zh"), text("name_en"), number("x"), number("y"))
"""Its id, its names, and where it is in plan metres."""


class NamedPlace(TypedDict):
    """What these columns say of a place."""

    id: str
    name_zh: str
    name_en: str
    x: float
    y: float


def named_place(row: Row) -> NamedPlace:
    """A row's place."""
    id_, name_zh, name_en, x, y = PLACE_COLUMNS
    return {
        "id": row[id_],
        "name_zh": row[name_zh],
        "name_en": row[name_en],
        "x": row[x],
        "y": row[y],
    }
