"""Reads the network file of a command, and says what its reader or our solvers leave out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from hmi.cli import output

if TYPE_CHECKING:
    from network_models import Network

_SHOWN = 10
SOLVED = ("water", "gas", "heat")
"""Media that `simulate` solves."""


def read_to_solve(file: Path) -> Network:
    """The network in a file; SolveError if its medium has no solver, notes to the user else."""
    from network_models import read_network

    net = read_network(file)
    for note in net.notes[:_SHOWN]:
        output.note(f"{file.name}: {note}")
    if len(net.notes) > _SHOWN:
        output.note(f"{file.name}: and {len(net.notes) - _SHOWN} more notes")
    if net.medium not in SOLVED:
        from hydraulics.errors import SolveError

        raise SolveError(
            f"{file.name} is a {net.medium} network ({len(net.nodes)} nodes, {len(net.links)} "
            "links): it is read and checked without a fault, but not solved by this command yet"
        )
    if net.medium == "water" and net.physics.laws != "ringmain":
        output.note(
            f"{file.name}: solved by Ringmain's water laws, not by those of {net.physics.laws}"
        )
    return net
