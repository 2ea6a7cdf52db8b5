"""Sections about pictures and paper: TAGS, COORDINATES, VERTICES, LABELS, BACKDROP, REPORT."""

from __future__ import annotations

from dataclasses import replace

from network_models.formats.inp.draft import Draft
from network_models.formats.inp.sections import Row
from network_models.operation import MapLabel


def read_tags(draft: Draft, rows: list[Row]) -> None:
    """`NODE id tag` or `LINK id tag`"""
    for row in rows:
        if not draft.count(row, 3):
            continue
        keyword = draft.word(row, 0, "keyword", ("NODE", "LINK"))
        if keyword is None:
            continue
        element = draft.node(row, 1) if keyword == "NODE" else draft.link(row, 1)
        if element is not None:
            element.values["tag"] = " ".join(row.tokens[2:])


def read_coordinates(draft: Draft, rows: list[Row]) -> None:
    """`node x y`"""
    for row in rows:
        if not draft.count(row, 3, 3):
            continue
        node = draft.node(row, 0)
        if node is not None:
            node.values["position"] = (draft.number(row, 1, "x"), draft.number(row, 2, "y"))


def read_vertices(draft: Draft, rows: list[Row]) -> None:
    """`link x y`, a point a line from start to end"""
    for row in rows:
        if not draft.count(row, 3, 3):
            continue
        link = draft.link(row, 0)
        if link is not None:
            point = (draft.number(row, 1, "x"), draft.number(row, 2, "y"))
            link.values.setdefault("vertices", []).append(point)


def read_labels(draft: Draft, rows: list[Row]) -> None:
    """`x y "text" (anchor node)`; a text of several words without quotes takes the whole line."""
    for row in rows:
        if not draft.count(row, 3):
            continue
        anchored = len(row.tokens) == 4
        draft.labels.append(
            MapLabel(
                position=(draft.number(row, 0, "x"), draft.number(row, 1, "y")),
                text=row.tokens[2] if anchored else " ".join(row.tokens[2:]),
                anchor=row.tokens[3] if anchored else "",
            )
        )


def read_backdrop(draft: Draft, rows: list[Row]) -> None:
    """`DIMENSIONS x1 y1 x2 y2`, `UNITS word`, `FILE name`, `OFFSET x y`"""
    for row in rows:
        keyword = draft.word(row, 0, "keyword", ("DIME", "UNIT", "FILE", "OFFS"))
        if keyword == "DIME":
            if draft.count(row, 5, 5):
                left, bottom, right, top = (draft.number(row, i, "DIMENSIONS") for i in range(1, 5))
                draft.backdrop = replace(draft.backdrop, dimensions=(left, bottom, right, top))
        elif keyword == "OFFS":
            if draft.count(row, 3, 3):
                offset = (draft.number(row, 1, "OFFSET"), draft.number(row, 2, "OFFSET"))
                draft.backdrop = replace(draft.backdrop, offset=offset)
        elif keyword == "FILE":
            draft.backdrop = replace(draft.backdrop, file=" ".join(row.tokens[1:]))
        elif keyword == "UNIT":
            draft.backdrop = replace(draft.backdrop, unit=" ".join(row.tokens[1:]))


_REPORT_WORDS = (
    *("PAGE", "STATUS", "SUMM", "MESS", "ENER", "NODE", "LINK", "FILE"),
    *("ELEV", "DEMAND", "HEAD", "PRESSURE", "QUAL", "LENGTH", "DIAM", "FLOW"),
    *("VELO", "STATE", "SETTING", "REACTION", "F-FACTOR"),
)


def read_report(draft: Draft, rows: list[Row]) -> None:
    """Report lines are kept as they are; their first word must be one that EPANET knows."""
    for row in rows:
        if draft.word(row, 0, "keyword", _REPORT_WORDS) is not None:
            draft.report.append(tuple(row.tokens))
