"""Rule-based controls as EPANET carries them out: every kind of premise and action."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from epanet_run import run_epanet

from hydraulics import Run, simulate
from network_models import read_network

NETWORK = """
[JUNCTIONS]
 A 10 0
 B 5 4 day
 C 5 3 day
 D 0 2 day
 E 0 1 night
 F 0 1 day
[RESERVOIRS]
 R 12
 G 51.5
[TANKS]
 T 50 3 1 5 {diameter} 0
[PIPES]
 a A B 800 {wide} 110 0 Open
 b B T 300 {wide} 110 0 Open
 c B C 500 {wide} 110 0 Open
 d C T 900 {narrow} 110 0 Open
 e D E 300 {narrow} 110 0 Open
 g G B 900 {narrow} 110 0 Open
[PUMPS]
 P R A HEAD lift
 Q R A HEAD lift
[VALVES]
 V B D {narrow} PRV 30 0
 W C E {narrow} FCV 0.8 0
 X C F {narrow} TCV 50 0
[STATUS]
 Q Closed
[CURVES]
 lift {pumped} 60
[PATTERNS]
 day 0.6 1.4 1.9 0.5 1.0 0.4
 night 1 -0.5 1
[RULES]
{rules}
[TIMES]
 DURATION 24:00
 HYDRAULIC TIMESTEP 1:00
 PATTERN TIMESTEP 2:00
 REPORT TIMESTEP 0:30
 START CLOCKTIME {start}
 {times}
[OPTIONS]
 UNITS {units}
 HEADLOSS H-W
 UNBALANCED CONTINUE 10
 {options}
[END]
"""
METRIC = {
    "units": "LPS",
    "times": "",
    "options": "",
    "start": "7 AM",
    "diameter": "14",
    "wide": "250",
    "narrow": "150",
    "pumped": "14",
}
US = {
    "units": "GPM",
    "options": "DEMAND MULTIPLIER 15",
    "diameter": "45",
    "wide": "12",
    "narrow": "8",
    "pumped": "220",
}
STOP = "THEN PUMP P STATUS IS CLOSED"
HALF = "ELSE PUMP P SETTING IS 0.8"
RULES = {
    "level": f"RULE 1\nIF TANK T LEVEL ABOVE 3.2\n{STOP}\nRULE 2\nIF TANK T LEVEL BELOW 2.9\n"
    "THEN PUMP P STATUS IS OPEN",
    "level of a pipe": "RULE 1\nIF TANK T LEVEL >= 3.1\nTHEN PIPE d STATUS IS CLOSED\n"
    "ELSE PIPE d STATUS IS OPEN",
    "a pipe by a number": "RULE 1\nIF SYSTEM TIME > 3\nTHEN PIPE c SETTING IS 0\nRULE 2\n"
    "IF SYSTEM TIME > 9\nTHEN PIPE c SETTING IS 1",
    "head": f"RULE 1\nIF NODE T HEAD > 53.2\n{STOP}\n{HALF}",
    "grade": f"RULE 1\nIF TANK T GRADE < 53.2\nTHEN PUMP P SETTING = 1.1\n{HALF}",
    "pressure": f"RULE 1\nIF JUNCTION C PRESSURE > 48.2\n{STOP}\nELSE PUMP P STATUS IS OPEN",
    "demand": f"RULE 1\nIF JUNCTION B DEMAND >= 5\nTHEN PUMP P SETTING IS 1.1\n{HALF}",
    "demand of a tank": f"RULE 1\nIF TANK T DEMAND > 1\nTHEN PUMP P SETTING IS 0.9\n{HALF}",
    "system demand": f"RULE 1\nIF SYSTEM DEMAND > 10\nTHEN PUMP Q STATUS IS OPEN\n{HALF}",
    "flow": "RULE 1\nIF LINK a FLOW > 12\nTHEN VALVE X SETTING IS 500\nELSE VALVE X SETTING IS 5",
    "status": f"RULE 0\nIF SYSTEM TIME > 5\n{STOP}\nRULE 1\nIF PUMP P STATUS IS CLOSED\n"
    "THEN PUMP Q STATUS IS OPEN",
    "status not": "RULE 1\nIF PUMP Q STATUS NOT OPEN\nAND SYSTEM CLOCKTIME = 6 PM\n"
    "THEN PUMP Q STATUS IS OPEN",
    "status active": "RULE 1\nIF VALVE V STATUS IS ACTIVE\nTHEN VALVE V SETTING IS 20",
    "setting of a valve": "RULE 1\nIF VALVE V SETTING = 30\nAND SYSTEM TIME >= 4\n"
    "THEN VALVE V SETTING IS 15\nAND VALVE W SETTING IS 0.3",
    "setting of a pump": "RULE 1\nIF PUMP P SETTING <> 1\nTHEN PUMP Q SETTING IS 0.9\n"
    "RULE 2\nIF SYSTEM TIME > 7\nTHEN PUMP P SETTING IS 0.95",
    "setting none": "RULE 0\nIF SYSTEM TIME > 3\nTHEN VALVE V STATUS IS OPEN\n"
    f"RULE 1\nIF VALVE V SETTING < 100\n{STOP}\nELSE PUMP Q STATUS IS OPEN",
    "valve closed and back": "RULE 1\nIF SYSTEM CLOCKTIME >= 8 AM\nAND SYSTEM CLOCKTIME < 3 PM\n"
    "THEN VALVE W SETTING IS 9\nAND VALVE V STATUS IS CLOSED\n"
    "ELSE VALVE W SETTING IS 0.5\nAND VALVE V SETTING IS 25",
    "fill time": f"RULE 1\nIF TANK T FILLTIME < 30\n{STOP}\nELSE PUMP P STATUS IS OPEN",
    "drain time": "RULE 1\nIF TANK T DRAINTIME <= 30\nTHEN PUMP Q STATUS IS OPEN\n"
    "ELSE PUMP Q STATUS IS CLOSED\nRULE 2\nIF SYSTEM TIME > 2\nTHEN PUMP P STATUS IS CLOSED",
    "time": f"RULE 1\nIF SYSTEM TIME = 5:17\n{STOP}\nRULE 2\nIF SYSTEM TIME = 9.5\n"
    "THEN PUMP P STATUS IS OPEN",
    "time not": f"RULE 1\nIF SYSTEM TIME <> 4\n{STOP}\nELSE PUMP P STATUS IS OPEN",
    "time less": "RULE 1\nIF SYSTEM TIME < 4\nTHEN PUMP P SETTING IS 1.1\n" + HALF,
    "time at most": "RULE 1\nIF SYSTEM TIME <= 4\nTHEN PUMP P SETTING IS 1.1\n" + HALF,
    "midnight": f"RULE 1\nIF SYSTEM CLOCKTIME = 12 AM\n{STOP}",
    "or": f"RULE 1\nIF SYSTEM TIME < 3\nOR TANK T LEVEL < 2.8\nAND SYSTEM CLOCKTIME < 11 PM\n"
    f"OR SYSTEM TIME > 16\nTHEN PUMP P SETTING IS 1.1\n{HALF}",
    "and": f"RULE 1\nIF SYSTEM TIME > 3\nAND TANK T LEVEL > 2\nAND PUMP P STATUS IS OPEN\n{STOP}",
    "priority": f"RULE 1\nIF SYSTEM TIME > 2\n{STOP}\nPRIORITY 1\nRULE 2\nIF SYSTEM TIME > 6\n"
    "THEN PUMP P STATUS IS OPEN\nPRIORITY 3\nRULE 3\nIF SYSTEM TIME > 12\n"
    "THEN PUMP P SETTING IS 0.9\nPRIORITY 2\nRULE 4\nIF SYSTEM TIME > 12\n"
    "THEN PUMP Q STATUS IS OPEN",
    "the first of equals": f"RULE 1\nIF SYSTEM TIME > 2\n{STOP}\nRULE 2\nIF SYSTEM TIME > 2\n"
    "THEN PUMP P SETTING IS 0.9",
    "disabled": f"RULE 1\nIF SYSTEM TIME > 2\n{STOP}\nDISABLED\nRULE 2\nIF SYSTEM TIME > 5\n"
    "THEN PUMP Q STATUS IS OPEN",
}


def run_both(tmp_path: Path, rules: str, **words: str) -> tuple[Run, float, float]:
    """Our run and the largest differences of head and flow from EPANET's."""
    given = METRIC | words
    path = tmp_path / "rules.inp"
    path.write_text(NETWORK.format(rules=rules, **given))
    net = read_network(path, epanet_constants=True)
    run = simulate(net, accuracy=1e-6)
    peer = run_epanet(net, path, tmp_path, run.times_s)
    assert np.isfinite(peer.head_m).all()
    assert np.isfinite(run.head_m).mean() > 0.8
    return (
        run,
        float(np.nanmax(np.abs(run.head_m - peer.head_m))),
        float(np.abs(run.flow_m3s - peer.flow_m3s).max()),
    )


@pytest.mark.parametrize("name", RULES)
def test_rules_act_as_in_epanet(name: str, tmp_path: Path) -> None:
    run, head, flow = run_both(tmp_path, RULES[name])
    assert head < 1e-3
    assert flow < 2e-6
    bare, _, _ = run_both(tmp_path, "")
    assert np.nanmax(np.abs(run.head_m - bare.head_m)) > 0.01, "no rule acted"


@pytest.mark.parametrize(
    "times", ["RULE TIMESTEP 0:07", "RULE TIMESTEP 2:00", "RULE TIMESTEP 0:01"]
)
def test_the_rule_step_is_the_files(times: str, tmp_path: Path) -> None:
    _, head, flow = run_both(tmp_path, RULES["level"], times=times)
    assert head < 1e-3
    assert flow < 2e-6


@pytest.mark.parametrize(
    "rule",
    [
        f"IF TANK T LEVEL ABOVE 3.2\n{STOP}\n{HALF}",
        f"IF JUNCTION C PRESSURE > 21\n{STOP}\n{HALF}",
        "IF LINK a FLOW > 190\nTHEN VALVE X SETTING IS 500\nELSE VALVE X SETTING IS 5",
        f"IF SYSTEM DEMAND > 160\nTHEN PUMP Q STATUS IS OPEN\n{HALF}",
        "IF VALVE W SETTING < 1\nTHEN VALVE V SETTING IS 15\nAND VALVE W SETTING IS 7",
    ],
)
def test_rules_compare_in_the_units_of_the_file(rule: str, tmp_path: Path) -> None:
    run, head, flow = run_both(tmp_path, f"RULE 1\n{rule}", **US)
    assert head < 1e-3
    assert flow < 2e-6
    bare, _, _ = run_both(tmp_path, "", **US)
    assert np.nanmax(np.abs(run.head_m - bare.head_m)) > 0.01, "no rule acted"
