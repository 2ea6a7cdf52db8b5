"""The gas bands over a run: who is judged, by which band, and what is no pass."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from dispatch.gas_compliance import band_pa, gas_kind, judge_gas
from dispatch.rulebook import RuleBook, RuleSet
from network_models import Network
from network_models.elements import GasJunction, GasPipe, GasSource
from network_models.physics import Fluid, Physics

TIMES = np.array([0.0, 3600.0, 7200.0])


@pytest.fixture
def rules() -> RuleSet:
    return RuleBook.load().on(date(2026, 12, 1), "jinan")


def town(gas: Fluid | None = None) -> Network:
    nodes = {
        "S": GasSource(id="S", pressure_pa=3e5),
        "M": GasJunction(id="M", demand_kgs=0.1),
        "A": GasJunction(id="A", demand_kgs=0.01, level="low"),
        "B": GasJunction(id="B", demand_kgs=0.01, level="low"),
        "X": GasJunction(id="X", level="low"),
    }
    links = {n: GasPipe(id=n, start="S", end=n, length_m=1.0, diameter_m=0.1) for n in "MABX"}
    if gas is None:
        return Network(medium="gas", nodes=nodes, links=links)
    return Network(
        medium="gas",
        nodes=nodes,
        links=links,
        fluids={gas.id: gas},
        physics=Physics(fluid=gas.id),
    )


def series(a: list[float], b: list[float]) -> np.ndarray:
    pressure = np.full((3, 5), 3e5)
    pressure[:, 2], pressure[:, 3], pressure[:, 4] = a, b, 9999.0
    return pressure


def test_low_pressure_users_are_judged_and_no_others(rules: RuleSet) -> None:
    found = judge_gas(town(), rules, TIMES, series([1600.0] * 3, [1500.0, 2000.0, 3000.0]))
    assert (found.verdict, found.rule, found.users) == ("pass", "GAS-PRESSURE-NG", 2)
    assert [f.node for f in found.findings] == ["B", "A"]
    assert found.findings[0].outside_s == 0.0


def test_either_end_of_the_band_is_a_violation(rules: RuleSet) -> None:
    found = judge_gas(town(), rules, TIMES, series([1499.0, 2000.0, 2000.0], [2000.0, 3001.0, 2e3]))
    assert found.verdict == "violation" and found.violated
    assert [f.finding.verdict for f in found.findings] == ["violation", "violation"]
    assert [f.finding.value for f in found.findings] == [1499.0, 3001.0]
    assert [f.outside_s for f in found.findings] == [3600.0, 3600.0]


def test_a_user_without_gas_is_no_pass(rules: RuleSet) -> None:
    found = judge_gas(town(), rules, TIMES, series([2000.0] * 3, [2000.0, np.nan, np.nan]))
    assert (found.verdict, found.unsupplied) == ("unsupplied", ("B",))


def test_the_gas_decides_on_the_band(rules: RuleSet) -> None:
    lpg = Fluid(id="g", fractions=(("propane", 0.6), ("n-butane", 0.4)))
    coal = Fluid(id="g", fractions=(("hydrogen", 0.6), ("carbon monoxide", 0.2), ("methane", 0.2)))
    natural = Fluid(id="g", fractions=(("methane", 1.0),))
    kinds = [gas_kind(town(g)) for g in (lpg, coal, natural, None)]
    assert kinds == ["lpg", "manufactured", "natural", "natural"]
    pressure = series([1000.0] * 3, [1000.0] * 3)
    assert judge_gas(town(coal), rules, TIMES, pressure).verdict == "pass"
    assert judge_gas(town(lpg), rules, TIMES, pressure).verdict == "violation"
    band = band_pa(rules, "lpg")
    assert band is not None and judge_gas(town(lpg), rules, TIMES, pressure).band_pa == band


def test_no_rule_and_no_user_are_no_pass() -> None:
    other = RuleBook.load().on(date(2026, 12, 1), "shaoxing")
    found = judge_gas(town(), other, TIMES, series([2000.0] * 3, [2000.0] * 3))
    assert (found.verdict, bool(found.note_en)) == ("no-rule", True)
    rules = RuleBook.load().on(date(2026, 12, 1), "jinan")
    net = town()
    bare = Network(medium="gas", nodes={k: net.nodes[k] for k in "SM"}, links={})
    assert judge_gas(bare, rules, TIMES, np.full((3, 2), 1e5)).verdict == "no-rule"
