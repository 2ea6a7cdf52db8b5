"""The page of outage orders, on the desk's real services: from a study to closed, and unplanned."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.async_api import Locator, Page, expect

import hmi
from tests.end_to_end.browser import browser_page, shot
from tests.end_to_end.test_browser import room
from tests.end_to_end.test_cases_page import NAMED, desk_on

STATIC = Path(hmi.__file__).parent / "static"
HOUR = timedelta(hours=1)
RESTORING = ("flushed", "sample-good", "pressure-verified")
"""What must be on record before water is back."""

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not (STATIC / "index.html").is_file(), reason="the page is not built"),
]


class Clock:
    """The desk's clock: the real one, moved on by hand."""

    def __init__(self) -> None:
        self.ahead = timedelta(0)

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead


class Desk:
    """An operator at an order."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.order: Locator = page.get_by_test_id("order")

    async def act(self, action: str, role: str, name: str = "", **typed: str) -> None:
        """Take a step as people do: look at what it does, then do it."""
        await self.look(action, role, name, **typed)
        await self.order.get_by_test_id("act").click()
        await expect(self.order.get_by_test_id("step-form")).to_have_count(0)

    async def look(self, action: str, role: str, name: str = "", **typed: str) -> None:
        """Open a step and ask what it does."""
        if name:
            await self.page.get_by_placeholder("name", exact=True).fill(name)
            await self.page.get_by_placeholder("name", exact=True).press("Tab")
        await self.order.get_by_test_id("role").select_option(role)
        await self.order.locator(f'[data-step="{action}"]').click()
        form = self.order.get_by_test_id("step-form")
        for field, text in typed.items():
            box = form.locator(f'[data-input="{field}"]')
            await (box.select_option(text) if field == "fact" else box.fill(text))
        if typed:
            await form.get_by_test_id("look").click()
        await expect(form.get_by_test_id("trial").or_(form.get_by_role("alert"))).to_be_visible()

    async def restore_and_close(self) -> None:
        """Take the steps from the work's end to closed, with all that must be on record."""
        for fact in RESTORING:
            await self.act("record", "crew", fact=fact)
        await self.act("restore", "dispatcher")
        await self.act("road-told", "dispatcher")
        await self.act("close", "dispatcher")
        await self.stands("closed")

    async def stands(self, state: str) -> None:
        """Wait until the order stands there."""
        await expect(self.order.locator('[aria-current="step"]')).to_have_text(state)


async def test_a_planned_outage_from_its_plan_to_closed_and_corrected(tmp_path: Path) -> None:
    clock = Clock()
    async with room() as (url, feeder), browser_page() as watched:
        outages, _ = await desk_on(feeder, tmp_path, clock)
        page, desk = watched.page, Desk(watched.page)
        await page.add_init_script(NAMED)
        await page.goto(url + "#/orders")
        await expect(page.get_by_test_id("orders")).to_contain_text("No orders here")
        # A saved plan becomes an order with one click, and one more.
        await page.goto(url + "#/outages?element=water/link:P12")
        await page.get_by_test_id("reason").fill("valve replacement")
        await page.get_by_test_id("plan").click()
        await page.get_by_test_id("to-order").click()
        form = page.get_by_test_id("open-order")
        await expect(form.get_by_test_id("order-reason")).to_have_value("valve replacement")
        await form.get_by_test_id("order-scope").fill("")
        await form.get_by_test_id("open").click()
        await desk.stands("study")
        (row,) = outages.list()
        order = row["order"]
        await expect(desk.order.locator('[data-due="publish"]')).to_contain_text("left")

        await desk.act("file", "planner")
        # Nobody approves what they have filed; another one does.
        await desk.look("approve", "leader")
        await expect(desk.order.get_by_role("alert")).to_contain_text("does not approve it")
        await desk.act("approve", "leader", "Sun Yan")
        await desk.stands("approved")
        # Every reason against publishing at once, with its rule and clause.
        await desk.look("publish", "dispatcher", "Li Wei")
        refused = desk.order.get_by_role("alert")
        await expect(refused.locator('[data-gate="content"]')).to_contain_text("scope")
        await expect(refused).to_contain_text("WATER-OUTAGE-NOTICE-CONTENT")
        await shot(page, "order-refused")
        await desk.act("amend", "dispatcher", scope="East Court")
        await desk.stands("requested")
        await desk.act("approve", "leader", "Sun Yan")
        # What will be told is read before it is told; leaving it tells nobody.
        await desk.look("publish", "dispatcher", "Li Wei")
        seen = desk.order.get_by_test_id("trial")
        await expect(seen).to_contain_text("approved becomes published.")
        bulletin = seen.locator('[data-audience="public/bulletin"]')
        await bulletin.locator("summary").click()
        await expect(bulletin).to_contain_text("East Court")
        await shot(page, "order-trial")
        await page.keyboard.press("Escape")
        await expect(desk.order.locator('[data-step="publish"]')).to_be_focused()
        assert outages.get(order["id"])["order"]["state"] == "approved"
        await expect(desk.order.get_by_test_id("messages")).to_contain_text("Nobody has been told")
        await desk.act("publish", "dispatcher")
        await desk.stands("published")
        sent = desk.order.get_by_test_id("messages")
        await expect(sent.locator('[data-audience="authority/authority-report"]')).to_be_visible()
        link = sent.get_by_role("link", name="All as one PDF")
        await expect(link).to_have_attribute(
            "href", f"/api/outage-orders/{order['id']}/documents.pdf"
        )

        # Too early to start; on the day it starts, is prolonged, ends and comes back.
        await desk.look("start", "crew")
        await expect(desk.order.get_by_role("alert")).to_contain_text("has not come")
        clock.ahead = datetime.fromisoformat(order["start"]) + HOUR / 6 - datetime.now(UTC)
        await desk.act("start", "crew")
        await desk.stands("underway")
        later = datetime.fromisoformat(order["end"]) + 3 * HOUR
        await desk.act("extend", "dispatcher", end=later.strftime("%Y-%m-%dT%H:%M"))
        await expect(sent.locator('[data-audience="public/bulletin"]')).to_have_count(2)
        clock.ahead += HOUR
        await desk.act("work-done", "crew")
        await desk.look("restore", "dispatcher")
        for fact in RESTORING:
            await expect(desk.order.get_by_role("alert")).to_contain_text(f"not on record: {fact}")
        await desk.restore_and_close()
        # Nothing is deleted: what was wrong is corrected beside the step.
        await desk.order.locator('[data-correct="2"]').click()
        await desk.order.locator('[data-input="why"]').fill("filed by phone")
        await desk.order.get_by_test_id("look").click()
        await desk.order.get_by_test_id("act").click()
        history = desk.order.get_by_test_id("history")
        await expect(history).to_contain_text("filed by phone")
        await expect(history.locator('[data-number="2"]')).to_contain_text("File the request")
        await shot(page, "order-closed")
        steps = outages.get(order["id"])["steps"]
        assert (steps[-1]["action"], steps[-1]["details"]["step"]) == ("correct", 2)
        assert [s["user"] for s in steps if s["action"] == "approve"] == ["Sun Yan", "Sun Yan"]
        await expect(page.get_by_test_id("orders")).to_contain_text("No orders here")
        await page.get_by_test_id("state-filter").select_option("closed")
        await expect(page.locator(f'[data-order="{order["id"]}"]')).to_be_visible()
        assert watched.hosts == {"localhost"}
        # Refusals answer 409, which Chromium notes; nothing else is.
        assert [e for e in watched.errors if "409" not in e] == []


async def test_an_unplanned_stop_is_opened_by_keyboard_and_faults_are_named(
    tmp_path: Path,
) -> None:
    async with room() as (url, feeder), browser_page() as watched:
        outages, _ = await desk_on(feeder, tmp_path)
        page = watched.page
        await page.add_init_script(NAMED)
        await page.goto(url + "#/orders?new=1")
        form = page.get_by_test_id("open-order")
        await form.locator('[data-kind="unplanned"]').press("Enter")
        await form.get_by_test_id("medium").select_option("gas")
        await form.get_by_test_id("order-element").fill("gas/link:G1")
        start = await form.get_by_test_id("order-start").input_value()
        await form.get_by_test_id("order-end").fill(start)
        await form.get_by_test_id("open").press("Enter")
        await expect(form.get_by_role("alert")).to_contain_text("the end is not after the start")
        assert outages.list() == []
        end = datetime.fromisoformat(start) + 4 * HOUR
        await form.get_by_test_id("order-end").fill(end.isoformat(timespec="minutes"))
        await form.get_by_test_id("open").press("Enter")
        desk = Desk(page)
        await desk.stands("underway")
        sent = desk.order.get_by_test_id("messages")
        await expect(sent.locator('[data-audience="users/door-card"]')).to_be_visible()
        # In Chinese every word of it is.
        await page.get_by_role("button", name="中", exact=False).first.click()
        await expect(desk.order.locator('[aria-current="step"]')).to_have_text("进行中")
        await expect(desk.order.get_by_test_id("history")).to_contain_text("调度员")
        assert watched.hosts == {"localhost"}
