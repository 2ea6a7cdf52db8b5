"""Leakage of pipes and the energy of pumps, equal to EPANET 2.3.5."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from epanet import toolkit as en
from epanet_run import opened, run_epanet
from test_epanet_parity import WNTR

from hydraulics import simulate
from network_models import Network, read_network
from network_models.elements import Pipe
from network_models.formats.inp_write import write_inp


@pytest.mark.parametrize("name", ["Net1", "Net3"])
@pytest.mark.parametrize(("area", "growth"), [(60.0, 0.0), (0.0, 3.0), (40.0, 2.0)])
def test_leakage_equals_epanet(name: str, area: float, growth: float, tmp_path: Path) -> None:
    net = read_network(WNTR / f"{name}.inp")
    links = {
        k: replace(v, leak_area_mm2_per_100m=area, leak_expansion_mm2_per_m=growth)
        if isinstance(v, Pipe) and i % 3
        else v
        for i, (k, v) in enumerate(net.links.items())
    }
    path = tmp_path / "leaky.inp"
    write_inp(replace(net, links=links), path)
    leaky = read_network(path)
    tight = simulate(net, accuracy=1e-6)
    run = simulate(leaky, accuracy=1e-6)
    reference = run_epanet(leaky, path, tmp_path, run.times_s)
    np.testing.assert_allclose(run.head_m, reference.head_m, atol=1e-4)
    np.testing.assert_allclose(run.demand_m3s, reference.demand_m3s, atol=1e-6)
    assert run.report.balance.proved
    assert run.report.balance.outflow_m3s < 1e-5
    more = (run.demand_m3s[:, :8] - tight.demand_m3s[:, :8]).sum(axis=1).mean()
    assert run.report.leakage_m3s > 0.5 * more > 0.0


def with_prices(net: Network) -> str:
    """An [ENERGY] section that uses every word of it."""
    pumps = [k for k, v in net.links.items() if type(v).__name__ == "Pump"]
    return "\n".join(
        [
            "[ENERGY]",
            "Global Efficiency 68",
            "Global Price 0.12",
            "Global Pattern PP",
            "Demand Charge 3.5",
            f"Pump {pumps[0]} Efficiency EFF",
            f"Pump {pumps[-1]} Price 0.2",
            f"Pump {pumps[-1]} Pattern PQ",
            "[PATTERNS]",
            "PP 1.0 1.5 0.5 0.8 1.2",
            "PQ 1.0 2.0",
            "[CURVES]",
            "EFF 200 50",
            "EFF 1200 75",
            "EFF 2500 65",
            "[END]",
        ]
    )


@pytest.mark.parametrize("name", ["Net1", "Net3", "Net6"])
def test_energy_equals_epanet_report(name: str, tmp_path: Path) -> None:
    text = (WNTR / f"{name}.inp").read_text(encoding="latin-1")
    text = re.sub(r"\[ENERGY\][^\[]*", "", text).replace("[END]", "")
    net = read_network(WNTR / f"{name}.inp")
    path = tmp_path / "priced.inp"
    report = "[REPORT]\nEnergy Yes\n"
    path.write_text(text + report + with_prices(net), encoding="latin-1")
    net = read_network(path)
    run = simulate(net, accuracy=1e-6)
    expected = energy_of_epanet(path, tmp_path)
    assert set(expected) == {e.pump for e in run.report.energy} | {"charge"}
    per_flow = 264.172 if net.options.flow_unit == "GPM" else 1.0
    for e in run.report.energy:
        on, efficiency, specific, average, peak, cost = expected[e.pump]
        close = {"rel": 1e-3, "abs": 0.0051}
        assert e.utilisation_percent == pytest.approx(on, **close)
        assert e.efficiency_percent == pytest.approx(efficiency, **close)
        assert e.kwh_per_m3 * 1e6 / per_flow == pytest.approx(specific, **close)
        assert e.average_kw == pytest.approx(average, **close)
        assert e.peak_kw == pytest.approx(peak, **close)
        assert e.cost_per_day == pytest.approx(cost, **close)
    twice = expected["charge"][0]  # EPANET's text multiplies by the charge of 3.5 twice
    assert run.report.demand_charge == pytest.approx(twice / 3.5, rel=1e-3)
    assert sum(e.cost for e in run.report.energy) > 0.0


def energy_of_epanet(path: Path, folder: Path) -> dict[str, list[float]]:
    """EPANET's energy table, by pump."""
    with opened(path, folder) as project:
        en.setoption(project, en.ACCURACY, 1e-6)
        en.solveH(project)
        en.saveH(project)
        en.report(project)
    found: dict[str, list[float]] = {}
    for text in folder.glob("*.rpt"):
        table = text.read_text(encoding="latin-1").partition("Energy Usage")[2]
        for line in table.splitlines():
            words = line.split()
            if len(words) == 7 and re.fullmatch(r"[\d.]+", words[1]):
                found[words[0]] = [float(w) for w in words[1:]]
            if line.strip().startswith("Demand Charge"):
                found["charge"] = [float(words[-1])]
                return found
    return found
