"""Calculated points: grammar, dimensions, quality rules, totals, counters, simulated values."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scada.calc_book import CalcBook, faults_of
from scada.calc_eval import Sight, evaluate
from scada.calc_parse import CalcError, dimension_of, dimension_of_unit, parse
from scada.point import Point
from scada.quality import (
    BAD_NO_COMMUNICATION,
    BAD_OUT_OF_RANGE,
    GOOD,
    UNCERTAIN_LAST_USABLE,
    UNCERTAIN_UNITS_EXCEEDED,
)

S = 10**9
VALUES = {
    "P1": (3e5, GOOD),
    "P2": (1e5, GOOD),
    "Q": (0.5, UNCERTAIN_UNITS_EXCEEDED),
    "ON": (1.0, GOOD),
    "DEAD": (math.nan, BAD_NO_COMMUNICATION),
}


def value_of(text: str, time_s: float = 0.0) -> tuple[float, int]:
    return evaluate(parse(text), Sight(VALUES.__getitem__, time_s, "seed"))


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("1 + 2 * 3", 7.0),
        ("(1 + 2) * 3", 9.0),
        ("-2 ^ 2", -4.0),
        ("2 ^ -1", 0.5),
        ("8 / 4 / 2", 1.0),
        ("5 - 3 - 1", 1.0),
        ("{P1} - {P2}", 2e5),
        ("{P1} > 0.2[MPa] and not {P2} > 0.2[MPa]", 1.0),
        ("if({ON}, {P1}, {P2})", 3e5),
        ("min({P1}, {P2}) + max(1[bar], 2[bar])", 3e5),
        ("avg(1, 2, 6)", 3.0),
        ("sqrt(abs(-9))", 3.0),
        ("round(7.3, 0.5)", 7.5),
        ("clamp(12, 0, 10)", 10.0),
        ("1e3 + 5", 1005.0),
        ("20[degC]", 293.15),
        ("36[m3/h] * 100[s]", 1.0),
        ("first_good({DEAD}, {P2})", 1e5),
        ("avg_good({P1}, {P2}, {DEAD})", 2e5),
        ("count_good({P1}, {Q}, {DEAD})", 1.0),
        ("good({DEAD})", 0.0),
        ("not not 1", 1.0),
        ("1 != 1 or 2 == 2", 1.0),
    ],
)
def test_what_an_expression_gives(text: str, wanted: float) -> None:
    value, quality = value_of(text)
    assert value == pytest.approx(wanted)
    assert quality == GOOD


@pytest.mark.parametrize(
    ("text", "quality"),
    [
        ("{P1} + {P2} * {Q}", UNCERTAIN_UNITS_EXCEEDED),
        ("{P1} + {DEAD} + {Q}", BAD_NO_COMMUNICATION),
        ("if({ON}, {P1}, {DEAD})", GOOD),
        ("if({DEAD}, {P1}, {P2})", BAD_NO_COMMUNICATION),
        ("if(good({DEAD}), {DEAD}, {P1})", GOOD),
        ("1 / 0", BAD_OUT_OF_RANGE),
        ("sqrt(-1)", BAD_OUT_OF_RANGE),
        ("0 ^ -1", BAD_OUT_OF_RANGE),
        ("1e300 * 1e300", BAD_OUT_OF_RANGE),
        ("first_good({DEAD}, {Q})", UNCERTAIN_UNITS_EXCEEDED),
    ],
)
def test_a_result_is_as_good_as_what_it_was_made_from(text: str, quality: int) -> None:
    assert value_of(text)[1] == quality


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "a value, not the end"),
        ("1 +", "a value, not the end"),
        ("(1", "closing parenthesis"),
        ("1 2", "the end, not '2'"),
        ("exec(1)", "one of abs"),
        ("__import__", "not '__import__'"),
        ("{A}.b", "an operator"),
        ("min()", "a number"),
        ("sqrt(1, 2)", "1 argument(s) of sqrt, not 2"),
        ("5[furlong]", "not [furlong]"),
        ("2 ^ 99", "a whole power up to 9"),
        ("1 + total({Q})", "as the whole expression only"),
        ("(" * 60 + "1" + ")" * 60, "at most 40 levels"),
        ("1+" * 1500 + "1", "at most 2000 characters"),
        ("1+" * 900 + "1", "at most 150 numbers"),
        ("1 ; 2", "an operator"),
    ],
)
def test_what_is_no_expression_is_said(text: str, words: str) -> None:
    with pytest.raises(CalcError, match=r".*"):
        parse(text)
    try:
        parse(text)
    except CalcError as error:
        assert words in str(error)


@given(st.text("0123456789.+-*/^()<>=!,[]{}abPQ minaxfgodtl\\'\"", max_size=60))
def test_no_text_does_anything_but_parse_or_be_refused(text: str) -> None:
    try:
        tree = parse(text)
    except CalcError:
        return
    value, quality = evaluate(tree, Sight(lambda _name: (1.0, GOOD), 0.0))
    assert math.isfinite(value) or quality >> 31


def test_dimensions_must_fit() -> None:
    known = {
        "P": dimension_of_unit("MPa"),
        "Q": dimension_of_unit("m3/h"),
        "T": dimension_of_unit("degC"),
    }
    assert dimension_of(parse("{P} * {Q}"), known) == dimension_of_unit("kW")
    assert dimension_of(parse("total({Q})"), known) == dimension_of_unit("m3")
    assert dimension_of(parse("sqrt({P} ^ 2)"), known) == dimension_of_unit("Pa")
    for text, words in (
        ("{P} + {Q}", "one dimension in +, not kg m^-1 s^-2 and m^3 s^-1"),
        ("min({P}, 5)", "kg m^-1 s^-2 and a plain number"),
        ("{P} > {T}", "one dimension in >"),
        ("if({P}, 1, 2)", "the condition of if"),
        ("{NOWHERE}", "a point of the list"),
        ("sine(5, 1, 2)", "the period of sine"),
    ):
        with pytest.raises(CalcError) as caught:
            dimension_of(parse(text), known)
        assert words in str(caught.value)


def point(name: str, expression: str = "", unit: str = "m3/s", driver: str = "calc") -> Point:
    quantity = {"m3/s": "flow", "m3": "volume", "pcs": "count", "Pa": "pressure"}[unit]
    return Point(
        id=name,
        utility="water",
        quantity=quantity,
        unit=unit,
        driver=driver if expression else "rtu",
        address=expression or "hr:0",
    )


def test_every_fault_of_a_list_is_found() -> None:
    points = [
        point("A", "{B} + {NOWHERE}"),
        point("B", "{C}"),
        point("C", "{B}"),
        point("D", "1 +"),
        point("E", "{Q} * 2", unit="Pa"),
        point("Q"),
        point("OK", "{Q} + {Q}"),
    ]
    faults = dict(faults_of(points))
    assert set(faults) >= {"A", "D", "E"}
    assert set(faults) & {"B", "C"}
    assert "OK" not in faults
    assert "m^3 s^-1" in faults["E"]
    assert any("no ring of points" in text for text in faults.values())


class Table:
    """Live values of a small list, stepped by hand."""

    def __init__(self, points: list[Point]) -> None:
        n = len(points)
        self.book = CalcBook(points)
        self.handle = {p.id: k for k, p in enumerate(points)}
        self.value, self.quality = np.full(n, np.nan), np.full(n, GOOD, dtype=np.uint32)
        self.source = np.zeros(n, dtype=np.int64)
        self.changed = np.zeros(n, dtype=bool)

    def set(self, name: str, value: float, at_s: float, quality: int = GOOD) -> None:
        h = self.handle[name]
        self.value[h], self.quality[h], self.source[h] = value, quality, round(at_s * S)
        self.changed[h] = True

    def step(self, at_s: float) -> dict[str, tuple[float, int]]:
        batch = self.book.step(round(at_s * S), self.value, self.quality, self.source, self.changed)
        self.changed[:] = False
        names = list(self.handle)
        self.value[batch.point], self.quality[batch.point] = batch.value, batch.quality
        return {
            names[p]: (v, q)
            for p, v, q in zip(
                batch.point.tolist(), batch.value.tolist(), batch.quality.tolist(), strict=True
            )
        }


def test_points_are_computed_after_those_they_read_and_only_when_these_change() -> None:
    table = Table([point("SUM", "{HALF} + {Q}"), point("HALF", "{Q} / 2"), point("Q"), point("R")])
    table.set("Q", 4.0, 1)
    assert table.step(1) == {"HALF": (2.0, GOOD), "SUM": (6.0, GOOD)}
    table.set("R", 1.0, 2)
    assert table.step(2) == {}
    assert table.step(100) == {"HALF": (2.0, GOOD), "SUM": (6.0, GOOD)}  # its heartbeat


def test_a_total_adds_up_and_leaves_out_what_nobody_knows() -> None:
    points = [point("V", "total({Q})", unit="m3"), point("Q")]
    table = Table(points)
    for at_s, rate in ((0, 2.0), (10, 2.0), (20, 4.0)):
        table.set("Q", rate, at_s + 1)
        shown = table.step(at_s + 1)
    assert shown["V"] == (50.0, GOOD)
    table.set("Q", math.nan, 25, BAD_NO_COMMUNICATION)
    assert table.step(25)["V"] == (50.0, UNCERTAIN_LAST_USABLE)
    table.set("Q", 4.0, 100)
    assert table.step(100)["V"] == (50.0, UNCERTAIN_LAST_USABLE)
    table.set("Q", 4.0, 110)
    assert table.step(110)["V"] == (90.0, GOOD)
    again = Table(points)
    again.book.restore(table.book.state())
    again.set("Q", 4.0, 120)
    assert again.step(120)["V"] == (130.0, GOOD)


def test_a_counter_rolls_over_and_goes_on_after_a_restart() -> None:
    points = [point("N", "counter({C}, 65536)", unit="pcs"), point("C", unit="pcs")]
    table = Table(points)
    for at_s, (count, wanted) in enumerate(
        [(65_000, 0), (65_500, 500), (100, 636), (50, 686), (150, 786)], start=1
    ):
        table.set("C", count, at_s)
        assert table.step(at_s)["N"] == (wanted, GOOD)
    table.set("C", math.nan, 9, BAD_NO_COMMUNICATION)
    assert table.step(9)["N"] == (786.0, UNCERTAIN_LAST_USABLE)
    again = Table(points)
    again.book.restore(table.book.state())
    again.set("C", 250, 10)
    assert again.step(10)["N"] == (886.0, GOOD)


def test_simulated_values_move_with_time_and_can_be_repeated() -> None:
    table = Table(
        [
            point("W", "sine(60[s], 1[m3/s], 3[m3/s])", driver="sim"),
            point("N", "noise(2[s], 0[m3/s], 1[m3/s])", driver="sim"),
        ]
    )
    shown = [table.step(at) for at in range(15, 76, 15)]
    assert [round(s["W"][0], 6) for s in shown] == [3.0, 2.0, 1.0, 2.0, 3.0]
    noise = {s["N"][0] for s in shown}
    assert len(noise) == 5
    assert all(0.0 <= v <= 1.0 for v in noise)
    assert value_of("noise(2[s], 0, 1)", 10.0) == value_of("noise(2[s], 0, 1)", 11.0)
    assert value_of("ramp(10[s], 0, 1)", 25.0)[0] == pytest.approx(0.5)
    assert [value_of("square(10[s], 0, 1)", t)[0] for t in (1.0, 6.0)] == [1.0, 0.0]
