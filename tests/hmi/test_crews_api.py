"""Crews sent to orders through the API and on the command line, in the same records."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from dispatch.rulebook import RuleBook
from hmi.desk.bus import serve_orders
from hmi.desk.incident_service import IncidentService
from hmi.desk.outage_service import OutageService
from hmi.desk.start import crews_of, settings_of
from hmi.desk.work_service import WorkService
from hmi.records import SqlOrderBook, SqlOutbox, engine, migrate
from hmi.storing import RECORDS_FILE
from scenarios.city import make_city
from scenarios.site import Site, load_site
from tests.hmi.test_cli import as_json, ringmain
from tests.hmi.web_client import running

HEAD = "id,name_zh,name_en,x,y,media,skills,vehicle,hours,available\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("crews") / "city"
    make_city(made, seed=1, elements=400)
    return made


@pytest.fixture
def site(folder: Path, tmp_path: Path) -> Site:
    """A city of its own with four crews at streets, whose hours do not depend on the clock."""
    mine = tmp_path / "city"
    shutil.copytree(folder, mine)
    roads = load_site(folder).roads
    places = [(road.x1, road.y1) for road in roads[::7]]
    rows = [
        ("A", "water", "repair valves visit", ""),
        ("B", "water gas", "repair", ""),
        ("G", "gas", "repair visit", ""),
        ("X", "water", "repair", "no"),
    ]
    lines = [
        f"{name},{name}班,{name},{x},{y},{media},{skills},,,{available or 'yes'}"
        for (name, media, skills, available), (x, y) in zip(rows, places, strict=False)
    ]
    (mine / "crews.csv").write_text(HEAD + "\n".join(lines) + "\n", encoding="utf-8")
    return load_site(mine)


@pytest.fixture
async def client(site: Site, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    records = engine(site.data / RECORDS_FILE)
    migrate(records)
    book, rules, settings = SqlOrderBook(records), RuleBook.load(), settings_of(site)
    incidents = IncidentService(book, rules, settings)
    async with running(tmp_path) as (app, client, _):
        await serve_orders(
            app.state.parts.bus,
            OutageService(book, rules, settings),
            SqlOutbox(records),
            incidents=incidents,
            works=WorkService(book, rules, settings),
            crews=crews_of(records, site, incidents),
        )
        yield client
    records.dispose()


async def post(client: httpx.AsyncClient, path: str, status: int = 200, **body: Any) -> Any:
    reply = await client.post(path, json={"user": "du", **body})
    assert reply.status_code == status, reply.text
    return reply.json()


async def burst(client: httpx.AsyncClient, site: Site, kind: str = "burst", which: int = 0) -> str:
    link = list(site.networks["water"].links)[which]
    record = {"kind": kind, "element": f"water/link:{link}", "source": "hotline"}
    if kind.startswith("gas"):
        record["element"] = f"gas/link:{next(iter(site.networks['gas'].links))}"
    made = await post(client, "/api/incidents", record=record)
    return str(made["incident"]["id"])


async def options(client: httpx.AsyncClient, **ask: str) -> dict[str, Any]:
    reply = await client.get("/api/crews/options", params=ask)
    assert reply.status_code == 200, reply.text
    found: dict[str, Any] = reply.json()
    return found


async def jobs(client: httpx.AsyncClient) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await client.get("/api/crews/jobs")).json()["jobs"]
    return found


async def at(client: httpx.AsyncClient, crew: str) -> dict[str, Any]:
    rows = (await client.get("/api/crews")).json()["crews"]
    return next(dict(row["at"]) for row in rows if row["id"] == crew)


async def test_a_crew_is_sent_to_a_burst_and_back(client: httpx.AsyncClient, site: Site) -> None:
    job = await burst(client, site)
    found = await options(client, job=job)
    assert {one["crew"] for one in found["options"]} == {"A", "B"}
    first = found["options"][0]
    assert first["late"] is False
    assert datetime.fromisoformat(found["due"]) > datetime.now(UTC)
    sent = (await post(client, f"/api/crews/{first['crew']}/assign", job=job))["assignment"]
    assert (sent["job"], sent["by"]) == (job, "du")
    incident = (await client.get(f"/api/incidents/{job}")).json()["incident"]["incident"]
    assert incident["crew"] == first["crew"]
    assert "dispatched" in incident["steps"]
    other = await burst(client, site)
    said = await post(client, f"/api/crews/{first['crew']}/assign", 409, job=other)
    assert said["error"]["problems"][0]["text_en"] == f"the crew is at work on {job}"
    working = {one["crew"]: one for one in (await options(client, job=other))["options"]}
    assert working[first["crew"]]["works_on"] == job
    assert working[first["crew"]]["arrives"] is None
    await post(client, f"/api/crews/{first['crew']}/release")
    listed = {one["id"]: one for one in (await client.get("/api/crews")).json()["crews"]}
    assert listed[first["crew"]]["work"] is None
    await post(client, f"/api/crews/{first['crew']}/assign", job=other)


async def test_a_crew_is_free_again_when_its_job_is_over(
    client: httpx.AsyncClient, site: Site
) -> None:
    job, other = await burst(client, site), await burst(client, site)
    await post(client, "/api/crews/A/assign", job=job)
    await post(client, f"/api/incidents/{job}/steps", action="restored")
    await post(client, "/api/crews/A/assign", job=other)
    over = await post(client, "/api/crews/B/assign", 409, job=job)
    assert "is over" in over["error"]["problems"][0]["text_en"]


async def test_a_crew_drives_from_where_it_was_last(client: httpx.AsyncClient, site: Site) -> None:
    """From its line in the table it would seem near what it has left."""
    job = await burst(client, site, which=-1)
    other = await burst(client, site, "water-leak", which=-1)
    (open_one,) = [one for one in await jobs(client) if one["id"] == job]
    assert (open_one["book"], open_one["medium"], open_one["skill"]) == (
        "incident",
        "water",
        "repair",
    )
    table = next(crew for crew in site.crews if crew.id == "A")
    assert await at(client, "A") == {"x": table.x, "y": table.y, "job": "", "since": None}
    before = {o["crew"]: o for o in (await options(client, job=other))["options"]}
    assert before["A"]["drive_m"] > 0
    sent = (await post(client, "/api/crews/A/assign", job=job))["assignment"]
    assert sent["drive_m"] == before["A"]["drive_m"]
    assert (await at(client, "A"))["job"] == ""  # on its way
    assert [one["crews"] for one in await jobs(client) if one["id"] == job] == [["A"]]
    await post(client, f"/api/incidents/{job}/steps", action="arrived", role="crew")
    there = await at(client, "A")
    assert [there["x"], there["y"]] == open_one["place"]
    assert there["job"] == job
    await post(client, "/api/crews/A/release")
    assert await at(client, "A") == there
    after = {o["crew"]: o for o in (await options(client, job=other))["options"]}
    assert (after["A"]["drive_s"], after["A"]["drive_m"]) == (0, 0)  # the same pipe
    # A call back on the way leaves it where it was, and so does a room that begins anew.
    await post(client, "/api/crews/B/assign", job=other)
    await post(client, "/api/crews/B/release")
    assert (await at(client, "B"))["job"] == ""
    listed = as_json("crew", "list", str(site.path))["crews"]
    assert {one["id"]: one["at"]["job"] for one in listed if one["at"]["job"]} == {"A": job}
    await post(client, f"/api/incidents/{job}/steps", action="restored")
    assert job not in {one["id"] for one in await jobs(client)}


async def test_who_cannot_go_is_told_every_reason(client: httpx.AsyncClient, site: Site) -> None:
    job = await burst(client, site, "gas-leak")
    said = await post(client, "/api/crews/X/assign", 409, job=job)
    texts = [p["text_en"] for p in said["error"]["problems"]]
    assert texts == ["the crew is not available", "the crew does not work on gas"]
    unknown = await post(client, "/api/crews/Z/assign", 422, job=job)
    assert unknown["error"]["problems"][0]["found"] == "Z"
    await post(client, "/api/crews/G/assign", 404, job="INC-nobody")
    await post(client, "/api/crews/G/release", 409)
    await post(client, "/api/crews/G/assign", job=job)
    await post(client, "/api/crews/B/assign", 404, job="CREW-G")


async def test_outages_and_calls_are_jobs_too(client: httpx.AsyncClient, site: Site) -> None:
    now = datetime.now(UTC)
    link = next(iter(site.networks["water"].links))
    record = {
        "medium": "water",
        "kind": "unplanned",
        "element": f"water/link:{link}",
        "start": now.isoformat(),
        "end": (now + timedelta(hours=5)).isoformat(),
        "reason": "burst",
        "scope": "east",
    }
    order = (await post(client, "/api/outage-orders", record=record, role="dispatcher"))["order"]
    found = await options(client, job=order["id"])
    assert (found["skill"], [one["crew"] for one in found["options"]]) == ("valves", ["A"])
    await post(client, "/api/crews/A/assign", job=order["id"])
    # Until the outage ends is known, so it is reckoned with afterwards.
    node = next(iter(site.networks["water"].nodes))
    call = {"type": "complaint", "utility": "water", "text": "no water", "node": node}
    work = (await post(client, "/api/work-orders", record=call))["order"]["id"]
    (only,) = (await options(client, job=work))["options"]
    assert only["works_on"] == order["id"]
    assert datetime.fromisoformat(only["leaves"]) >= now + timedelta(hours=4, minutes=59)
    nowhere = {"type": "help", "utility": "water", "text": "a question"}
    lost = (await post(client, "/api/work-orders", record=nowhere))["order"]["id"]
    reply = await client.get("/api/crews/options", params={"job": lost})
    assert reply.json()["error"]["problems"][0]["field"] == "place"


async def test_the_command_line_sees_what_the_room_does(
    client: httpx.AsyncClient, site: Site
) -> None:
    job, folder = await burst(client, site), str(site.path)
    found = as_json("crew", "options", folder, "--job", job)
    sent = as_json("crew", "assign", folder, "A", job, "--user", "du")
    assert (sent["crew"], sent["job"], sent["late"]) == ("A", job, False)
    assert {one["crew"] for one in found["options"]} == {"A", "B"}
    listed = {one["id"]: one for one in (await client.get("/api/crews")).json()["crews"]}
    assert listed["A"]["work"]["job"] == job
    refused = as_json("crew", "assign", folder, "A", job, "--user", "du", code=1)
    assert refused["schema"] == "ringmain/crew-refused/1"
    wrong = as_json("crew", "assign", folder, "A", "INC-none", "--user", "du", code=2)
    assert wrong["problems"][0]["field"] == "job"
    code, out, _ = ringmain("crew", "list", folder)
    assert code == 0
    assert job in out
    as_json("crew", "release", folder, "A", "--user", "du")
    element = f"water/link:{next(iter(site.networks['water'].links))}"
    code, out, _ = ringmain("crew", "options", folder, "--element", element, "--skill", "valves")
    assert code == 0
    assert "min drive" in out


def test_a_bad_table_is_told_by_check(site: Site) -> None:
    (site.path / "crews.csv").write_text(HEAD + "A,a,a,0,0,steam,,,,\nA,a,a,0,zero,water,,,,\n")
    found = as_json("check", str(site.path), code=2)["problems"]
    assert [(p["line"], p["field"]) for p in found] == [(2, "media"), (3, "y")]


def test_the_example_city_has_crews_of_each_medium(folder: Path) -> None:
    crews = load_site(folder).crews
    assert {medium for crew in crews for medium in crew.media} == {"water", "gas", "heat"}
    code, out, _ = ringmain("crew", "list", str(folder))
    assert code == 0
    assert len(out.splitlines()) == len(crews)
