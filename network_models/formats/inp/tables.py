"""Sections PATTERNS and CURVES.

A curve's unit depends on what it is used for, so curves are converted once all elements are known.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import cast

from network_models.elements import Point2, Pump, Tank, Valve
from network_models.formats.inp.draft import Draft
from network_models.formats.inp.sections import Row
from network_models.formats.inp.units import ONE, FileUnits, Ratio
from network_models.operation import Curve, CurveKind, Pattern

KIND_WORDS: dict[str, CurveKind] = {
    "VOLUME": "volume",
    "PUMP": "pump",
    "EFFIC": "efficiency",
    "HEADLOSS": "headloss",
    "VALVE": "valve",
    "GENERIC": "generic",
}
"""The word for each kind of curve behind a curve's point."""


def curve_ratios(units: FileUnits, kind: CurveKind) -> tuple[Ratio, Ratio]:
    """How the x and y values of a kind of curve are converted."""
    if kind == "volume":
        return units.length, units.volume
    if kind in ("pump", "headloss"):
        return units.flow, units.length
    if kind == "efficiency":
        return units.flow, ONE
    return ONE, ONE


def read_patterns(draft: Draft, rows: list[Row]) -> None:
    """`id multiplier ...`, on as many lines as it takes; a line of only `;text` before names it."""
    multipliers: dict[str, list[float]] = {}
    comments: dict[str, str] = {}
    for row in rows:
        if not draft.count(row, 2):
            continue
        name = row.tokens[0]
        if name not in multipliers:
            draft.lines["pattern", name] = row.line
            multipliers[name] = []
            comments[name] = row.comment
        values = multipliers[name]
        for index in range(1, len(row.tokens)):
            values.append(draft.number(row, index, "multiplier"))
    for name, values in multipliers.items():
        draft.patterns[name] = Pattern(id=name, multipliers=tuple(values), comment=comments[name])


@dataclass(slots=True)
class _CurveDraft:
    comment: str
    row: Row
    points: list[Point2] = field(default_factory=list)
    declared: CurveKind | None = None


def read_curves(draft: Draft, rows: list[Row]) -> None:
    """`id x y (kind)`, a point a line; the elements that use a curve decide its kind."""
    drafts: dict[str, _CurveDraft] = {}
    for row in rows:
        if not draft.count(row, 3, 4):
            continue
        name = row.tokens[0]
        if name not in drafts:
            draft.lines["curve", name] = row.line
            drafts[name] = _CurveDraft(row.comment, row)
        curve = drafts[name]
        draft.lines["curve point", f"{name} {len(curve.points)}"] = row.line
        curve.points.append((draft.number(row, 1, "x"), draft.number(row, 2, "y")))
        if len(row.tokens) == 4:
            word = draft.word(row, 3, "kind", tuple(KIND_WORDS))
            curve.declared = KIND_WORDS[word] if word else None
    uses = _uses(draft)
    for name, curve in drafts.items():
        kind = _kind(draft, name, curve, uses.get(name, []))
        x_ratio, y_ratio = curve_ratios(draft.units, kind)
        draft.curves[name] = Curve(
            id=name,
            points=tuple((x_ratio.to_si(x), y_ratio.to_si(y)) for x, y in curve.points),
            kind=kind,
            comment=curve.comment,
        )


def _kind(draft: Draft, name: str, curve: _CurveDraft, uses: list[CurveKind]) -> CurveKind:
    if uses:
        first = uses[0]
        for other in uses[1:]:
            if curve_ratios(draft.units, other) != curve_ratios(draft.units, first):
                draft.bad(curve.row, "kind", f"{name} as {first} and as {other} curve", "one use")
        return first
    if curve.declared is not None:
        return curve.declared
    # The map editor of EPANET writes the kind in front of the curve's comment: ";PUMP: text".
    word = curve.comment.partition(":")[0].strip().upper()
    return next((kind for key, kind in KIND_WORDS.items() if word.startswith(key)), "generic")


def _uses(draft: Draft) -> dict[str, list[CurveKind]]:
    """The kinds of use the elements of the file make of each curve."""
    uses: dict[str, list[CurveKind]] = {}

    def use(curve: str | None, kind: str) -> None:
        if curve is not None:
            uses.setdefault(curve, []).append(cast(CurveKind, kind))

    for node in draft.nodes.single():
        if node.kind is Tank:
            use(node.values["volume_curve"], "volume")
    for link in draft.links.single():
        if link.kind is Pump:
            use(link.values.get("head_curve"), "pump")
            use(link.values.get("efficiency_curve"), "efficiency")
        elif link.kind is Valve:
            use(link.values.get("curve"), "headloss" if link.values["kind"] == "GPV" else "valve")
    return uses
