"""The valve file of a site: isolation valves, a line each.

Columns: id, link, side (start or end); optional dn_mm, operable, remote (yes or no), turns, x, y.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path

from network_models.formats.table import choice, flag, number, optional, read_table, text
from network_models.network import Network
from network_models.problems import InputError
from network_models.valves import IsolationValve, Side

_ID = text("id")
_LINK = text("link")
_SIDE = choice("side", ("start", "end"))
_DN = optional(number("dn_mm", minimum=1.0), None)
_OPERABLE = optional(flag("operable"), True)
_REMOTE = optional(flag("remote"), False)
_TURNS = optional(number("turns", minimum=0.0), None)
_X = optional(number("x"), None)
_Y = optional(number("y"), None)
COLUMNS = (_ID, _LINK, _SIDE, _DN, _OPERABLE, _REMOTE, _TURNS, _X, _Y)


def read_valves(path: Path | str, net: Network) -> tuple[IsolationValve, ...]:
    """The isolation valves of a network; InputError lists every fault of the file."""
    table = read_table(path, COLUMNS, key=_ID)
    valves = []
    for row in table.rows:
        x, y = row[_X], row[_Y]
        if row[_LINK] not in net.links:
            table.problem(row.line, "link", row[_LINK], "the id of a link of the network")
        if (x is None) != (y is None):
            table.problem(row.line, "y" if y is None else "x", "nothing", "both x and y, or none")
        side: Side = "end" if row[_SIDE] == "end" else "start"
        valves.append(
            IsolationValve(
                id=row[_ID],
                link=row[_LINK],
                side=side,
                dn_mm=row[_DN],
                operable=row[_OPERABLE],
                remote=row[_REMOTE],
                turns=row[_TURNS],
                position=None if x is None or y is None else (x, y),
            )
        )
    if table.problems:
        raise InputError(sorted(table.problems, key=lambda problem: problem.line or 0))
    return tuple(valves)


def write_valves(valves: Iterable[IsolationValve], path: Path | str) -> None:
    """Write a valve file that `read_valves` gives back equal."""
    with Path(path).open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([column.name for column in COLUMNS])
        for valve in valves:
            x, y = valve.position or (None, None)
            writer.writerow(
                [
                    valve.id,
                    valve.link,
                    valve.side,
                    valve.dn_mm,
                    "yes" if valve.operable else "no",
                    "yes" if valve.remote else "no",
                    valve.turns,
                    x,
                    y,
                ]
            )
