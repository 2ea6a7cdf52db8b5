"""How commands speak: people's text or one JSON object on stdout, progress on stderr.

Exit codes: 0 done, 1 done with violations found, 2 bad input, 3 could not solve, 70 our fault.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from typing import Any

from network_models.problems import Problem

DONE, VIOLATIONS, BAD_INPUT, NO_SOLUTION, INTERNAL = 0, 1, 2, 3, 70


def print_json(value: dict[str, Any]) -> None:
    """The one JSON object of a command."""
    json.dump(value, sys.stdout, ensure_ascii=False, indent=1, allow_nan=False, default=_plain)
    sys.stdout.write("\n")


def say(text: str = "") -> None:
    """A line for people, on stdout."""
    sys.stdout.write(text + "\n")


def note(text: str) -> None:
    """A line of progress, on stderr."""
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def report_problems(problems: Iterable[Problem], *, as_json: bool) -> None:
    """Every problem of an input, to people on stderr or as the error object on stdout."""
    rows = list(problems)
    if as_json:
        print_json({"schema": "ringmain/error/1", "problems": [p.as_dict() for p in rows]})
        return
    for problem in rows:
        note(str(problem))
    note(f"{len(rows)} problem{'s' if len(rows) != 1 else ''} found; nothing was done.")


def _plain(value: object) -> object:
    """numpy scalars and arrays, tuples and dates as JSON values."""
    for name in ("tolist", "isoformat", "as_dict"):
        convert = getattr(value, name, None)
        if convert is not None:
            return convert()
    raise TypeError(f"{type(value).__name__} has no JSON form")
