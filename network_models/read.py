"""Reads a network file of any known format."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from network_models.formats.bulk import collector_paused
from network_models.formats.gaslib.read import read_gaslib
from network_models.formats.inp.read import parse_inp, parse_sound_inp
from network_models.formats.native import read_native
from network_models.formats.pandapipes.read import is_pandapipes, read_pandapipes
from network_models.formats.text import read_text
from network_models.network import Network
from network_models.problems import NetworkError, Problem
from network_models.validation.whole import validate


def _inp(path: Path, epanet_constants: bool) -> Network:
    text, problems = read_text(path)
    if problems:
        raise NetworkError(problems)
    file = str(path)
    with collector_paused():
        sound = parse_sound_inp(file, text, epanet_constants=epanet_constants)
        if sound is not None:
            judged = (sound.single_nodes, sound.single_links)
            if not validate(sound.network, judged=judged):
                return sound.network
        # Something is wrong, or may be: row by row every problem gets its place.
        parsed = parse_inp(file, text, epanet_constants=epanet_constants)
        problems = parsed.problems + validate(parsed.network, file, parsed.lines)
    if problems:
        raise NetworkError(sorted(problems, key=lambda problem: problem.line or 0))
    return parsed.network


def _json(path: Path, _epanet_constants: bool) -> Network:
    text, problems = read_text(path)
    if not problems and is_pandapipes(text):
        return read_pandapipes(path)
    return read_native(path)


def _gaslib(path: Path, _epanet_constants: bool) -> Network:
    return read_gaslib(path)


_FORMATS: dict[str, Callable[[Path, bool], Network]] = {
    ".inp": _inp,
    ".json": _json,
    ".net": _gaslib,
}


def read_network(path: Path | str, *, epanet_constants: bool = False) -> Network:
    """The network in a file, by the file's suffix; NetworkError lists all that is wrong with it.

    `epanet_constants` converts an .inp file's units by EPANET's rounded figures instead of the
    exact ones: for comparing results with EPANET to the last digit, not for work.
    """
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
    return reader(path, epanet_constants)
