"""Every trap that users of other systems met has a test by name: traps.csv says which.

The first column names the system and its issue, or the measured fact (A3) or the fact of a protocol
(A6).
"""

from __future__ import annotations

import ast
import csv
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ROWS = list(csv.DictReader((ROOT / "tests" / "traps.csv").open(encoding="utf-8")))


@cache
def names_in(path: str) -> frozenset[str]:
    tree = ast.parse((ROOT / path).read_text("utf-8"))
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return frozenset(n.name for n in ast.walk(tree) if isinstance(n, kinds))


@pytest.mark.parametrize("row", ROWS, ids=[f"{r['trap']} {i}" for i, r in enumerate(ROWS)])
def test_the_trap_has_the_test_it_names(row: dict[str, str]) -> None:
    path, _, name = row["test"].partition("::")
    assert name.startswith("test_")
    assert name in names_in(path), f"{path} has no {name}"


def test_every_row_is_whole_and_no_pair_is_told_twice() -> None:
    assert len({(r["trap"], r["test"]) for r in ROWS}) == len(ROWS)
    assert all(r["trap"] and r["what"] and None not in r for r in ROWS)
    for system in ("FUXA", "Scada-LTS", "Phoebus", "asyncua", "python-opcua", "pymodbus"):
        assert any(r["trap"].startswith(system) for r in ROWS)
