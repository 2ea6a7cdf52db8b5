"""An .inp file cut into sections, and its lines into tokens, by EPANET's own rules.

Tokens are separated by blanks and tabs; a token may stand in double quotes; a semicolon starts a
comment, quotes or not; section names are known by their first letters; text after [END] is not
read.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from network_models.problems import Problem

SECTIONS = (
    "TITLE",
    "JUNCTIONS",
    "RESERVOIRS",
    "TANKS",
    "PIPES",
    "PUMPS",
    "VALVES",
    "EMITTERS",
    "DEMANDS",
    "PATTERNS",
    "CURVES",
    "STATUS",
    "CONTROLS",
    "RULES",
    "ENERGY",
    "QUALITY",
    "SOURCES",
    "REACTIONS",
    "MIXING",
    "LEAKAGE",
    "OPTIONS",
    "TIMES",
    "REPORT",
    "TAGS",
    "COORDINATES",
    "VERTICES",
    "LABELS",
    "BACKDROP",
    "END",
)
"""Every section that is read, in the order in which a file is written."""

_PREFIX_LENGTH = 4
_BY_PREFIX = {name[:_PREFIX_LENGTH]: name for name in SECTIONS}
_BLANKS = re.compile(r"[ \t\r]+")
_HEADING = re.compile(r"(;|ID\b)", re.IGNORECASE)


class Row(NamedTuple):
    """One line with content: its number, its tokens, and the comment behind them.

    In [PATTERNS] and [CURVES] the comment is that of the full line before, as in EPANET.
    """

    section: str
    line: int
    tokens: list[str]
    comment: str


class Sections(NamedTuple):
    """The rows of a file by section, the raw title lines, and what could not be cut."""

    rows: dict[str, list[Row]]
    title: list[str]
    problems: list[Problem]


def cut(file: str, text: str) -> Sections:
    """The sections of an .inp file's text."""
    found = Sections({name: [] for name in SECTIONS}, [], [])
    section = ""
    rows: list[Row] = []
    full_line_comment = ""
    for number, raw in enumerate(text.split("\n"), start=1):
        content, semicolon, comment = raw.partition(";")
        try:
            tokens = tokenize(content)
        except ValueError:
            if section != "TITLE":
                found.problems.append(_problem(file, number, section, content, "a closing quote"))
                continue
            tokens = content.split()
        if not tokens:
            if semicolon:
                full_line_comment = comment.strip()
            continue
        if tokens[0].startswith("["):
            section = section_named(tokens[0])
            if section == "END":
                break
            if not section:
                found.problems.append(
                    _problem(file, number, "section", tokens[0], "a section of an EPANET file")
                )
            rows = found.rows.get(section, [])
        elif section == "TITLE":
            found.title.append(raw.strip(" \t\r"))
        elif section in ("PATTERNS", "CURVES"):
            heading = _HEADING.match(full_line_comment)
            rows.append(Row(section, number, tokens, "" if heading else full_line_comment))
        elif section:
            rows.append(Row(section, number, tokens, comment.strip()))
        elif not found.problems:
            found.problems.append(
                _problem(file, number, "section", tokens[0], "a section heading such as [TITLE]")
            )
        full_line_comment = ""
    return found


def section_named(heading: str) -> str:
    """The section a heading such as [JUNCTIONS] begins; "" if there is none."""
    return _BY_PREFIX.get(heading[1 : _PREFIX_LENGTH + 1].rstrip("]").upper(), "")


def tokenize(content: str) -> list[str]:
    """The tokens of a line without its comment; ValueError for a quote that does not close."""
    if '"' not in content:
        # The plain split also takes rarer blanks, which only exist outside ASCII text.
        return content.split() if content.isascii() else _split(content)
    tokens = []
    rest = content.strip(" \t\r")
    while rest:
        if rest[0] == '"':
            token, closing, rest = rest[1:].partition('"')
            if not closing:
                raise ValueError(content)
            tokens.append(token)
        else:
            parts = _BLANKS.split(rest, maxsplit=1)
            tokens.append(parts[0])
            rest = parts[1] if len(parts) > 1 else ""
        rest = rest.lstrip(" \t\r")
    return tokens


def _split(content: str) -> list[str]:
    return [token for token in _BLANKS.split(content) if token]


def _problem(file: str, line: int, field: str, found: str, expected: str) -> Problem:
    return Problem(file=file, line=line, field=field, found=found.strip(), expected=expected)


def starts(word: str, keyword: str) -> bool:
    """Whether EPANET takes `word` for `keyword`: it begins with it, in any case of letters."""
    return word[: len(keyword)].upper() == keyword


@lru_cache(maxsize=1024)  # a file says the same few words again and again
def choose(word: str, keywords: tuple[str, ...]) -> str | None:
    """The first of the keywords that `word` begins with, or None."""
    upper = word.upper()
    for keyword in keywords:  # a loop: a generator costs more than the comparisons
        if upper.startswith(keyword):
            return keyword
    return None
