"""The configuration over REST: try, apply, undo, who may, and what is noted."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from hmi.app import create_app
from hmi.security.access import LabAccess
from hmi.web_service import view_of
from scada.bus import MemoryBus
from scada.ports import Header
from scenarios.init_site import init_site
from scenarios.site import load_site

HEAD = "id,utility,quantity,unit,driver,address,type,high\n"
POINTS = HEAD + "A,water,level,m,rtu,hr:0,uint16,4\n"


class Room:
    """A web application on a site folder, and what it had noted."""

    def __init__(self, client: httpx.AsyncClient, folder: Path, notes: list[Header]) -> None:
        self.client, self.folder, self.notes = client, folder, notes

    async def post(self, what: str, **body: Any) -> httpx.Response:
        return await self.client.post(f"/api/config/{what}", json=body)


@asynccontextmanager
async def room(tmp_path: Path, *, folder: bool = True, audit: bool = True) -> AsyncIterator[Room]:
    site = tmp_path / "site"
    init_site(site, example="empty")
    toml = site / "site.toml"
    toml.write_text(
        toml.read_text("utf-8") + '\n[[drivers]]\nname = "rtu"\nkind = "modbus_tcp"\n', "utf-8"
    )
    (site / "points.csv").write_text(POINTS)
    bus, notes = MemoryBus(), []

    async def note(header: Header, _payload: bytes) -> tuple[Header, bytes]:
        notes.append(header)
        return {"sequence": len(notes)}, b""

    if audit:
        await bus.peer().serve("security.note", note)
    view = view_of(load_site(site))
    if not folder:
        view = replace(view, folder=None)
    app = create_app(bus.peer(), view, tmp_path, access=LabAccess())
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://localhost") as client,
    ):
        yield Room(client, site, notes)


async def test_a_change_is_tried_applied_and_undone(tmp_path: Path) -> None:
    async with room(tmp_path) as it:
        new = POINTS.replace(",4", ",5") + "B,gas,pressure,kPa,rtu,hr:1,uint16,\n"
        tried = (await it.post("check", points_csv=new)).json()
        assert tried["problems"] == []
        assert tried["difference"]["points"]["added"] == ["B"]
        assert tried["difference"]["points"]["changed"] == {"A": {"high": {"from": "4", "to": "5"}}}
        assert (it.folder / "points.csv").read_text() == POINTS
        body = {"points_csv": new, "based_on": 0, "user": "li", "comment": "tank raised"}
        done = (await it.post("apply", **body)).json()
        assert done["version"] == 2
        assert (await it.client.get("/api/config/points.csv")).text == new
        told = (await it.client.get("/api/config")).json()
        assert (told["version"], told["versions"][0]["comment"]) == (2, "tank raised")
        assert it.notes[0]["user"] == "li"
        assert it.notes[0]["details"]["points"] == {"added": 1, "removed": 0, "changed": 1}
        assert (await it.post("undo", based_on=2, user="wu")).json()["version"] == 3
        assert (it.folder / "points.csv").read_text() == POINTS


async def test_every_problem_is_told_with_its_line_and_nothing_is_applied(tmp_path: Path) -> None:
    async with room(tmp_path) as it:
        bad = HEAD + "A,water,level,bar,rtu,hr:0,uint16,4\nA,water,level,m,nobody,hr:1,uint16,x\n"
        tried = (await it.post("check", points_csv=bad)).json()
        assert tried["difference"] is None
        found = {(p["file"], p["line"], p["field"]) for p in tried["problems"]}
        assert {
            ("points.csv", 2, "unit"),
            ("points.csv", 3, "driver"),
            ("points.csv", 3, "id"),
        } <= (found)
        refused = await it.post("apply", points_csv=bad, based_on=0, user="li")
        assert refused.status_code == 422
        assert len(refused.json()["error"]["problems"]) == len(tried["problems"])
        assert (it.folder / "points.csv").read_text() == POINTS
        assert it.notes == []


async def test_a_change_made_from_an_old_version_is_refused(tmp_path: Path) -> None:
    async with room(tmp_path) as it:
        await it.post("apply", points_csv=POINTS + "\n", based_on=0, user="li")
        await it.post("apply", points_csv=POINTS.replace(",4", ",5"), based_on=0, user="li")
        late = await it.post("apply", points_csv=HEAD, based_on=0, user="wu")
        assert late.status_code == 409
        assert (await it.post("undo", based_on=0, user="wu")).status_code == 409


async def test_what_cannot_be_noted_is_not_done(tmp_path: Path) -> None:
    async with room(tmp_path, audit=False) as it:
        answer = await it.post("apply", points_csv=HEAD, based_on=0, user="li")
        assert answer.status_code == 503
        assert (it.folder / "points.csv").read_text() == POINTS


@pytest.mark.parametrize("name", ["site.toml", "..%2Fsite.toml", "valves.csv", "audit.key"])
async def test_only_tables_without_secrets_are_given_out(tmp_path: Path, name: str) -> None:
    async with room(tmp_path) as it:
        assert (await it.client.get(f"/api/config/{name}")).status_code == 404


async def test_a_room_without_a_folder_has_nothing_to_change(tmp_path: Path) -> None:
    async with room(tmp_path, folder=False) as it:
        assert (await it.client.get("/api/config")).status_code == 404
        assert (await it.post("check", points_csv=HEAD)).status_code == 404


async def test_a_large_table_fits_where_other_bodies_do_not(tmp_path: Path) -> None:
    async with room(tmp_path) as it:
        large = HEAD + "".join(f"P{n},water,level,m,,,,\n" for n in range(20_000))
        tried = (await it.post("check", points_csv=large)).json()
        assert tried["difference"]["counts"]["points"] == {
            "added": 20_000,
            "removed": 1,
            "changed": 0,
        }
        assert len(tried["difference"]["points"]["added"]) == 2000
        other = await it.client.post("/api/alarms/acknowledge", json={"ids": ["x" * 300_000]})
        assert other.status_code == 413
