"""Faults of .inp files: all of them at once, each with its line and field."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from network_models import NetworkError, Problem, read_network, write_inp

SAVED = Path(__file__).parents[1] / "saved_files"

HEAD = """[JUNCTIONS]
 J1 10 5
[RESERVOIRS]
 R1 50
[PIPES]
 P1 R1 J1 100 300 120
"""


def problems_of(path: Path) -> list[Problem]:
    with pytest.raises(NetworkError) as caught:
        read_network(path)
    return caught.value.problems


def problems_in(tmp_path: Path, text: str) -> list[Problem]:
    path = tmp_path / "net.inp"
    path.write_text(text, encoding="utf-8")
    return problems_of(path)


def test_twenty_faults_of_one_file_with_their_lines() -> None:
    expected = [
        (7, "[JUNCTIONS] elevation", "1o"),
        (8, "demand J3 demand pattern", "9"),
        (11, "[JUNCTIONS] id", "J5"),
        (12, "node LONELY links", "none"),
        (13, "node I1 source", "no path of links from I1, I2"),
        (20, "node T1 initial level", "9 m"),
        (24, "[PIPES] length", "-100"),
        (25, "[PIPES] line", "5 values: P3 J2 J3 100 300"),
        (26, "link P4 end node", "NOWHERE"),
        (27, "link P5 end node", "J4"),
        (35, "link U2 head curve", "neither a curve nor a power"),
        (38, "link V1 nodes", "R1, a tank or reservoir"),
        (39, "[VALVES] kind", "XYZ"),
        (42, "[PATTERNS] multiplier", "nan"),
        (46, "curve point C1 1 x", "0.01 after 0.01"),
        (50, "[CONTROLS] link", "P77"),
        (55, "[RULES] value", "SHUT"),
        (59, "[OPTIONS] option", "HEDLOSS"),
        (62, "[TIMES] DURATION", "24:60:00:1"),
        (64, "section", "[COLOURS]"),
    ]
    found = problems_of(SAVED / "broken_20.inp")
    assert [(p.line, p.field, p.found) for p in found] == expected
    assert all(p.file.endswith("broken_20.inp") and p.expected for p in found)


@pytest.mark.parametrize(
    ("section", "line", "field"),
    [
        ("DEMANDS", "J9 5", "node"),
        ("DEMANDS", "R1 5", "node"),
        ("DEMANDS", "J1", "line"),
        ("EMITTERS", "J1 -1", "coefficient"),
        ("STATUS", "P1 5", "status"),
        ("STATUS", "P9 OPEN", "link"),
        ("STATUS", "P1 SHUT", "status or setting"),
        ("QUALITY", "J1 x", "quality"),
        ("SOURCES", "J1 MASS much", "strength"),
        ("MIXING", "J1 MIXED", "node"),
        ("ENERGY", "GLOBAL COST 1", "GLOBAL"),
        ("ENERGY", "PUMP P1 PRICE 1", "link"),
        ("REACTIONS", "ORDER WALL 2", "ORDER WALL"),
        ("REACTIONS", "BULK P9 1", "link"),
        ("LEAKAGE", "P1 1", "line"),
        ("COORDINATES", "J1 1", "line"),
        ("COORDINATES", "J7 1 2", "node"),
        ("VERTICES", "P1 1 y", "y"),
        ("LABELS", '1 2 "open', "LABELS"),
        ("TAGS", "PIPE P1 old", "keyword"),
        ("REPORT", "COLOUR YES", "keyword"),
        ("BACKDROP", "DIMENSIONS 0 0 1", "line"),
        ("OPTIONS", "UNITS LITRES", "UNITS"),
        ("OPTIONS", "TRIALS 2.5", "TRIALS"),
        ("OPTIONS", "ACCURACY", "ACCURACY"),
        ("OPTIONS", "REQUIRED PRESSURE 0.05", "REQUIRED PRESSURE"),
        ("OPTIONS", "QUALITY TRACE J9", "trace node"),
        ("TIMES", "PATTERN LENGTH 1:00", "PATT"),
        ("TIMES", "START CLOCKTIME 14 PM", "START CLOCKTIME"),
        ("CONTROLS", "LINK P1 OPEN IF NODE J1 ABOVE", "line"),
        ("CONTROLS", "LINK P1 OPEN IF NODE J1 OVER 5", "relation"),
        ("CONTROLS", "LINK P1 OPEN AT TIME noon", "TIME"),
        ("RULES", "IF NODE J1 PRESSURE > 5", "keyword"),
        ("CURVES", "C1 5", "line"),
        ("CURVES", "C1 5 6 SQUARE", "kind"),
    ],
)
def test_a_fault_in_each_section(tmp_path: Path, section: str, line: str, field: str) -> None:
    (problem,) = problems_in(tmp_path, f"{HEAD}[{section}]\n {line}\n")
    assert problem.line == 8
    assert field in problem.field


def test_rules_are_judged_clause_by_clause(tmp_path: Path) -> None:
    text = (
        f"{HEAD}[RULES]\nRULE 1\nIF NODE J1 COLOUR = 5\nOR LINK P1 STATUS IS 5\n"
        "AND SYSTEM CLOCKTIME >= 25 PM\nTHEN LINK P9 STATUS IS OPEN\nRULE 1\nPRIORITY 3\n"
    )
    found = problems_in(tmp_path, text)
    assert [(p.line, p.field) for p in found] == [
        (9, "[RULES] attribute"),
        (10, "[RULES] status"),
        (11, "[RULES] clocktime"),
        (12, "[RULES] link"),
        (13, "[RULES] rule"),
        (14, "[RULES] keyword"),
    ]


def test_bytes_of_no_known_encoding_name_the_line(tmp_path: Path) -> None:
    path = tmp_path / "net.inp"
    path.write_bytes(HEAD.encode() + b"[TITLE]\nna\xefve \xff\n")
    (problem,) = problems_of(path)
    assert (problem.line, problem.field) == (8, "encoding")


def test_binary_content_and_unknown_suffixes_are_problems(tmp_path: Path) -> None:
    path = tmp_path / "net.inp"
    path.write_bytes(b"[TITLE]\n\0\1\2")
    assert problems_of(path)[0].found == "a zero byte"
    (problem,) = problems_of(tmp_path / "net.dwg")
    assert (problem.field, problem.found) == ("file name", ".dwg")
    (problem,) = problems_of(tmp_path / "missing.inp")
    assert problem.field == "file"


def test_an_empty_file_is_no_network(tmp_path: Path) -> None:
    (problem,) = problems_in(tmp_path, "")
    assert problem.field == "network nodes"


WORDS = (
    *("", "*", '"', '""', "-1", "0", "1e400", "nan", "[END", "[X", "RULE", "IF", "AND", "THEN"),
    *("NODE", "SYSTEM", "OPEN", "CV", "1", "GPV", "PCV", "TIME", ";", "1:2", "阀", "\0", "\u3000"),
    *("DISABLED", "TRACE", "PDA", "HEAD", "SPEED"),
)
SOUND = (
    HEAD
    + """[TANKS]
 T1 40 3 1 8 10 0
[PUMPS]
 U1 J1 T1 HEAD C1
[VALVES]
 V1 J1 T1 300 TCV 30
[CURVES]
 C1 10 40
[PATTERNS]
 1 1.0 1.2
[CONTROLS]
 LINK U1 CLOSED IF NODE T1 ABOVE 7
 LINK U1 OPEN AT CLOCKTIME 6 PM
[RULES]
RULE A
IF TANK T1 LEVEL ABOVE 7
AND SYSTEM TIME > 5
THEN PUMP U1 STATUS IS CLOSED
PRIORITY 2
[ENERGY]
 PUMP U1 PRICE 1
[OPTIONS]
 UNITS LPS
 DEMAND MODEL PDA
 QUALITY TRACE R1
[TIMES]
 DURATION 24 HOURS
 PATTERN TIMESTEP 1:00
[REPORT]
 STATUS NO
[LABELS]
 1 2 "text" J1
[BACKDROP]
 DIMENSIONS 0 0 1 1
"""
)


@pytest.mark.parametrize("seed", range(8))
def test_damaged_files_are_read_or_refused_but_never_break_the_reader(
    tmp_path: Path, seed: int
) -> None:
    draw = random.Random(seed)
    path, again = tmp_path / "net.inp", tmp_path / "again.inp"
    for _ in range(60):
        lines = SOUND.split("\n")
        for _ in range(draw.choice((1, 1, 2, 6))):
            at = draw.randrange(len(lines))
            tokens = lines[at].split()
            match draw.randrange(4):
                case 0 if tokens:
                    tokens[draw.randrange(len(tokens))] = draw.choice(WORDS)
                case 1 if tokens:
                    del tokens[draw.randrange(len(tokens))]
                case 2:
                    tokens.insert(draw.randrange(len(tokens) + 1), draw.choice(WORDS))
                case _:
                    lines.insert(draw.randrange(len(lines)), lines[at])
            lines[at] = " ".join(tokens)
        path.write_text("\n".join(lines), encoding="utf-8")
        try:
            net = read_network(path)
        except NetworkError as error:
            assert error.problems
            continue
        write_inp(net, again)
        assert read_network(again) == net
