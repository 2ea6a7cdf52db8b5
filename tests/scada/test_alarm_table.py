"""alarms.csv: read in the point's unit, with every mistake at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from network_models.problems import InputError
from scada.alarm_table import read_alarms
from scada.point import Limits, Point
from scada.point_table import PointTable

POINTS = PointTable(
    [
        Point(id="P", utility="water", quantity="pressure", unit="MPa", limits=Limits(low=2e5)),
        Point(id="T", utility="heat", quantity="temperature", unit="degC"),
        Point(id="PUMP", utility="water", quantity="status", unit="on/off"),
    ]
)


def written(folder: Path, text: str) -> Path:
    file = folder / "alarms.csv"
    file.write_text(text, encoding="utf-8")
    return file


def test_settings_are_read_in_the_unit_of_the_point(tmp_path: Path) -> None:
    text = (
        "point,kind,limit,deadband,priority,latching,group,window_s,suppress_when,release_s,"
        "longest_shelf_h,cause_en,consequence_en,action_en,response_min\n"
        "P,low,0.14,0.01,urgent,yes,zone,,PUMP = 0 and T > 20,30,2,burst,no water,isolate,15\n"
        "P,fall,0.05,,,,,120,,,,,,,\n"
        "T,deviation,3,1,,,,,,,,,,,\n"
    )
    found = read_alarms(written(tmp_path, text), POINTS)
    low, fall, deviation = found["P.low"], found["P.fall"], found["T.deviation"]
    assert (low.limit, low.deadband, low.priority, low.latching) == (140e3, 10e3, "urgent", True)
    assert [(c.point, c.comparison, c.value) for c in low.suppress_when] == [
        ("PUMP", "=", 0.0),
        ("T", ">", 293.15),
    ]
    assert (low.release_s, low.longest_shelf_s, low.rationale.complete) == (30.0, 7200.0, True)
    assert (fall.limit, fall.window_s, fall.rationale.complete) == (5e4, 120.0, False)
    assert (deviation.limit, deviation.deadband) == (3.0, 1.0)  # differences, not temperatures


def test_every_mistake_is_named_with_its_line(tmp_path: Path) -> None:
    text = (
        "point,kind,limit,suppress_when,priority\n"
        "X,low,1,,\n"
        "P,sideways,1,,\n"
        "P,high,,,\n"
        "P,rise,0,,\n"
        "P,low,,PUMP is off,\n"
        "P,low_low,0.1,Q = 1 and PUMP = x,huge\n"
        "P,low,,,\n"
    )
    with pytest.raises(InputError) as refused:
        read_alarms(written(tmp_path, text), POINTS)
    found = {(p.line, p.field) for p in refused.value.problems}
    assert found == {
        (2, "point"),
        (3, "kind"),
        (4, "limit"),
        (5, "limit"),
        (6, "suppress_when"),
        (7, "priority"),
        (8, "kind"),
    }
