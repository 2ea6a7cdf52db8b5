"""Every network of the pandapipes wheel is read, and says what pandapipes' own tables say."""

from __future__ import annotations

import importlib.util
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from network_models import read_native, write_native
from network_models.elements import GasJunction, GasSource, HeatInlet, HeatJunction
from network_models.formats.pandapipes.read import read_pandapipes

SPEC = importlib.util.find_spec("pandapipes")
FOLDER = Path(SPEC.origin).parent if SPEC is not None and SPEC.origin else None
FILES = sorted(FOLDER.rglob("*.json")) if FOLDER else []
pytestmark = pytest.mark.skipif(not FILES, reason="pandapipes is not installed")
_LINKS = (
    *("pipe", "valve", "pump", "compressor", "press_control", "flow_control"),
    *("circ_pump_mass", "circ_pump_pressure", "heat_exchanger", "heat_consumer"),
)


def tables(path: Path) -> dict[str, list[dict[str, Any]]]:
    """The file's tables by plain JSON, in their order."""
    found = {}
    for name, value in json.loads(path.read_text(encoding="utf-8"))["_object"].items():
        if isinstance(value, dict) and value.get("_class") == "DataFrame":
            content = value["_object"]
            content = json.loads(content) if isinstance(content, str) else content
            found[name] = [
                dict(zip(content["columns"], row, strict=True)) for row in content["data"]
            ]
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda path: "/".join(path.parts[-3:]))
def test_a_network_of_the_wheel(path: Path, tmp_path: Path) -> None:
    net = read_pandapipes(path)
    if net.medium == "water":
        net = read_pandapipes(path, liquid="heat")  # the same file in kg/s and Pa
    given = tables(path)
    assert len(net.nodes) == len(given["junction"])
    counts = Counter({name: len(given.get(name, ())) for name in _LINKS})
    assert len(net.links) == counts.total()
    heights = [node.elevation_m for node in net.nodes.values()]
    assert heights == [row["height_m"] for row in given["junction"]]
    nodes = [
        node
        for node in net.nodes.values()
        if isinstance(node, GasJunction | GasSource | HeatJunction | HeatInlet)
    ]
    total = sum(
        sign * row["mdot_kg_per_s"] * row["scaling"]
        for name, sign in (("sink", 1.0), ("source", -1.0), ("mass_storage", 1.0))
        for row in given.get(name, ())
        if row["in_service"]
    )
    assert sum(node.demand_kgs for node in nodes) == pytest.approx(total, rel=1e-12, abs=1e-12)
    length = sum(row["length_km"] for row in given["pipe"]) * 1e3
    assert sum(getattr(k, "length_m", 0.0) for k in net.links.values()) == pytest.approx(length)
    held = [row["p_bar"] for row in given["ext_grid"] if row["in_service"] and "p" in row["type"]]
    assert len([n for n in nodes if getattr(n, "pressure_pa", None) is not None]) == len(held)
    write_native(net, tmp_path / "native.json")
    assert read_native(tmp_path / "native.json") == net
