"""Every kind of record, with a value in every field, comes back equal from a native file."""

from __future__ import annotations

import json
import types
import typing
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import pytest

from network_models import Network, elements
from network_models.elements import Link, Node
from network_models.formats.native import _network, _Reading, write_native
from network_models.physics import Bound, Fluid, Physics, Property, Scenario

KINDS = [
    kind
    for name in elements.__all__
    if isinstance(kind := getattr(elements, name), type)
    and issubclass(kind, Node | Link)
    and kind not in (Node, Link)
]


def full(kind: Any) -> Any:
    """A value of a type that differs from the defaults wherever it can."""
    origin, parts = typing.get_origin(kind), typing.get_args(kind)
    if origin in (typing.Union, types.UnionType):
        return full(next(part for part in parts if part is not types.NoneType))
    if origin is typing.Literal:
        return parts[-1]
    if origin is tuple:
        return (full(parts[0]),) if parts[-1] is Ellipsis else tuple(map(full, parts))
    if is_dataclass(kind):
        hints = typing.get_type_hints(kind)
        make: Any = kind
        return make(**{f.name: full(hints[f.name]) for f in fields(kind)})
    return {float: 0.1 + 0.2, int: 7, str: "名 x", bool: False, type(None): None}[kind]


def read_unjudged(path: Path) -> Network:
    """The file's network without judging whether it could be solved."""
    reading = _Reading(str(path))
    net = _network(reading, json.loads(path.read_text(encoding="utf-8")))
    assert reading.problems == []
    return net


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_field_comes_back(kind: type, tmp_path: Path) -> None:
    element = full(kind)
    named = {element.id: element}
    is_node = isinstance(element, Node)
    net = Network(medium="gas", nodes=named if is_node else {}, links={} if is_node else named)
    path = tmp_path / "net.json"
    write_native(net, path)
    assert read_unjudged(path) == net


def test_fluids_laws_and_scenarios_come_back(tmp_path: Path) -> None:
    net = Network(
        medium="gas",
        fluids={"名 x": full(Fluid)},
        physics=full(Physics),
        scenarios={"名 x": full(Scenario)},
        notes=("one", "two"),
    )
    assert isinstance(net.fluids["名 x"].density, Property)
    assert isinstance(net.scenarios["名 x"].bounds[0], Bound)
    path = tmp_path / "net.json"
    write_native(net, path)
    assert read_unjudged(path) == net


def test_parts_that_say_nothing_are_not_written(tmp_path: Path) -> None:
    path = tmp_path / "net.json"
    write_native(Network(), path)
    text = path.read_text(encoding="utf-8")
    assert not any(f'"{part}"' in text for part in ("fluids", "physics", "scenarios", "notes"))
