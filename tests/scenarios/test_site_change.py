"""Changing a running site: tried whole, told as a difference, applied and undone in a step."""

from __future__ import annotations

from pathlib import Path

import pytest

from network_models.problems import InputError
from scenarios.init_site import init_site
from scenarios.site import load_site
from scenarios.site_change import difference, is_empty, try_change, utilities_of
from scenarios.site_versions import SiteVersions, VersionError

HEAD = "id,utility,quantity,unit,driver,address,type,high,priority\n"
POINTS = HEAD + "A,water,level,m,rtu,hr:0,uint16,4,high\nB,gas,pressure,kPa,rtu,hr:1,uint16,,\n"
DRIVER = '\n[[drivers]]\nname = "rtu"\nkind = "modbus_tcp"\nport = 15020\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    site = tmp_path / "site"
    init_site(site, example="empty")
    toml = site / "site.toml"
    toml.write_text(toml.read_text("utf-8") + DRIVER, "utf-8")
    (site / "points.csv").write_text(POINTS)
    return site


def contents(folder: Path) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in sorted(folder.iterdir()) if p.is_file()}


def test_a_change_is_told_cell_by_cell(folder: Path) -> None:
    before = load_site(folder)
    text = HEAD + "A,water,level,m,rtu,hr:0,uint16,5,high\nC,heat,level,m,rtu,hr:7,uint16,,\n"
    toml = (folder / "site.toml").read_bytes().replace(b"15020", b"15021")
    after = try_change(folder, {"points.csv": text.encode(), "site.toml": toml})
    told = difference(before, after)
    assert told["points"]["added"] == ["C"]
    assert told["points"]["removed"] == ["B"]
    assert told["points"]["changed"] == {"A": {"high": {"from": "4", "to": "5"}}}
    assert told["drivers"]["changed"] == {"rtu": {"port": {"from": 15020, "to": 15021}}}
    assert not is_empty(told)
    assert load_site(folder).points == before.points


def test_a_change_of_points_touches_their_utilities_and_one_of_links_all(folder: Path) -> None:
    before = load_site(folder)
    one = try_change(folder, {"points.csv": POINTS.replace("kPa", "Pa").encode()})
    assert utilities_of(before, one, difference(before, one)) == {"gas"}
    toml = (folder / "site.toml").read_bytes().replace(b"15020", b"15021")
    links = try_change(folder, {"site.toml": toml})
    assert utilities_of(before, links, difference(before, links)) == {"water", "gas", "heat"}
    same = try_change(folder, {"points.csv": POINTS.encode()})
    assert is_empty(difference(before, same))


def test_every_problem_is_told_at_once_and_nothing_is_touched(folder: Path) -> None:
    before = contents(folder)
    bad = HEAD + "A,water,level,bar,rtu,hr:0,uint16,x,high\nA,water,level,m,plc,hr:70000,u,,\n"
    with pytest.raises(InputError) as caught:
        try_change(folder, {"points.csv": bad.encode()})
    found = {(p.file, p.line, p.field) for p in caught.value.problems}
    assert {
        ("points.csv", 2, "unit"),
        ("points.csv", 2, "high"),
        ("points.csv", 3, "id"),
        ("points.csv", 3, "driver"),
        ("points.csv", 3, "type"),
    } <= found
    assert contents(folder) == before


def test_what_needs_a_restart_is_refused(folder: Path) -> None:
    toml = (folder / "site.toml").read_text("utf-8").replace("[storage]", "[storage]\nfolder='x'")
    with pytest.raises(InputError):
        try_change(folder, {"site.toml": toml.encode()})
    rules = (folder / "site.toml").read_text("utf-8") + '\n[commands]\ntwo_person = ["A"]\n'
    with pytest.raises(InputError, match="a restart of the room"):
        try_change(folder, {"site.toml": rules.encode()})
    with pytest.raises(InputError, match=r"one of points\.csv"):
        try_change(folder, {"../valves.csv": b"x"})


def test_a_password_shows_only_that_it_changed(folder: Path) -> None:
    link = '\n[[drivers]]\nname = "plc"\nkind = "opcua"\nurl = "opc.tcp://h:1"\npassword = "{}"\n'
    toml = (folder / "site.toml").read_text("utf-8")
    (folder / "site.toml").write_text(toml + link.format("old-secret"), "utf-8")
    before = load_site(folder)
    after = try_change(folder, {"site.toml": (toml + link.format("new-secret")).encode()})
    told = difference(before, after)
    assert told["drivers"]["changed"]["plc"] == {"password": {"from": "***", "to": "***"}}


def test_versions_go_forward_and_back_in_one_step(folder: Path) -> None:
    versions = SiteVersions(folder)
    first = contents(folder)
    assert versions.current == 0
    changed = POINTS.replace(",4,", ",3,").encode()
    number = versions.apply({"points.csv": changed}, based_on=0, user="li", comment="lower")
    assert (number, versions.current) == (2, 2)
    assert (folder / "points.csv").read_bytes() == changed
    with pytest.raises(VersionError, match="at version 2, not 0"):
        versions.apply({"points.csv": b"x"}, based_on=0, user="wu", comment="")
    assert versions.undo(user="wu") == 3
    assert contents(folder) == first
    assert versions.undo(user="wu") == 4
    assert (folder / "points.csv").read_bytes() == changed
    told = [(v.number, v.user, v.comment) for v in versions.all()]
    assert told[0] == (4, "wu", "back to version 2")
    assert told[-2:] == [(2, "li", "lower"), (1, "li", "as found in the site folder")]


def test_an_edit_by_hand_is_kept_as_a_version_of_its_own(folder: Path) -> None:
    versions = SiteVersions(folder)
    versions.apply({"points.csv": POINTS.encode() + b"\n"}, based_on=0, user="li", comment="")
    by_hand = POINTS.replace("hr:1", "hr:9").encode()
    (folder / "points.csv").write_bytes(by_hand)
    versions.apply({"points.csv": HEAD.encode()}, based_on=2, user="li", comment="")
    versions.undo(user="li")
    assert (folder / "points.csv").read_bytes() == by_hand


def test_a_change_that_was_interrupted_is_completed(folder: Path, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    versions = SiteVersions(folder)
    monkeypatch.setattr(SiteVersions, "finish", lambda _self: None)  # killed right there
    toml = (folder / "site.toml").read_bytes() + b"# new\n"
    versions.apply(
        {"points.csv": HEAD.encode(), "site.toml": toml}, based_on=0, user="li", comment=""
    )
    assert versions.current == 0
    assert (folder / "points.csv").read_text() == POINTS
    monkeypatch.undo()
    SiteVersions(folder).finish()
    assert versions.current == 2
    assert (folder / "points.csv").read_bytes() == HEAD.encode()
    assert (folder / "site.toml").read_bytes() == toml


def test_a_file_that_was_not_there_goes_again_by_undo(folder: Path) -> None:
    (folder / "alarms.csv").unlink(missing_ok=True)
    versions = SiteVersions(folder)
    versions.apply({"alarms.csv": b"alarm\n"}, based_on=0, user="li", comment="")
    assert (folder / "alarms.csv").is_file()
    versions.undo(user="li")
    assert not (folder / "alarms.csv").exists()
