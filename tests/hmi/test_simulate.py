"""`ringmain simulate`: what it says, draws and writes; what it does not let pass."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

import hydraulics
from hydraulics import simulate
from network_models import read_network
from tests.hmi.command import Command, library, unproved


def plain_net3(folder: Path) -> Path:
    """Net3 without coordinates."""
    text = library("Net3.inp").read_text("utf-8", errors="replace")
    text = re.sub(r"\[COORDINATES\].*?(?=\n\[)", "", text, flags=re.DOTALL)
    file = folder / "plain.inp"
    file.write_text(text, "utf-8")
    return file


def test_the_figures_are_those_of_the_run(ringmain: Command) -> None:
    file = library("Net3.inp")
    found = ringmain.json("simulate", file, "--hours", "24")
    run = simulate(read_network(file), hours=24, accuracy=1e-5)
    worst = found["worst_nodes"][0]
    at = run.node_ids.index(worst["node"])
    assert worst["pressure_m"] == pytest.approx(run.pressure_m[:, at].min())
    assert run.pressure_m[:, at].argmin() * 3600 == worst["time_s"]
    order = [row["pressure_m"] for row in found["worst_nodes"]]
    assert order == sorted(order)
    fast = found["fastest_pipes"][0]
    assert fast["velocity_ms"] == pytest.approx(run.velocity_ms.max())
    tank = next(row for row in found["tanks"] if row["tank"] == "1")
    level = run.pressure_m[:, run.node_ids.index("1")]
    assert (tank["lowest_level_m"], tank["highest_level_m"]) == pytest.approx(
        (level.min(), level.max())
    )
    assert found["solved"] is True
    assert found["worst_without_demand"][0]["node"] == "10"
    _, out, _ = ringmain("simulate", file, "--hours", "24")
    assert "Proof: in balance" in out
    assert out.index(worst["node"]) < out.index("Tank 1")


def test_pressure_driven_and_step_reach_the_solver(ringmain: Command) -> None:
    file = library("Net3.inp")
    free = ringmain.json("simulate", file, "--hours", "3", "--step", "1800")
    assert free["report_times"] == 7
    driven = ringmain.json("simulate", file, "--hours", "3", "--pda", "--required", "60")
    assert driven["demand_m3h"]["mean"] < 0.95 * free["demand_m3h"]["mean"]


@pytest.mark.parametrize("hours", ["0", "6"])
def test_the_picture_is_drawn_with_and_without_coordinates(
    ringmain: Command, tmp_path: Path, hours: str
) -> None:
    for file in (library("Net3.inp"), plain_net3(tmp_path)):
        picture = tmp_path / "run.png"
        assert ringmain("simulate", file, "--hours", hours, "--plot", picture)[0] == 0
        data = picture.read_bytes()
        assert data.startswith(b"\x89PNG")
        assert len(data) > 30_000


def test_a_run_that_is_not_proved_ends_with_3_and_says_so(
    ringmain: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = library("Net3.inp")
    monkeypatch.setattr(hydraulics, "simulate", lambda *a, **k: unproved(simulate(*a, **k)))
    code, out, _ = ringmain("simulate", file, "--hours", "4", "--plot", tmp_path / "p.png")
    assert code == 3
    assert "NOT SOLVED" in out
    found = ringmain.json("simulate", file, "--hours", "4", code=3)
    assert found["solved"] is False
    assert found["not_solved"]


def test_nodes_without_a_source_are_named(ringmain: Command, tmp_path: Path) -> None:
    file = tmp_path / "cut.inp"
    file.write_text(
        "[JUNCTIONS]\nA 10 5\nFAR 10 5\n[RESERVOIRS]\nR 50\n[PIPES]\n1 R A 100 300 120\n"
        "2 A FAR 100 300 120 0 CLOSED\n[OPTIONS]\nUNITS LPS\n",
        "utf-8",
    )
    _, out, _ = ringmain("simulate", file)
    assert "Without a source: 1 nodes: FAR" in out
    assert ringmain("simulate", file, "--plot", tmp_path / "p.png")[0] == 0


def test_bad_input_is_told_before_the_run(ringmain: Command, tmp_path: Path) -> None:
    file = library("Net3.inp")
    bad = ("--hours", "-1", "--step", "nan", "--accuracy", "1", "--plot", tmp_path)
    assert set(ringmain.problems("simulate", file, *bad)) == {
        "--hours",
        "--step",
        "--accuracy",
        "--plot",
    }
    assert set(ringmain.problems("simulate", file, "--required", "20")) == {"--required"}
    taken = tmp_path / "file"
    taken.write_text("", "utf-8")
    assert set(ringmain.problems("simulate", file, "--csv", taken)) == {"--csv"}
    for wish in ("taste", "trace:NOWHERE", "trace"):
        assert set(ringmain.problems("simulate", file, "--quality", wish)) == {"--quality"}


def test_a_wrong_command_line_is_one_json_object_too(ringmain: Command) -> None:
    for words in (("--hours", "abc"), ("--nothing",)):
        value = ringmain.json("simulate", library("Net3.inp"), *words, code=2)
        assert value["schema"] == "ringmain/error/1"
        assert words[0] in value["problems"][0]["found"]


def test_quality_is_told_and_written(
    ringmain: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    net = read_network(library("Net3.inp"))

    def aged(_net: object, kind: str, **options: object) -> SimpleNamespace:
        """Every node as old as the run, node 15 an hour more."""
        assert (kind, options["hours"]) == ("age", 2)
        ages = np.arange(3.0)[:, None] + np.zeros(len(net.nodes))
        ages[:, net.node_ids.index("15")] += 1.0
        return SimpleNamespace(
            times_s=3600.0 * np.arange(3),
            node_ids=net.node_ids,
            link_ids=net.link_ids,
            node_quality=ages,
            link_quality=np.zeros((3, len(net.links))),
            unit="h",
            report={},
        )

    monkeypatch.setattr(hydraulics, "simulate_quality", aged, raising=False)
    file = library("Net3.inp")
    words = ("simulate", file, "--hours", "2", "--quality", "age", "--csv", tmp_path)
    found = ringmain.json(*words)["quality"]
    worst = found["worst_nodes"][0]
    assert (worst["node"], worst["value"], worst["time_s"]) == ("15", 3.0, 7200.0)
    rows = (tmp_path / "node_quality.csv").read_text("utf-8").splitlines()
    assert len(rows) == 4
    assert "15                      3 h at 2:00" in ringmain(*words)[1]
