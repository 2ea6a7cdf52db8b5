"""Reads an EPANET input file into a network in SI units."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace

from network_models.formats.inp.columns import LONG, DoubtError
from network_models.formats.inp.controls import read_controls
from network_models.formats.inp.draft import Draft
from network_models.formats.inp.drawing import (
    read_backdrop,
    read_coordinates,
    read_labels,
    read_report,
    read_tags,
    read_vertices,
)
from network_models.formats.inp.economics import read_energy, read_reactions
from network_models.formats.inp.links import (
    read_leakage,
    read_pipes,
    read_pumps,
    read_status,
    read_valves,
)
from network_models.formats.inp.nodes import (
    read_demands,
    read_emitters,
    read_junctions,
    read_mixing,
    read_quality,
    read_reservoirs,
    read_sources,
    read_tanks,
)
from network_models.formats.inp.options import read_options
from network_models.formats.inp.parts import part
from network_models.formats.inp.rules import read_rules
from network_models.formats.inp.sections import Row, Sections, cut
from network_models.formats.inp.tables import read_curves, read_patterns
from network_models.formats.inp.times import read_times
from network_models.formats.inp.units import file_units
from network_models.network import Network
from network_models.operation import Options, ReportOptions
from network_models.problems import Problem

_READERS: tuple[tuple[str, Callable[[Draft, list[Row]], None]], ...] = (
    ("TIMES", read_times),
    ("PATTERNS", read_patterns),
    ("JUNCTIONS", read_junctions),
    ("RESERVOIRS", read_reservoirs),
    ("TANKS", read_tanks),
    ("PIPES", read_pipes),
    ("PUMPS", read_pumps),
    ("VALVES", read_valves),
    ("DEMANDS", read_demands),
    ("EMITTERS", read_emitters),
    ("STATUS", read_status),
    ("LEAKAGE", read_leakage),
    ("QUALITY", read_quality),
    ("SOURCES", read_sources),
    ("MIXING", read_mixing),
    ("ENERGY", read_energy),
    ("REACTIONS", read_reactions),
    ("CURVES", read_curves),
    ("CONTROLS", read_controls),
    ("RULES", read_rules),
    ("TAGS", read_tags),
    ("COORDINATES", read_coordinates),
    ("VERTICES", read_vertices),
    ("LABELS", read_labels),
    ("BACKDROP", read_backdrop),
    ("REPORT", read_report),
)
"""What reads each section after OPTIONS: elements first, then what adds to them."""


@dataclass(frozen=True, slots=True)
class ParsedFile:
    """What a file says: the network, its problems, and the line of each (kind, id)."""

    network: Network
    problems: list[Problem]
    lines: dict[tuple[str, str], int]


def parse_inp(file: str, text: str, *, epanet_constants: bool = False) -> ParsedFile:
    """The content of an .inp file; its network is only of use when there are no problems.

    Whether the network hangs together (ids that exist, a source, ...) is not judged here. With
    `epanet_constants` units are converted by EPANET's rounded figures, for comparing with it.
    """
    sections = cut(file, text)
    draft = _begin(file, sections, epanet_constants)
    for name, reader in _READERS:
        reader(draft, sections.rows[name])
    draft.problems.sort(key=lambda problem: problem.line or 0)
    return ParsedFile(_network(draft, sections.title), draft.problems, draft.lines)


@dataclass(frozen=True, slots=True)
class SoundFile:
    """The network of a file, and what of it was read one by one: the ids of nodes and of links.

    All others are plain junctions and pipes whose columns were judged as a whole.
    """

    network: Network
    single_nodes: Collection[str]
    single_links: Collection[str]


def parse_sound_inp(file: str, text: str, *, epanet_constants: bool = False) -> SoundFile | None:
    """The network of a file in which all is right, as of `parse_inp` but much faster.

    None when anything is wrong, or may be: then `parse_inp` has the last word.
    """
    parts = part(text)
    if parts is None:
        return None
    sections = cut(file, parts.short)
    draft = _begin(file, sections, epanet_constants)
    try:
        for name, reader in _READERS:
            if name in parts.long:
                LONG[name](draft, parts.long[name])
            else:
                reader(draft, sections.rows[name])
    except DoubtError:
        return None
    if draft.problems:
        return None
    network = _network(draft, sections.title)
    return SoundFile(network, draft.nodes.drafts.keys(), draft.links.drafts.keys())


def _begin(file: str, sections: Sections, epanet_constants: bool) -> Draft:
    draft = Draft(file, file_units(Options()))
    draft.problems += sections.problems
    read_options(draft, sections.rows["OPTIONS"], epanet=epanet_constants)
    return draft


def _network(draft: Draft, title: list[str]) -> Network:
    for link in draft.links.single():
        if "vertices" in link.values:
            link.values["vertices"] = tuple(link.values["vertices"])
    options = draft.options
    if options.default_pattern not in draft.patterns:
        # EPANET's default is "1" if there is such a pattern; a missing one means constant demand.
        options = replace(options, default_pattern=None)
    return Network(
        medium="water",
        title="\n".join(title),
        nodes=draft.nodes.records(),
        links=draft.links.records(),
        patterns=draft.patterns,
        curves=draft.curves,
        controls=tuple(draft.controls),
        rules=tuple(draft.rules),
        options=options,
        times=draft.times,
        energy=draft.energy,
        reactions=draft.reactions,
        report=ReportOptions(lines=tuple(draft.report)),
        labels=tuple(draft.labels),
        backdrop=draft.backdrop,
    )
