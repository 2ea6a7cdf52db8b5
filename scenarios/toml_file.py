"""A TOML file with the line of every key, so that a wrong value can be pointed at."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from network_models.formats.text import read_text
from network_models.problems import Problem

_TABLE = re.compile(r"\s*(\[\[?)\s*([A-Za-z0-9_.\"' -]+?)\s*\]\]?\s*(#.*)?$")
_KEY = re.compile(r"\s*([A-Za-z0-9_-]+|\"[^\"]*\"|'[^']*')\s*=")
_PLACE = re.compile(r"\(at line (\d+), column \d+\)|\(at end of document\)")


@dataclass(slots=True)
class TomlFile:
    """What a file holds; `lines` maps `table.key` and `table.number.key` (from 1) to lines."""

    file: str
    values: Mapping[str, Any] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def problem(self, key: str, found: str, expected: str) -> None:
        """Note a fault at a key, or at its table when the key itself is not there."""
        line = self.lines.get(key)
        if line is None:
            line = self.lines.get(key.rpartition(".")[0])
        self.problems.append(
            Problem(file=self.file, line=line, field=key, found=found, expected=expected)
        )


def read_toml(path: Path) -> TomlFile:
    """The values of a TOML file; what is wrong with its syntax is in `problems`."""
    result = TomlFile(str(path))
    text, result.problems = read_text(path)
    if result.problems:
        return result
    try:
        result.values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        place = _PLACE.search(str(error))
        at_end = text.count("\n") + 1
        line = at_end if place is None or place[1] is None else int(place[1])
        found = _PLACE.sub("", str(error)).strip()
        result.problems.append(
            Problem(file=str(path), line=line, field="TOML", found=found, expected="valid TOML")
        )
        return result
    result.lines = _key_lines(text)
    return result


def _key_lines(text: str) -> dict[str, int]:
    """Lines of keys written plainly, one a line; others (inline tables) stay unknown."""
    lines: dict[str, int] = {}
    counts: dict[str, int] = {}
    prefix = ""
    for number, line in enumerate(text.splitlines(), start=1):
        table = _TABLE.match(line)
        if table is not None:
            name = table[2]
            if table[1] == "[[":
                counts[name] = counts.get(name, 0) + 1
                name = f"{name}.{counts[name]}"
            lines.setdefault(name, number)
            prefix = f"{name}."
            continue
        key = _KEY.match(line)
        if key is not None:
            lines.setdefault(prefix + key[1].strip("\"'"), number)
    return lines
