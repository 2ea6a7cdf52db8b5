"""Text of input files: its encoding, and numbers as people write them in files."""

from __future__ import annotations

import re
from pathlib import Path

from network_models.problems import Problem

_INTEGER = re.compile(r"[+-]?[0-9]{1,18}")


def read_text(path: Path | str) -> tuple[str, list[Problem]]:
    """The file's text, and the problem that kept it from being read, if any.

    The encoding is UTF-8 (with or without a byte order mark), else GB18030. Bytes that are
    neither are a problem with the line of the first bad byte: nothing is guessed or replaced.
    """
    path = Path(path)
    try:
        raw = path.read_bytes()
    except OSError as error:
        reason = error.strerror or type(error).__name__
        return "", [_problem(path, None, "file", reason, "a readable file")]
    if b"\0" in raw:
        line = raw.count(b"\n", 0, raw.index(b"\0")) + 1
        return "", [_problem(path, line, "text", "a zero byte", "plain text")]
    try:
        return raw.decode("utf-8-sig"), []
    except UnicodeDecodeError as error:
        first_bad = error.start
    try:
        return raw.decode("gb18030"), []
    except UnicodeDecodeError:
        line = raw.count(b"\n", 0, first_bad) + 1
        found = f"byte 0x{raw[first_bad]:02X}"
        return "", [_problem(path, line, "encoding", found, "UTF-8 or GB18030 text")]


def _problem(path: Path, line: int | None, field: str, found: str, expected: str) -> Problem:
    return Problem(file=str(path), line=line, field=field, found=found, expected=expected)


def parse_number(word: str) -> float | None:
    """A finite decimal number, or None (also for `nan`, `inf` and digits with underscores)."""
    try:
        value = float(word)
    except ValueError:
        return None
    finite = value - value == 0.0
    return value if finite and word.isascii() and "_" not in word else None


def parse_integer(word: str) -> int | None:
    """A whole number of up to 18 decimal digits, or None."""
    return int(word) if _INTEGER.fullmatch(word) else None
