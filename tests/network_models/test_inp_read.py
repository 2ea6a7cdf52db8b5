"""What the words of an .inp file mean: units, defaults, and EPANET's habits."""

from __future__ import annotations

from pathlib import Path

import pytest

from network_models import Network, read_network
from network_models.elements import Demand, Junction, Pipe, Pump, Reservoir, Tank, Valve
from network_models.formats.inp.draft import seconds_of

FOOT = 0.3048
PSI_M = 0.45359237 / 0.00064516 / 1000.0
GPM = 3.785411784e-3 / 60.0

BASE = """[JUNCTIONS]
 J1 10
 J2 20 5
 J3 30
[RESERVOIRS]
 R1 100
[TANKS]
 T1 50 3 1 8 10 0
[PIPES]
 P1 R1 J1 100 300 0.1
 P2 J1 J2 100 300 0.1
 P3 J3 T1 100 300 0.1
[VALVES]
 V1 J2 J3 200 PRV 30
"""


def read(tmp_path: Path, text: str, encoding: str = "utf-8", **options: bool) -> Network:
    path = tmp_path / "net.INP"
    path.write_bytes((BASE + text).encode(encoding))
    return read_network(path, **options)


def junction(net: Network, name: str) -> Junction:
    node = net.nodes[name]
    assert isinstance(node, Junction)
    return node


def valve(net: Network, name: str) -> Valve:
    link = net.links[name]
    assert isinstance(link, Valve)
    return link


def pipe(net: Network, name: str) -> Pipe:
    link = net.links[name]
    assert isinstance(link, Pipe)
    return link


def test_without_options_units_are_american(tmp_path: Path) -> None:
    net = read(tmp_path, "")
    assert net.options.flow_unit == "GPM"
    assert junction(net, "J2").elevation_m == pytest.approx(20 * FOOT, rel=1e-15)
    assert junction(net, "J2").demands == (Demand(base_m3s=pytest.approx(5 * GPM, rel=1e-15)),)
    assert pipe(net, "P1").diameter_m == pytest.approx(300 * 0.0254, rel=1e-15)
    assert pipe(net, "P1").roughness == 0.1
    assert valve(net, "V1").setting == pytest.approx(30 * PSI_M, rel=1e-15)


@pytest.mark.parametrize(
    ("unit", "flow", "length"),
    [
        ("CFS", 0.028316846592, FOOT),
        ("GPM", GPM, FOOT),
        ("MGD", 3785.411784 / 86400, FOOT),
        ("IMGD", 4546.09 / 86400, FOOT),
        ("AFD", 1233.48183754752 / 86400, FOOT),
        ("LPS", 1e-3, 1.0),
        ("LPM", 1e-3 / 60, 1.0),
        ("MLD", 1000 / 86400, 1.0),
        ("CMH", 1 / 3600, 1.0),
        ("CMD", 1 / 86400, 1.0),
        ("CMS", 1.0, 1.0),
    ],
)
def test_flow_units(tmp_path: Path, unit: str, flow: float, length: float) -> None:
    net = read(tmp_path, f"[OPTIONS]\nUnits {unit.lower()}\n")
    assert net.options.flow_unit == unit
    assert junction(net, "J2").demands[0].base_m3s == pytest.approx(5 * flow, rel=1e-14)
    assert junction(net, "J2").elevation_m == pytest.approx(20 * length, rel=1e-14)


@pytest.mark.parametrize(
    ("options", "metres"),
    [
        ("UNITS LPS", 30.0),
        ("UNITS LPS\nPRESSURE KPA", 30e3 / 9806.65),
        ("UNITS LPS\nPRESSURE BAR", 30e5 / 9806.65),
        ("UNITS LPS\nPRESSURE PSI", 30 * PSI_M),
        ("UNITS GPM\nPRESSURE METERS", 30.0),
        ("UNITS GPM\nPRESSURE FEET", 30 * FOOT),
        ("UNITS GPM\nSPECIFIC GRAVITY 0.5", 60 * PSI_M),
        ("UNITS LPS\nSPECIFIC GRAVITY 0.5", 30.0),
    ],
)
def test_pressure_settings_become_metres_of_the_liquid(
    tmp_path: Path, options: str, metres: float
) -> None:
    net = read(tmp_path, f"[OPTIONS]\n{options}\n")
    assert valve(net, "V1").setting == pytest.approx(metres, rel=1e-14)


def test_epanet_constants_are_there_for_comparing(tmp_path: Path) -> None:
    net = read(tmp_path, "", epanet_constants=True)
    assert valve(net, "V1").setting == pytest.approx(30 / 0.4333 * FOOT, rel=1e-14)
    assert junction(net, "J2").demands[0].base_m3s == pytest.approx(5 * GPM, rel=1e-14)


def test_darcy_weisbach_roughness_is_a_length(tmp_path: Path) -> None:
    assert pipe(read(tmp_path, "[OPTIONS]\nHEADLOSS D-W\n"), "P1").roughness == pytest.approx(
        0.1e-3 * FOOT
    )
    metric = read(tmp_path, "[OPTIONS]\nHEADLOSS D-W\nUNITS LPS\n")
    assert pipe(metric, "P1").roughness == pytest.approx(0.1e-3)


def test_emitters_keep_flow_per_pressure_power(tmp_path: Path) -> None:
    text = "[EMITTERS]\n J1 2\n[OPTIONS]\nUNITS {}\nEMITTER EXPONENT 0.7\n"
    us = junction(read(tmp_path, text.format("GPM")), "J1").emitter_coefficient
    assert us * PSI_M**0.7 == pytest.approx(2 * GPM)  # 2 gpm at 1 psi
    si = junction(read(tmp_path, text.format("LPS")), "J1").emitter_coefficient
    assert si == pytest.approx(2e-3)


def test_demands_replace_that_of_the_junction_and_keep_categories(tmp_path: Path) -> None:
    net = read(
        tmp_path,
        "[DEMANDS]\n J2 1 ;households\n J2 2 P1 ;works\n J3 0\n"
        "[PATTERNS]\n P1 1 2\n P1 3\n[OPTIONS]\nUNITS CMS\n",
    )
    assert junction(net, "J2").demands == (
        Demand(base_m3s=1.0, category="households"),
        Demand(base_m3s=2.0, pattern="P1", category="works"),
    )
    assert junction(net, "J1").demands == ()
    assert junction(net, "J3").demands == (Demand(base_m3s=0.0),)
    assert net.patterns["P1"].multipliers == (1.0, 2.0, 3.0)


@pytest.mark.parametrize(
    ("text", "default"),
    [
        ("", None),
        ("[PATTERNS]\n 1 1 2\n", "1"),
        ("[PATTERNS]\n 1 1 2\n day 1\n[OPTIONS]\n PATTERN day\n", "day"),
        ("[PATTERNS]\n 1 1 2\n[OPTIONS]\n PATTERN none\n", None),
    ],
)
def test_the_default_pattern_is_1_if_there_is_one(
    tmp_path: Path, text: str, default: str | None
) -> None:
    assert read(tmp_path, text).options.default_pattern == default


def test_pumps_and_their_power_and_status(tmp_path: Path) -> None:
    net = read(
        tmp_path,
        "[PUMPS]\n U1 R1 J2 HEAD C1 SPEED 0.9 PATTERN S\n U2 R1 J2 POWER 10\n"
        " U3 R1 J2 head C1\n U4 R1 J2 HEAD C1 SPEED 0.8\n"
        "[STATUS]\n U1 CLOSED\n U3 1.2\n U4 OPEN\n V1 CLOSED\n P2 Closed\n"
        "[CURVES]\n;PUMP: big one\n C1 100 50\n[PATTERNS]\n S 1\n[OPTIONS]\nUNITS LPS\n",
    )
    first, second, third, fourth = (net.links[f"U{i}"] for i in range(1, 5))
    assert isinstance(first, Pump)
    assert (first.status, first.speed, first.speed_pattern) == ("closed", 0.9, "S")
    assert isinstance(second, Pump)
    assert second.power_w == 10_000.0
    assert isinstance(third, Pump)
    assert (third.status, third.speed) == ("open", 1.2)
    assert isinstance(fourth, Pump)
    assert fourth.speed == 1.0  # EPANET: declared open means rated speed
    assert valve(net, "V1").status == "closed"
    assert pipe(net, "P2").status == "closed"
    assert net.curves["C1"].kind == "pump"
    assert net.curves["C1"].points == ((0.1, 50.0),)
    assert net.curves["C1"].comment == "PUMP: big one"


def test_horsepower(tmp_path: Path) -> None:
    pump = read(tmp_path, "[PUMPS]\n U1 R1 J2 POWER 10\n").links["U1"]
    assert isinstance(pump, Pump)
    assert pump.power_w == pytest.approx(7456.998715822702)


def test_curves_take_their_unit_from_their_use(tmp_path: Path) -> None:
    net = read(
        tmp_path,
        "[TANKS]\n T2 50 3 1 8 10 0 C1 YES\n[PIPES]\n P9 T2 J1 10 100 100\n"
        "[VALVES]\n G1 J1 J3 200 GPV C2\n Q1 J1 J3 200 PCV 40 0.5 C3\n"
        "[CURVES]\n C1 0 0 HEADLOSS\n C1 10 100\n C2 0 0\n C2 10 5\n C3 0 0\n C3 100 100\n"
        " C4 1 2\n[OPTIONS]\nUNITS GPM\n",
    )
    assert [net.curves[c].kind for c in ("C1", "C2", "C3", "C4")] == [
        "volume",
        "headloss",
        "valve",
        "generic",
    ]
    assert net.curves["C1"].points[1] == (
        pytest.approx(10 * FOOT),
        pytest.approx(100 * FOOT**3),
    )
    assert net.curves["C2"].points[1] == (pytest.approx(10 * GPM), pytest.approx(5 * FOOT))
    assert valve(net, "Q1").setting == 40.0
    assert (valve(net, "Q1").curve, valve(net, "G1").curve) == ("C3", "C2")
    tank = net.nodes["T2"]
    assert isinstance(tank, Tank)
    assert tank.overflow


def test_controls(tmp_path: Path) -> None:
    net = read(
        tmp_path,
        "[CONTROLS]\n LINK P2 CLOSED IF NODE T1 ABOVE 7\n LINK V1 20 IF NODE J3 BELOW 15\n"
        " LINK P2 OPEN AT TIME 1:30\n LINK P2 0 AT CLOCKTIME 6 PM DISABLED\n"
        " LINK P2 1 AT TIME 90 MIN\n",
    )
    level, pressure, time, clock, minutes = net.controls
    assert (level.trigger, level.node, level.status) == ("above", "T1", "closed")
    assert level.threshold_m == pytest.approx(7 * FOOT)
    assert pressure.threshold_m == pytest.approx(15 * PSI_M)
    assert pressure.setting == pytest.approx(20 * PSI_M)
    assert (time.trigger, time.time_s) == ("time", 5400.0)
    assert (clock.time_s, clock.status, clock.enabled) == (64800.0, "closed", False)
    assert (minutes.time_s, minutes.status) == (5400.0, "open")


def test_rules(tmp_path: Path) -> None:
    net = read(
        tmp_path,
        "[RULES]\nRULE night\nIF SYSTEM CLOCKTIME >= 10 PM\nAND TANK T1 LEVEL BELOW 7\n"
        "OR JUNCTION J1 PRESSURE > 40\nAND VALVE V1 SETTING <> 20\nAND PIPE P2 STATUS IS OPEN\n"
        "OR TANK T1 FILLTIME < 2\nTHEN VALVE V1 SETTING IS 25\nAND PIPE P2 STATUS = CLOSED\n"
        "ELSE PIPE P2 SETTING IS 1\nPRIORITY 3\n\nRULE off\nIF SYSTEM DEMAND > 10\n"
        "THEN LINK V1 STATUS IS ACTIVE\nDISABLED\n",
    )
    night, off = net.rules
    assert [(p.conjunction, p.object, p.attribute, p.relation) for p in night.premises] == [
        ("IF", "system", "clocktime", ">="),
        ("AND", "node", "level", "<"),
        ("OR", "node", "pressure", ">"),
        ("AND", "link", "setting", "<>"),
        ("AND", "link", "status", "="),
        ("OR", "node", "filltime", "<"),
    ]
    assert [p.value for p in night.premises] == [
        79200.0,
        pytest.approx(7 * FOOT),
        pytest.approx(40 * PSI_M),
        pytest.approx(20 * PSI_M),
        "open",
        7200.0,
    ]
    assert [(a.link, a.attribute, a.value) for a in night.then] == [
        ("V1", "setting", pytest.approx(25 * PSI_M)),
        ("P2", "status", "closed"),
    ]
    assert [(a.attribute, a.value) for a in night.otherwise] == [("status", "open")]
    assert (night.priority, night.enabled, off.enabled) == (3.0, True, False)
    assert off.premises[0].value == pytest.approx(10 * GPM)


def test_pressure_driven_options(tmp_path: Path) -> None:
    options = read(
        tmp_path,
        "[OPTIONS]\nUNITS LPS\nDEMAND MODEL PDA\nMINIMUM PRESSURE 5\nREQUIRED PRESSURE 20\n"
        "PRESSURE EXPONENT 0.6\nDEMAND MULTIPLIER 1.1\nBACKFLOW ALLOWED NO\n"
        "VISCOSITY 1.1\nACCURACY 0.5\nUNBALANCED CONTINUE 10\nHTOL 0.001\n",
    ).options
    assert (options.demand_model, options.minimum_pressure_m) == ("PDA", 5.0)
    assert (options.required_pressure_m, options.pressure_exponent) == (20.0, 0.6)
    assert (options.demand_multiplier, options.emitter_backflow) == (1.1, False)
    assert (options.viscosity_relative, options.accuracy) == (1.1, 0.1)
    assert options.unbalanced_continue == 10
    assert options.other == (("HTOL", "0.001"),)


def test_a_physical_viscosity_becomes_a_multiple(tmp_path: Path) -> None:
    options = read(tmp_path, "[OPTIONS]\nUNITS LPS\nVISCOSITY 1.02e-6\n").options
    assert options.viscosity_relative == pytest.approx(1.02e-6 / (1.1e-5 * FOOT**2))


def test_times_fit_together_as_in_epanet(tmp_path: Path) -> None:
    times = read(
        tmp_path,
        "[TIMES]\nDURATION 2 DAYS\nHYDRAULIC TIMESTEP 2:00\nPATTERN TIMESTEP 1:00\n"
        "REPORT TIMESTEP 0:30\nREPORT START 72\nSTART CLOCKTIME 12:30 AM\nSTATISTIC MAXIMUM\n",
    ).times
    assert (times.duration_s, times.hydraulic_step_s, times.pattern_step_s) == (172800, 1800, 3600)
    assert (times.report_start_s, times.quality_step_s, times.rule_step_s) == (0, 180, 180)
    assert (times.start_clocktime_s, times.statistic) == (1800, "MAXIMUM")


@pytest.mark.parametrize(
    ("word", "unit", "seconds"),
    [
        ("1.5", "", 5400.0),
        ("1:30", "", 5400.0),
        ("1:30:15", "", 5415.0),
        ("90", "min", 5400.0),
        ("2", "DAYS", 172800.0),
        ("12", "AM", 0.0),
        ("12:15", "PM", 44100.0),
        ("1", "pm", 46800.0),
        ("13", "PM", None),
        ("1:2:3:4", "", None),
        ("-1", "", None),
        ("1:xx", "", None),
        ("5", "WEEKS", None),
    ],
)
def test_clock_words(word: str, unit: str, seconds: float | None) -> None:
    assert seconds_of(word, unit) == seconds


def test_ranges_of_ids(tmp_path: Path) -> None:
    net = read(
        tmp_path,
        "[JUNCTIONS]\n 5 1\n 12 1\n 100 1\n[PIPES]\n 7 5 J1 1 1 1\n 8 12 J1 1 1 1\n"
        " 80 100 J1 1 1 1\n[QUALITY]\n 5 12 0.5\n J1 J2 0.7\n[STATUS]\n 7 8 CLOSED\n"
        "[REACTIONS]\n BULK 7 8 -0.5\n",
    )
    quality = {name: node.initial_quality for name, node in net.nodes.items()}
    assert quality == {
        "J1": 0.7, "J2": 0.7, "J3": 0.0, "5": 0.5, "12": 0.5, "100": 0.0, "R1": 0.0, "T1": 0.0,
    }  # fmt: skip
    assert [pipe(net, n).status for n in ("7", "8", "80")] == ["closed", "closed", "open"]
    assert [pipe(net, n).bulk_coefficient for n in ("7", "8", "80")] == [-0.5, -0.5, None]


def test_quoted_ids_comments_and_the_end(tmp_path: Path) -> None:
    net = read(
        tmp_path,
        '[JUNC]\n "north gate" 12 ; by the wall \n[PIPE]\n "pipe 1" "north gate" J1 10 10 10\n'
        '[TAGS]\n NODE "north gate" "two words"\n[LABELS]\n 1 2 "a text" J1\n 1 2 two words here\n'
        "[END]\n[JUNCTIONS]\n J1 99\n",
    )
    node = junction(net, "north gate")
    assert (node.comment, node.tag) == ("by the wall", "two words")
    assert net.links["pipe 1"].start == "north gate"
    assert [(label.text, label.anchor) for label in net.labels] == [
        ("a text", "J1"),
        ("two words here", ""),
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_chinese_ids(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "net.inp"
    text = "[TITLE]\n城东管网\n" + BASE + "[JUNCTIONS]\n 泉城广场 12 ;趵突泉\n"
    text += "[PIPES]\n 管1 泉城广场 J1 10 10 10\n"
    path.write_bytes(text.encode(encoding))
    net = read_network(path)
    assert net.title == "城东管网"
    assert junction(net, "泉城广场").comment == "趵突泉"


def test_a_reservoir_has_a_head_pattern(tmp_path: Path) -> None:
    net = read(tmp_path, "[RESERVOIRS]\n R2 5 day\n[PIPES]\n X R2 J1 1 1 1\n[PATTERNS]\n day 1 2\n")
    node = net.nodes["R2"]
    assert isinstance(node, Reservoir)
    assert node.pattern == "day"


def test_leakage_is_per_metre(tmp_path: Path) -> None:
    net = read(tmp_path, "[LEAKAGE]\n P1 3.048 30.48\n")
    assert pipe(net, "P1").leak_area_mm2_per_100m == pytest.approx(10.0)
    assert pipe(net, "P1").leak_expansion_mm2_per_m == pytest.approx(100.0)


def test_check_valves_with_and_without_a_minor_loss(tmp_path: Path) -> None:
    net = read(tmp_path, "[PIPES]\n CV1 J1 J2 10 100 100 0 CV\n CV2 J1 J2 10 100 100 cv\n")
    assert pipe(net, "CV1").check_valve
    assert pipe(net, "CV2").check_valve
