"""Sections about nodes, from JUNCTIONS, RESERVOIRS and TANKS to DEMANDS and MIXING."""

from __future__ import annotations

import re
from typing import cast

from network_models.elements import (
    Demand,
    Junction,
    MixingModel,
    QualitySource,
    Reservoir,
    SourceKind,
    Tank,
)
from network_models.formats.inp.draft import Draft
from network_models.formats.inp.group import ElementDraft, Group
from network_models.formats.inp.sections import Row

MIXING_MODELS = ("MIXED", "2COMP", "FIFO", "LIFO")
SOURCE_KINDS = ("CONCEN", "MASS", "SETPOINT", "FLOWPACED")


def read_junctions(draft: Draft, rows: list[Row]) -> None:
    """`id elevation (demand (pattern))`"""
    length, flow = draft.units.length, draft.units.flow
    for row in rows:
        draft.count(row, 1, 4)
        base = draft.number(row, 2, "demand", default=0.0)
        pattern = draft.reference(row, 3)
        demands: tuple[Demand, ...] = ()
        if base != 0.0 or pattern is not None:
            demands = (Demand(base_m3s=flow.to_si(base), pattern=pattern),)
        draft.add(
            row,
            Junction,
            elevation_m=length.to_si(draft.number(row, 1, "elevation", default=0.0)),
            demands=demands,
        )


def read_reservoirs(draft: Draft, rows: list[Row]) -> None:
    """`id head (pattern)`"""
    for row in rows:
        draft.count(row, 2, 3)
        draft.add(
            row,
            Reservoir,
            elevation_m=draft.units.length.to_si(draft.number(row, 1, "head", default=0.0)),
            pattern=draft.reference(row, 2),
        )


def read_tanks(draft: Draft, rows: list[Row]) -> None:
    """`id elevation initial minimum maximum diameter (minimum volume (curve (overflow)))`"""
    length = draft.units.length
    for row in rows:
        draft.count(row, 6, 9)
        overflow = False
        if len(row.tokens) > 8:
            overflow = draft.word(row, 8, "overflow", ("YES", "NO")) == "YES"
        volume = draft.number(row, 6, "minimum volume", least=0.0, default=0.0)
        draft.add(
            row,
            Tank,
            elevation_m=length.to_si(draft.number(row, 1, "elevation", default=0.0)),
            initial_level_m=length.to_si(_level(draft, row, 2, "initial level")),
            minimum_level_m=length.to_si(_level(draft, row, 3, "minimum level")),
            maximum_level_m=length.to_si(_level(draft, row, 4, "maximum level")),
            diameter_m=length.to_si(_level(draft, row, 5, "diameter")),
            minimum_volume_m3=draft.units.volume.to_si(volume),
            volume_curve=draft.reference(row, 7),
            overflow=overflow,
        )


def _level(draft: Draft, row: Row, index: int, name: str) -> float:
    # A missing column was noted with the count; its stand-in keeps the tank out of other findings.
    return draft.number(row, index, name, least=0.0, default=1.0)


def read_demands(draft: Draft, rows: list[Row]) -> None:
    """`junction demand (pattern) ;category`; they replace the demand given in [JUNCTIONS]."""
    flow = draft.units.flow
    replaced: dict[str, list[Demand]] = {}
    for row in rows:
        if not draft.count(row, 2, 3):
            continue
        node = draft.node(row, 0)
        base = draft.number(row, 1, "demand")
        if node is None:
            continue
        if node.kind is not Junction:
            draft.bad(row, "node", row.tokens[0], "a junction")
            continue
        demand = Demand(
            base_m3s=flow.to_si(base), pattern=draft.reference(row, 2), category=row.comment
        )
        draft.lines.setdefault(("demand", row.tokens[0]), row.line)
        replaced.setdefault(row.tokens[0], []).append(demand)
    for name, demands in replaced.items():
        draft.nodes.drafts[name].values["demands"] = tuple(demands)


def read_emitters(draft: Draft, rows: list[Row]) -> None:
    """`junction coefficient`"""
    for row in rows:
        if not draft.count(row, 2, 2):
            continue
        node = draft.node(row, 0)
        value = draft.number(row, 1, "coefficient", least=0.0)
        if node is not None and node.kind is not Junction:
            draft.bad(row, "node", row.tokens[0], "a junction")
        elif node is not None:
            node.values["emitter_coefficient"] = draft.units.emitter.to_si(value)


def read_quality(draft: Draft, rows: list[Row]) -> None:
    """`node quality`, or `first-node last-node quality` for a range of ids."""
    for row in rows:
        if not draft.count(row, 2, 3):
            continue
        value = draft.number(row, len(row.tokens) - 1, "quality", least=0.0)
        for node in named(draft, row, draft.nodes):
            node.values["initial_quality"] = value


def read_sources(draft: Draft, rows: list[Row]) -> None:
    """`node (kind) strength (pattern)`; without a kind the strength is a concentration."""
    for row in rows:
        if not draft.count(row, 2, 4):
            continue
        node = draft.node(row, 0)
        kind = next((k for k in SOURCE_KINDS if row.tokens[1].upper().startswith(k)), None)
        place = 1 if kind is None else 2
        strength = draft.number(row, place, "strength")
        if node is not None:
            draft.lines["source", row.tokens[0]] = row.line
            node.values["quality_source"] = QualitySource(
                kind=cast(SourceKind, kind or "CONCEN"),
                strength=strength,
                pattern=draft.reference(row, place + 1),
            )


def read_mixing(draft: Draft, rows: list[Row]) -> None:
    """`tank model (fraction)`"""
    for row in rows:
        if not draft.count(row, 2, 3):
            continue
        node = draft.node(row, 0)
        model = draft.word(row, 1, "model", MIXING_MODELS)
        fraction = draft.number(row, 2, "fraction", least=0.0, default=1.0)
        if node is None or model is None:
            continue
        if node.kind is not Tank:
            draft.bad(row, "node", row.tokens[0], "a tank")
            continue
        node.values["mixing"] = cast(MixingModel, model)
        # As in EPANET only the two-compartment model has a fraction, and none means the whole.
        node.values["mixing_fraction"] = (fraction or 1.0) if model == "2COMP" else 1.0


_LEADING_NUMBER = re.compile(r"\+?[0-9]{1,18}")


def named(draft: Draft, row: Row, elements: Group, place: int = 0) -> list[ElementDraft]:
    """The elements a row names, all tokens from `place` but the last.

    One id is that element; two are the range between them as EPANET compares ids: by the number
    they begin with if both do, else by letters.
    """
    ids = row.tokens[place:-1]
    if len(ids) == 1:
        one = draft.node(row, place) if elements is draft.nodes else draft.link(row, place)
        return [] if one is None else [one]
    first, last = ids
    low, high = _leading_number(first), _leading_number(last)
    if low > 0 and high > 0:
        names = [name for name in elements if low <= _leading_number(name) <= high]
    else:
        names = [name for name in elements if first <= name <= last]
    return [draft for draft in map(elements.get, names) if draft is not None]


def _leading_number(name: str) -> int:
    match = _LEADING_NUMBER.match(name)
    return 0 if match is None else int(match[0])
