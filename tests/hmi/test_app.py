"""REST: what it answers, the one shape of errors, and who is let in."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

from hmi.api.guard import MAX_BODY
from scada.ports import BusError, Header
from tests.hmi.feeder import Feeder
from tests.hmi.web_client import running


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[tuple[httpx.AsyncClient, Feeder]]:
    async with running(tmp_path) as (_, client, feeder):
        yield client, feeder


Room = tuple[httpx.AsyncClient, Feeder]


def error_of(reply: httpx.Response, status: int) -> dict[str, Any]:
    """The error of a reply, its shape checked."""
    assert reply.status_code == status, reply.text
    body = reply.json()
    assert set(body) == {"error"}
    assert {"code", "message"} <= set(body["error"]) <= {"code", "message", "problems"}
    error: dict[str, Any] = body["error"]
    return error


async def test_the_site_tells_names_units_and_limits(room: Room) -> None:
    client, feeder = room
    site = (await client.get("/api/site")).json()
    assert site["name_zh"] == "泉城示范市"
    assert site["networks"]["water"] == {
        "nodes": len(feeder.net.nodes),
        "links": len(feeder.net.links),
        "title": "",
    }
    assert site["units"]["MPa"] == {"quantity": "pressure", "factor": 1e6, "offset": 0.0}
    assert site["end_limit_pa"] == 1.4e5
    assert site["qualities"]["0"] == "good"


async def test_points_are_columns_in_the_order_of_handles(room: Room) -> None:
    client, feeder = room
    table = (await client.get("/api/points")).json()
    assert table["columns"]["id"] == [p.id for p in feeder.points]
    assert {len(column) for column in table["columns"].values()} == {table["count"]}
    k = table["columns"]["id"].index("W-L-T1")
    assert [table["columns"][n][k] for n in ("low_low", "low", "high", "high_high")] == [
        0.8,
        1.5,
        4.5,
        4.9,
    ]


async def test_a_network_is_drawn_by_indices(room: Room) -> None:
    client, _ = room
    drawing = (await client.get("/api/network/water")).json()
    nodes, links = drawing["nodes"], drawing["links"]
    m1 = links["id"].index("M1")
    assert nodes["id"][links["start"][m1]] == "R1"
    assert links["vertices"][str(m1)][:2] == [-200.0, 600.0]
    assert drawing["kinds"][nodes["kind"][nodes["id"].index("T1")]] == "tank"
    assert links["diameter_mm"][m1] == 900.0
    assert drawing["placed"] == 0


async def test_what_never_changes_is_answered_with_304(room: Room) -> None:
    client, _ = room
    first = await client.get("/api/points")
    again = await client.get("/api/points", headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


async def test_alarms_are_acknowledged_with_a_name_and_stand_in_the_journal(room: Room) -> None:
    client, _ = room
    alarms = (await client.get("/api/alarms")).json()
    waiting = [a["id"] for a in alarms["alarms"]]
    assert alarms["counts"]["unacknowledged"] == len(waiting)
    body = {"ids": [waiting[0], "nobody"], "user": "Li Wei", "comment": "seen"}
    answer = (await client.post("/api/alarms/acknowledge", json=body)).json()
    assert answer["acknowledged"] == [waiting[0]]
    assert answer["refused"][0]["id"] == "nobody"
    newest = (await client.get("/api/events", params={"limit": 1})).json()["events"][0]
    assert (newest["event"], newest["user"], newest["id"]) == ("acknowledged", "Li Wei", waiting[0])
    older = await client.get("/api/events", params={"before": newest["sequence"]})
    assert older.json()["events"][0]["sequence"] == newest["sequence"] - 1


@pytest.mark.parametrize(
    "body", [{"ids": ["a"]}, {"ids": ["a"], "user": "  "}, {"ids": [], "user": "x"}, {}]
)
async def test_an_acknowledgement_without_a_name_or_alarms_is_refused(
    room: Room, body: dict[str, Any]
) -> None:
    error = error_of(await room[0].post("/api/alarms/acknowledge", json=body), 422)
    assert error["code"] == "invalid"
    assert {p["field"] for p in error["problems"]} <= {"ids", "user"}


async def test_history_comes_as_columns_and_as_bytes(room: Room) -> None:
    client, _ = room
    ask = {"point": "W-L-T1", "max_points": 100}
    columns = (await client.get("/api/history", params=ask)).json()
    assert len(columns["time_ms"]) == len(columns["value"]) == len(columns["quality"]) == 100
    raw = await client.get(
        "/api/history", params=ask, headers={"accept": "application/octet-stream"}
    )
    n = int(raw.headers["x-count"])
    assert len(raw.content) == 20 * n
    value = np.frombuffer(raw.content, "<f8", n, 8 * n)
    assert value == pytest.approx(np.array(columns["value"]), rel=0.1)


@pytest.mark.parametrize(
    ("ask", "status", "code"),
    [
        ({"point": "none"}, 404, "no-such-point"),
        ({"point": "W-L-T1", "from": "yesterday"}, 422, "invalid"),
        ({"point": "W-L-T1", "from": "2026-01-02T00:00", "to": "2026-01-01T00:00"}, 422, "invalid"),
        ({"point": "W-L-T1", "origin": "guess"}, 422, "invalid"),
        ({"point": "W-L-T1", "from": "0001-01-01T00:00"}, 422, "invalid"),
        ({"point": "W-L-T1", "to": "9999-12-31T23:59"}, 422, "invalid"),
        ({}, 422, "invalid"),
    ],
)
async def test_history_says_what_was_wrong(
    room: Room, ask: dict[str, str], status: int, code: str
) -> None:
    assert error_of(await room[0].get("/api/history", params=ask), status)["code"] == code


async def test_a_time_without_an_offset_is_site_time(room: Room) -> None:
    client, feeder = room
    asked: list[Header] = []

    async def history(header: Header, _payload: bytes) -> tuple[Header, bytes]:
        asked.append(header)
        return {"n": 0}, b""

    await feeder.bus.serve("core.history", history)
    times = {"from": "2026-01-01T08:00", "to": "2026-01-01T09:00+08:00"}
    await client.get("/api/history", params={"point": "W-L-T1", **times})
    midnight = int(datetime(2026, 1, 1, tzinfo=UTC).timestamp()) * 10**9
    assert (asked[0]["from_ns"], asked[0]["to_ns"]) == (midnight, midnight + 3600 * 10**9)


async def test_an_outage_is_planned_and_kept(room: Room) -> None:
    client, _ = room
    start = datetime.now(UTC) + timedelta(hours=60)
    body = {
        "element": "water/link:P12",
        "start": start.isoformat(),
        "end": (start + timedelta(hours=6)).isoformat(),
        "reason": "valve replacement",
    }
    made = (await client.post("/api/outages/plan", json=body)).json()["proposal"]
    assert made["schema"] == "ringmain/outage-plan/1"
    listed = (await client.get("/api/outages")).json()["proposals"]
    assert [row["id"] for row in listed] == [made["id"]]
    assert (await client.get(f"/api/outages/{made['id']}")).json()["proposal"] == {
        **made,
        "status": "proposed",
        "truck_plans": [],
    }
    assert error_of(await client.get("/api/outages/none"), 404)["code"] == "no-such-proposal"
    backwards = {**body, "end": body["start"]}
    assert error_of(await client.post("/api/outages/plan", json=backwards), 422)["problems"]
    unknown = {**body, "element": "water/link:none"}
    error = error_of(await client.post("/api/outages/plan", json=unknown), 422)
    assert error["problems"][0]["field"] == "element"


async def test_a_command_is_selected_then_operated_once(room: Room) -> None:
    client, feeder = room
    select = {"point": "W-S-PRV1", "value": 0.3, "user": "Li Wei"}
    selected = (await client.post("/api/select", json=select)).json()
    assert selected["value"] == 0.3
    assert feeder.writes == []
    operate = {"token": selected["token"], "user": "Li Wei", "reason": "night"}
    key = {"idempotency-key": "key-0001"}
    both = await asyncio.gather(
        client.post("/api/write", json=operate, headers=key),
        client.post("/api/write", json=operate, headers=key),
    )
    assert [reply.json()["state"] for reply in both] == ["confirmed", "confirmed"]
    assert len(feeder.writes) == 1
    assert feeder.writes[0] == {
        "point": "W-S-PRV1",
        "value": pytest.approx(3e5),
        "user": "Li Wei",
        "reason": "night",
    }
    used = await client.post("/api/write", json={**operate, "token": "other"}, headers=key)
    assert error_of(used, 409)["code"] == "key-reused"
    spent = await client.post("/api/write", json=operate, headers={"idempotency-key": "key-0002"})
    assert error_of(spent, 409)["code"] == "not-selected"


async def test_a_command_of_two_persons_waits_for_the_second(room: Room) -> None:
    client, feeder = room
    feeder.two_person = {"W-S-PRV1"}
    select = {"point": "W-S-PRV1", "value": 0.3, "user": "Li Wei"}
    selected = (await client.post("/api/select", json=select)).json()
    assert selected["two_person"]
    operate = {"token": selected["token"], "user": "Li Wei"}
    early = await client.post("/api/write", json=operate, headers={"idempotency-key": "key-0001"})
    assert "second person" in error_of(early, 409)["message"]
    waiting = (await client.get("/api/selections")).json()["selections"]
    assert [(s["point"], s["approved_by"]) for s in waiting] == [("W-S-PRV1", "")]
    step = {"token": selected["token"], "user": "Li Wei"}
    same = await client.post("/api/approve", json=step)
    assert "another" in error_of(same, 409)["message"]
    step["user"] = "Wang Fang"
    assert (await client.post("/api/approve", json=step)).status_code == 200
    done = await client.post("/api/write", json=operate, headers={"idempotency-key": "key-0002"})
    assert done.json()["state"] == "confirmed"
    gone = await client.post("/api/cancel", json=step)
    assert error_of(gone, 409)["code"] == "not-selected"


async def test_what_cannot_be_commanded_is_refused(room: Room) -> None:
    client, feeder = room
    for point, value, status, code in (
        ("W-L-T1", 1.0, 409, "not-writable"),
        ("none", 1.0, 404, "no-such-point"),
    ):
        body = {"point": point, "value": value, "user": "x"}
        assert error_of(await client.post("/api/select", json=body), status)["code"] == code
    body = {"point": "W-S-PRV1", "value": 0.3, "user": "Li Wei"}
    token = (await client.post("/api/select", json=body)).json()["token"]
    other = {"token": token, "user": "Wang"}
    error = error_of(
        await client.post("/api/write", json=other, headers={"idempotency-key": "k" * 8}), 409
    )
    assert "Li Wei" in error["message"]
    without_key = await client.post("/api/write", json={"token": token, "user": "Li Wei"})
    assert error_of(without_key, 422)["code"] == "invalid"
    assert feeder.writes == []


async def test_status_names_the_part_that_does_not_answer(room: Room) -> None:
    client, feeder = room

    async def broken(_header: Header, _payload: bytes) -> tuple[Header, bytes]:
        raise BusError("no solver")

    await feeder.bus.serve("model.status", broken)
    status = (await client.get("/api/status")).json()
    assert status["core"]["points"] == len(feeder.points)
    assert status["model"] is None
    assert "no solver" in status["model_error"]


async def test_a_lost_core_is_an_error_in_the_same_shape(room: Room) -> None:
    client, feeder = room
    await feeder.bus.close()
    assert error_of(await client.get("/api/alarms"), 503)["code"] == "unavailable"
    assert (await client.get("/api/status")).json()["core"] is None


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/api/nothing", 404, "not-found"),
        ("GET", "/other", 404, "not-found"),
        ("GET", "/api/network/steam", 404, "no-such-network"),
        ("DELETE", "/api/site", 415, "not-json"),
        ("GET", "/api/write", 405, "method-not-allowed"),
        ("GET", "/", 503, "page-not-built"),
    ],
)
async def test_every_error_has_the_one_shape(
    room: Room, method: str, path: str, status: int, code: str
) -> None:
    assert error_of(await room[0].request(method, path), status)["code"] == code


async def test_every_answer_carries_the_policy(room: Room) -> None:
    client, _ = room
    for path in ("/api/site", "/api/nothing", "/"):
        headers = (await client.get(path)).headers
        policy = headers["content-security-policy"]
        assert policy.startswith("default-src 'self'; script-src 'self'; style-src 'self'")
        assert "unsafe" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "", "a b", "[::2"])
async def test_another_host_name_is_refused(room: Room, host: str) -> None:
    reply = await room[0].get("/api/site", headers={"host": host})
    assert error_of(reply, 400)["code"] == "host-refused"
    assert "content-security-policy" in reply.headers


@pytest.mark.parametrize("host", ["localhost:8080", "127.0.0.1:1", "[::1]:9", "ROOM.example"])
async def test_its_own_host_names_are_served(room: Room, host: str) -> None:
    assert (await room[0].get("/api/site", headers={"host": host})).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": "http://["},
        {"origin": "http://localhost:9999"},
        {"sec-fetch-site": "cross-site"},
    ],
)
async def test_a_change_asked_from_another_page_is_refused(
    room: Room, headers: dict[str, str]
) -> None:
    client, feeder = room
    body = {"ids": list(feeder.alarms), "user": "mallory"}
    reply = await client.post("/api/alarms/acknowledge", json=body, headers=headers)
    assert error_of(reply, 403)["code"] == "origin-refused"
    assert {a["state"] for a in feeder.alarms.values()} == {"unacknowledged"}


async def test_a_form_or_a_body_too_large_is_refused(room: Room) -> None:
    client, _ = room
    form = await client.post("/api/alarms/acknowledge", data={"ids": "a"})
    assert error_of(form, 415)["code"] == "not-json"
    large = {"content-type": "application/json"}
    reply = await client.post(
        "/api/alarms/acknowledge", content=b" " * (MAX_BODY + 1), headers=large
    )
    assert error_of(reply, 413)["code"] == "too-large"

    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(10):
            yield b" " * (MAX_BODY // 4)

    unsized = await client.post("/api/alarms/acknowledge", content=pieces(), headers=large)
    assert unsized.status_code >= 400


async def test_openapi_lists_every_route(room: Room) -> None:
    paths = (await room[0].get("/api/openapi")).json()["paths"]
    assert {
        "/api/site",
        "/api/points",
        "/api/network/{utility}",
        "/api/alarms",
        "/api/alarms/acknowledge",
        "/api/events",
        "/api/history",
        "/api/outages/plan",
        "/api/outages",
        "/api/select",
        "/api/write",
        "/api/status",
    } <= set(paths)


async def test_built_files_are_kept_and_the_page_is_not(tmp_path: Path) -> None:
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text("<!doctype html>")
    (tmp_path / "assets" / "a-1.js").write_text("1")
    async with running(tmp_path) as (_, client, _feeder):
        page, asset = await client.get("/"), await client.get("/assets/a-1.js")
        assert page.headers["cache-control"] == "no-cache"
        assert "immutable" in asset.headers["cache-control"]
        assert error_of(await client.get("/assets/../secret"), 404)
        assert error_of(await client.get("/assets/none.js"), 404)


@pytest.mark.parametrize("body", ['{"point": "\\ud800"}', '{"\\ud800": 1}'])
async def test_half_a_character_is_a_fault_of_the_request(room: Room, body: str) -> None:
    headers = {"content-type": "application/json"}
    client, _ = room
    reply = await client.post("/api/select", content=body, headers=headers)
    assert error_of(reply, 422)["code"] == "invalid"
