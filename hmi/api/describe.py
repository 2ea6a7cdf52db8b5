"""The site and its point list as JSON: columns, in the units of the list."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dispatch.customers import Customer
from hmi.api.site_view import SiteView
from network_models.units import UNITS
from network_models.valves import IsolationValve
from scada.point import LIMIT_NAMES, Point
from scada.quality import NAMES

_TEXT_COLUMNS = (
    "id",
    "utility",
    "quantity",
    "unit",
    "element",
    "driver",
    "address",
    "scan",
    "priority",
    "rule",
    "text_zh",
    "text_en",
)
_FLAG_COLUMNS = ("writable", "end_point")


def describe_site(view: SiteView) -> dict[str, Any]:
    """Names, sizes, the units table (SI = value * factor + offset) and quality names."""
    return {
        "name_zh": view.name_zh,
        "name_en": view.name_en,
        "language": view.language,
        "timezone": view.timezone,
        "version": view.version,
        "networks": {
            utility: {"nodes": len(net.nodes), "links": len(net.links), "title": net.title}
            for utility, net in view.networks.items()
        },
        "points": len(view.points),
        "drivers": list(view.drivers),
        "end_limit_pa": view.end_limit_pa,
        "end_rule": view.end_rule,
        "units": {
            u.name: {"quantity": u.quantity, "factor": u.factor, "offset": u.offset}
            for u in UNITS.values()
        },
        "qualities": {str(code): name for code, name in NAMES.items()},
    }


def describe_points(points: Sequence[Point]) -> dict[str, Any]:
    """The point list as columns; row k is the point of handle k. Limits are SI, null where none."""
    columns: dict[str, list[Any]] = {
        name: [getattr(p, name) for p in points] for name in (*_TEXT_COLUMNS, *_FLAG_COLUMNS)
    }
    for name in LIMIT_NAMES:
        columns[name] = [getattr(p.limits, name) for p in points]
    return {"count": len(points), "columns": columns}


def describe_valves(valves: Sequence[IsolationValve]) -> list[dict[str, Any]]:
    """Isolation valves; x and y only where the record has a place."""
    rows = []
    for valve in valves:
        row: dict[str, Any] = {
            name: getattr(valve, name)
            for name in ("id", "link", "side", "dn_mm", "operable", "remote")
        }
        if valve.position is not None:
            row["x"], row["y"] = valve.position
        rows.append(row)
    return rows


def describe_customers(customers: Sequence[Customer]) -> list[dict[str, Any]]:
    """Customers with what an operator may see of them."""
    return [
        {
            "id": c.id,
            "element": c.element,
            "households": c.households,
            "people": c.people,
            "class": c.kind,
            "community": c.community,
            "name_zh": c.name_zh,
            "name_en": c.name_en,
            "x": c.x,
            "y": c.y,
        }
        for c in customers
    ]
