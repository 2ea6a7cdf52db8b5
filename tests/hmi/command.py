"""The command line called inside the test's own process: exit code, JSON or text."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]


def unproved(state: Any) -> Any:
    """A solution or run as it would be if the solver had ended without balance."""
    return replace(state, report=replace(state.report, converged=False))


class Command:
    """Runs `ringmain ...` as its entry point does."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self._patch, self._capsys = monkeypatch, capsys

    def __call__(self, *words: object) -> tuple[int, str, str]:
        """Exit code, stdout, stderr."""
        from hmi.cli.app import run

        self._patch.setattr(sys, "argv", ["ringmain", *map(str, words)])
        self._capsys.readouterr()
        try:
            run()
            code = 0
        except SystemExit as end:
            code = int(end.code or 0)
        out, err = self._capsys.readouterr()
        return code, out, err

    def json(self, *words: object, code: int = 0) -> dict[str, Any]:
        """The object printed with `--json`; it holds the documented keys."""
        got, out, err = self(*words, "--json")
        assert got == code, err + out
        value: dict[str, Any] = json.loads(out)
        assert set(documented(value["schema"])) <= set(value)
        return value

    def problems(self, *words: object) -> dict[str, dict[str, Any]]:
        """The problems of bad input by field, which must end with exit code 2."""
        value = self.json(*words, code=2)
        assert value["schema"] == "ringmain/error/1"
        return {p["field"]: p for p in value["problems"]}


def documented(schema: str) -> list[str]:
    """The keys that docs/json.md promises for a schema."""
    for line in (ROOT / "docs" / "json.md").read_text("utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) == 3 and cells[1] == f"`{schema}`":
            return [part.split("`")[1] for part in cells[2].split(",") if part.count("`") == 2]
    raise AssertionError(f"{schema} is not documented")


def library(name: str) -> Path:
    """A network file that comes with wntr."""
    from importlib.util import find_spec

    found = find_spec("wntr")
    assert found is not None
    assert found.origin is not None
    return Path(found.origin).parent / "library" / "networks" / name
