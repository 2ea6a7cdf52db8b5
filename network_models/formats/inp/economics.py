"""Sections ENERGY and REACTIONS."""

from __future__ import annotations

from dataclasses import replace

from network_models.elements import Pipe, Pump, Tank
from network_models.formats.inp.draft import Draft
from network_models.formats.inp.nodes import named
from network_models.formats.inp.sections import Row


def read_energy(draft: Draft, rows: list[Row]) -> None:
    """`GLOBAL key value`, `PUMP id key value`, `DEMAND CHARGE value`.

    The keys are PRICE, PATTERN and EFFIC (per cent; for a pump a curve).
    """
    for row in rows:
        keyword = draft.word(row, 0, "keyword", ("DEMAN", "GLOB", "PUMP"))
        if keyword is None:
            continue
        if keyword == "DEMAN":
            if draft.count(row, 3, 3):
                charge = draft.number(row, 2, "DEMAND CHARGE", least=0.0)
                draft.energy = replace(draft.energy, demand_charge=charge)
        elif keyword == "GLOB":
            if draft.count(row, 3, 3):
                _global_energy(draft, row)
        elif draft.count(row, 4, 4):
            _pump_energy(draft, row)


def _global_energy(draft: Draft, row: Row) -> None:
    key = draft.word(row, 1, "GLOBAL", ("PRICE", "PATT", "EFFI"))
    if key == "PRICE":
        price = draft.number(row, 2, "GLOBAL PRICE", least=0.0)
        draft.energy = replace(draft.energy, price=price)
    elif key == "PATT":
        draft.lines["energy", "pattern"] = row.line
        draft.energy = replace(draft.energy, price_pattern=row.tokens[2])
    elif key == "EFFI":
        efficiency = draft.number(row, 2, "GLOBAL EFFIC", above=0.0)
        draft.energy = replace(draft.energy, efficiency_percent=efficiency)


def _pump_energy(draft: Draft, row: Row) -> None:
    pump = draft.link(row, 1)
    key = draft.word(row, 2, "PUMP", ("PRICE", "PATT", "EFFI"))
    if pump is None:
        return
    if pump.kind is not Pump:
        draft.bad(row, "link", row.tokens[1], "a pump")
    elif key == "PRICE":
        pump.values["energy_price"] = draft.number(row, 3, "PRICE", least=0.0)
    elif key == "PATT":
        pump.values["price_pattern"] = row.tokens[3]
    elif key == "EFFI":
        pump.values["efficiency_curve"] = row.tokens[3]


_ORDERS = {"BULK": "bulk_order", "WALL": "wall_order", "TANK": "tank_order"}
_GLOBALS = {"BULK": "global_bulk", "WALL": "global_wall"}
_COEFFICIENTS = {
    "BULK": (Pipe, "bulk_coefficient"),
    "WALL": (Pipe, "wall_coefficient"),
    "TANK": (Tank, "bulk_coefficient"),
}


def read_reactions(draft: Draft, rows: list[Row]) -> None:
    """Orders, global coefficients, and those of single elements or ranges of ids."""
    for row in rows:
        words = ("ORDER", "GLOB", "LIMIT", "ROUG", "BULK", "WALL", "TANK")
        keyword = draft.word(row, 0, "keyword", words)
        if keyword is None or not draft.count(row, 3, 4 if keyword in _COEFFICIENTS else 3):
            continue
        name = " ".join(row.tokens[:-1])
        value = draft.number(row, len(row.tokens) - 1, name)
        field = None
        if keyword == "LIMIT":
            field = "limiting_potential"
        elif keyword == "ROUG":
            field = "roughness_correlation"
        elif keyword in ("ORDER", "GLOB"):
            fields = _ORDERS if keyword == "ORDER" else _GLOBALS
            word = draft.word(row, 1, row.tokens[0], tuple(fields))
            field = fields[word] if word else None
            if word == "WALL" and keyword == "ORDER" and value not in (0.0, 1.0):
                draft.bad(row, name, row.tokens[-1], "0 or 1")
        else:
            _coefficient(draft, row, keyword, value)
        if field is not None:
            draft.reactions = replace(draft.reactions, **{field: value})


def _coefficient(draft: Draft, row: Row, keyword: str, value: float) -> None:
    kind, field = _COEFFICIENTS[keyword]
    elements = draft.nodes if keyword == "TANK" else draft.links
    single = len(row.tokens) == 3
    for element in named(draft, row, elements, 1):
        if element.kind is kind:
            element.values[field] = value
        elif single:
            draft.bad(row, "id", row.tokens[1], f"a {kind.__name__.lower()}")
