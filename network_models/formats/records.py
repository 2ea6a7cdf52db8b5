"""Records to JSON values and back, by their types, with every fault of a value at once."""

from __future__ import annotations

import math
import types
from collections.abc import Callable
from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

Report = Callable[[str, str, str], None]
"""Takes a fault: path of the field, what was found, what was expected."""


class _Bad:
    """Stands for a value that could not be decoded."""


BAD = _Bad()

Decoder = Callable[[Any, str, Report], Any]


def encode(value: Any) -> Any:
    """A record (or a tuple of records, or a plain value) as JSON values, all fields written."""
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: encode(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, tuple):
        return [encode(item) for item in value]
    return value


@cache
def decoder(kind: Any) -> Decoder:
    """What turns a JSON value into a value of a type; it gives `BAD` after reporting faults."""
    origin = get_origin(kind)
    if origin is Literal:
        return _literal(get_args(kind))
    if origin in (Union, types.UnionType):
        return _union(get_args(kind))
    if origin is tuple:
        return _tuple(get_args(kind))
    if is_dataclass(kind):
        return _record(kind)
    return _PLAIN[kind]


def _number(value: Any, path: str, report: Report) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float):
        report(path, _shown(value), "a number")
        return BAD
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        report(path, _shown(value), "a finite number")
        return BAD
    return number


def _integer(value: Any, path: str, report: Report) -> Any:
    if isinstance(value, bool) or not isinstance(value, int):
        report(path, _shown(value), "a whole number")
        return BAD
    return value


def _of(kind: type, expected: str) -> Decoder:
    def decode(value: Any, path: str, report: Report) -> Any:
        if not isinstance(value, kind):
            report(path, _shown(value), expected)
            return BAD
        return value

    return decode


_PLAIN: dict[Any, Decoder] = {
    float: _number,
    int: _integer,
    str: _of(str, "a text"),
    bool: _of(bool, "true or false"),
    types.NoneType: _of(types.NoneType, "null"),
}


def _literal(allowed: tuple[Any, ...]) -> Decoder:
    expected = "one of " + ", ".join(map(str, allowed))

    def decode(value: Any, path: str, report: Report) -> Any:
        if not isinstance(value, str) or value not in allowed:
            report(path, _shown(value), expected)
            return BAD
        return value

    return decode


def _union(kinds: tuple[Any, ...]) -> Decoder:
    """The first kind that fits; when none does, the faults of the first that is not null."""
    decoders = [decoder(kind) for kind in kinds]
    main = next(decoder(kind) for kind in kinds if kind is not types.NoneType)
    nullable = types.NoneType in kinds

    def decode(value: Any, path: str, report: Report) -> Any:
        if value is None and nullable:
            return None
        for attempt in decoders:
            result = attempt(value, path, _silent)
            if result is not BAD:
                return result
        return main(value, path, report)

    return decode


def _silent(path: str, found: str, expected: str) -> None:
    """Takes faults of an attempt whose failure is not final."""


def _tuple(kinds: tuple[Any, ...]) -> Decoder:
    endless = kinds[-1] is Ellipsis
    item = decoder(kinds[0])
    items = [] if endless else [decoder(kind) for kind in kinds]

    def decode(value: Any, path: str, report: Report) -> Any:
        if not isinstance(value, list) or (not endless and len(value) != len(items)):
            report(path, _shown(value), "a list" if endless else f"a list of {len(items)} values")
            return BAD
        parts = [item] * len(value) if endless else items
        results = [
            part(entry, f"{path}[{index}]", report)
            for index, (part, entry) in enumerate(zip(parts, value, strict=True))
        ]
        return BAD if any(result is BAD for result in results) else tuple(results)

    return decode


def _record(kind: Any) -> Decoder:
    hints = get_type_hints(kind)
    decoders = {f.name: decoder(hints[f.name]) for f in fields(kind)}
    required = [
        f.name for f in fields(kind) if f.default is MISSING and f.default_factory is MISSING
    ]

    def decode(value: Any, path: str, report: Report) -> Any:
        if not isinstance(value, dict):
            report(path, _shown(value), "an object")
            return BAD
        sound = True
        for name in required:
            if name not in value:
                report(f"{path}.{name}", "nothing", "this field")
                sound = False
        values = {}
        for name, entry in value.items():
            part = decoders.get(name)
            if part is None:
                report(f"{path}.{name}", "an unknown field", "one of " + ", ".join(decoders))
                sound = False
                continue
            values[name] = part(entry, f"{path}.{name}", report)
            sound = sound and values[name] is not BAD
        return kind(**values) if sound else BAD

    return decode


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
