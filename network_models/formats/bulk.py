"""Many records of one kind from columns of values, and Python's collector held back meanwhile."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import MISSING, fields
from functools import cache
from itertools import repeat
from typing import Any, TypeVar

T = TypeVar("T")


def make_records(kind: type[T], count: int, columns: Mapping[str, Iterable[Any]]) -> list[T]:
    """`count` records of a frozen slotted dataclass; a field without a column has its default.

    The same records as from `kind(...)`, ten times as fast, which was half of the time of reading
    a large network: they are filled as records of an unfrozen twin, which has the same slots, and
    then become what they stand for.
    """
    twin, fill = _twin(kind, tuple(columns))  # type: ignore[arg-type]
    made: list[T] = list(map(object.__new__, repeat(twin, count)))
    fill(made, *columns.values())
    return made


@cache
def _twin(kind: type, names: tuple[str, ...]) -> tuple[type, Callable[..., None]]:
    """A class with the slots of `kind` and free to be set, and what fills its records.

    The filling is written out as a plain loop over the fields, as `dataclass` writes `__init__`:
    Python then stores straight into the slots.
    """
    free = {"__setattr__": object.__setattr__, "__delattr__": object.__delattr__}
    slots: Any = kind.__dict__["__slots__"]
    twin = type(kind.__name__, kind.__bases__, {"__slots__": slots, **free})
    known: dict[str, Any] = {"kind": kind}
    lines = []
    for field in fields(kind):
        if field.name not in names:
            if field.default is MISSING:
                raise TypeError(f"{kind.__name__} needs a column {field.name}")
            known[f"its_{field.name}"] = field.default
        lines.append(f"record.{field.name} = its_{field.name}")
    given = [f"its_{name}" for name in names]
    source = (
        f"def fill(made, {', '.join(f'all_{name}' for name in names)}):\n"
        f"  for record, {', '.join(given)} in "
        f"zip(made, {', '.join(f'all_{name}' for name in names)}, strict=True):\n    "
        + "\n    ".join([*lines, "record.__class__ = kind"])
    )
    exec(source, known)  # noqa: S102 - of field names only
    return twin, known["fill"]


@contextmanager
def collector_paused() -> Iterator[None]:
    """No search for unreachable cycles while many records are made, which have none.

    The collector would walk through all of them again and again: a third of the reading time.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            if gc.get_freeze_count() == 0:
                # Counts what was made as old, without the walk that would find it alive.
                gc.freeze()
                gc.unfreeze()
            gc.enable()
