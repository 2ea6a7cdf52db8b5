"""Indicators from a site's own history and records, on the command line and through the API."""

from __future__ import annotations

import asyncio
import csv
import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from hmi.indicators import indicators_in_worker
from hmi.storing import open_store
from scada.samples import SampleBatch
from scenarios.city import make_city
from scenarios.site import Site, load_site
from tests.hmi.command import Command
from tests.hmi.web_client import running

ZONE = ZoneInfo("Asia/Shanghai")
DAY = datetime(2026, 1, 5, tzinfo=ZONE)
MINUTE_NS = 60 * 10**9


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """A small city with two hours of one test point: an hour of 0.2 MPa, one of 0.1."""
    make_city(tmp_path / "site", seed=1, elements=200)
    site = load_site(tmp_path / "site")
    site.data.mkdir(parents=True, exist_ok=True)
    point = next(p for p in site.points if p.end_point and p.quantity == "pressure")
    store = open_store(site)
    handle = int(store.handles([point.id])[0])
    n = 120
    at = int(DAY.timestamp()) * 10**9 + MINUTE_NS * np.arange(n, dtype=np.int64)
    value = np.where(np.arange(n) < 60, 0.2e6, 0.1e6)
    good = np.zeros(n, dtype=np.uint32)
    where = np.full(n, handle, dtype=np.uint32)
    store.append(SampleBatch(where, value, good, at, at), "measured", None)
    store.close()
    return site


def report(site: Site, of: str = "2026-01-05", **more: Any) -> dict[str, Any]:
    later = int((DAY + timedelta(days=2)).timestamp() * 1e9)
    return indicators_in_worker(str(site.path), {"of": of, **more}, later)


def test_quarters_of_an_hour_come_from_history(site: Site) -> None:
    found = report(site)["report"]
    (rate,) = [r for r in found["indicators"] if r["name"] == "pressure-rate"]
    assert rate["numerator"] == 4
    # The last value holds for ten minutes, which makes one more quarter known.
    assert rate["denominator"] in (8, 9)
    assert rate["verdict"] == "violation"
    points = next(r for r in found["indicators"] if r["name"] == "test-points")
    assert points["value"] >= 1
    assert points["denominator"] >= 0
    assert report(site, "soon")["problems"][0]["field"] == "of"


def test_the_command_writes_every_form(site: Site, tmp_path: Path, ringmain: Command) -> None:
    made = {kind: tmp_path / f"report.{kind}" for kind in ("html", "csv")}
    options = [part for kind, file in made.items() for part in (f"--{kind}", str(file))]
    now = (DAY + timedelta(days=2)).isoformat()
    words = ("--of", "2026-01-05", "--now", now, *options, "--json")
    code, out, _ = ringmain("indicators", site.path, *words)
    assert code == 1
    assert json.loads(out)["schema"] == "ringmain/indicators/1"
    assert "<svg" in made["html"].read_text("utf-8")
    assert made["csv"].read_text("utf-8-sig").startswith("group,name")


def test_check_names_the_faults_of_every_table_beside_the_site(
    site: Site, ringmain: Command
) -> None:
    (site.path / "exclusions.csv").write_text("point,from,to,cause,evidence\nNONE,now,then,x,y\n")
    (site.path / "figures.csv").write_text("period,name,value,source\n2026-01,luck,7,nobody\n")
    (site.path / "zones.csv").write_text("id,meters,length_km\nA,NONE,1\n")
    (site.path / "notify.toml").write_text("[orders]\npigeon = ['file']\n")
    code, out, _ = ringmain("check", site.path, "--json")
    assert code == 2
    found = {(Path(p["file"]).name, p["field"]) for p in json.loads(out)["problems"]}
    assert found == {
        ("exclusions.csv", "point"),
        ("exclusions.csv", "from"),
        ("exclusions.csv", "to"),
        ("figures.csv", "name"),
        ("zones.csv", "meters"),
        ("notify.toml", "orders.pigeon"),
    }


def marked(site: Site, room: str) -> Site:
    """The site with a heat temperature point marked as a room, and one metered area."""
    flow = next(p for p in site.points if p.utility == "water" and p.quantity == "flow")
    zones = f"id,meters,length_km,night_use_m3h\nA,{flow.id},2,10\n"
    (site.path / "zones.csv").write_text(zones, encoding="utf-8")
    settings = site.path / "site.toml"
    told = settings.read_text("utf-8").replace("leakage_nights = 3", "leakage_nights = 1")
    settings.write_text(told, encoding="utf-8")
    table = site.path / "points.csv"
    rows = list(csv.DictReader(table.open(encoding="utf-8-sig")))
    for row in rows:
        if row["id"] == room:
            row["end_point"] = "yes"
    with table.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    return load_site(site.path)


def test_zones_rooms_and_accidents_come_from_history_and_records(site: Site) -> None:
    room = next(
        p.id
        for p in site.points
        if p.utility == "heat" and p.quantity == "temperature" and p.element.startswith("node:")
    )
    flow = next(p for p in site.points if p.utility == "water" and p.quantity == "flow")
    site = marked(site, room)
    store = open_store(site)
    # A day of minutes: 40 m3/h by day, 17 at night; the room at 15 C until noon, then at 19.
    n = 24 * 60
    at = int(DAY.timestamp()) * 10**9 + MINUTE_NS * np.arange(n, dtype=np.int64)
    hour = np.arange(n) // 60
    for name, value in (
        (flow.id, np.where((hour >= 2) & (hour < 4), 17.0, 40.0) / 3600.0),
        (room, np.where(hour < 12, 15.0, 19.0) + 273.15),
    ):
        where = np.full(n, int(store.handles([name])[0]), dtype=np.uint32)
        batch = SampleBatch(where, value, np.zeros(n, dtype=np.uint32), at, at)
        store.append(batch, "measured", None)
    store.close()
    found = report(site)["report"]
    rows = {row["name"]: row for row in found["indicators"]}
    leakage = rows["unit-leakage"]
    assert (leakage["numerator"], leakage["denominator"]) == (pytest.approx(7.0), 2.0)
    assert (leakage["value"], leakage["verdict"]) == (pytest.approx(3.5), "violation")
    assert (rows["room-rate"]["numerator"], rows["room-rate"]["denominator"]) == (1, 1)
    accidents = rows["accident-rate"]
    assert (accidents["value"], accidents["numerator"]) == (0.0, 0.0)
    assert "0 operating accidents" in accidents["source_en"]
    (zone,) = found["zones"]
    assert zone["night_flow_m3h"] == pytest.approx(17.0, abs=0.01)
    assert (zone["covered"], zone["nights"], zone["nights_wanted"]) == (1.0, 1, 1)


async def test_the_api_gives_files(site: Site, tmp_path: Path) -> None:
    async with running(tmp_path) as (_, client, feeder):

        async def answer(header: dict[str, Any], _payload: bytes) -> Any:
            return await asyncio.to_thread(report, site, header["of"]), b""

        await feeder.bus.serve("model.indicators", answer)
        path = "/api/indicators"
        plain = await client.get(path, params={"of": "2026-01-05"})
        assert plain.json()["report"]["period"]["kind"] == "day"
        html = await client.get(path, params={"of": "2026-01-05", "format": "html"})
        assert "attachment" in html.headers["content-disposition"]
        assert html.text.startswith("<!doctype html>")
        table = await client.get(path, params={"of": "2026-01-05", "format": "csv"})
        assert "Pressure qualification rate" in table.text
        wrong = await client.get(path, params={"of": "May"})
        assert wrong.status_code == 422
        assert wrong.json()["error"]["problems"][0]["field"] == "of"
