"""Options judged before any long work starts: numbers, and places to write to."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable
from pathlib import Path

from network_models.problems import InputError, Problem


def problem(option: str, found: str, expected: str) -> Problem:
    """A fault of a command line option."""
    return Problem(file="command line", line=None, field=option, found=found, expected=expected)


def refuse(problems: Iterable[Problem | None]) -> None:
    """Raise InputError with all problems there are."""
    found = [p for p in problems if p is not None]
    if found:
        raise InputError(found)


def number(
    option: str, value: float | None, *, above: float = 0.0, most: float = math.inf
) -> Problem | None:
    """A value that is given must be a number above `above` and at most `most`."""
    if value is None or above < value <= most:
        return None
    expected = f"a number above {above:g}"
    if most < math.inf:
        expected += f" and at most {most:g}"
    return problem(option, f"{value:g}", expected)


def hours_of_run(value: float | None) -> Problem | None:
    """Hours to run: none or more, up to a hundred years."""
    if value is None or 0.0 <= value <= 876_600.0:
        return None
    return problem("--hours", f"{value:g}", "a number of hours from 0 to 876600")


def accuracy(value: float | None) -> Problem | None:
    """A relative change of flows, as EPANET's ACCURACY."""
    return number("--accuracy", value, most=0.1)


def file_to_write(option: str, path: Path | None) -> Problem | None:
    """A file must be one that can be made or written over; nothing is left behind."""
    if path is None:
        return None
    new = not path.exists()
    try:
        with path.open("ab"):
            pass
        if new:
            path.unlink()
    except OSError as error:
        return problem(option, f"{path}: {error.strerror}", "a file that can be written")
    return None


def folder_to_write(option: str, path: Path | None) -> Problem | None:
    """A folder must be one that is there or can be made, and takes files."""
    if path is None:
        return None
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        return problem(option, f"{path}: {error.strerror}", "a folder that can be made")
    if not os.access(path, os.W_OK):
        return problem(option, f"{path}: cannot be written", "a folder that takes files")
    return None
