"""The pressure law over a run: where it holds, what it says, and no number of it in code."""

from __future__ import annotations

import io
import shutil
import tokenize
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from dispatch.compliance import judge_run
from dispatch.customers import Customer
from dispatch.rule_file import RULES_FOLDER
from dispatch.rulebook import RuleBook, RuleSet
from network_models import Network
from network_models.elements import Demand, Junction, Pipe, Reservoir
from network_models.units import PA_PER_M_WATER

ROOT = Path(__file__).parents[2]
DAY = date(2026, 12, 1)
TIMES = np.array([0.0, 3600.0, 7200.0, 9000.0])


def line(*diameters_mm: float) -> Network:
    """R - N0 - N1 ... with the given diameters; every node takes a litre a second."""
    nodes: dict[str, Junction | Reservoir] = {"R": Reservoir(id="R", elevation_m=50.0)}
    links = {}
    before = "R"
    for i, mm in enumerate(diameters_mm):
        nodes[f"N{i}"] = Junction(id=f"N{i}", demands=(Demand(base_m3s=1e-3),))
        links[f"P{i}"] = Pipe(
            id=f"P{i}",
            start=before,
            end=f"N{i}",
            length_m=100.0,
            diameter_m=mm / 1000.0,
            roughness=120.0,
        )
        before = f"N{i}"
    return Network(nodes=nodes, links=links)


def jinan() -> RuleSet:
    return RuleBook.load().on(DAY, "jinan")


def metres(*mpa: float) -> list[float]:
    return [value * 1e6 / PA_PER_M_WATER for value in mpa]


def over(net: Network, **nodes: list[float]) -> np.ndarray:
    """Pressure heads of a run: 30 m but for the nodes given in MPa."""
    values = np.full((len(TIMES), len(net.nodes)), 30.0)
    for name, mpa in nodes.items():
        values[:, net.node_ids.index(name)] = metres(*mpa)
    return values


def test_an_end_below_for_a_time_is_a_violation_with_its_worst_moment() -> None:
    net = line(600, 300, 100)
    pressure = over(net, N1=[0.2, 0.139, 0.12, 0.2], N2=[0.2, 0.05, 0.05, 0.2])
    found = judge_run(net, jinan(), TIMES, pressure)
    # N0 is on the DN300 pipe as well; N2 is on a DN100 pipe only.
    assert found.ends == ("N0", "N1")
    assert found.verdict == "violation"
    ((spell, finding),) = found.violations
    assert (spell.node, finding.rule) == ("N1", "WATER-PRESSURE-END-MIN")
    assert spell.worst_mpa == pytest.approx(0.12)
    assert spell.worst_time_s == 7200.0
    assert spell.below_s == 3600.0 + 1800.0
    assert spell.times_below == 2
    assert finding.clause
    assert [s.node for s in found.low] == ["N2"]


def test_the_limit_itself_passes_to_the_pascal() -> None:
    net = line(300)
    assert judge_run(net, jinan(), TIMES, over(net, N0=[0.14] * 4)).verdict == "pass"
    just = judge_run(net, jinan(), TIMES, over(net, N0=[0.14, 0.139999, 0.14, 0.14]))
    assert just.verdict == "violation"
    assert just.findings[0][0].times_below == 1


def test_without_an_end_nothing_is_judged_and_low_nodes_are_still_told() -> None:
    net = line(600, 100)
    found = judge_run(net, jinan(), TIMES, over(net, N1=[0.1] * 4))
    assert found.verdict == "no-rule"
    assert not found.violated
    assert "not a pass" in found.note_en
    assert [s.node for s in found.low] == ["N1"]
    marked = judge_run(net, jinan(), TIMES, over(net, N1=[0.1] * 4), marked=["N1"])
    assert marked.verdict == "violation"


def test_a_profile_without_the_rule_never_passes() -> None:
    net = line(300)
    rules = RuleBook.load().on(DAY, "shaoxing")
    found = judge_run(net, rules, TIMES, over(net), marked=["N0"])
    assert found.verdict == "no-rule"
    assert found.limit_m is None
    assert not found.findings


def test_an_end_without_a_source_is_no_pass_and_named_apart() -> None:
    net = line(300, 300)
    pressure = over(net)
    pressure[1:3, net.node_ids.index("N1")] = np.nan
    found = judge_run(net, jinan(), TIMES, pressure)
    assert found.verdict == "unsupplied"
    assert found.violated
    (dry,) = found.unsupplied
    assert (dry.node, dry.is_end, dry.first_s, dry.times, dry.always) == (
        "N1",
        True,
        3600.0,
        2,
        False,
    )
    pressure[:, net.node_ids.index("N1")] = np.nan
    gone = judge_run(net, jinan(), TIMES, pressure)
    assert gone.unsupplied[0].always
    assert {spell.node for spell, _ in gone.findings} == {"N0"}


def test_the_rule_on_large_communities_is_judged_where_people_are_known() -> None:
    net = line(600, 100)

    def customer(households: int) -> Customer:
        return Customer(
            id="C1",
            element="node:N1",
            households=households,
            people=3 * households,
            kind="residential",
            community="甲小区",
            name_zh="甲",
            name_en="A",
            x=0.0,
            y=0.0,
        )

    low = over(net, N1=[0.13] * 4)
    large = judge_run(net, jinan(), TIMES, low, customers=[customer(1000)])
    assert large.verdict == "violation"
    assert large.communities[0].finding.rule == "WATER-PRESSURE-COMMUNITY-1000"
    assert not judge_run(net, jinan(), TIMES, low, customers=[customer(999)]).communities


@pytest.mark.parametrize(("force", "verdict"), [("M", "violation"), ("R", "advice"), ("T", "gap")])
def test_limit_diameter_and_force_come_from_the_rule_files(
    tmp_path: Path, force: str, verdict: str
) -> None:
    shutil.copytree(RULES_FOLDER, tmp_path / "rules")
    file = tmp_path / "rules" / "jinan-water-pressure.toml"
    end, pressure, *rest = file.read_text("utf-8").split("[[rule]]")[1:]
    end = end.replace("value = 300", "value = 200")
    pressure = pressure.replace("value = 0.14", "value = 0.4").replace(
        'force = "M"', f'force = "{force}"'
    )
    head = 'profile = "jinan"\n\n'
    file.write_text(head + "".join("[[rule]]" + part for part in (end, pressure, *rest)), "utf-8")
    rules = RuleBook.load(tmp_path / "rules").on(DAY, "jinan")
    net = line(600, 300, 200)
    found = judge_run(net, rules, TIMES, over(net, N2=[0.39] * 4))
    assert found.ends == ("N1", "N2")
    assert found.verdict == verdict
    assert found.violated == (force == "M")
    assert found.limit_m == pytest.approx(metres(0.4)[0])


LEGAL_NUMBERS = {0.14, 140.0, 140e3, 14.28, 14.276, 0.3, 300.0}
JUDGING = [
    ROOT / "dispatch" / "compliance.py",
    ROOT / "dispatch" / "ends.py",
    *sorted((ROOT / "hmi" / "cli").glob("comply*.py")),
    *sorted((ROOT / "hmi" / "cli").glob("whatif*.py")),
    *sorted((ROOT / "hmi" / "reports").glob("comply*.py")),
    *sorted((ROOT / "hmi" / "reports").glob("breaks*.py")),
    *sorted((ROOT / "scenarios").glob("whatif*.py")),
]


@pytest.mark.parametrize("file", JUDGING, ids=lambda p: p.name)
def test_no_number_of_the_law_stands_in_code(file: Path) -> None:
    tokens = tokenize.generate_tokens(io.StringIO(file.read_text("utf-8")).readline)
    for token in tokens:
        if token.type == tokenize.NUMBER:
            assert float(token.string.replace("_", "")) not in LEGAL_NUMBERS, token.line
        if token.type == tokenize.STRING and "help=" not in token.line:
            assert "0.14" not in token.string, token.line
