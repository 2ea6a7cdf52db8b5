"""The documents say what is so: examples run, commands exist, links lead somewhere."""

from __future__ import annotations

import importlib
import re
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
README = (ROOT / "README.md").read_text("utf-8")


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


def test_the_python_example_runs(tmp_path: Path) -> None:
    wntr = find_spec("wntr")
    assert wntr is not None
    assert wntr.origin is not None
    shutil.copy(Path(wntr.origin).parent / "library" / "networks" / "Net3.inp", tmp_path)
    (example,) = blocks(README, "python")
    done = subprocess.run(
        [sys.executable, "-c", example], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def commands() -> list[list[str]]:
    found = []
    for page in PAGES:
        for line in re.findall(r"^ringmain ([a-z ]+)", page.read_text("utf-8"), re.MULTILINE):
            words = line.split()
            grouped = words[0] in {"rules", "outage", "user", "audit", "alarms", "history"}
            found.append(words[: 2 if grouped else 1])
    return [list(w) for w in sorted({tuple(w) for w in found})]


@pytest.mark.parametrize("words", commands(), ids=" ".join)
def test_a_documented_command_exists(words: list[str]) -> None:
    from typer.testing import CliRunner

    from hmi.cli.app import app

    result = CliRunner().invoke(app, [*words, "--help"])
    assert result.exit_code == 0, result.output


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", page.read_text("utf-8")):
        if not target.startswith("http"):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_make_targets_in_the_documents_exist() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    for page in PAGES:
        used = set(re.findall(r"`make ([a-z]+)`|^make ([a-z]+)", page.read_text("utf-8"), re.M))
        assert {a or b for a, b in used} <= targets, page.name


@pytest.mark.parametrize("package", ["network_models", "hydraulics"])
def test_every_public_name_is_there(package: str) -> None:
    module = importlib.import_module(package)
    for name in module.__all__:
        assert getattr(module, name) is not None


def test_every_column_and_setting_of_a_site_is_documented() -> None:
    from scada.point_columns import COLUMNS
    from scenarios.site import TABLES

    text = (ROOT / "docs" / "site.md").read_text("utf-8")
    for name in (*COLUMNS, *TABLES):
        assert f"`{name}`" in text or f"## {name}" in text, name


def test_locks_hold_no_address() -> None:
    for name in ("requirements.lock", "requirements-dev.lock"):
        assert "://" not in (ROOT / name).read_text("utf-8"), name
    assert '"resolved"' not in (ROOT / "hmi" / "web" / "package-lock.json").read_text("utf-8")
