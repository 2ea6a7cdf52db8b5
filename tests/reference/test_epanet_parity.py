"""Equal to EPANET 2.3.5 at every report time, over the file's whole duration.

Both sides iterate to 1e-6, so that what is compared are the networks' states and not where two
iterations happened to stop. Nodes without a source are left out: EPANET gives them numbers.
"""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest
from epanet import toolkit as en
from epanet_run import run_epanet

from hydraulics import simulate
from network_models import read_network

HEAD_M = 1e-3
FLOW_RELATIVE = 1e-3
FLOW_M3S = 1e-6
ACCURACY = 1e-6


def package(name: str) -> Path:
    """Folder of an installed package, without importing it."""
    spec = importlib.util.find_spec(name)
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent


WNTR = package("wntr") / "library" / "networks"
EPYT = package("epyt") / "networks"
FILES = (WNTR / "Net1.inp", WNTR / "Net2.inp", WNTR / "Net3.inp", EPYT / "L-TOWN.inp")

EXCEPTIONS: dict[str, str] = {}
"""network | reason: files that are known not to be equal. Keep it empty."""


def differences(path: Path, folder: Path, **options: object) -> tuple[float, float, float]:
    """Largest difference of head (m), and of flow beyond FLOW_M3S (relative) and at all (m3/s)."""
    net = read_network(path, epanet_constants=bool(options.pop("epanet_constants", False)))
    run = simulate(net, accuracy=ACCURACY, **options)  # type: ignore[arg-type]
    reference = run_epanet(net, path, folder, run.times_s, accuracy=ACCURACY)
    assert np.isfinite(reference.head_m).all()
    supplied = np.isfinite(run.head_m)
    head = np.where(supplied, np.abs(run.head_m - reference.head_m), 0.0)
    flow = np.abs(run.flow_m3s - reference.flow_m3s)
    size = np.maximum(np.abs(reference.flow_m3s), 1e-12)
    relative = np.where(flow > FLOW_M3S, flow / size, 0.0)
    return float(head.max()), float(relative.max()), float(flow.max())


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_every_report_time_equals_epanet(path: Path, tmp_path: Path) -> None:
    if path.stem in EXCEPTIONS:
        pytest.xfail(EXCEPTIONS[path.stem])
    head, relative, flow = differences(path, tmp_path)
    sys.stdout.write(
        f"\n{path.stem}: head {head:.1e} m, flow {flow:.1e} m3/s, relative {relative:.1e}\n"
    )
    assert head < HEAD_M
    assert relative < FLOW_RELATIVE


@pytest.mark.parametrize("name", ["Net1", "Net3"])
@pytest.mark.parametrize("required_m", [20.0, 60.0])
def test_pressure_driven_demand_equals_epanet(name: str, required_m: float, tmp_path: Path) -> None:
    path = WNTR / f"{name}.inp"
    net = read_network(path)
    run = simulate(net, demand_model="pda", required_pressure_m=required_m, accuracy=ACCURACY)
    psi = required_m / 0.3048 * 0.4333

    def pressure_driven(project: object) -> None:
        en.setdemandmodel(project, en.PDA, 0.0, psi, 0.5)

    reference = run_epanet(net, path, tmp_path, run.times_s, prepare=pressure_driven)
    supplied = np.isfinite(run.head_m)
    assert supplied.mean() > 0.9
    head = np.abs(run.head_m - reference.head_m)[supplied].max()
    demand = np.abs(run.demand_m3s - reference.demand_m3s)[supplied].max()
    sys.stdout.write(f"\n{name} PDA {required_m} m: head {head:.1e} m, demand {demand:.1e} m3/s\n")
    assert head < HEAD_M
    assert demand < 1e-5
