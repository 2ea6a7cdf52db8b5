"""Reads a network file of any known format."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from network_models.formats.inp.read import parse_inp
from network_models.network import Network
from network_models.problems import NetworkError, Problem


def _inp(path: Path) -> Network:
    parsed = parse_inp(path)
    if parsed.problems:
        raise NetworkError(parsed.problems)
    return parsed.network


_FORMATS: dict[str, Callable[[Path], Network]] = {".inp": _inp}


def read_network(path: Path | str) -> Network:
    """The network in a file, by the file's suffix; NetworkError lists all that is wrong with it."""
    path = Path(path)
    reader = _FORMATS.get(path.suffix.lower())
    if reader is None:
        problem = Problem(
            file=str(path),
            line=None,
            field="file name",
            found=path.suffix or "no suffix",
            expected="a network file: " + ", ".join(_FORMATS),
        )
        raise NetworkError([problem])
    return reader(path)
