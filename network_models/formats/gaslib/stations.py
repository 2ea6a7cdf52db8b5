"""Compressor stations (.cs): read and checked, and told what of them is not kept."""

from __future__ import annotations

from pathlib import Path

from network_models.elements import Compressor
from network_models.formats.gaslib.draft import Draft
from network_models.formats.gaslib.xml import read_xml
from network_models.problems import Problem


def read_stations(draft: Draft, path: Path) -> None:
    """Check the stations of a .cs file against the network's, and note what is reduced.

    A station stays one compressor with the limits of the .net file. Its machines' characteristic
    diagrams, drives and configurations would bound flow, head and power further.
    """
    root, problems = read_xml(path, "compressorStations")
    draft.problems += problems
    if problems:
        return
    found: set[str] = set()
    for station in root.children:
        name = station.attributes.get("id", "")
        if station.name != "compressorStation" or not isinstance(draft.links.get(name), Compressor):
            draft.problems.append(
                Problem(
                    file=str(path),
                    line=station.line,
                    field=station.name,
                    found=name or "no id",
                    expected="the id of a compressorStation of the network",
                )
            )
            continue
        found.add(name)
        counts = []
        for part in ("compressors", "drives", "configurations"):
            section = station.child(part)
            counts.append(f"{len(section.children) if section else 0} {part}")
        draft.notes.append(
            f"compressorStation {name}: one free compressor within the limits of its pressures and "
            f"flow; {', '.join(counts)} of {path.name} (diagrams, power, fuel gas) are not kept"
        )
    for name, link in draft.links.items():
        if isinstance(link, Compressor) and name not in found:
            draft.notes.append(f"compressorStation {name}: {path.name} has no such station")
