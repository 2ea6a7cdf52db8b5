"""The API under requests made from its own description: no 500, and errors of one shape."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.openapi import from_dict

from tests.hmi.login_room import LoginRoom, login_room

EXAMPLES = 12
"""For each operation; `benchmarks/api_fuzz.py` makes as many as it is asked for."""

LEFT_OUT = {"/api/logout", "/api/password"}
"""They would end the session of the test."""


def fault_of(reply: httpx.Response) -> str:
    """What is wrong with an answer, or nothing."""
    if reply.status_code >= 500 and reply.status_code != 503:
        return f"answers {reply.status_code}"
    if reply.status_code >= 400:
        body = reply.json()
        if set(body) != {"error"} or not {"code", "message"} <= set(body["error"]):
            return f"an error of another shape: {body}"
    if "content-security-policy" not in reply.headers:
        return "no policy"
    return ""


def operations(schema: dict[str, Any]) -> list[Any]:
    """Every operation of the API's own description."""
    found = [made.ok() for made in from_dict(schema).get_all_operations()]
    return [one for one in found if one.path not in LEFT_OUT]


async def attack(
    room: LoginRoom, client: httpx.AsyncClient, examples: int
) -> tuple[int, list[str]]:
    """Ask each operation `examples` times; how many were asked, and what was wrong."""
    asked, faults = 0, []
    for operation in operations(room.app.openapi()):
        for case in cases_of(operation, examples):
            asked += 1
            reply = await client.request(
                case.method,
                case.formatted_path,
                params=case.query or None,
                headers={k: v for k, v in (case.headers or {}).items() if printable(k, v)},
                json=case.body if isinstance(case.body, (dict, list, str, int, float)) else {},
            )
            wrong = fault_of(reply)
            if wrong:
                faults.append(f"{case.method} {case.formatted_path}: {wrong}")
    return asked, faults


def cases_of(operation: Any, examples: int) -> list[Any]:
    """Requests a description allows."""
    cases: list[Any] = []

    @settings(
        max_examples=examples,
        database=None,
        deadline=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(), _again=st.integers(0, 3))
    def collect(case: Any, _again: int) -> None:
        cases.append(case)

    collect()
    return cases


def printable(name: str, value: str) -> bool:
    """What a header may hold."""
    return name.isascii() and value.isascii() and value.isprintable()


async def test_no_request_the_description_allows_breaks_the_service(tmp_path: Path) -> None:
    async with login_room(tmp_path) as room:
        room.person("boss", "administrator")
        client = await room.login("boss")
        asked, faults = await attack(room, client, EXAMPLES)
        assert asked > 15 * EXAMPLES
        assert faults == []
        assert (await client.get("/api/points")).status_code == 200
