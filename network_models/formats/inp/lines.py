"""Lines of an .inp file from words: quoting, comments, and what the format cannot say."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from network_models.formats.inp.units import ONE, FileUnits, Ratio
from network_models.problems import Problem

_LAST_CONTROL_CHARACTER = "\x1f"
_BLANKS = " \t"
_PLAIN = re.compile(r"[^\x00-\x20;\"]+")
"""Words that stand as they are, as nearly all do."""


def number(value: float) -> str:
    """A number without unit, in the shortest words that read back the same."""
    return ONE.words(value)


def hours(seconds: float) -> str:
    """A time as h:mm:ss, or as decimal hours when it is no whole second."""
    if seconds != int(seconds):
        return Ratio(3600.0).words(seconds)
    minutes, second = divmod(int(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02d}:{second:02d}"


@dataclass(slots=True)
class Lines:
    """The lines written so far, in the units of the file; `problems` is what cannot be written."""

    file: str
    units: FileUnits
    text: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def section(self, name: str) -> None:
        """Begin a section."""
        if self.text:
            self.text.append("")
        self.text.append(f"[{name}]")

    def row(self, *words: str, comment: str = "") -> None:
        """Add a line of words, which need no quotes or have them, and a comment."""
        if "[" in words[0] and words[0].lstrip('"').startswith("["):
            self.unable("id", words[0], "an id that does not begin with [")
        line = " " + "\t".join(words)
        if comment:
            line += "\t;" + self.comment(comment)
        self.text.append(line)

    def full_comment(self, comment: str) -> None:
        """Add a comment that stands in front of a pattern or a curve."""
        if comment:
            self.text.append(";" + self.comment(comment))

    def id(self, name: str) -> str:
        """An id or another word, quoted if it has blanks."""
        if _PLAIN.fullmatch(name):
            return name
        quoted = not name or any(blank in name for blank in _BLANKS) or name[0] == '"'
        bad = ";" in name or min(name, default="a") <= _LAST_CONTROL_CHARACTER
        if bad or (quoted and '"' in name):
            expected = "a word without semicolons, double quotes and line breaks"
            self.unable("id", repr(name), expected)
        return f'"{name}"' if quoted else name

    def ids(self, names: Iterable[str]) -> list[str]:
        """Several words."""
        return [self.id(name) for name in names]

    def reference(self, name: str | None) -> list[str]:
        """The id of a pattern or curve where there may be none; `*` would mean none."""
        if name is None:
            return []
        if name in ("", "*"):
            self.unable("reference", repr(name), "an id that is not empty and not *")
        return [self.id(name)]

    def comment(self, text: str) -> str:
        """A comment, which may not span lines."""
        if min(text) <= _LAST_CONTROL_CHARACTER and any(
            c <= _LAST_CONTROL_CHARACTER and c != "\t" for c in text
        ):
            self.unable("comment", repr(text), "a text on one line")
        return text

    def unable(self, name: str, found: str, expected: str) -> None:
        """Note what an .inp file has no way to say."""
        self.problems.append(
            Problem(file=self.file, line=None, field=name, found=found, expected=expected)
        )
