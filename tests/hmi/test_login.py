"""Who gets in, who does not, and what each role may do."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from argon2 import PasswordHasher
from fastapi.routing import APIRoute

from hmi.api.gate import OPEN, OPEN_TO_NEW, Needs
from hmi.app import ROUTERS
from hmi.security import lockout, passwords
from hmi.security.passwords import fault, hashed, matches, outdated
from hmi.security.roles import MAY, ROLES, Identity, read_grants
from scada.clock import SimulatedClock
from tests.hmi.login_room import PASSWORD, LoginRoom, light_hashes, login_room


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[LoginRoom]:
    async with login_room(tmp_path) as made:
        yield made


def alarm_of(room: LoginRoom, utility: str) -> str:
    points = {p.id: p.utility for p in room.feeder.points}
    known = (a for a in room.feeder.alarms if points[a.rpartition(".")[0]] == utility)
    return next(known, next(f"{id_}.low" for id_, its in points.items() if its == utility))


def command_of(room: LoginRoom) -> dict[str, Any]:
    point = next(p for p in room.feeder.points if p.writable and p.utility == "water")
    return {"point": point.id, "value": 0.3}


async def test_without_a_login_nothing_of_the_site_is_told(room: LoginRoom) -> None:
    """Elsewhere private data was visible to whoever opened the socket."""
    openapi = room.app.openapi()
    for path, methods in openapi["paths"].items():
        place = path.replace("{utility}", "water").replace("{name}", "x")
        place = place.replace("{proposal_id}", "x").replace("{token_id}", "x")
        for method in methods:
            body = {} if method == "post" else None
            reply = await room.client.request(method.upper(), place, json=body)
            if path in OPEN:
                assert "泉城" not in reply.text
                continue
            assert reply.status_code == 401, (method, path, reply.text)
            assert reply.json()["error"]["code"] == "login-required"
    assert (await room.client.get("/api/openapi")).status_code == 401
    assert (await room.client.get("/api/no-such-thing")).status_code == 401
    assert (await room.client.get("/api/me")).json()["identity"] is None


async def test_a_login_opens_what_the_role_opens(room: LoginRoom) -> None:
    room.person("li", "dispatcher:water", "viewer:gas")
    client = await room.login("Li")
    me = (await client.get("/api/me")).json()
    assert (me["lab"], me["identity"]["name"]) == (False, "li")
    assert "acknowledge" in me["identity"]["may"]["water"]
    assert me["identity"]["may"]["gas"] == ["view"]
    assert (await client.get("/api/points")).status_code == 200

    mine, theirs = alarm_of(room, "water"), alarm_of(room, "gas")
    answer = (await client.post("/api/alarms/acknowledge", json={"ids": [mine, theirs]})).json()
    assert answer["acknowledged"] == [mine]
    assert answer["refused"] == [{"id": theirs, "reason": "li may not acknowledge it"}]
    # The name comes from the session, whatever the body says.
    other = {"ids": [mine], "user": "somebody else"}
    await client.post("/api/alarms/acknowledge", json=other)
    assert room.feeder.alarms[mine]["acknowledged_by"] == "li"

    for path in ("/api/users", "/api/audit"):
        reply = await client.get(path)
        assert (reply.status_code, reply.json()["error"]["code"]) == (403, "not-allowed")
    assert room.trail() == [("li", "login")]


@pytest.mark.parametrize(
    ("grants", "status"),
    [
        (("viewer",), 403),
        (("dispatcher:gas",), 403),
        (("dispatcher:gas", "viewer:water"), 403),
        (("dispatcher:water",), 200),
        (("engineer",), 200),
    ],
)
async def test_a_command_needs_the_role_for_its_utility(
    room: LoginRoom, grants: tuple[str, ...], status: int
) -> None:
    room.person("li", *grants)
    client = await room.login("li")
    reply = await client.post("/api/select", json=command_of(room))
    assert reply.status_code == status, reply.text
    if status == 403:
        assert room.feeder.writes == []


async def test_plans_and_advice_are_of_the_utilities_granted(room: LoginRoom) -> None:
    """Any planner could have any network planned, and saved for all to see."""
    room.person("li", "dispatcher:water", "viewer:heat")
    client = await room.login("li")
    times = {"start": "2026-12-04T08:00", "end": "2026-12-04T12:00"}
    span = {"start": "2026-12-04T08:00", "until": "2026-12-05T08:00", "hours": 4}
    for path, body in (
        ("outages/plan", {"element": "gas/link:G1", **times}),
        ("outages/plan", {"element": " heat/link:H1", **times}),
        ("outages/windows", {"element": "gas/link:G1", **span}),
        ("advice", {"medium": "gas", "available_kgs": 1.0}),
    ):
        reply = await client.post(f"/api/{path}", json=body)
        assert (reply.status_code, reply.json()["error"]["code"]) == (403, "not-allowed"), path
    # For water it is let through, to a room without a model here.
    reply = await client.post("/api/advice", json={"medium": "water"})
    assert reply.status_code == 503


async def test_another_person_cannot_operate_a_selection(room: LoginRoom) -> None:
    room.person("li", "dispatcher")
    room.person("wang", "dispatcher")
    li, wang = await room.login("li"), await room.login("wang")
    token = (await li.post("/api/select", json=command_of(room))).json()["token"]
    stolen = {"token": token, "user": "li"}
    reply = await wang.post("/api/write", json=stolen, headers={"idempotency-key": "12345678"})
    assert reply.status_code == 409
    assert room.feeder.writes == []


async def test_a_wrong_password_and_an_unknown_name_look_alike(room: LoginRoom) -> None:
    room.person("li", "viewer")
    replies = [
        await room.client.post("/api/login", json={"name": name, "password": "not this one"})
        for name in ("li", "nobody")
    ]
    assert [r.status_code for r in replies] == [401, 401]
    assert replies[0].json() == replies[1].json()
    assert room.trail() == [("li", "login-failed"), ("?", "login-failed")]
    assert "set-cookie" not in replies[0].headers


async def test_five_wrong_tries_lock_one_address_and_time_opens_it_again(tmp_path: Path) -> None:
    clock = SimulatedClock()
    async with login_room(tmp_path, clock) as room:
        room.person("li", "viewer")
        wrong = {"name": "li", "password": "not this one"}
        for _ in range(lockout.FREE_FROM_ONE):
            assert (await room.client.post("/api/login", json=wrong)).status_code == 401
        right = {"name": "li", "password": PASSWORD}
        reply = await room.client.post("/api/login", json=right)
        assert (reply.status_code, reply.json()["error"]["code"]) == (429, "locked")
        # From another machine she gets in meanwhile: nobody can lock her out of her own desk.
        assert room.desk.attempt({"name": "li", "address": "10.0.0.7"})["hash"]
        await clock.advance(lockout.FIRST_LOCK_S + 1)
        assert (await room.client.post("/api/login", json=right)).status_code == 200
        assert ("li", "login-locked") in room.trail()


async def test_refusals_do_not_fill_the_trail_and_unknown_names_tell_nothing(
    room: LoginRoom,
) -> None:
    room.person("li", "viewer")
    for _ in range(40):
        for name in ("li", "nobody"):
            room.desk.attempt({"name": name, "address": "10.0.0.9"})
    assert room.trail() == [("li", "login-locked"), ("?", "login-locked")]
    # A lock of one unknown name is none of another one's.
    assert room.desk.attempt({"name": "somebody", "address": "10.0.0.9"})["wait_s"] == 0


async def test_tries_at_once_are_all_counted(room: LoginRoom) -> None:
    room.person("li", "viewer")
    tries = [
        asyncio.to_thread(room.desk.attempt, {"name": "li", "address": "10.0.0.9"})
        for _ in range(20)
    ]
    let_in = [answer for answer in await asyncio.gather(*tries) if answer["hash"]]
    assert len(let_in) == lockout.FREE_FROM_ONE


def test_many_tries_from_everywhere_lock_the_account_and_the_lock_grows() -> None:
    failures = lockout.Failures()
    for n in range(lockout.FREE_FROM_ANYWHERE - 1):
        failures = lockout.one_more(failures, lockout.FREE_FROM_ANYWHERE, n)
    assert lockout.wait_s(failures, 100) == 0
    waits = []
    now = 100
    for _ in range(8):
        failures = lockout.one_more(failures, lockout.FREE_FROM_ANYWHERE, now)
        waits.append(lockout.wait_s(failures, now))
        now = failures.locked_until_ns
    assert waits == [60, 120, 240, 480, 900, 900, 900, 900]
    later = now + lockout.FORGOTTEN_S * lockout.NS_PER_S
    assert lockout.one_more(failures, 5, later).count == 1


async def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(room: LoginRoom) -> None:
    room.person("li", "viewer")
    body = {"name": "li", "password": PASSWORD}
    reply = await room.client.post("/api/login", json=body)
    cookie = reply.headers["set-cookie"].lower()
    assert {"httponly", "samesite=strict", "path=/"} <= {p.strip() for p in cookie.split(";")}
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=room.app), base_url="https://localhost"
    ) as client:
        reply = await client.post("/api/login", json=body)
        assert reply.headers["set-cookie"].startswith("__Host-")
        assert "secure" in reply.headers["set-cookie"].lower()


async def test_a_session_ends_by_logout_by_disabling_and_by_time(tmp_path: Path) -> None:
    clock = SimulatedClock()
    async with login_room(tmp_path, clock) as room:
        room.person("li", "viewer")
        room.person("boss", "administrator")
        one, two, boss = await room.login("li"), await room.login("li"), await room.login("boss")
        stolen = dict(one.cookies)
        assert (await one.post("/api/logout", json={})).status_code == 200
        one.cookies.update(stolen)
        assert (await one.get("/api/site")).status_code == 401
        assert (await two.get("/api/site")).status_code == 200
        assert (await boss.post("/api/users/li", json={"disabled": True})).status_code == 200
        assert (await two.get("/api/site")).status_code == 401
        body = {"name": "li", "password": PASSWORD}
        assert (await room.client.post("/api/login", json=body)).status_code == 401
        await clock.advance(13 * 3600)
        room.access.forget()
        assert (await boss.get("/api/site")).status_code == 401


async def test_a_first_password_opens_nothing_but_its_change(room: LoginRoom) -> None:
    room.person("li", "administrator", must_change=True)
    client = await room.login("li")
    reply = await client.get("/api/points")
    assert (reply.status_code, reply.json()["error"]["code"]) == (403, "password-first")
    assert (await client.get("/api/users")).status_code == 403
    new = {"password": PASSWORD, "new_password": "eight blue valves"}
    for wrong in ("short", "lilililili", "aaaaaaaaaaaa"):
        reply = await client.post("/api/password", json={**new, "new_password": wrong})
        assert reply.status_code == 422
        assert wrong not in reply.text
    reply = await client.post("/api/password", json={**new, "password": "not the old one"})
    assert reply.status_code == 401
    assert (await client.post("/api/password", json=new)).status_code == 200
    assert (await client.get("/api/points")).status_code == 401  # every session has ended
    again = await room.login("li", "eight blue valves")
    assert (await again.get("/api/points")).status_code == 200


async def test_accounts_are_administered_and_the_last_administrator_stays(room: LoginRoom) -> None:
    room.person("boss", "administrator")
    boss = await room.login("boss")
    new = {"name": "Wáng", "password": "a first secret", "grants": {"water": "dispatcher"}}
    assert (await boss.post("/api/users", json=new)).status_code == 201
    assert (await boss.post("/api/users", json=new)).status_code == 409
    bad = {**new, "name": "x", "grants": {"steam": "dispatcher"}}
    assert (await boss.post("/api/users", json=bad)).status_code == 422
    change = {"grants": {"gas": "engineer"}, "password": "another first one"}
    assert (await boss.post("/api/users/wáng", json=change)).status_code == 200
    rows = {u["name"]: u for u in (await boss.get("/api/users")).json()["users"]}
    assert rows["wáng"]["grants"] == {"gas": "engineer"}
    assert rows["wáng"]["must_change"]
    assert "password" not in rows["wáng"]
    for change in ({"disabled": True}, {"grants": {"*": "viewer"}}):
        reply = await boss.post("/api/users/boss", json=change)
        assert reply.status_code == 409
        assert "last administrator" in reply.text
    assert ("boss", "user-added") in room.trail()


async def test_a_scoped_administrator_administers_no_accounts(room: LoginRoom) -> None:
    room.person("li", "administrator:water")
    client = await room.login("li")
    new = {"name": "mole", "password": "a first secret", "grants": {"*": "administrator"}}
    assert (await client.post("/api/users", json=new)).status_code == 403


async def test_a_token_acts_for_a_program_until_it_is_revoked(room: LoginRoom) -> None:
    room.person("boss", "administrator")
    boss = await room.login("boss")
    ask = {"label": "reports", "grants": {"*": "viewer"}, "lasts_h": 24}
    made = (await boss.post("/api/tokens", json=ask)).json()
    assert made["token"].startswith("ringmain_")
    header = {"authorization": f"Bearer {made['token']}"}
    assert (await room.client.get("/api/points", headers=header)).status_code == 200
    body = {"ids": [alarm_of(room, "water")]}
    reply = await room.client.post("/api/alarms/acknowledge", json=body, headers=header)
    assert reply.status_code == 403
    new = {"password": "x", "new_password": "eight blue valves"}
    reply = await room.client.post("/api/password", json=new, headers=header)
    assert reply.status_code == 403
    rows = (await boss.get("/api/tokens")).json()["tokens"]
    assert [(r["label"], "digest" in r) for r in rows] == [("reports", False)]
    await boss.post(f"/api/tokens/{made['id']}/revoke", json={})
    assert (await room.client.get("/api/points", headers=header)).status_code == 401
    wrong = {"authorization": "Bearer ringmain_x"}
    assert (await room.client.get("/api/points", headers=wrong)).status_code == 401


async def test_no_secret_is_in_logs_trail_or_database(
    room: LoginRoom, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    room.person("boss", "administrator")
    boss = await room.login("boss")
    ask = {"label": "reports", "grants": {"*": "viewer"}}
    token = (await boss.post("/api/tokens", json=ask)).json()["token"]
    await room.client.post("/api/login", json={"name": PASSWORD[:9], "password": "wrong-secret"})
    reply = await room.client.post("/api/login", json={"name": "x", "password": "y" * 300})
    assert "yyyy" not in reply.text
    session = next(iter(boss.cookies.values()))
    stored = await asyncio.to_thread(
        lambda: b"".join(file.read_bytes() for file in tmp_path.glob("records.db*"))
    )
    for secret in (PASSWORD, token, session, "wrong-secret"):
        assert secret not in caplog.text
        assert secret.encode() not in stored
        assert secret not in str(room.desk.audit.entries())


async def test_while_core_is_away_nobody_is_let_in(room: LoginRoom) -> None:
    room.person("li", "viewer")
    client = await room.login("li")
    room.access.forget()

    async def gone(*_: Any) -> Any:
        raise RuntimeError("away")

    await room.feeder.bus.serve("security.who", gone)
    assert (await client.get("/api/points")).status_code == 503
    assert (await client.get("/api/me")).json()["identity"] is None


def test_every_route_that_changes_something_names_its_action() -> None:
    """Deny by default: a new POST route without `Needs` fails here."""
    own = {"/api/login", *OPEN_TO_NEW}
    routes = [route for router in ROUTERS for route in router.routes]
    changing = [r for r in routes if isinstance(r, APIRoute) and r.methods - {"GET", "HEAD"}]
    assert len(changing) >= 10
    for route in changing:
        calls = [d.call for d in route.dependant.dependencies]
        assert route.path in own or any(isinstance(c, Needs) for c in calls), route.path


def test_roles_grow_and_only_the_administrator_has_the_keys() -> None:
    for role in ROLES[1:]:
        assert MAY[role] > MAY["viewer"]
    assert [r for r in ROLES if "users" in MAY[r]] == ["administrator"]
    assert "approve" not in MAY["engineer"]
    li = Identity(name="li", grants=read_grants(["dispatcher:water", "viewer:gas"]))
    assert li.may("command", "water")
    assert not li.may("command", "gas")
    assert not li.may("command", "heat")
    assert li.may("view", "heat")
    assert not Identity(name="x", grants={"*": "administrator"}, must_change=True).may("view")


@pytest.mark.parametrize("texts", [[], ["boss"], ["viewer:steam"], [" "]])
def test_grants_of_nothing_are_refused(texts: list[str]) -> None:
    with pytest.raises(ValueError, match=r"no role|no utility"):
        read_grants(texts)


def test_hashes_are_argon2id_of_full_strength_and_weaker_ones_are_made_anew() -> None:
    strong = hashed(PASSWORD)
    assert strong.startswith("$argon2id$v=19$m=65536,t=3,")
    assert matches(strong, PASSWORD)
    assert not matches(strong, PASSWORD + " ")
    assert not matches("damaged", PASSWORD)
    with light_hashes():
        weak = hashed(PASSWORD)
    assert outdated(weak)
    assert not outdated(strong)


async def test_a_login_makes_a_weaker_hash_anew(room: LoginRoom) -> None:
    room.person("li", "viewer")
    before = room.desk.accounts.get("li")
    passwords._hasher = PasswordHasher(time_cost=2, memory_cost=1024, parallelism=1)
    await room.login("li")
    after = room.desk.accounts.get("li")
    assert before is not None
    assert after is not None
    assert ",t=1," in before["password"]
    assert ",t=2," in after["password"]
    await room.login("li")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("short", "at least 10"),
        ("x" * 201, "at most"),
        ("ababababab", "different"),
        ("for LiWei only", "the name"),
        ("seven grey pumps", ""),
    ],
)
def test_passwords_are_judged_by_length(text: str, why: str) -> None:
    assert why in fault(text, "liwei")
    assert bool(fault(text, "liwei")) == bool(why)
