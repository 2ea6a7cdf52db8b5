"""The boundary vectors of the requirements, each through `ringmain rules eval`."""

import pytest

from tests.hmi.command import Command

GOOD, BAD = 0, 1
# rule, inputs, exit code, verdict, result (None: not looked at)
VECTORS: list[tuple[str, str, int, str, object]] = [
    ("WATER-PRESSURE-END-MIN", "value=0.140MPa", GOOD, "pass", None),
    ("WATER-PRESSURE-END-MIN", "value=0.1399MPa", BAD, "violation", None),
    ("WATER-PRESSURE-COMMUNITY-1000", "value=1000", GOOD, "required", None),
    ("WATER-PRESSURE-COMMUNITY-1000", "value=999", GOOD, "not-applicable", None),
    ("WATER-TESTPOINT-DENSITY", "value=5km2", GOOD, "computed", 2),
    ("WATER-TESTPOINT-DENSITY", "value=10km2", GOOD, "computed", 2),
    ("WATER-TESTPOINT-DENSITY", "value=10.1km2", GOOD, "computed", 2),
    ("WATER-TESTPOINT-DENSITY", "value=25km2", GOOD, "computed", 3),
    ("WATER-TESTPOINT-DENSITY", "value=100km2", GOOD, "computed", 10),
    ("WATER-UNITLEAK-MAX", "value=2.999", GOOD, "pass", None),
    ("WATER-UNITLEAK-MAX", "value=3.0", BAD, "violation", None),
    ("WATER-REPAIR-RATE-97", "value=97.0%", BAD, "violation", None),
    ("WATER-REPAIR-RATE-98", "value=97.0%", BAD, "violation", None),
    ("WATER-REPAIR-RATE-97", "value=97.5%", GOOD, "pass", None),
    ("WATER-REPAIR-RATE-98", "value=97.5%", BAD, "violation", None),
    ("WATER-REPAIR-RATE-97", "value=98.0%", GOOD, "pass", None),
    ("WATER-REPAIR-RATE-98", "value=98.0%", GOOD, "pass", None),
    ("WATER-OUTAGE-NOTICE-LARGE", "value=48h0min", GOOD, "pass", None),
    ("WATER-OUTAGE-NOTICE-LARGE", "value=47h59min", BAD, "blocked", None),
    ("WATER-OUTAGE-APPROVAL-12H", "value=12h", GOOD, "not-applicable", None),
    ("WATER-OUTAGE-APPROVAL-12H", "value=12h1min", GOOD, "required", "approval"),
    ("WATER-TRUCK-24H", "value=24h", GOOD, "not-applicable", None),
    ("WATER-TRUCK-24H", "value=24h1min", GOOD, "required", "delivery-plan"),
    ("WATER-METER-Q", "value=100m3 error_percent=10", GOOD, "computed", -9.0909),
    ("WATER-METER-Q", "value=100m3 error_percent=-10", GOOD, "computed", 11.1111),
    ("GAS-PRESSURE-NG", "value=1500Pa", GOOD, "pass", None),
    ("GAS-PRESSURE-NG", "value=3000Pa", GOOD, "pass", None),
    ("GAS-PRESSURE-NG", "value=1499Pa", BAD, "violation", None),
    ("GAS-PRESSURE-NG", "value=3001Pa", BAD, "violation", None),
    ("GAS-PRESSURE-LPG", "value=2300Pa", GOOD, "pass", None),
    ("GAS-PRESSURE-LPG", "value=3300Pa", GOOD, "pass", None),
    ("GAS-PRESSURE-LPG", "value=2299Pa", BAD, "violation", None),
    ("GAS-PRESSURE-LPG", "value=3301Pa", BAD, "violation", None),
    ("GAS-LEAK-ARRIVE-30MIN", "value=30min", GOOD, "pass", None),
    ("GAS-LEAK-ARRIVE-30MIN", "value=30min1s", BAD, "violation", None),
    ("HEAT-REFUND", "value=15.9degC", GOOD, "computed", 50),
    ("HEAT-REFUND", "value=12.0degC", GOOD, "computed", 50),
    ("HEAT-REFUND", "value=11.9degC", GOOD, "computed", 100),
    ("HEAT-SEASON", "value=2025-11-14T23:59", GOOD, "computed", "trial"),
    ("HEAT-SEASON", "value=2025-11-15T00:00", GOOD, "computed", "in"),
    ("HEAT-SEASON", "value=2026-03-14T23:59", GOOD, "computed", "in"),
    ("HEAT-SEASON", "value=2026-03-15T00:00", GOOD, "computed", "out"),
    ("HEAT-SEASON", "value=2025", GOOD, "computed", 120),
    ("HEAT-SEASON", "value=2027", GOOD, "computed", 121),
    ("HEAT-ACCIDENT-RATE", "value=15000000 total=28800000000", GOOD, "computed", 0.05208),
    ("HOT-EXTENSION", "value=3", BAD, "blocked", None),
    ("HOT-EXTENSION", "value=2", GOOD, "pass", None),
    ("HOT-RATE-TIMELY", "value=94.0%", GOOD, "pass", None),
    ("FAC-RESERVE-30", "value=30% --profile facility-std", GOOD, "pass", None),
    ("FAC-RESERVE-30", "value=29.9% --profile facility-std", BAD, "violation", None),
]


@pytest.mark.parametrize(
    ("rule", "inputs", "code", "verdict", "result"),
    VECTORS,
    ids=[f"{rule}({inputs})" for rule, inputs, *_ in VECTORS],
)
def test_boundary_vector(
    ringmain: Command, rule: str, inputs: str, code: int, verdict: str, result: object
) -> None:
    answer = ringmain.json("rules", "eval", rule, *inputs.split(), code=code)
    assert answer["verdict"] == verdict
    if isinstance(result, int | float):
        assert answer["result"] == pytest.approx(result, rel=1e-3)
    elif result is not None:
        assert answer["result"] == result


def test_a_profile_with_open_hours_needs_them(ringmain: Command) -> None:
    words = ("rules", "eval", "HEATCO-ARRIVE-X", "value=2h", "--profile", "heat-company")
    assert {"arrive_h", "complaint_h"} == set(ringmain.problems(*words))
    given = ("--set", "arrive_h=1", "--set", "complaint_h=24")
    assert ringmain.json(*words, *given, code=1)["limit"] == 1.0


def test_layers_and_inheritance_are_asked_for(ringmain: Command) -> None:
    words = ("rules", "eval", "WATER-PRESSURE-END-MIN", "value=1kPa", "--profile", "shaoxing")
    assert ringmain.json(*words)["verdict"] == "no-rule"
    assert ringmain.json(*words, "--inherit", "jinan", code=1)["profile"] == "jinan"
    kpi = ("rules", "eval", "FAC-KPI-20MIN", "value=21min")
    assert ringmain.json(*kpi)["verdict"] == "no-rule"
    assert ringmain.json(*kpi, "--layer", "facility-std", code=1)["verdict"] == "violation"
