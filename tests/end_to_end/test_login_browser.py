"""The first administrator comes in over TLS with the first password, and changes it."""

from __future__ import annotations

import asyncio
import os
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import uvicorn
import websockets
from playwright.async_api import expect

import hmi
from hmi.app import SERVER_OPTIONS, create_app
from hmi.records import Audit, engine, migrate
from hmi.security.access import LoginAccess
from hmi.security.desk import SecurityDesk
from hmi.security.first import FIRST_FILE, first_administrator, forget_first_password
from hmi.security.tls import self_signed
from scada.bus import MemoryBus
from scada.clock import SystemClock
from tests.end_to_end.browser import browser_page, shot
from tests.hmi.feeder import Feeder

STATIC = Path(hmi.__file__).parent / "static"

built = pytest.mark.skipif(not (STATIC / "index.html").is_file(), reason="the page is not built")


@asynccontextmanager
async def secure_room(folder: Path) -> AsyncIterator[tuple[str, SecurityDesk, Feeder]]:
    """A room as `ringmain serve` makes it the first time, on TLS."""
    records = engine(folder / "records.db")
    migrate(records)
    desk = SecurityDesk(records, Audit(records, b"k" * 32), SystemClock())
    first_administrator(desk.accounts, folder, 1)
    bus = MemoryBus()
    feeder = Feeder(bus, side=6)
    await feeder.start()
    await desk.serve(bus.peer())
    certificate, key = self_signed(folder / "tls", "localhost")
    app = create_app(
        bus.peer(),
        feeder.view,
        STATIC,
        access=LoginAccess(bus.peer()),
        password_changed=lambda _name: forget_first_password(folder),
    )
    config = uvicorn.Config(
        app,
        port=0,
        log_level="error",
        ssl_certfile=certificate,
        ssl_keyfile=key,
        **SERVER_OPTIONS,
    )
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn offers no event to wait for
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"https://localhost:{port}/", desk, feeder
    finally:
        server.should_exit = True
        await task
        await feeder.stop()


def first_password(folder: Path) -> str:
    file = folder / FIRST_FILE
    assert file.stat().st_mode & 0o077 == 0
    return file.read_text().split("password: ")[1].strip()


@pytest.mark.browser
@built
async def test_the_first_login(tmp_path: Path) -> None:
    async with secure_room(tmp_path) as (url, desk, _), browser_page() as watched:
        password = await asyncio.to_thread(first_password, tmp_path)
        page = watched.page
        await page.goto(url)
        form = page.get_by_test_id("login")
        await expect(form).to_contain_text("登录", timeout=30_000)
        await page.get_by_role("button", name="EN", exact=True).click()
        await page.get_by_label("Name").fill("admin")
        await page.get_by_label("Password", exact=True).fill("not this one")
        await page.get_by_role("button", name="Log in").click()
        await expect(form).to_contain_text("do not fit", timeout=30_000)
        await shot(page, "login")
        await page.get_by_label("Password", exact=True).fill(password)
        await page.get_by_role("button", name="Log in").click()
        await expect(form).to_contain_text("Change the first password", timeout=30_000)
        await page.get_by_label("Present password").fill(password)
        await page.get_by_label("New password", exact=True).fill("seven grey pumps")
        await page.get_by_label("New password again").fill("seven grey pumps")
        await page.get_by_role("button", name="Change and go on").click()
        await expect(page.get_by_test_id("who")).to_have_text("admin", timeout=60_000)
        await expect(page.get_by_test_id("stale")).to_have_count(0, timeout=60_000)
        assert not os.path.exists(tmp_path / FIRST_FILE)  # noqa: PTH110, ASYNC240

        await page.goto(url + "#/access")
        await page.get_by_placeholder("Name").fill("liwei")
        await page.get_by_placeholder("First password").fill("a first secret")
        await page.get_by_role("button", name="Add account").click()
        await expect(page.get_by_test_id("users")).to_contain_text("liwei", timeout=30_000)
        await expect(page.get_by_test_id("audit")).to_contain_text("account added")
        await shot(page, "access")
        await page.get_by_test_id("verify").click()
        await expect(page.get_by_role("status").first).to_contain_text(
            "none changed", timeout=30_000
        )

        # A session ended elsewhere ends the page too.
        account = desk.accounts.get("admin")
        assert account is not None
        desk.accounts.change(
            "admin", 2, end_sessions=True, disabled=False, grants=account["grants"]
        )
        await expect(page.get_by_test_id("login")).to_be_visible(timeout=40_000)
        assert watched.hosts == {"localhost"}


async def test_the_socket_asks_who_is_there(tmp_path: Path) -> None:
    """Elsewhere the live stream was open to whoever connected."""
    async with secure_room(tmp_path) as (url, desk, _):
        context = ssl.create_default_context(cafile=str(tmp_path / "tls" / "web.crt"))
        place = url.replace("https", "wss") + "api/stream"
        with pytest.raises(websockets.exceptions.InvalidStatus) as refused:
            await websockets.connect(place, ssl=context)
        assert refused.value.response.status_code == 403
        token = desk.tokens.add("reader", {"*": "viewer"}, "admin", 1, 2**62)[1]
        header = {"authorization": f"Bearer {token}"}
        with pytest.raises(websockets.exceptions.InvalidStatus):
            foreign = "https://evil.example"
            await websockets.connect(place, ssl=context, additional_headers=header, origin=foreign)
        with pytest.raises(websockets.exceptions.InvalidStatus):
            wrong = {"authorization": f"Bearer {token}x"}
            await websockets.connect(place, ssl=context, additional_headers=wrong)
        async with websockets.connect(place, ssl=context, additional_headers=header) as socket:
            assert await asyncio.wait_for(socket.recv(), 10)
