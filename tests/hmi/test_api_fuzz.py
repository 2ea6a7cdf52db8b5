"""The API under requests made from its own description, as every role: no 500, errors of one shape.

Requests are of two modes: what the description allows, and what it does not.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.core import NOT_SET
from schemathesis.generation import GenerationMode
from schemathesis.openapi import from_dict

from hmi.security.roles import ROLES
from tests.hmi.login_room import LoginRoom, login_room

EXAMPLES = 8
"""For each operation; `benchmarks/api_fuzz.py` makes as many as it is asked for."""
FEWER = 2
"""For roles that are refused most."""

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


def all_cases(room: LoginRoom, examples: int, mode: GenerationMode) -> list[list[Any]]:
    """Requests of each operation, one list an operation."""
    return [cases_of(one, examples, mode) for one in operations(room.app.openapi())]


async def attack(client: httpx.AsyncClient, cases: Iterable[Any]) -> list[str]:
    """Make the requests; what was wrong."""
    faults = []
    for case in cases:
        reply = await client.request(
            case.method,
            case.formatted_path,
            params=case.query or None,
            headers={k: v for k, v in (case.headers or {}).items() if printable(k, v)},
            **content_of(case.body),
        )
        wrong = fault_of(reply)
        if wrong:
            faults.append(f"{case.method} {case.formatted_path}: {wrong}")
    return faults


def content_of(body: Any) -> dict[str, Any]:
    """The body as httpx takes it: JSON, or what else was made."""
    if body is NOT_SET:
        return {"json": {}}
    if isinstance(body, bytes):
        return {"content": body}
    return {"json": body}


def cases_of(operation: Any, examples: int, mode: GenerationMode) -> list[Any]:
    """Requests a description allows, or does not; none where it allows everything."""
    cases: list[Any] = []
    if mode is GenerationMode.NEGATIVE and not (operation.query or operation.body):
        return cases

    @settings(
        max_examples=examples,
        database=None,
        deadline=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(mode), _again=st.integers(0, 3))
    def collect(case: Any, _again: int) -> None:
        cases.append(case)

    collect()
    return cases


def printable(name: str, value: str) -> bool:
    """What a header may hold."""
    return name.isascii() and value.isascii() and value.isprintable()


@pytest.mark.parametrize("mode", list(GenerationMode))
async def test_no_request_breaks_the_service(mode: GenerationMode, tmp_path: Path) -> None:
    async with login_room(tmp_path) as room:
        cases = all_cases(room, EXAMPLES, mode)
        assert sum(map(len, cases)) > 15 * EXAMPLES
        for role in ROLES:
            room.person(f"a-{role}", role)
            client = await room.login(f"a-{role}")
            most = EXAMPLES if role == "administrator" else FEWER
            assert await attack(client, [c for some in cases for c in some[:most]]) == []
            assert (await client.get("/api/points")).status_code == 200
