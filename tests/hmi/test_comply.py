"""`ringmain comply` on real networks: verdicts, exit codes, the page, bad input."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import hydraulics
from hydraulics import simulate
from network_models import read_network
from network_models.units import PA_PER_M_WATER
from tests.hmi.command import Command, library, unproved

LOW_TOWN = """
[JUNCTIONS]
A 10 5
B 38 5
C 36 5
[RESERVOIRS]
R 50
[PIPES]
1 R A 500 300 120
2 A B 500 {end_mm} 120
3 A C 500 100 120
[OPTIONS]
UNITS LPS
HEADLOSS H-W
[END]
"""


def test_net3_names_the_end_that_is_low(ringmain: Command) -> None:
    file = library("Net3.inp")
    found = ringmain.json("comply", file, "--hours", "24", code=1)
    assert found["verdict"] == "violation"
    broken = [f for f in found["findings"] if f["verdict"] == "violation"]
    run = simulate(read_network(file), hours=24)
    for row in found["findings"]:
        heads = run.pressure_m[:, run.node_ids.index(row["node"])]
        assert row["worst_m"] == pytest.approx(heads.min(), abs=1e-3)
        low = bool((heads * PA_PER_M_WATER < row["limit"] * 1e6).any())
        assert low == (row["verdict"] == "violation")
    assert [f["node"] for f in broken] == ["40"]
    assert broken[0]["rule"] == "WATER-PRESSURE-END-MIN"
    assert {"20", "50"} <= {row["node"] for row in found["low"]}
    code, out, _ = ringmain("comply", file, "--hours", "24")
    assert code == 1
    assert "Verdict: VIOLATION" in out


def test_low_nodes_off_the_mains_are_listed_and_no_violation(
    ringmain: Command, tmp_path: Path
) -> None:
    file = tmp_path / "town.inp"
    file.write_text(LOW_TOWN.format(end_mm=150), "utf-8")
    found = ringmain.json("comply", file)
    assert found["verdict"] == "pass"
    assert {row["node"] for row in found["low"]} == {"B", "C"}
    file.write_text(LOW_TOWN.format(end_mm=300), "utf-8")
    assert ringmain.json("comply", file, code=1)["verdict"] == "violation"
    file.write_text(LOW_TOWN.format(end_mm=150).replace(" 300 ", " 600 "), "utf-8")
    none = ringmain.json("comply", file)
    assert none["verdict"] == "no-rule"
    assert none["ends"] == 0
    other = ringmain.json("comply", file, "--profile", "shaoxing")
    assert other["verdict"] == "no-rule"
    assert other["limit_m"] is None


def test_an_end_cut_off_is_no_pass(ringmain: Command, tmp_path: Path) -> None:
    file = tmp_path / "town.inp"
    text = LOW_TOWN.format(end_mm=300).replace("B 38", "B 5")
    file.write_text(text.replace("[OPTIONS]", "[STATUS]\n2 CLOSED\n[OPTIONS]"), "utf-8")
    found = ringmain.json("comply", file, code=1)
    assert found["verdict"] == "unsupplied"
    assert [row["node"] for row in found["unsupplied"]] == ["B"]


def test_a_run_without_balance_is_not_judged_good(
    ringmain: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "town.inp"
    file.write_text(LOW_TOWN.format(end_mm=300).replace("B 38", "B 5"), "utf-8")
    assert ringmain.json("comply", file)["verdict"] == "pass"
    monkeypatch.setattr(hydraulics, "simulate", lambda *a, **k: unproved(simulate(*a, **k)))
    found = ringmain.json("comply", file, code=3)
    assert found["not_solved"]
    code, out, _ = ringmain("comply", file)
    assert code == 3
    assert "NOT SOLVED" in out


def test_a_site_is_judged_in_all_three_networks_and_the_page_stands_alone(
    ringmain: Command, tmp_path: Path
) -> None:
    city = tmp_path / "city"
    assert ringmain("init", city, "--elements", "400")[0] == 0
    page = tmp_path / "page.html"
    found = ringmain.json("comply", city, "--hours", "2", "--html", page)
    assert found["verdict"] == "pass"
    assert not found["unsolved_utilities"]
    assert (found["heat"]["verdict"], found["heat"]["rule"]) == ("pass", "HEAT-ROOM-MIN-16")
    assert (found["gas"]["verdict"], found["gas"]["rule"]) == ("pass", "GAS-PRESSURE-NG")
    _, out, _ = ringmain("comply", city, "--hours", "2")
    assert "Heat (rooms at -10 C outside): PASS" in out
    assert "Gas (natural): PASS" in out
    text = page.read_text("utf-8")
    assert not re.search(r"(?:src|href)\s*=|https?://|@import|url\(", text)
    assert "管网末梢" in text
    assert "Network ends" in text
    assert "Rooms at -10 C outside" in text


def test_bad_input_is_told_before_the_run(ringmain: Command, tmp_path: Path) -> None:
    file = library("Net3.inp")
    (tmp_path / "empty.inp").write_text("", "utf-8")
    (tmp_path / "binary.inp").write_bytes(b"\x00\xff" * 50)
    assert "file" in ringmain.problems("comply", tmp_path / "none.inp")
    assert "site" in ringmain.problems("comply", tmp_path)
    assert ringmain.problems("comply", tmp_path / "empty.inp")
    assert "text" in ringmain.problems("comply", tmp_path / "binary.inp")
    bad = (*("--hours", "nan", "--step", "0", "--pda", "--required", "-1"), "--html", tmp_path)
    assert set(ringmain.problems("comply", file, *bad)) == {
        "--hours",
        "--step",
        "--required",
        "--html",
    }
    assert ringmain.problems("comply", file, "--profile", "nowhere")
    assert "--on" in ringmain.problems("comply", file, "--on", "tomorrow")
