"""`ringmain whatif breaks`: what it prints, writes, labels and refuses."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

import hydraulics
from network_models import read_network
from tests.hmi.command import Command, library, unproved

TOWN = """
[JUNCTIONS]
A 10 5
B 12 5
C 20 5
D 30 5
[RESERVOIRS]
R 60
[PIPES]
1 R A 500 300 120
2 A B 500 200 120
3 B C 500 200 120
4 C A 500 200 120
5 C D 500 150 120
[TIMES]
DURATION 2
[OPTIONS]
UNITS LPS
HEADLOSS H-W
[END]
"""


@pytest.fixture
def town(tmp_path: Path) -> Path:
    file = tmp_path / "town.inp"
    file.write_text(TOWN, "utf-8")
    return file


def test_a_bare_file_gets_both_tables_with_labelled_estimates(
    ringmain: Command, town: Path, tmp_path: Path
) -> None:
    page, folder = tmp_path / "page.html", tmp_path / "out"
    found = ringmain.json("whatif", "breaks", town, "--html", page, "--csv", folder)
    assert found["pipes"][0]["pipe"] == "1"
    assert found["people"]["estimated"] is True
    # 20 L/s all day at 180 L a person.
    assert found["people"]["total"] == pytest.approx(20e-3 * 86400 / 0.180)
    assert found["valves"]["placed_by_rule"] is True
    assert found["settings"]["limit_rule"] == "WATER-PRESSURE-END-MIN"
    assert found["settings"]["limit_clause"]
    first = found["pipes"][0]
    assert first["people_cut"] == pytest.approx(found["people"]["total"])
    branch = next(row for row in found["pipes"] if row["pipe"] == "5")
    shut = next(row for row in found["segments"] if row["segment"] == branch["segment"])
    assert branch["people_when_shut"] == shut["people"]
    assert branch["outflow_m3h"] > 0.0
    with (folder / "pipes.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["pipe"] for row in rows] == [row["pipe"] for row in found["pipes"]]
    assert {row["people_estimated"] for row in rows} == {"yes"}
    text = page.read_text("utf-8")
    assert not re.search(r"(?:src|href)\s*=|https?://|@import|url\(", text)
    assert "<svg" in text
    assert "估算" in text
    assert "placed by rule" in text
    assert "a scheme, not a map" in text
    _, out, _ = ringmain("whatif", "breaks", town)
    assert "ESTIMATED" in out
    assert "placed by rule, not surveyed" in out


def test_options_reach_the_study(ringmain: Command, town: Path) -> None:
    half = ringmain.json("whatif", "breaks", town, "--litres-per-person", "360")
    assert half["people"]["total"] == pytest.approx(20e-3 * 86400 / 0.360)
    high = ringmain.json("whatif", "breaks", town, "--limit-mpa", "0.3", "--only", "pipes")
    assert high["settings"]["limit_rule"] is None
    assert high["segments"] == []
    assert high["base"]["low_nodes"] == ["D"]
    low = {row["pipe"]: row["nodes_low"] for row in half["pipes"]}
    assert any(row["nodes_low"] > low[row["pipe"]] for row in high["pipes"])
    run = ringmain.json("whatif", "breaks", town, "--hours", "2", "--only", "segments")
    assert run["settings"]["hours"] == 2
    assert run["pipes"] == []
    for row in run["segments"]:
        # Demands and heads do not change: the run hits the same people all the time.
        assert row["person_hours"] == pytest.approx(2.0 * row["people"])
    code, _, _ = ringmain("whatif", "breaks", town, "--profile", "shaoxing")
    assert code == 2
    given = ("--profile", "shaoxing", "--limit-mpa", "0.14")
    assert ringmain.json("whatif", "breaks", town, *given)["pipes"]


def test_a_site_counts_its_customers_and_its_valves(ringmain: Command, tmp_path: Path) -> None:
    city = tmp_path / "city"
    assert ringmain("init", city, "--elements", "240")[0] == 0
    found = ringmain.json("whatif", "breaks", city)
    with (city / "customers.csv").open(encoding="utf-8-sig") as file:
        people = sum(int(row["people"]) for row in csv.DictReader(file))
    assert found["people"] == {
        "total": people,
        "estimated": False,
        "litres_per_person_day": None,
    }
    assert found["valves"]["placed_by_rule"] is False
    assert found["base"]["verdict"] == "pass"
    assert any(row["priority"] for row in [*found["pipes"], *found["segments"]])
    hit = [row["people"] for row in found["segments"]]
    assert hit == sorted(hit, reverse=True)


def test_a_network_that_is_not_solved_is_not_studied(
    ringmain: Command, town: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    solve = hydraulics.solve_many

    def failing(net: object, cases: object, **options: object) -> object:
        return ((k, unproved(state)) for k, state in solve(net, cases, **options))

    monkeypatch.setattr(hydraulics, "solve_many", failing, raising=False)
    found = ringmain.json("whatif", "breaks", town, code=3)
    assert found["base"]["not_solved"]
    assert found["pipes"] == []
    _, out, _ = ringmain("whatif", "breaks", town)
    assert "NOT SOLVED as it stands" in out


def test_a_case_that_is_not_solved_is_named_and_not_ranked(
    ringmain: Command, town: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    solve = hydraulics.solve_many

    def failing(net: object, cases: object, **options: object) -> object:
        states = solve(net, cases, **options)
        return ((k, unproved(state) if k == 2 else state) for k, state in states)

    monkeypatch.setattr(hydraulics, "solve_many", failing, raising=False)
    page = tmp_path / "page.html"
    found = ringmain.json("whatif", "breaks", town, "--html", page)
    assert [row["case"] for row in found["unsolved"]] == ["2"]
    assert "2" not in [row["pipe"] for row in found["pipes"]]
    assert found["proof"]["unsolved"] == 1
    assert "1 cases are not solved" in page.read_text("utf-8")


def test_stopping_says_how_far_it_came(
    ringmain: Command, town: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    solve = hydraulics.solve_many

    def stopped(net: object, cases: object, **options: object) -> object:
        for number, state in solve(net, cases, **options):
            if number == 3:
                raise KeyboardInterrupt
            yield number, state

    monkeypatch.setattr(hydraulics, "solve_many", stopped, raising=False)
    monkeypatch.setattr("os.dup2", lambda *_: None)
    page = tmp_path / "page.html"
    code, _, err = ringmain("whatif", "breaks", town, "--html", page)
    assert code == 130
    assert "Stopped after 2 of" in err
    assert not page.exists()


def test_bad_input_is_told_before_the_run(ringmain: Command, town: Path, tmp_path: Path) -> None:
    def fields(*words: object) -> set[str]:
        return set(ringmain.problems("whatif", "breaks", *words))

    assert fields(town, "--limit-mpa", "nan") == {"--limit-mpa"}
    assert fields(town, "--limit-mpa", "-0.1", "--required", "0") == {"--limit-mpa", "--required"}
    assert fields(town, "--litres-per-person", "0") == {"--litres-per-person"}
    assert fields(town, "--step", "60") == {"--step"}
    assert fields(town, "--at", "3", "--hours", "3") == {"--at"}
    assert fields(town, "--html", tmp_path / "no" / "page.html") == {"--html"}
    assert fields(town, "--csv", town) == {"--csv"}
    assert fields(tmp_path) == {"site"}
    assert fields(tmp_path / "none.inp") == {"file"}
    (tmp_path / "zero.inp").write_text(re.sub(r"(?m)^([ABCD] \d+) 5$", r"\1 0", TOWN), "utf-8")
    nobody = ringmain.json("whatif", "breaks", tmp_path / "zero.inp")
    assert nobody["people"]["total"] == 0
    assert nobody["pipes"][0]["nodes_cut"] == 4


def test_net3_has_a_row_for_every_pipe(ringmain: Command) -> None:
    file = library("Net3.inp")
    found = ringmain.json("whatif", "breaks", file, "--only", "pipes", "--at", "1")
    names = {row["pipe"] for row in found["pipes"]} | {u["case"] for u in found["unsolved"]}
    pipes = {k for k, link in read_network(file).links.items() if type(link).__name__ == "Pipe"}
    assert names == pipes
    assert found["base"]["violations"][0]["node"] == "40"
