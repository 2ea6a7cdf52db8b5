"""Sections about links: PIPES, PUMPS, VALVES, STATUS, LEAKAGE."""

from __future__ import annotations

from typing import Any, cast

from network_models.elements import Link, LinkStatus, Pipe, Pump, Valve, ValveKind
from network_models.formats.inp.draft import Draft
from network_models.formats.inp.group import ElementDraft
from network_models.formats.inp.nodes import named
from network_models.formats.inp.sections import Row, choose
from network_models.formats.inp.units import ONE, FileUnits, Ratio
from network_models.formats.text import parse_number

VALVE_KINDS = ("PRV", "PSV", "PBV", "FCV", "TCV", "GPV", "PCV")
_PIPE_STATUSES = ("CV", "CLOSED", "OPEN")
_PUMP_WORDS = ("POWER", "HEAD", "PATT", "SPEE")
_FULLY_OPEN_PERCENT = 100.0


def read_pipes(draft: Draft, rows: list[Row]) -> None:
    """`id start end length diameter roughness (minor loss) (OPEN, CLOSED or CV)`"""
    units = draft.units
    for row in rows:
        if not draft.count(row, 6, 8):
            _keep_id(draft, row, Pipe, length_m=1.0, diameter_m=1.0, roughness=1.0)
            continue
        tokens = row.tokens
        minor, status = 0.0, None
        if len(tokens) == 7:
            status = choose(tokens[6], _PIPE_STATUSES)
            if status is None:
                minor = draft.number(row, 6, "minor loss or status", least=0.0)
        elif len(tokens) == 8:
            minor = draft.number(row, 6, "minor loss", least=0.0)
            status = draft.word(row, 7, "status", _PIPE_STATUSES)
        draft.add(
            row,
            Pipe,
            start=tokens[1],
            end=tokens[2],
            length_m=units.length.to_si(draft.number(row, 3, "length", above=0.0)),
            diameter_m=units.diameter.to_si(draft.number(row, 4, "diameter", above=0.0)),
            roughness=units.roughness.to_si(draft.number(row, 5, "roughness", above=0.0)),
            minor_loss=minor,
            status="closed" if status == "CLOSED" else "open",
            check_valve=status == "CV",
        )


def read_pumps(draft: Draft, rows: list[Row]) -> None:
    """`id start end keyword value ...` with HEAD curve, POWER, SPEED, PATTERN."""
    for row in rows:
        if not draft.count(row, 5, 11):
            _keep_id(draft, row, Pump, power_w=1.0)
            continue
        values: dict[str, Any] = {"start": row.tokens[1], "end": row.tokens[2]}
        for index in range(3, len(row.tokens), 2):
            word = draft.word(row, index, "keyword", _PUMP_WORDS)
            if word is None:
                continue
            if index + 1 >= len(row.tokens):
                draft.bad(row, row.tokens[index], "nothing", "a value behind the keyword")
            elif word == "POWER":
                power = draft.number(row, index + 1, "power", above=0.0)
                values["power_w"] = draft.units.power.to_si(power)
            elif word == "HEAD":
                values["head_curve"] = row.tokens[index + 1]
            elif word == "PATT":
                values["speed_pattern"] = row.tokens[index + 1]
            else:
                values["speed"] = draft.number(row, index + 1, "speed", least=0.0)
        draft.add(row, Pump, **values)


def read_valves(draft: Draft, rows: list[Row]) -> None:
    """`id start end diameter kind (setting or curve (minor loss (loss curve of a PCV)))`"""
    for row in rows:
        if not draft.count(row, 5, 8):
            _keep_id(draft, row, Valve, kind="TCV", diameter_m=1.0)
            continue
        tokens = row.tokens
        kind = cast(ValveKind, draft.word(row, 4, "kind", VALVE_KINDS) or "TCV")
        values: dict[str, Any] = {"start": tokens[1], "end": tokens[2], "kind": kind}
        diameter = draft.number(row, 3, "diameter", above=0.0)
        values["diameter_m"] = draft.units.diameter.to_si(diameter)
        if kind == "GPV":
            values["curve"] = draft.reference(row, 5)
        else:
            least = 0.0 if kind in ("TCV", "PCV") else float("-inf")
            setting = draft.number(row, 5, "setting", least=least, default=0.0)
            if kind == "PCV":
                values["curve"] = draft.reference(row, 7)
                setting = min(setting, _FULLY_OPEN_PERCENT)
            values["setting"] = setting_ratio(draft.units, kind).to_si(setting)
        if len(tokens) > 7 and kind != "PCV":
            draft.bad(row, "line", f"8 values: {' '.join(tokens)}", f"5 to 7 values for a {kind}")
        values["minor_loss"] = draft.number(row, 6, "minor loss", least=0.0, default=0.0)
        draft.add(row, Valve, **values)


def setting_ratio(units: FileUnits, kind: str) -> Ratio:
    """How the setting of a valve kind is converted."""
    if kind == "FCV":
        return units.flow
    return units.pressure if kind in ("PRV", "PSV", "PBV") else ONE


def read_status(draft: Draft, rows: list[Row]) -> None:
    """`link value` or `first-link last-link value`: OPEN, CLOSED, a speed or a setting."""
    for row in rows:
        if not draft.count(row, 2, 3):
            continue
        word = choose(row.tokens[-1], ("OPEN", "CLOSED"))
        value = None if word else parse_number(row.tokens[-1])
        if word is None and (value is None or value < 0.0):
            expected = "OPEN, CLOSED or a number of at least 0"
            draft.bad(row, "status or setting", row.tokens[-1], expected)
            continue
        status = cast(LinkStatus, word.lower()) if word else None
        for link in named(draft, row, draft.links):
            _set_status(draft, row, link, status, value)


def _set_status(
    draft: Draft, row: Row, link: ElementDraft, status: LinkStatus | None, value: float | None
) -> None:
    values = link.values
    single = len(row.tokens) == 2
    if link.kind is Pipe:
        if values.get("check_valve") and single:
            draft.bad(row, "link", row.tokens[0], "a link that is not a check valve")
        elif value is not None and single:
            draft.bad(row, "status", row.tokens[-1], "OPEN or CLOSED for a pipe")
        elif status is not None and not values.get("check_valve"):
            values["status"] = status
    elif link.kind is Pump:
        if value is not None:
            values["speed"] = value
            values["status"] = "open" if value > 0.0 else "closed"
        else:
            values["status"] = status
            if status == "open":
                values["speed"] = 1.0  # EPANET: a pump declared open runs at its rated speed
    elif values["kind"] == "GPV":
        if value is not None and single:
            draft.bad(row, "setting", row.tokens[-1], "OPEN or CLOSED for a GPV")
        elif status is not None:
            values["status"] = "closed" if status == "closed" else "active"
    elif value is not None:
        values["setting"] = setting_ratio(draft.units, values["kind"]).to_si(value)
        values["status"] = "active"
    else:
        values["status"] = status


def read_leakage(draft: Draft, rows: list[Row]) -> None:
    """`pipe area expansion`: mm2 a 100 m (or 100 ft) of pipe, mm2 a m (or ft) of pressure head."""
    for row in rows:
        if not draft.count(row, 3, 3):
            continue
        link = draft.link(row, 0)
        area = draft.number(row, 1, "leak area", least=0.0)
        expansion = draft.number(row, 2, "leak expansion", least=0.0)
        if link is not None and link.kind is not Pipe:
            draft.bad(row, "link", row.tokens[0], "a pipe")
        elif link is not None:
            a_metre = Ratio(draft.units.length.denominator, draft.units.length.numerator)
            link.values["leak_area_mm2_per_100m"] = a_metre.to_si(area)
            link.values["leak_expansion_mm2_per_m"] = a_metre.to_si(expansion)


def _keep_id(draft: Draft, row: Row, element: type[Link], **values: Any) -> None:
    """Take up a link whose line is short, so that what names it is not reported as well."""
    if len(row.tokens) >= 3:
        draft.add(row, element, start=row.tokens[1], end=row.tokens[2], **values)
