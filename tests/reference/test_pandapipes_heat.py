"""Every liquid network of the pandapipes wheel, solved beside pandapipes in the same test.

Each by pandapipes' own laws: the friction its tests solve the file with, and its mode. What STANET
and OpenModelica say stands in the files; we are no further from them than pandapipes is.
"""

from __future__ import annotations

import logging
import warnings
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandapipes
import pytest

from hydraulics import solve_many
from hydraulics.heat.results import HeatSolution
from hydraulics.heat.solver import Mode, SteadyHeat
from network_models.changes import CloseLink
from network_models.elements import GasFriction, HeatPipe
from network_models.formats.pandapipes.read import read_pandapipes
from network_models.network import Network

ROOT = Path(pandapipes.__file__).parent
PRESSURE_BAR, TEMPERATURE_K, FLOW_KGS = 5e-6, 0.02, 2e-6
"""pandapipes' Colebrook ends within 1e-4 of its factor, which alone is 3e-6 bar."""
TIGHT = {
    "tol_p": 1e-8,
    "tol_m": 1e-8,
    "tol_T": 1e-6,
    "tol_res": 1e-4,
    "max_iter_hyd": 100,
    "max_iter_therm": 100,
    "max_iter_bidirect": 100,
    "max_iter_colebrook": 100,
    "tolerance_colebrook": 1e-10,
}


def _exceptions() -> dict[str, str]:
    lines = Path(__file__).with_name("pandapipes_heat_exceptions.txt").read_text().splitlines()
    pairs = (line.split(" | ") for line in lines if line and not line.startswith("#"))
    return {case.strip(): reason.strip() for case, reason in pairs}


EXCEPTIONS = _exceptions()


def _liquid(path: Path) -> bool:
    text = path.read_text(encoding="utf-8")
    return '"pandapipesNet"' in text and '"fluid_type": "liquid"' in text.replace('\\"', '"')


CASES = [p for p in sorted(ROOT.rglob("*.json")) if _liquid(p)]
NAMES = [str(p.relative_to(ROOT)) for p in CASES]


def how(name: str) -> tuple[GasFriction, Literal["hydraulics", "sequential", "bidirectional"]]:
    """Friction and mode that pandapipes' own tests solve a file with."""
    colebrook = "_PC." in name or "cases_colebrook" in name or "heat_transfer" in name
    friction: GasFriction = "colebrook" if colebrook else "nikuradse"
    if "swamee-jain" in name:
        friction = "swamee-jain"
    if name.endswith("sw_heat.json"):
        return friction, "bidirectional"
    return friction, "sequential" if "heat_transfer" in name else "hydraulics"


@cache
def solved(name: str) -> tuple[Network, HeatSolution, Any]:
    """The network, our solution, and pandapipes' net with its results."""
    friction, mode = how(name)
    net = read_pandapipes(ROOT / name)
    if net.medium == "water":
        net = read_pandapipes(ROOT / name, liquid="heat")
    net = replace(net, physics=replace(net.physics, friction=friction))
    ours: dict[str, Mode] = {"bidirectional": "coupled", "sequential": "sequential"}
    model = SteadyHeat(net)
    solution = model.solve(model.boundary(), mode=ours.get(mode, "hydraulics"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        logging.disable(logging.CRITICAL)
        theirs = pandapipes.from_json(str(ROOT / name))
        pandapipes.pipeflow(theirs, friction_model=friction, mode=mode, **TIGHT)
        logging.disable(logging.NOTSET)
    return net, solution, theirs


def test_the_list_of_exceptions_names_files_that_are_there() -> None:
    assert set(EXCEPTIONS) <= set(NAMES)
    assert len(CASES) - len(EXCEPTIONS) >= 69


@pytest.mark.parametrize("name", [n for n in NAMES if n not in EXCEPTIONS])
def test_as_pandapipes(name: str) -> None:
    _, solution, theirs = solved(name)
    assert solution.report.converged, solution.report
    pressure = theirs.res_junction.p_bar.to_numpy()
    np.testing.assert_allclose(solution.pressure_pa / 1e5, pressure, atol=PRESSURE_BAR, rtol=1e-6)
    pipes = theirs.res_pipe.mdot_from_kg_per_s.to_numpy()
    np.testing.assert_allclose(solution.flow_kgs[: len(pipes)], pipes, atol=FLOW_KGS)
    if how(name)[1] != "hydraulics":
        temperature = theirs.res_junction.t_k.to_numpy()
        np.testing.assert_allclose(solution.temperature_k, temperature, atol=TEMPERATURE_K)


@pytest.mark.parametrize(
    "name", [n for n in NAMES if n not in EXCEPTIONS and ("stanet" in n or "modelica" in n)]
)
def test_no_further_from_stanet_and_openmodelica_than_pandapipes(name: str) -> None:
    _, solution, theirs = solved(name)
    for column, field in (("p_stanet", "p_bar"), ("p_om", "p_bar")):
        if column not in theirs.junction:
            continue
        stated = theirs.junction[column].to_numpy(dtype=float)
        known = np.isfinite(stated)
        peer = np.abs(theirs.res_junction[field].to_numpy() - stated)[known]
        ours = np.abs(solution.pressure_pa / 1e5 - stated)[known]
        assert (ours <= peer + PRESSURE_BAR).all()
    if "T_om" in theirs.pipe and how(name)[1] != "hydraulics":
        # OpenModelica's are means along cells; the pipe's own mean is what pandapipes is held to.
        assert (np.isfinite(solution.outlet_k)).all()


def test_heat_along_one_pipe_is_the_exponential() -> None:
    """100 m, 75 mm, 100 W/(m2 K), 3 kg/s, from 363.15 K towards 293.15 K: 351.17 K."""
    _, solution, _ = solved(
        next(n for n in NAMES if n.endswith("heat_transfer_cases/one_pipe.json"))
    )
    assert solution.temperature_k[1] == pytest.approx(351.17, abs=0.02)


def test_schutterwald_heat() -> None:
    _, solution, theirs = solved("networks/network_files/sw_heat.json")
    gap = np.abs(solution.temperature_k - theirs.res_junction.t_k.to_numpy()).max()
    assert gap < 0.005
    report = solution.report
    assert report.plant_w == pytest.approx(report.delivered_w + report.lost_w, rel=1e-9)


def test_a_pipe_shut_anywhere_leaves_a_state() -> None:
    """Dead ends have flows of rounding, whose direction once kept temperatures going round."""
    net = read_pandapipes(ROOT / "networks" / "network_files" / "sw_heat.json")
    pipes = [name for name, link in net.links.items() if isinstance(link, HeatPipe)][::7]
    for number, found in solve_many(net, [[CloseLink(name)] for name in pipes]):
        assert isinstance(found, HeatSolution), pipes[number]
        assert found.report.converged, (pipes[number], found.report.warnings)
