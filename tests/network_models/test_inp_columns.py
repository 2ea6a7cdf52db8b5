"""Reading by columns gives what reading row by row gives, or leaves the file to it."""

from __future__ import annotations

import gc
from dataclasses import dataclass
from pathlib import Path

import pytest

from network_models.formats.bulk import collector_paused, make_records
from network_models.formats.inp.read import parse_inp, parse_sound_inp
from network_models.validation.whole import validate
from tests.network_models.test_public_networks import SOUND

PLAIN = """[TITLE]
two [streets]
[JUNCTIONS]
 J1 10 2.5 day
 J2 1_0
[RESERVOIRS]
 R 50
[PIPES]
 1 R J1 100 200 130 0 Open
 2 J1 J2 100 200 130 0 Closed
[PATTERNS]
 day 1 2
[COORDINATES]
 J1 0 1
 R 5 5
[END]
"""


@pytest.mark.parametrize("file", SOUND, ids=lambda f: f"{f.parent.name}-{f.name}")
def test_public_networks_are_the_same_both_ways(file: Path) -> None:
    text = file.read_bytes().decode("utf-8-sig", errors="replace")
    careful = parse_inp("a.inp", text)
    assert not careful.problems
    quick = parse_sound_inp("a.inp", text)
    if quick is not None:
        assert quick.network == careful.network
        assert list(quick.network.nodes) == list(careful.network.nodes)
        assert list(quick.network.links) == list(careful.network.links)
        # What is passed over because the columns were judged would have been found sound.
        singly = (quick.single_nodes, quick.single_links)
        assert validate(quick.network, judged=singly) == validate(quick.network)


def test_most_public_networks_are_read_by_columns() -> None:
    texts = [file.read_bytes().decode("utf-8-sig", errors="replace") for file in SOUND]
    taken = sum(parse_sound_inp("a.inp", text) is not None for text in texts)
    assert taken >= 0.9 * len(texts)


def both(text: str) -> bool:
    """Whether a file is read by columns; if it is, the row reader must agree."""
    quick = parse_sound_inp("a.inp", text)
    if quick is None:
        return False
    careful = parse_inp("a.inp", text)
    assert not careful.problems
    assert quick.network == careful.network
    singly = (quick.single_nodes, quick.single_links)
    assert validate(quick.network, judged=singly) == validate(careful.network)
    return True


SOUND_TEXT = PLAIN.replace("1_0", "10")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("", ""),
        ("J2 10", "J2"),
        ("J2 10", "J2 10 0 *"),
        ("J2 10", "J2 10 ; a comment"),
        ("J2 10", 'J2 10 ; "a comment" / 注'),
        ("J2 10", "J2\t10\r"),
        ("[PATTERNS]", "[DEMANDS]\n J1 1 day ;homes\n J2 2\n J1 3\n[PATTERNS]"),
        ("[PATTERNS]", "[DEMANDS]\n J2 2\n[DEMANDS]\n J2 3\n[PATTERNS]"),
        ("[PATTERNS]", "[TAGS]\n NODE J1 low\n LINK 2 old\n Node R big\n[PATTERNS]"),
        ("[PATTERNS]", "[VERTICES]\n 2 1 1\n 1 3 3\n 2 2 2\n[PATTERNS]"),
        ("[PATTERNS]", "[EMITTERS]\n J2 0.5\n[QUALITY]\n J1 R 1.5\n[PATTERNS]"),
        ("[PATTERNS]", "[STATUS]\n 1 Closed\n[PATTERNS]"),
        ("[PATTERNS]", "[PIPES]\n 3 J1 J2 5 5 5 0 CV\n[PATTERNS]"),
        ("R 5 5", "R 5 5\n J1 7 7\n J2 8 8"),
        ("J1 0 1\n R 5 5", "J1 0 1\n J2 0 2\n R 5 5\n J1 4 4"),
        ("[END]\n", "[END]"),
        ("[END]\n", ""),
        ("J2 10", "J2 +10"),
        ("J2 10", "J2 .5"),
        ("J2 10", "J2 5."),
        ("J2 10", "J2 -0"),
        ("J2 10", "J2 007"),
        ("J2 10", "J2 1E+05"),
        ("J2 10", "J2 123456789012345678901234567890"),
        ("J2 10", "J2 70.637718000000007"),
        ("2 J1 J2", "2 J2 J2"),
        ("2 J1 J2", "2 R J1"),
    ],
)
def test_both_ways_agree(old: str, new: str) -> None:
    assert both(SOUND_TEXT.replace(old, new, 1))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("J2 10", "J2 1_0"),
        ("J2 10", "J2 nan"),
        ("J2 10", "J2 1e999"),
        ("J2 10", "J2 ten"),
        ("J2 10", "J2 １０"),
        ("J2 10", "J2 1,0"),
        ("J2 10", "J2 [1"),
        ("J2 10", "J2 true"),
        ("J2 10", "J2 10 1 night"),
        ("[PATTERNS]", "[DEMANDS]\n J1 1 night\n[PATTERNS]"),
        ("[PATTERNS]", "[OPTIONS]\n UNITS GPM\n[PIPES]\n 3 J1 J2 4e-324 5 5 0\n[PATTERNS]"),
        ("J2 10", "J2 10 0 day more"),
        ("J2 10", "J1 10"),
        ("J2 10", "R 10"),
        ("J2 10", '"J2 10'),
        ("1 R J1 100", "1 R J1 0"),
        ("1 R J1 100", "1 R J1 -100"),
        ("1 R J1 100 200 130 0", "1 R J1 100 200 130 -1"),
        ("0 Open", "0 Opn"),
        ("0 Closed", "0"),
        ("R 5 5", "X 5 5"),
        ("R 5 5", "R 5"),
        ("[PATTERNS]", "[VERTICES]\n 9 1 1\n[PATTERNS]"),
        ("[PATTERNS]", "[DEMANDS]\n R 1\n[PATTERNS]"),
        ("[PATTERNS]", "[TAGS]\n NODE J9 x\n[PATTERNS]"),
        ("[PATTERNS]", "[TAGS]\n PLACE J1 x\n[PATTERNS]"),
        ("[PATTERNS]", "[FOO]\n"),
        ("[PATTERNS]", '"[PATTERNS]"\n'),
        ("[TITLE]", "words\n[TITLE]"),
    ],
)
def test_doubts_are_left_to_the_row_reader(old: str, new: str) -> None:
    assert not both(SOUND_TEXT.replace(old, new, 1))


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing:
    id: str
    size: float = 1.5


def test_records_from_columns() -> None:
    assert make_records(Thing, 2, {"id": ["a", "b"]}) == [Thing(id="a"), Thing(id="b")]
    sized = make_records(Thing, 1, {"id": ["a"], "size": [2.0]})
    assert sized == [Thing(id="a", size=2.0)]
    with pytest.raises(TypeError, match="id"):
        make_records(Thing, 1, {"size": [2.0]})


def test_the_collector_is_as_it_was_after_a_fault() -> None:
    assert gc.isenabled()
    with pytest.raises(ValueError, match="x"), collector_paused():
        assert not gc.isenabled()
        raise ValueError("x")
    assert gc.isenabled()
    gc.disable()
    try:
        with collector_paused():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
