"""Reads a GasLib network with its nomination and its compressor stations."""

from __future__ import annotations

from pathlib import Path

from network_models.elements import Compressor, GasSource
from network_models.formats.gaslib.draft import Draft
from network_models.formats.gaslib.links import read_links
from network_models.formats.gaslib.nodes import read_nodes
from network_models.formats.gaslib.scenario import read_scenarios
from network_models.formats.gaslib.stations import read_stations
from network_models.formats.gaslib.xml import Element, read_xml
from network_models.network import Network
from network_models.physics import Physics
from network_models.problems import NetworkError
from network_models.validation.whole import validate


def read_gaslib(
    path: Path | str,
    *,
    scenario: Path | str | None = None,
    stations: Path | str | None = None,
) -> Network:
    """The gas network in a .net file; NetworkError lists all that is wrong with the files.

    The nomination (.scn) and the compressor stations (.cs) are those given, else files of the
    same name beside the network, where there are any. `Network.notes` says what was left out.
    Pressures in bar are absolute and become gauge; flows in normal cubic metres become kg/s by
    the sources' normal density. Sources feed what the first scenario nominates.
    """
    path = Path(path)
    draft = Draft(str(path))
    root, draft.problems = read_xml(path, "network")
    if draft.problems:
        raise NetworkError(draft.problems)
    known = ("information", "nodes", "connections")
    draft.known(root, known)
    for name, reader in (("nodes", read_nodes), ("connections", read_links)):
        section = root.child(name)
        if section is None:
            draft.problem(root.line, name, "none", "this section")
        else:
            reader(draft, section)
    for given, suffix, read in (
        (scenario, ".scn", read_scenarios),
        (stations, ".cs", read_stations),
    ):
        file = path.with_suffix(suffix) if given is None else Path(given)
        if given is not None or file.exists():
            read(draft, file)
        elif suffix == ".scn":
            draft.notes.append(f"no nomination {file.name} beside the network: no flows are set")
        elif any(isinstance(link, Compressor) for link in draft.links.values()):
            draft.notes.append(f"no {file.name} beside the network: compressors have no diagrams")
    net = _network(draft, root)
    problems = sorted(draft.problems, key=lambda problem: (problem.file, problem.line or 0))
    if not problems:
        problems = validate(net, str(path), draft.lines)
    if problems:
        raise NetworkError(problems)
    return net


def _network(draft: Draft, root: Element) -> Network:
    sources = [node for node in draft.nodes.values() if isinstance(node, GasSource)]
    temperatures = [s.temperature_k for s in sources if s.temperature_k is not None]
    physics = Physics(fluid=next(iter(draft.fluids), None))
    if temperatures:
        mean = sum(temperatures) / len(temperatures)
        if len(set(temperatures)) > 1:
            draft.notes.append(
                f"sources differ in temperature; the network has their mean {mean:g} K"
            )
        physics = Physics(fluid=next(iter(draft.fluids), None), gas_temperature_k=mean)
    if len(draft.fluids) > 1:
        draft.notes.append("sources differ in gas; the network is filled with the first one's")
    return Network(
        medium="gas",
        title=_title(root),
        nodes=draft.nodes,
        links=draft.links,
        fluids=draft.fluids,
        scenarios=draft.scenarios,
        physics=physics,
        notes=tuple(draft.notes),
    )


def _title(root: Element) -> str:
    information = root.child("information")
    title = information.child("title") if information else None
    return title.text.strip() if title else ""
