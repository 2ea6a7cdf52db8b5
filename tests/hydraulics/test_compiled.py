"""Where compiled kernels are kept: by what they are made of, not by where it stands."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType

import pytest

from hydraulics import compiled


def package(folder: Path, callee: str) -> None:
    (folder / "laws").mkdir(parents=True)
    (folder / "__init__.py").write_text("")
    (folder / "laws" / "__init__.py").write_text("")
    (folder / "a.py").write_text("from toy.laws import b\n")
    (folder / "laws" / "b.py").write_text("from toy.c import f\n")
    (folder / "c.py").write_text(callee)
    (folder / "apart.py").write_text("import numpy\n")


def folders(monkeypatch: pytest.MonkeyPatch, root: Path) -> tuple[Path, Path]:
    toy = ModuleType("toy")
    toy.__file__ = str(root / "__init__.py")
    monkeypatch.setitem(sys.modules, "toy", toy)
    for kept in (compiled.cache_folder, compiled._imports):
        kept.cache_clear()
    both = compiled.cache_folder("toy.a"), compiled.cache_folder("toy.apart")
    for kept in (compiled.cache_folder, compiled._imports):
        kept.cache_clear()
    return both


def test_a_changed_callee_of_a_callee_starts_a_fresh_folder_and_nothing_else_does(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name, callee in (("one", "f = 1\n"), ("two", "f = 1\n"), ("changed", "f = 2\n")):
        package(tmp_path / name / "toy", callee)
    one, two, changed = (
        folders(monkeypatch, tmp_path / name / "toy") for name in ("one", "two", "changed")
    )
    assert one == two
    assert one[0] != changed[0]
    assert one[1] == changed[1]
    assert one[0] != one[1]
