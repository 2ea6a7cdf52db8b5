"""`ringmain alarms` on a site folder with a real journal."""

from __future__ import annotations

from pathlib import Path

from hmi.records import SqlAlarmJournal, engine, migrate
from tests.hmi.command import Command
from tests.hmi.test_audit import site_folder

S = 10**9
HEADER = "point,kind,limit,cause_en,consequence_en,action_en,response_min,priority\n"


def site(tmp_path: Path) -> Path:
    folder = site_folder(tmp_path)
    points = "id,utility,quantity,unit,low\nP,water,pressure,MPa,0.14\nQ,water,pressure,MPa,0.14\n"
    (folder / "points.csv").write_text(points, encoding="utf-8")
    alarms = HEADER + "P,low,,burst,no water,isolate,15,urgent\nQ,fall,0.05,,,,,\n"
    (folder / "alarms.csv").write_text(alarms, encoding="utf-8")
    for name, header in {
        "valves": "id,link,side,dn_mm,operable,remote,turns,x,y",
        "customers": "id,element,households,people,class,community,name_zh,name_en,x,y",
        "roads": "id,start,end,x1,y1,x2,y2,length_m,speed_kmh,oneway",
        "fleet": "id,depot,capacity_m3,shift_h,discharge_m3h,setup_min,available",
        "fill_points": "id,name_zh,name_en,x,y,element,flow_m3h",
        "depots": "id,name_zh,name_en,x,y",
    }.items():
        (folder / f"{name}.csv").write_text(header + "\n", encoding="utf-8")
    return folder


def test_every_alarm_is_listed_with_its_reason(tmp_path: Path, ringmain: Command) -> None:
    listed = ringmain.json("alarms", "list", site(tmp_path))
    rows = {row["id"]: row for row in listed["alarms"]}
    assert set(rows) == {"P.low", "Q.low", "Q.fall"}
    assert listed["rationalised"] == 1
    assert rows["P.low"]["setting"]["response_min"] == 15
    assert (rows["P.low"]["priority"], rows["Q.low"]["priority"]) == ("urgent", "medium")
    assert listed["shares"]["urgent"] == 1 / 3


def test_a_fault_of_the_alarm_table_is_a_fault_of_the_site(
    tmp_path: Path, ringmain: Command
) -> None:
    folder = site(tmp_path)
    (folder / "alarms.csv").write_text(HEADER + "X,low,1,,,,,\n", encoding="utf-8")
    code, _, err = ringmain("check", folder)
    assert code == 2
    assert "alarms.csv" in err


def test_the_figures_come_from_the_journal(tmp_path: Path, ringmain: Command) -> None:
    folder = site(tmp_path)
    records = engine(folder / "data" / "records.db")
    migrate(records)
    base = {"id": "P.low", "source": "P", "kind": "low", "priority": "high"}
    rows = []
    for n in range(400):
        t = n * 200 * S
        rows.append({**base, "event": "raised", "state": "unacknowledged", "time_ns": t})
        rows.append({**base, "event": "returned", "state": "returned", "time_ns": t + 90 * S})
    SqlAlarmJournal(records).append(rows)
    span = ("--from", "1970-01-01T00:00:00Z", "--to", "1970-01-02T00:00:00Z")
    figures = ringmain.json("alarms", "report", folder, *span, code=1)
    assert figures["alarms"] == 400
    assert figures["verdicts"]["per_day"] == "over"
    assert figures["verdicts"]["chattering"] == "acceptable"
    assert figures["top_10"] == [{"id": "P.low", "alarms": 400}]
    code, out, _ = ringmain("alarms", "report", folder, *span)
    assert (code, "400 alarms" in out) == (1, True)
    assert "--from" in ringmain.problems("alarms", "report", folder, "--from", "soon")
