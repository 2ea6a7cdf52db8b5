"""Section CONTROLS: simple controls."""

from __future__ import annotations

from typing import Any, cast

from network_models.elements import Junction, LinkStatus, Pipe, Pump, Valve
from network_models.formats.inp.draft import Draft
from network_models.formats.inp.group import ElementDraft
from network_models.formats.inp.links import setting_ratio
from network_models.formats.inp.sections import Row, choose, starts
from network_models.formats.inp.units import ONE, Ratio
from network_models.operation import Control

_DAY_S = 86400.0


def read_controls(draft: Draft, rows: list[Row]) -> None:
    """`LINK id value IF NODE id ABOVE|BELOW level` or `LINK id value AT TIME|CLOCKTIME time`."""
    for row in rows:
        tokens = row.tokens
        enabled = not starts(tokens[-1], "DISABLED")
        if not enabled:
            row = row._replace(tokens=tokens[:-1])  # noqa: PLW2901 - the same line, less its flag
        if not draft.count(row, 6, 8):
            continue
        link = draft.link(row, 1)
        if link is None:
            continue
        if link.values.get("check_valve"):
            draft.bad(row, "link", tokens[1], "a link that is not a check valve")
            continue
        trigger = draft.word(row, 4, "trigger", ("TIME", "CLOCKTIME", "NODE"))
        if trigger is None:
            continue
        values = _trigger(draft, row, trigger)
        if values is None:
            continue
        draft.lines["control", str(len(draft.controls))] = row.line
        values |= _action(draft, row, link)
        draft.controls.append(Control(link=tokens[1], enabled=enabled, **values))


def _action(draft: Draft, row: Row, link: ElementDraft) -> dict[str, Any]:
    """The status or setting a control gives its link; a pipe's number is a status."""
    word = choose(row.tokens[2], ("OPEN", "CLOSED"))
    if word is not None:
        return {"status": cast(LinkStatus, word.lower())}
    if link.values.get("kind") == "GPV":
        draft.bad(row, "setting", row.tokens[2], "OPEN or CLOSED for a GPV")
        return {"status": "open"}
    least = 0.0 if link.kind in (Pipe, Pump) else float("-inf")
    value = draft.number(row, 2, "setting", least=least)
    if link.kind is Pipe:
        return {"status": "open" if value > 0.0 else "closed"}
    return {"setting": element_setting_ratio(draft, link).to_si(value)}


def element_setting_ratio(draft: Draft, link: ElementDraft | None) -> Ratio:
    """How a setting given to a link is converted."""
    if link is None or link.kind is not Valve:
        return ONE
    return setting_ratio(draft.units, link.values["kind"])


def _trigger(draft: Draft, row: Row, trigger: str) -> dict[str, Any] | None:
    if trigger == "NODE":
        if not draft.count(row, 8, 8):
            return None
        node = draft.node(row, 5)
        side = draft.word(row, 6, "relation", ("ABOVE", "BELOW"))
        value = draft.number(row, 7, "level or pressure")
        if node is None or side is None:
            return None
        ratio = draft.units.pressure if node.kind is Junction else draft.units.length
        return {"trigger": side.lower(), "node": row.tokens[5], "threshold_m": ratio.to_si(value)}
    if not draft.count(row, 6, 7):
        return None
    seconds = draft.clock(row, 5, trigger)
    if trigger == "CLOCKTIME":
        seconds %= _DAY_S
    return {"trigger": trigger.lower(), "time_s": seconds}
