"""How a point's history is compressed is a column of the point list, judged with its row."""

from __future__ import annotations

from pathlib import Path

import pytest

from network_models.problems import InputError
from scada.point_table import read_points

HEAD = "id,utility,quantity,unit,driver,address,type,deadband,compression\n"


def read(folder: Path, *rows: str) -> Path:
    path = folder / "points.csv"
    path.write_text(HEAD + "\n".join(rows) + "\n", "utf-8")
    return path


def test_a_door_is_read_and_written_back(tmp_path: Path) -> None:
    path = read(
        tmp_path,
        "A,water,pressure,kPa,d,hr:0,float32,2,door",
        "B,water,pressure,kPa,d,hr:2,float32,2,",
    )
    table = read_points(path)
    assert [p.compression for p in table] == ["door", "exception"]
    table.write(tmp_path / "again.csv")
    assert read_points(tmp_path / "again.csv").points == table.points


def test_a_door_needs_a_bound_and_a_number(tmp_path: Path) -> None:
    path = read(
        tmp_path,
        "A,water,pressure,kPa,d,hr:0,float32,,door",
        "B,water,status,on/off,d,co:1,bool,1,door",
        "C,water,pressure,kPa,d,hr:4,float32,2,lift",
    )
    with pytest.raises(InputError) as caught:
        read_points(path)
    found = [(p.line, p.field) for p in caught.value.problems]
    assert found == [(2, "deadband"), (3, "compression"), (4, "compression")]
