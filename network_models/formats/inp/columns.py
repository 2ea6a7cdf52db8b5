"""The long sections of a sound file by whole columns, many times faster than row by row.

Nothing is judged here: whatever is not plainly right is a `DoubtError`, upon which the file is
read row by row, with the place of every problem (`inp.read`). So this reader may only take what
that one takes, and must make the same of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain
from operator import itemgetter
from typing import Any

import numpy as np

from network_models.elements import Demand, Junction, Pipe
from network_models.formats.bulk import make_records
from network_models.formats.inp.draft import Draft
from network_models.formats.inp.sections import choose, tokenize
from network_models.formats.inp.units import ONE, Ratio

_PIPE_STATUSES = ("CV", "CLOSED", "OPEN")


class DoubtError(Exception):
    """The file is not plainly right."""


class Columns:
    """The words of a section by column; "" where a row is shorter."""

    def __init__(self, body: str, least: int, most: int) -> None:
        lines = body.split("\n")
        comments: list[str] | None = None
        if ";" in body:
            parts = [line.partition(";") for line in lines]
            lines = [part[0] for part in parts]
            comments = [part[2].strip() for part in parts]
        rows: list[list[str]]
        if body.isascii() and '"' not in body:
            rows = list(map(str.split, lines))
        else:
            try:
                rows = list(map(tokenize, lines))
            except ValueError:
                raise DoubtError from None
            if any("" in row for row in rows):
                raise DoubtError
        if comments is not None:
            comments = [text for text, row in zip(comments, rows, strict=True) if row]
        rows = list(filter(None, rows))
        widths = set(map(len, rows)) or {least}
        if min(widths) < least or max(widths) > most:
            raise DoubtError
        self.count = len(rows)
        self.widths = widths
        width = max(widths)
        if len(widths) > 1:
            blank = [""] * width
            rows = [row + blank[len(row) :] for row in rows]
        words = list(chain.from_iterable(rows))
        self._columns = [words[i::width] for i in range(width)]
        self.comments = [""] * self.count if comments is None else comments

    def words(self, index: int) -> list[str]:
        """One column."""
        if index < len(self._columns):
            return self._columns[index]
        return [""] * self.count

    def numbers(
        self,
        index: int,
        ratio: Ratio = ONE,
        *,
        least: float | None = None,
        above: float | None = None,
        default: float | None = None,
    ) -> list[float]:
        """One column of finite numbers in SI, within the limits the file's unit has."""
        words = self.words(index)
        if default is not None and "" in words:
            words = [word or str(default) for word in words]
        every = "".join(words)
        if "_" in every or not every.isascii():  # Python takes more for numbers than a file should
            raise DoubtError
        try:
            values = np.array(list(map(float, words)), dtype=np.float64)
        except ValueError:
            raise DoubtError from None
        sound = np.isfinite(values)
        if least is not None:
            sound &= values >= least
        if above is not None:
            sound &= values > above
        if not sound.all():
            raise DoubtError
        if ratio != ONE:
            values = values * ratio.numerator / ratio.denominator
        found: list[float] = values.tolist()
        return found

    def references(self, index: int) -> list[str | None]:
        """One column of ids that may be left out or written as `*`."""
        words = self.words(index)
        if "" not in words and "*" not in words:
            return list(words)
        return [None if word in ("", "*") else word for word in words]


def _certain(sound: bool) -> None:
    if not sound:
        raise DoubtError


def read_junctions(draft: Draft, body: str) -> None:
    """As `nodes.read_junctions`."""
    rows = Columns(body, 1, 4)
    base = rows.numbers(2, draft.units.flow, default=0.0)
    pattern = rows.references(3)
    drawing = [b != 0.0 or p is not None for b, p in zip(base, pattern, strict=True)]
    made = make_records(
        Demand,
        sum(drawing),
        {
            "base_m3s": [b for b, draws in zip(base, drawing, strict=True) if draws],
            "pattern": [p for p, draws in zip(pattern, drawing, strict=True) if draws],
        },
    )
    following = zip(made)
    columns: dict[str, list[Any]] = {
        "elevation_m": rows.numbers(1, draft.units.length, default=0.0),
        "demands": [next(following) if draws else () for draws in drawing],
        "comment": rows.comments,
    }
    _certain(draft.nodes.take_columns(Junction, rows.words(0), columns))


def read_pipes(draft: Draft, body: str) -> None:
    """As `links.read_pipes`."""
    units = draft.units
    rows = Columns(body, 6, 8)
    if 7 in rows.widths:  # the last word may be a minor loss or a status
        raise DoubtError
    meaning = {word: _status(word) for word in set(rows.words(7))}
    statuses = [meaning[word] for word in rows.words(7)]
    columns: dict[str, list[Any]] = {
        "start": rows.words(1),
        "end": rows.words(2),
        "length_m": rows.numbers(3, units.length, above=0.0),
        "diameter_m": rows.numbers(4, units.diameter, above=0.0),
        "roughness": rows.numbers(5, units.roughness, above=0.0),
        "minor_loss": rows.numbers(6, least=0.0, default=0.0),
        "status": ["closed" if status == "CLOSED" else "open" for status in statuses],
        "check_valve": [status == "CV" for status in statuses],
        "comment": rows.comments,
    }
    _certain(draft.links.take_columns(Pipe, rows.words(0), columns))


def _status(word: str) -> str | None:
    status = choose(word, _PIPE_STATUSES)
    _certain(status is not None or not word)
    return status


def read_demands(draft: Draft, body: str) -> None:
    """As `nodes.read_demands`."""
    rows = Columns(body, 2, 3)
    names = rows.words(0)
    columns: dict[str, list[Any]] = {
        "base_m3s": rows.numbers(1, draft.units.flow),
        "pattern": rows.references(2),
        "category": rows.comments,
    }
    made = make_records(Demand, rows.count, columns)
    for name in set(names) - draft.nodes.place.keys():
        node = draft.nodes.drafts.get(name)
        _certain(node is not None and node.kind is Junction)
    _certain(draft.nodes.set_field("demands", _gathered(names, made), ()))


def _gathered(names: list[str], values: list[Any]) -> dict[str, tuple[Any, ...]]:
    """The values of each name in their order."""
    found = dict(zip(names, zip(values), strict=True))
    if len(found) == len(names):
        return found
    several: dict[str, list[Any]] = {}
    for name, value in zip(names, values, strict=True):
        several.setdefault(name, []).append(value)
    return dict(zip(several, map(tuple, several.values()), strict=True))


def _points(rows: Columns) -> Iterator[tuple[float, float]]:
    return zip(rows.numbers(1), rows.numbers(2), strict=True)


def read_coordinates(draft: Draft, body: str) -> None:
    """As `drawing.read_coordinates`."""
    rows = Columns(body, 3, 3)
    position = dict(zip(rows.words(0), _points(rows), strict=True))
    _certain(draft.nodes.set_field("position", position, None))


def read_vertices(draft: Draft, body: str) -> None:
    """As `drawing.read_vertices`."""
    rows = Columns(body, 3, 3)
    vertices = _gathered(rows.words(0), list(_points(rows)))
    _certain(draft.links.set_field("vertices", vertices, ()))


def read_tags(draft: Draft, body: str) -> None:
    """As `drawing.read_tags`, for tags of one word."""
    rows = Columns(body, 3, 3)
    words = {word: choose(word, ("NODE", "LINK")) for word in set(rows.words(0))}
    _certain(None not in words.values())
    pairs = list(zip(map(words.__getitem__, rows.words(0)), rows.words(1), rows.words(2)))  # noqa: B905
    for kind, group in (("NODE", draft.nodes), ("LINK", draft.links)):
        tags = dict(map(itemgetter(1, 2), (pair for pair in pairs if pair[0] == kind)))
        _certain(not tags or group.set_field("tag", tags, ""))


LONG: dict[str, Callable[[Draft, str], None]] = {
    "JUNCTIONS": read_junctions,
    "PIPES": read_pipes,
    "DEMANDS": read_demands,
    "TAGS": read_tags,
    "COORDINATES": read_coordinates,
    "VERTICES": read_vertices,
}
"""The sections that are read by columns."""
