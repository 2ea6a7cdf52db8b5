"""The long sections of a sound file by whole columns, many times faster than row by row.

Nothing is judged here: whatever is not plainly right is a `DoubtError`, upon which the file is
read row by row, with the place of every problem (`inp.read`). So this reader may only take what
that one takes, and must make the same of it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from itertools import chain, compress
from typing import Any

import msgspec
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
        plain = body.isascii() and '"' not in body
        width = _width(body) if plain and ";" not in body else 0
        if width:
            words = body.split()
            self.comments = [""] * (len(words) // width)
            self.widths = {width}
        else:
            rows, self.comments = _rows(body, plain)
            self.widths = set(map(len, rows)) or {least}
            width = max(self.widths)
            if len(self.widths) > 1:
                blank = [""] * width
                rows = [row + blank[len(row) :] for row in rows]
            words = list(chain.from_iterable(rows))
        if min(self.widths) < least or max(self.widths) > most:
            raise DoubtError
        self.count = len(self.comments)
        self._columns = [words[i::width] for i in range(width)]
        self._decimal = body.isascii() and "_" not in body

    def _may_lack(self, index: int) -> bool:
        """Whether some row is too short for this column."""
        return min(self.widths) <= index

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
        if default is not None and self._may_lack(index):
            words = [word or str(default) for word in words]
        if not self._decimal:  # Python takes more for numbers than a file should
            every = "".join(words)
            if "_" in every or not every.isascii():
                raise DoubtError
        return _in_si(words, ratio, least, above)

    def references(self, index: int) -> list[str | None]:
        """One column of ids that may be left out or written as `*`."""
        words = self.words(index)
        if not self._may_lack(index) and "*" not in words:
            return list(words)
        return [None if word in ("", "*") else word for word in words]


def _in_si(words: list[str], ratio: Ratio, least: float | None, above: float | None) -> list[float]:
    """The numbers of words in SI. The limits hold in the file's unit, `above` in SI as well: what
    is hardly more than nothing there may be nothing here."""
    found = _floats(words)
    _certain(math.isfinite(sum(found)))  # it also is not when numbers are too great for this reader
    _certain(least is None or min(found, default=math.inf) >= least)
    _certain(above is None or min(found, default=math.inf) > above)
    if ratio == ONE:
        return found
    converted: list[float] = (np.array(found) * ratio.numerator / ratio.denominator).tolist()
    _certain(above is None or min(converted, default=math.inf) > above)
    return converted


def _floats(words: list[str]) -> list[float]:
    """The numbers of words: read as JSON, which takes a sixth of the time of Python's `float`.

    JSON knows fewer ways to write a number, such as no `+1` or `.5`; then `float` has its say.
    """
    with suppress(msgspec.MsgspecError):
        found = _NUMBERS.decode(f"[{','.join(words)}]")
        if len(found) == len(words):  # a word may have a comma in it
            return found
    try:
        return list(map(float, words))
    except ValueError:
        raise DoubtError from None


_NUMBERS = msgspec.json.Decoder(list[float])


def _width(body: str) -> int:
    """How many words every line has that has any; 0 if they differ.

    Then all lines can be split at once, which is twice as fast as one after the other.
    """
    raw = np.frombuffer(("\n" + body + "\n").encode("ascii"), dtype=np.uint8)
    blank = raw <= ord(" ")
    known = sum(map(body.count, "\t\r\n")) + len("\n\n")
    if np.count_nonzero(raw < ord(" ")) > known:
        return 0  # other control characters, of which Python takes some for blanks
    begins = np.flatnonzero(blank[:-1] & ~blank[1:])
    counts = np.diff(np.searchsorted(begins, np.flatnonzero(raw == ord("\n"))))
    widest = int(counts.max())
    return widest if ((counts == 0) | (counts == widest)).all() else 0


def _rows(body: str, plain: bool) -> tuple[list[list[str]], list[str]]:
    """The words of the lines that have any, and the comments behind them."""
    parts = [line.partition(";") for line in body.split("\n")]
    contents = [part[0] for part in parts]
    if plain:
        rows = list(map(str.split, contents))
    else:
        try:
            rows = list(map(tokenize, contents))
        except ValueError:
            raise DoubtError from None
        if any("" in row for row in rows):
            raise DoubtError
    comments = [part[2].strip() for part, row in zip(parts, rows, strict=True) if row]
    return list(filter(None, rows)), comments


def _certain(sound: bool) -> None:
    if not sound:
        raise DoubtError


def _known(patterns: list[str | None], draft: Draft) -> bool:
    return set(patterns) <= {None, *draft.patterns}


def read_junctions(draft: Draft, body: str) -> None:
    """As `nodes.read_junctions`."""
    rows = Columns(body, 1, 4)
    base = rows.numbers(2, draft.units.flow, default=0.0)
    pattern = rows.references(3)
    _certain(_known(pattern, draft))
    columns: dict[str, list[Any]] = {
        "elevation_m": rows.numbers(1, draft.units.length, default=0.0),
        "demands": _demands(base, pattern),
        "comment": rows.comments,
    }
    _certain(draft.nodes.take_columns(Junction, rows.words(0), columns))


def _demands(base: list[float], pattern: list[str | None]) -> list[tuple[Demand, ...]]:
    """Every junction's demand, where it has one."""
    if None not in pattern:
        every: dict[str, list[Any]] = {"base_m3s": base, "pattern": pattern}
        return list(zip(make_records(Demand, len(base), every)))
    drawing = [b != 0.0 or p is not None for b, p in zip(base, pattern, strict=True)]
    chosen: dict[str, Iterable[Any]] = {
        "base_m3s": compress(base, drawing),
        "pattern": compress(pattern, drawing),
    }
    demands = zip(make_records(Demand, sum(drawing), chosen))
    return [next(demands) if draws else () for draws in drawing]


def read_pipes(draft: Draft, body: str) -> None:
    """As `links.read_pipes`."""
    units = draft.units
    rows = Columns(body, 6, 8)
    if 7 in rows.widths:  # the last word may be a minor loss or a status
        raise DoubtError
    words = rows.words(7)
    status = {word: _status(word) for word in set(words)}
    closed = {word: "closed" if status[word] == "CLOSED" else "open" for word in status}
    one_way = {word: status[word] == "CV" for word in status}
    # The node's own text instead of an equal one: less memory, and found faster ever after.
    known = dict(zip(draft.nodes.place, draft.nodes.place, strict=True))
    columns: dict[str, list[Any]] = {
        "start": list(map(known.get, rows.words(1), rows.words(1))),
        "end": list(map(known.get, rows.words(2), rows.words(2))),
        "length_m": rows.numbers(3, units.length, above=0.0),
        "diameter_m": rows.numbers(4, units.diameter, above=0.0),
        "roughness": rows.numbers(5, units.roughness, above=0.0),
        "minor_loss": rows.numbers(6, least=0.0, default=0.0),
        "status": _looked_up(closed, words),
        "check_valve": _looked_up(one_way, words),
        "comment": rows.comments,
    }
    _certain(draft.links.take_columns(Pipe, rows.words(0), columns))


def _looked_up(meanings: dict[str, Any], words: list[str]) -> list[Any]:
    """What each word means; of most files all pipes have one status."""
    if len(meanings) == 1:
        return list(meanings.values()) * len(words)
    return list(map(meanings.__getitem__, words))


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
    _certain(_known(columns["pattern"], draft))
    made = make_records(Demand, rows.count, columns)
    for name in set(names) - draft.nodes.place.keys():
        node = draft.nodes.drafts.get(name)
        _certain(node is not None and node.kind is Junction)
    _certain(draft.nodes.set_field("demands", *_gathered(names, zip(made)), ()))


def _gathered(
    names: list[str], values: Iterable[tuple[Any, ...]]
) -> tuple[list[str], list[tuple[Any, ...]]]:
    """Every name once, with all of its values in their order."""
    if len(set(names)) == len(names):
        return names, list(values)
    several: dict[str, list[Any]] = {}
    for name, value in zip(names, values, strict=True):
        several.setdefault(name, []).extend(value)
    return list(several), list(map(tuple, several.values()))


def _points(rows: Columns) -> Iterator[tuple[float, float]]:
    return zip(rows.numbers(1), rows.numbers(2), strict=True)


def read_coordinates(draft: Draft, body: str) -> None:
    """As `drawing.read_coordinates`."""
    rows = Columns(body, 3, 3)
    _certain(draft.nodes.set_field("position", rows.words(0), list(_points(rows)), None))


def read_vertices(draft: Draft, body: str) -> None:
    """As `drawing.read_vertices`."""
    rows = Columns(body, 3, 3)
    vertices = _gathered(rows.words(0), zip(_points(rows)))
    _certain(draft.links.set_field("vertices", *vertices, ()))


def read_tags(draft: Draft, body: str) -> None:
    """As `drawing.read_tags`, for tags of one word."""
    rows = Columns(body, 3, 3)
    words = {word: choose(word, ("NODE", "LINK")) for word in set(rows.words(0))}
    _certain(None not in words.values())
    kinds = list(map(words.__getitem__, rows.words(0)))
    for kind, group in (("NODE", draft.nodes), ("LINK", draft.links)):
        chosen = list(map(kind.__eq__, kinds))
        names, tags = (list(compress(rows.words(i), chosen)) for i in (1, 2))
        _certain(not names or group.set_field("tag", names, tags, ""))


LONG: dict[str, Callable[[Draft, str], None]] = {
    "JUNCTIONS": read_junctions,
    "PIPES": read_pipes,
    "DEMANDS": read_demands,
    "TAGS": read_tags,
    "COORDINATES": read_coordinates,
    "VERTICES": read_vertices,
}
"""The sections that are read by columns."""
