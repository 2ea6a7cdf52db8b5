"""A kept example city that is older than this version's: said, used as it is, nothing touched."""

from __future__ import annotations

import csv
import shlex
from pathlib import Path

import pytest

from hmi.cli import demo
from scenarios.city import make_city
from scenarios.city.lacking import lacking


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    folder = tmp_path / "demo-1-200"
    make_city(folder, seed=1, elements=200)
    return folder


def age(kept: Path) -> list[str]:
    """The ids of a point list without its last four points, and a table fewer."""
    table = kept / "points.csv"
    with table.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    with table.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows[:-4])
    (kept / "crews.csv").unlink()
    return [row[0] for row in rows[-4:]]


def test_a_city_of_this_version_lacks_nothing(
    kept: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert not lacking(kept, seed=1, elements=200)
    demo._tell_age(kept, 1, 200)
    assert capsys.readouterr().err == ""


def test_an_older_city_is_told_and_left_as_it_is(
    kept: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    gone = age(kept)
    found = lacking(kept, seed=1, elements=200)
    assert (list(found.points), found.tables) == (gone, ("crews.csv",))
    before = {file: file.read_bytes() for file in kept.rglob("*") if file.is_file()}
    kept.with_name("demo-1-200-2").mkdir()
    assert demo._make(kept, 1, 200) is False
    demo._tell_age(kept, 1, 200)
    said = capsys.readouterr().err
    assert f"lacks 4 points ({', '.join(gone[:3])}, ...) and the tables crews.csv" in said
    assert {file: file.read_bytes() for file in kept.rglob("*") if file.is_file()} == before
    # The way it names makes the new city beside the old one.
    words = shlex.split(said.splitlines()[-1])
    new = Path(words[words.index("--folder") + 1])
    assert new == kept.with_name("demo-1-200-3")
    assert demo._make(new, 1, 200) is True
    assert not lacking(new, seed=1, elements=200)


def test_a_point_list_that_cannot_be_read_is_left_to_its_reader(kept: Path) -> None:
    (kept / "points.csv").write_text("nothing\n1\n", encoding="utf-8")
    assert not lacking(kept, seed=1, elements=200)
