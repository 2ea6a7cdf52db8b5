"""The pressure at the ends of a heat network beside what the stations' users need."""

from __future__ import annotations

from datetime import date

import numpy as np

from dispatch.heat_ends import judge_ends
from dispatch.rulebook import RuleBook
from network_models import Network
from network_models.elements import HeatJunction, Substation

RULES = RuleBook.load().on(date(2026, 12, 1), "jinan")
TIMES = np.array([0.0, 3600.0, 7200.0])


def network(*needs: float | None, closed: bool = False) -> Network:
    links = {
        f"X{i}": Substation(
            id=f"X{i}", start="S", end="R", heat_w=1e5, available_head_pa=need,
            status="closed" if closed else "open",
        )
        for i, need in enumerate(needs)
    }  # fmt: skip
    nodes = {n: HeatJunction(id=n, side=side) for n, side in (("S", "supply"), ("R", "return"))}
    return Network(medium="heat", nodes=nodes, links=links)


def test_a_station_short_of_pressure_is_a_violation_and_stands_first() -> None:
    available = np.array([[80e3, 60e3], [70e3, 49e3], [75e3, 55e3]])
    found = judge_ends(network(50e3, 50e3), RULES, TIMES, available)
    assert found.violated and found.rule == "HEAT-END-DP"
    first, second = found.findings
    assert (first.station, first.lowest_pa, first.lowest_time_s) == ("X1", 49e3, 3600.0)
    assert second.finding.verdict == "pass"


def test_exactly_what_is_needed_passes() -> None:
    found = judge_ends(network(50e3), RULES, TIMES, np.full((3, 1), 49999.6))
    assert found.verdict == "pass"


def test_no_pressure_at_an_open_station_is_none() -> None:
    available = np.array([[80e3], [np.nan], [80e3]])
    found = judge_ends(network(50e3), RULES, TIMES, available)
    assert found.verdict == "violation" and found.findings[0].lowest_pa == 0.0


def test_nobody_stated_a_need_or_all_are_shut() -> None:
    found = judge_ends(network(None, None), RULES, TIMES, np.zeros((3, 2)))
    assert (found.verdict, found.unknown, found.findings) == ("no-rule", 2, ())
    found = judge_ends(network(50e3, closed=True), RULES, TIMES, np.zeros((3, 1)))
    assert (found.verdict, found.unknown) == ("no-rule", 0)


def test_a_profile_without_the_rule_judges_nothing() -> None:
    other = RuleBook.load().on(date(2026, 12, 1), "shaoxing")
    found = judge_ends(network(50e3), other, TIMES, np.zeros((3, 1)))
    assert found.verdict == "no-rule" and not found.violated
