"""A web application that asks for a login, on real records in a real database file."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from argon2 import PasswordHasher
from fastapi import FastAPI
from sqlalchemy import Engine

from hmi.records import Audit, engine, migrate
from hmi.security import passwords
from hmi.security.access import LoginAccess
from hmi.security.desk import SecurityDesk
from hmi.security.passwords import hashed
from scada.clock import SystemClock
from tests.hmi.feeder import Feeder
from tests.hmi.web_client import running

PASSWORD = "seven grey pumps"


@dataclass
class LoginRoom:
    """The room, a client without a session, and what stands behind."""

    app: FastAPI
    client: httpx.AsyncClient
    feeder: Feeder
    desk: SecurityDesk
    records: Engine
    access: LoginAccess

    def person(self, name: str, *grants: str, must_change: bool = False) -> None:
        """An account with the usual password."""
        from hmi.security.roles import read_grants

        self.desk.accounts.add(
            name, hashed(PASSWORD), read_grants(list(grants)), 1, must_change=must_change
        )

    async def login(self, name: str, password: str = PASSWORD) -> httpx.AsyncClient:
        """A client with a session of its own."""
        client = httpx.AsyncClient(
            transport=httpx.ASGITransport(app=self.app, raise_app_exceptions=False),
            base_url="http://localhost",
        )
        reply = await client.post("/api/login", json={"name": name, "password": password})
        assert reply.status_code == 200, reply.text
        return client

    def trail(self) -> list[tuple[str, str]]:
        """(user, action) in the order of the audit trail."""
        return [(e["user"], e["action"]) for e in reversed(self.desk.audit.entries())]


@contextmanager
def light_hashes() -> Iterator[None]:
    """Hashing takes long on purpose; what is tested around it does not need to."""
    usual = passwords._hasher
    passwords._hasher = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1)
    try:
        yield
    finally:
        passwords._hasher = usual


@asynccontextmanager
async def login_room(
    folder: Path, clock: Any = None, key: bytes = b"k" * 32
) -> AsyncIterator[LoginRoom]:
    """The running room."""
    records = engine(folder / "records.db")
    migrate(records)
    desk = SecurityDesk(records, Audit(records, key), clock or SystemClock())

    def access_on(bus: Any) -> LoginAccess:
        return LoginAccess(bus)

    with light_hashes():
        async with running(folder, access=access_on) as (app, client, feeder):
            await desk.serve(feeder.bus)
            yield LoginRoom(app, client, feeder, desk, records, app.state.parts.access)
