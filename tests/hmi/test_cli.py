"""The command line as a user calls it: in a process of its own, judged by output and exit code."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from network_models import read_network
from network_models.elements import Junction

ROOT = Path(__file__).parents[2]
BROKEN = ROOT / "tests" / "saved_files" / "broken_20.inp"


def ringmain(*words: str) -> tuple[int, str, str]:
    done = subprocess.run(
        [sys.executable, "-c", "from hmi.cli import main; main()", *words],
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


def documented(schema: str) -> list[str]:
    """The keys that docs/json.md promises for a schema."""
    for line in (ROOT / "docs" / "json.md").read_text("utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) == 3 and cells[1] == f"`{schema}`":
            return [part.split("`")[1] for part in cells[2].split(",") if part.count("`") == 2]
    raise AssertionError(f"{schema} is not documented")


def as_json(*words: str, code: int = 0) -> dict[str, Any]:
    got, out, err = ringmain(*words, "--json")
    assert got == code, err + out
    value = json.loads(out)
    assert set(documented(value["schema"])) <= set(value)
    return value


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cli") / "city"
    value = as_json("init", str(folder), "--elements", "400")
    assert value["schema"] == "ringmain/init/1"
    assert value["points"] > 50
    return folder


def test_help_names_every_command() -> None:
    code, out, _ = ringmain("--help")
    assert code == 0
    for name in ("demo", "init", "check", "serve", "field", "simulate", "rules", "outage"):
        assert name in out


def test_importing_the_command_line_loads_no_solver() -> None:
    code = "import sys, hmi.cli.app; print([m for m in ('numba', 'scipy', 'numpy', 'fastapi', "
    code += "'asyncua', 'asyncio', 'pymodbus', 'matplotlib') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_site_is_checked(city: Path) -> None:
    assert as_json("check", str(city))["ok"] is True
    points = city / "points.csv"
    good = points.read_text("utf-8-sig")
    lines = good.splitlines()
    columns = lines[0].split(",")
    bad = lines[5].split(",")
    bad[columns.index("unit")] = "furlong"
    bad[columns.index("driver")] = "nobody"
    points.write_text("\n".join([*lines[:5], ",".join(bad), *lines[6:], lines[8]]) + "\n", "utf-8")
    try:
        found = as_json("check", str(city), code=2)
        places = {(p["line"], p["field"]) for p in found["problems"]}
        assert {(6, "unit"), (6, "driver"), (len(lines) + 1, "id")} <= places
        code, _, err = ringmain("check", str(city))
        assert code == 2
        assert "points.csv:6: unit: found furlong" in err
    finally:
        points.write_text(good, "utf-8")


def test_a_broken_network_lists_every_problem() -> None:
    found = as_json("simulate", str(BROKEN), code=2)
    assert found["schema"] == "ringmain/error/1"
    assert len(found["problems"]) == 20
    assert all(p["line"] for p in found["problems"])


def test_a_missing_file_is_bad_input(tmp_path: Path) -> None:
    assert as_json("simulate", str(tmp_path / "none.inp"), code=2)["problems"]
    assert as_json("check", str(tmp_path / "none"), code=2)["problems"]


def test_simulate_tells_and_writes(city: Path, tmp_path: Path) -> None:
    inp = city / "networks" / "water.inp"
    code, out, err = ringmain(
        "simulate",
        str(inp),
        "--hours",
        "6",
        "--csv",
        str(tmp_path),
        "--plot",
        str(tmp_path / "p.png"),
    )
    assert code == 0, err
    assert "Lowest pressures" in out
    assert (tmp_path / "p.png").stat().st_size > 10_000
    rows = (tmp_path / "head_m.csv").read_text().splitlines()
    assert len(rows) == 1 + 7
    assert len(rows[0].split(",")) == 1 + len(read_network(inp).nodes)
    assert as_json("simulate", str(inp), "--hours", "2")["duration_s"] == 7200


def test_rules_answer(city: Path) -> None:
    assert as_json("rules", "list")["rules"]
    shown = as_json("rules", "show", "WATER-OUTAGE-NOTICE-LARGE")
    assert shown["inputs"][0]["name"] == "value"
    low = as_json("rules", "eval", "WATER-PRESSURE-END-MIN", "value=0.1399MPa", code=1)
    assert low["verdict"] == "violation"
    assert as_json("rules", "eval", "WATER-PRESSURE-END-MIN", "value=140kPa")["verdict"] == "pass"
    other = as_json(
        "rules", "eval", "WATER-PRESSURE-END-MIN", "value=1kPa", "--profile", "shaoxing"
    )
    assert other["verdict"] == "no-rule"
    assert as_json("rules", "show", "NO-SUCH-RULE", code=2)["problems"]


def test_an_outage_is_planned(city: Path) -> None:
    net = read_network(city / "networks" / "water.inp")
    node = next(n.id for n in net.nodes.values() if isinstance(n, Junction) and n.demands)
    words = ["outage", "plan", str(city), "--element", f"node:{node}", "--reason", "更换阀门"]
    window = ["--start", "2026-12-04T08:00", "--end", "2026-12-04T16:00"]
    plan = as_json(*words, *window, "--now", "2026-12-01T08:00")
    assert plan["publishable"] is True
    assert plan["isolation"]["valves"]
    assert "更换阀门" in plan["notice"]["zh"]
    late = as_json(*words, *window, "--now", "2026-12-02T08:01", code=1)
    assert "WATER-OUTAGE-NOTICE-LARGE" in late["blocked_by"]
    code, out, _ = ringmain(*words, *window, "--now", "2026-12-01T08:00")
    assert code == 0
    assert "Nothing stands against publishing" in out
    long = ["--start", "2026-12-04T08:00", "--end", "2026-12-05T09:00"]
    trucks = as_json(*words, *long, "--now", "2026-12-01T08:00", "--approved")
    assert trucks["trucks"]["required"] is True
    assert as_json(*words, "--start", "soon", "--end", "later", code=2)["problems"]
