"""The shared CSV reader: types, encodings, and every fault with its line and column."""

from pathlib import Path

import pytest

from network_models.formats.table import (
    choice,
    flag,
    integer,
    number,
    optional,
    read_table,
    text,
)

ID = text("id")
DN = number("dn_mm", minimum=0.0)
SIDE = choice("side", ("start", "end"))
REMOTE = optional(flag("remote"), False)
TURNS = optional(integer("turns", minimum=1, maximum=99), None)
COLUMNS = (ID, DN, SIDE, REMOTE, TURNS)


def write(folder: Path, content: str, encoding: str = "utf-8") -> Path:
    path = folder / "valves.csv"
    path.write_bytes(content.encode(encoding))
    return path


def faults(path: Path) -> list[tuple[int | None, str]]:
    return [(p.line, p.field) for p in read_table(path, COLUMNS, key=ID).problems]


def test_cells_keep_their_types_and_optional_cells_their_defaults(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        'side,id,dn_mm,turns\nstart,"a,b",300.5, 12\n\nend,阀门,1e2,\n',
    )
    table = read_table(path, COLUMNS, key=ID)
    assert table.problems == []
    first, second = table.rows
    assert (first.line, first[ID], first[DN], first[SIDE]) == (2, "a,b", 300.5, "start")
    assert (first[TURNS], first[REMOTE]) == (12, False)
    assert (second.line, second[ID], second[DN], second[TURNS]) == (4, "阀门", 100.0, None)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_encodings(tmp_path: Path, encoding: str) -> None:
    table = read_table(write(tmp_path, "id,dn_mm,side\n城东阀,1,end\n", encoding), COLUMNS)
    assert table.problems == []
    assert table.rows[0][ID] == "城东阀"


def test_bytes_of_no_known_encoding_are_a_problem_with_their_line(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(b"id,dn_mm,side\nV1,1,end\nV2,\xff\xff,end\n")
    (problem,) = read_table(path, COLUMNS).problems
    assert (problem.line, problem.field) == (3, "encoding")


def test_every_fault_of_a_file_is_listed(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        "id,dn_mm,side,turns,colour,side,\n"
        "a,1,start,1,red,start,\n"
        "a,1,start,1,red,start,\n"
        ",nan,middle,100,red,end,\n"
        "c,-1,start,1.5\n"
        f"d,1_000,start,{'9' * 5000},red,start,\n",
    )
    assert faults(path) == [
        (1, "header"),
        (1, "side"),
        (1, "header"),
        (3, "id"),
        (4, "id"),
        (4, "dn_mm"),
        (4, "turns"),
        (5, "row"),
        (6, "dn_mm"),
        (6, "turns"),
    ]


def test_a_missing_column_leaves_no_rows_but_other_faults_are_still_seen(tmp_path: Path) -> None:
    path = write(tmp_path, "id,side\na,start\nb,up\n")
    table = read_table(path, COLUMNS, key=ID)
    assert table.rows == []
    assert [(p.line, p.field) for p in table.problems] == [(1, "dn_mm"), (3, "side")]


def test_a_quoted_cell_over_two_lines_does_not_shift_line_numbers(tmp_path: Path) -> None:
    path = write(tmp_path, 'id,dn_mm,side\n"a\nb",1,start\nc,x,start\n')
    assert faults(path) == [(4, "dn_mm")]


def test_an_open_quote_an_empty_file_and_no_file_are_problems(tmp_path: Path) -> None:
    assert faults(write(tmp_path, 'id,dn_mm,side\n"a,1,start\n')) == [(2, "row")]
    assert faults(write(tmp_path, "")) == [(1, "header")]
    assert faults(tmp_path / "nowhere.csv") == [(None, "file")]
