"""Ringmain's own network file: JSON of any medium, SI, every field, exact.

    {"schema": "ringmain/network/1", "medium": "gas", "title": "...",
     "nodes": [{"element": "GasJunction", "id": "J1", ...}, ...], "links": [...],
     "patterns": [...], "curves": [...], "controls": [...], ..., "backdrop": {...}}

Elements stand a line each, so that two versions of a network compare well. Parts that are left
out have their defaults; unknown names are problems.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn, cast

from network_models import elements
from network_models.elements import Link, Node
from network_models.formats.records import BAD, decoder, encode
from network_models.formats.text import read_text
from network_models.network import Medium, Network
from network_models.operation import (
    Backdrop,
    Control,
    ControlRule,
    Curve,
    EnergyOptions,
    MapLabel,
    Options,
    Pattern,
    ReactionOptions,
    ReportOptions,
    Times,
)
from network_models.physics import Fluid, Physics, Scenario
from network_models.problems import NetworkError, Problem
from network_models.validation.whole import validate

SCHEMA = "ringmain/network/1"


def _kinds(base: type) -> dict[str, type]:
    """The records of a base by their names."""
    found = {name: getattr(elements, name) for name in elements.__all__}
    return {
        name: kind
        for name, kind in found.items()
        if isinstance(kind, type) and issubclass(kind, base) and kind is not base
    }


_NODES, _LINKS = _kinds(Node), _kinds(Link)
_BY_ID: dict[str, type] = {
    "patterns": Pattern,
    "curves": Curve,
    "fluids": Fluid,
    "scenarios": Scenario,
}
_LISTS: dict[str, type] = {
    "controls": Control,
    "rules": ControlRule,
    "labels": MapLabel,
    "notes": str,
}
_SINGLE: dict[str, type] = {
    "options": Options,
    "times": Times,
    "energy": EnergyOptions,
    "reactions": ReactionOptions,
    "report": ReportOptions,
    "backdrop": Backdrop,
    "physics": Physics,
}
_LEFT_OUT = ("fluids", "scenarios", "notes", "physics")
"""Parts that are not written where they say nothing: most networks have none of them."""
_MEDIA = ("water", "gas", "heat")
_KEYS = ("schema", "medium", "title", "nodes", "links", *_BY_ID, *_LISTS, *_SINGLE)


def write_native(net: Network, path: Path | str) -> None:
    """Write a network of any medium; `read_native` gives back an equal one.

    ValueError if a number is not finite: JSON has none such.
    """
    parts = [
        f'"schema": {json.dumps(SCHEMA)}',
        f'"medium": {json.dumps(net.medium)}',
        f'"title": {_json(net.title)}',
    ]
    for name in ("nodes", "links"):
        elements = getattr(net, name).values()
        rows = [{"element": type(element).__name__, **encode(element)} for element in elements]
        parts.append(_list(name, rows))
    plain = Network()
    wanted = [n for n in _KEYS if n not in _LEFT_OUT or getattr(net, n) != getattr(plain, n)]
    for name in wanted:
        part = getattr(net, name, None)
        if name in _BY_ID:
            parts.append(_list(name, [encode(record) for record in cast(Any, part).values()]))
        elif name in _LISTS:
            parts.append(_list(name, [encode(record) for record in cast(Any, part)]))
        elif name in _SINGLE:
            parts.append(f'"{name}": {_json(encode(part))}')
    text = "{\n" + ",\n".join(parts) + "\n}\n"
    Path(path).write_text(text, encoding="utf-8", newline="\n")


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def _list(name: str, rows: Sequence[Any]) -> str:
    if not rows:
        return f'"{name}": []'
    return f'"{name}": [\n' + ",\n".join(f"  {_json(row)}" for row in rows) + "\n]"


@dataclass(slots=True)
class _Reading:
    file: str
    problems: list[Problem] = field(default_factory=list)

    def report(self, path: str, found: str, expected: str, line: int | None = None) -> None:
        self.problems.append(
            Problem(file=self.file, line=line, field=path, found=found, expected=expected)
        )


def read_native(path: Path | str) -> Network:
    """The network in a native file; NetworkError lists all that is wrong with it."""
    reading = _Reading(str(path))
    text, reading.problems = read_text(path)
    data = _parse(reading, text) if not reading.problems else None
    if not isinstance(data, dict):
        if not reading.problems:
            reading.report("file", type(data).__name__, "a JSON object")
        raise NetworkError(reading.problems)
    if data.get("schema") != SCHEMA:
        reading.report("schema", repr(data.get("schema")), f'"{SCHEMA}"')
        raise NetworkError(reading.problems)
    net = _network(reading, data)
    if not reading.problems:
        reading.problems += validate(net, reading.file)
    if reading.problems:
        raise NetworkError(reading.problems)
    return net


def _parse(reading: _Reading, text: str) -> Any:
    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        names = [name for name, _ in pairs]
        for name in {name for name in names if names.count(name) > 1}:
            reading.report(name, "this name twice in an object", "each name once")
        return dict(pairs)

    def constant(word: str) -> NoReturn:
        raise ValueError(f"{word} is not a number of JSON")

    try:
        return json.loads(text, object_pairs_hook=unique, parse_constant=constant)
    except json.JSONDecodeError as error:
        reading.report(f"column {error.colno}", error.msg, "well-formed JSON", error.lineno)
    except ValueError as error:
        reading.report("value", str(error), "a finite number")
    except RecursionError:
        reading.report("file", "values nested too deeply", "a network")
    return None


def _network(reading: _Reading, data: dict[str, Any]) -> Network:
    for name in data:
        if name not in _KEYS:
            reading.report(name, "an unknown name", "one of " + ", ".join(_KEYS))
    medium = data.get("medium")
    if medium not in _MEDIA:
        reading.report("medium", repr(medium), "one of " + ", ".join(_MEDIA))
    title = data.get("title", "")
    if not isinstance(title, str):
        reading.report("title", repr(title), "a text")
    values: dict[str, Any] = {
        "nodes": _elements(reading, data, "nodes", _NODES),
        "links": _elements(reading, data, "links", _LINKS),
    }
    for name, kind in _BY_ID.items():
        values[name] = _elements(reading, data, name, {"": kind})
    for name, kind in _LISTS.items():
        rows = enumerate(_rows(reading, data, name))
        decode = decoder(kind)
        values[name] = tuple(decode(row, f"{name}[{i}]", reading.report) for i, row in rows)
    for name, kind in _SINGLE.items():
        if name in data:
            values[name] = decoder(kind)(data[name], name, reading.report)
    if reading.problems:
        return Network()
    return Network(medium=cast(Medium, medium), title=title, **values)


def _rows(reading: _Reading, data: dict[str, Any], name: str) -> list[Any]:
    rows = data.get(name, [])
    if isinstance(rows, list):
        return rows
    reading.report(name, type(rows).__name__, "a list")
    return []


def _elements(
    reading: _Reading, data: dict[str, Any], name: str, kinds: dict[str, Any]
) -> dict[str, Any]:
    """Records by id; where there are several kinds, each names its own in "element"."""
    elements: dict[str, Any] = {}
    for index, row in enumerate(_rows(reading, data, name)):
        path = f"{name}[{index}]"
        kind: Any = kinds.get("")
        if kind is None:
            if not isinstance(row, dict):
                reading.report(path, type(row).__name__, "an object")
                continue
            row = dict(row)  # noqa: PLW2901 - a copy without its class
            word = row.pop("element", None)
            kind = kinds.get(word) if isinstance(word, str) else None
            if kind is None:
                reading.report(f"{path}.element", repr(word), "one of " + ", ".join(kinds))
                continue
        record = decoder(kind)(row, path, reading.report)
        if record is BAD:
            continue
        if record.id in elements:
            reading.report(f"{path}.id", record.id, "an id of its own")
        elements[record.id] = record
    return elements
