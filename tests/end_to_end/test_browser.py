"""A dispatcher at the page of a lab: looks, acknowledges an alarm, plans an outage."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import uvicorn
from playwright.async_api import expect

import hmi
from hmi.app import SERVER_OPTIONS, create_app
from hmi.security.access import LabAccess
from scada.bus import MemoryBus
from tests.end_to_end.browser import browser_page
from tests.hmi.feeder import Feeder

STATIC = Path(hmi.__file__).parent / "static"

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not (STATIC / "index.html").is_file(), reason="the page is not built"),
]


@asynccontextmanager
async def room(side: int = 8) -> AsyncIterator[tuple[str, Feeder]]:
    """A served room and what feeds it."""
    bus = MemoryBus()
    feeder = Feeder(bus, side=side)
    await feeder.start()
    app = create_app(bus.peer(), feeder.view, STATIC, access=LabAccess())
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", **SERVER_OPTIONS))
    task = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn offers no event to wait for
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://localhost:{port}/", feeder
    finally:
        server.should_exit = True
        await task
        await feeder.stop()


async def test_a_dispatcher_watches_acknowledges_and_plans() -> None:
    async with room() as (url, feeder), browser_page() as watched:
        page = watched.page
        await page.goto(url)

        # A lab asks for no login; the map draws and values are live.
        await expect(page.locator("h1")).to_have_text("泉城示范市")
        await expect(page.get_by_test_id("map").locator("canvas").first).to_be_visible()
        await expect(page.get_by_test_id("data-clock")).not_to_have_text("–")
        await expect(page.get_by_test_id("stale")).to_have_count(0)

        # The other language, at once.
        await page.get_by_role("button", name="EN", exact=True).click()
        await expect(page.locator("h1")).to_have_text("Springs Example City")

        # One alarm is acknowledged under a name, and its state shows.
        alarm = next(iter(feeder.alarms))
        await page.goto(url + "#/alarms")
        row = page.locator(f'[data-alarm="{alarm}"]')
        await expect(row).to_have_attribute("data-state", "unacknowledged")
        await row.get_by_role("checkbox").check()
        await page.get_by_placeholder("Your name").fill("Li Wei")
        await page.get_by_placeholder("Comment").fill("crew sent")
        await page.get_by_test_id("acknowledge").click()
        await expect(row).to_have_attribute("data-state", "acknowledged")
        await expect(row).to_contain_text("Li Wei: crew sent")
        assert feeder.alarms[alarm]["acknowledged_by"] == "Li Wei"

        # An outage with enough notice may be published; one that starts soon is blocked.
        await page.goto(url + "#/outages?element=water/link:P12")
        await page.get_by_test_id("reason").fill("valve replacement")
        await page.get_by_test_id("plan").click()
        proposal = page.get_by_test_id("proposal")
        await expect(proposal).to_contain_text("May be published")
        await expect(proposal).to_contain_text("Because of valve replacement")
        soon = datetime.fromisoformat(await page.get_by_test_id("start").input_value())
        soon -= timedelta(hours=30)
        await page.get_by_test_id("start").fill(soon.isoformat(timespec="minutes"))
        await page.get_by_test_id("plan").click()
        await expect(proposal).to_contain_text("Must not be published")
        await expect(proposal).to_contain_text("WATER-OUTAGE-NOTICE-LARGE")

        assert watched.errors == []
        assert watched.hosts == {"localhost"}


async def test_a_set_point_is_selected_checked_and_operated() -> None:
    async with room() as (url, feeder), browser_page() as watched:
        page = watched.page
        await page.add_init_script(
            "localStorage.setItem('ringmain.language', 'en');"
            "localStorage.setItem('ringmain.operator', 'Li Wei');"
        )
        await page.goto(url)
        find = page.get_by_role("combobox", name="Find a point or element")
        await find.fill("W-S-PRV1")
        await find.press("Enter")
        detail = page.get_by_test_id("detail")
        await expect(detail).to_contain_text("Plant outlet pressure set point")
        await detail.get_by_label("New value").fill("0.35")
        await detail.get_by_test_id("select").click()
        await expect(detail).to_contain_text("0.350 MPa")
        assert feeder.writes == []
        await detail.get_by_test_id("operate").click()
        await expect(detail).to_contain_text("Confirmed; reads back 0.350 MPa")
        assert len(feeder.writes) == 1
        assert watched.errors == []


async def test_every_view_opens_and_silence_is_shown() -> None:
    async with room() as (url, feeder), browser_page(1920, 1080) as watched:
        page = watched.page
        await page.add_init_script("localStorage.setItem('ringmain.language', 'en')")
        await page.goto(url)
        await page.goto(url + "#/points")
        await expect(page.get_by_role("row")).not_to_have_count(1)
        await page.goto(url + "#/events")
        await expect(page.get_by_role("cell", name="raised").first).to_be_visible()
        await page.goto(url + "#/trends?points=W-L-T1")
        await expect(page.locator("canvas")).to_be_visible()
        await page.goto(url + "#/system")
        await expect(page.get_by_test_id("links")).to_contain_text("rtu-03")
        await expect(page.get_by_test_id("links")).to_contain_text("connection refused")
        await feeder.stop()
        await expect(page.get_by_test_id("stale")).to_contain_text("No data since", timeout=20_000)
        assert watched.errors == []
        assert watched.hosts == {"localhost"}
