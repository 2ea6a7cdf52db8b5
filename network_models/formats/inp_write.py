"""Writes a water network as an EPANET input file that reads back as the very same network."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from network_models.formats.inp.lines import Lines
from network_models.formats.inp.units import file_units
from network_models.formats.inp.write_drawing import (
    write_backdrop,
    write_coordinates,
    write_labels,
    write_report,
    write_tags,
    write_title,
    write_vertices,
)
from network_models.formats.inp.write_elements import (
    write_demands,
    write_emitters,
    write_junctions,
    write_leakage,
    write_mixing,
    write_pipes,
    write_pumps,
    write_quality,
    write_reservoirs,
    write_sources,
    write_status,
    write_tanks,
    write_valves,
)
from network_models.formats.inp.write_operation import (
    write_controls,
    write_curves,
    write_energy,
    write_options,
    write_patterns,
    write_reactions,
    write_rules,
    write_times,
)
from network_models.network import Network
from network_models.problems import NetworkError, Problem

_SECTIONS: tuple[tuple[str, Callable[[Network, Lines], None]], ...] = (
    ("TITLE", write_title),
    ("PATTERNS", write_patterns),
    ("CURVES", write_curves),
    ("JUNCTIONS", write_junctions),
    ("RESERVOIRS", write_reservoirs),
    ("TANKS", write_tanks),
    ("PIPES", write_pipes),
    ("PUMPS", write_pumps),
    ("VALVES", write_valves),
    ("DEMANDS", write_demands),
    ("EMITTERS", write_emitters),
    ("LEAKAGE", write_leakage),
    ("STATUS", write_status),
    ("CONTROLS", write_controls),
    ("RULES", write_rules),
    ("ENERGY", write_energy),
    ("QUALITY", write_quality),
    ("SOURCES", write_sources),
    ("MIXING", write_mixing),
    ("REACTIONS", write_reactions),
    ("TIMES", write_times),
    ("OPTIONS", write_options),
    ("REPORT", write_report),
    ("TAGS", write_tags),
    ("COORDINATES", write_coordinates),
    ("VERTICES", write_vertices),
    ("LABELS", write_labels),
    ("BACKDROP", write_backdrop),
)
"""The sections in an order EPANET takes: it wants what a line names to stand before the line."""


def write_inp(net: Network, path: Path | str) -> None:
    """Write a water network to an .inp file in UTF-8, in the units its options name.

    A network that was read from an .inp file reads back equal, number for number. NetworkError
    lists what the format cannot say: networks of other media, ids with semicolons or quotes,
    comments of several lines.
    """
    path = Path(path)
    if net.medium != "water":
        problem = Problem(
            file=str(path),
            line=None,
            field="medium",
            found=net.medium,
            expected="water: an EPANET file has no other",
        )
        raise NetworkError([problem])
    out = Lines(str(path), file_units(net.options))
    for name, write in _SECTIONS:
        out.section(name)
        write(net, out)
    out.section("END")
    if out.problems:
        raise NetworkError(out.problems)
    path.write_text("\n".join(out.text) + "\n", encoding="utf-8", newline="\n")
