"""The desk's pages for accounts of different rights, over a login.

What may not be done is not offered or says why; an order goes to closed by two persons.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

import hmi
from hmi.security.desk import SecurityDesk
from hmi.security.passwords import hashed
from hmi.security.roles import Role
from tests.end_to_end.browser import Watched, browser_page, shot
from tests.end_to_end.test_cases_page import desk_on
from tests.end_to_end.test_login_browser import secure_room
from tests.end_to_end.test_orders_page import Clock, Desk
from tests.hmi.login_room import PASSWORD, light_hashes

STATIC = Path(hmi.__file__).parent / "static"
PEOPLE: Mapping[str, Mapping[str, Role]] = {
    "vera": {"*": "viewer"},
    "dora": {"water": "dispatcher", "gas": "viewer"},
    "gao": {"gas": "supervisor"},
    "sun": {"*": "supervisor"},
}

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not (STATIC / "index.html").is_file(), reason="the page is not built"),
]


@asynccontextmanager
async def people(
    url: str, security: SecurityDesk, watched: Watched
) -> AsyncIterator[dict[str, Page]]:
    """Everybody logged in at a page of their own, in one browser."""
    browser = watched.page.context.browser
    assert browser is not None
    async with AsyncExitStack() as later:
        pages = {}
        for name, grants in PEOPLE.items():
            security.accounts.add(name, hashed(PASSWORD), grants, 1, must_change=False)
            context = await browser.new_context(
                viewport={"width": 1440, "height": 900}, ignore_https_errors=True
            )
            later.push_async_callback(context.close)
            await context.add_init_script("localStorage.setItem('ringmain.language', 'en');")
            page = pages[name] = await context.new_page()
            page.on("console", watched.console)
            page.on("pageerror", lambda error: watched.errors.append(str(error)))
            await page.goto(url + "#/orders")
            await page.get_by_label("Name").fill(name)
            await page.get_by_label("Password", exact=True).fill(PASSWORD)
            await page.get_by_role("button", name="Log in").click()
            await expect(page.get_by_test_id("who")).to_have_text(name)
        yield pages


async def values(page: Page, choice: str) -> list[str]:
    """What a choice offers."""
    options = page.get_by_test_id(choice).locator("option")
    await expect(options.first).to_be_attached()
    found: list[str] = await options.evaluate_all("all => all.map(one => one.value)")
    return found


async def looks_only(page: Page, url: str) -> None:
    """A viewer sees every page of the desk and is offered nothing on any."""
    for view, offered in (
        ("orders", "new-order"),
        ("incidents", "open"),
        ("hotline", "open"),
        ("crews", "send"),
    ):
        await page.goto(f"{url}#/{view}")
        if view != "crews":
            await expect(page.get_by_test_id("may-not")).to_contain_text("it may look only")
        await expect(page.get_by_test_id(offered)).to_have_count(0)
    await page.goto(url + "#/outages?element=water/link:P12")
    await expect(page.get_by_test_id("plan")).to_be_disabled()
    await expect(page.get_by_test_id("search")).to_be_disabled()
    await expect(page.get_by_test_id("may-not")).to_be_visible()
    await page.goto(url + "#/advice")
    await expect(page.get_by_test_id("ask")).to_be_disabled()


async def offered_one_network(page: Page, url: str) -> None:
    """Who may act for gas only is offered gas only."""
    await page.goto(url + "#/incidents")
    assert await values(page, "kind") == ["gas-leak", "no-gas"]
    await page.goto(url + "#/orders?new=1")
    assert await values(page, "medium") == ["gas"]
    await page.goto(url + "#/outages?element=water/link:P12")
    await expect(page.get_by_test_id("plan")).to_be_disabled()
    await expect(page.get_by_test_id("may-not")).to_contain_text("may not plan for Water")
    await page.get_by_test_id("element").fill("gas/link:P12")
    await expect(page.get_by_test_id("plan")).to_be_enabled()


async def a_crew_is_sent(page: Page, url: str) -> None:
    """From the burst to the crew at it."""
    await page.goto(url + "#/incidents")
    await page.get_by_test_id("element").fill("water/link:P12")
    await page.get_by_test_id("open").click()
    incident = page.get_by_test_id("incident")
    await incident.get_by_test_id("to-crews").click()
    near, far, gas = (page.locator(f'[data-row="{name}"]') for name in ("C1", "C2", "G1"))
    await expect(page.locator("[data-row]").first).to_have_attribute("data-row", "C1")
    await expect(near).to_contain_text(" km · ")
    await expect(far.get_by_test_id("send")).to_be_enabled()
    await expect(gas.get_by_test_id("send")).to_be_disabled()
    await expect(gas).to_contain_text("does not work on this network")
    await expect(near.get_by_test_id("where")).to_have_text("its place in crews.csv")
    await near.get_by_test_id("send").click()
    await expect(near.get_by_test_id("send")).to_have_count(0)
    await expect(near.get_by_test_id("doing")).to_contain_text("INC-")
    await page.go_back()
    await incident.or_(page.get_by_test_id("incidents")).first.wait_for()
    await page.get_by_test_id("incidents").get_by_role("button").first.click()
    await incident.locator('[data-step="arrived"]').click()
    await incident.get_by_test_id("to-crews").click()
    await expect(near.get_by_test_id("where")).to_contain_text("INC-")
    await shot(page, "crews")
    await near.get_by_test_id("release").click()
    await expect(near.get_by_test_id("doing")).to_have_text("free")
    await expect(near.get_by_test_id("where")).to_contain_text("INC-")


async def test_each_does_what_the_account_may_and_is_told_what_not(tmp_path: Path) -> None:
    clock = Clock()
    async with AsyncExitStack() as stack:
        stack.enter_context(light_hashes())
        url, security, feeder = await stack.enter_async_context(secure_room(tmp_path))
        watched = await stack.enter_async_context(browser_page())
        (tmp_path / "desk").mkdir()
        outages, _ = await desk_on(feeder, tmp_path / "desk", clock)
        pages = await stack.enter_async_context(people(url, security, watched))
        await looks_only(pages["vera"], url)
        await offered_one_network(pages["gao"], url)
        await a_crew_is_sent(pages["dora"], url)
        gone = await pages["vera"].evaluate(
            "fetch('/api/crews/C2/assign', {method: 'POST', body: '{\"job\": \"x\"}',"
            " headers: {'content-type': 'application/json'}}).then(r => r.status)"
        )
        assert gone == 403

        # One files, another approves: the leader's step is not the dispatcher's, nor gas's.
        dora, sun = Desk(pages["dora"]), Desk(pages["sun"])
        await dora.page.goto(url + "#/orders?new=1")
        form = dora.page.get_by_test_id("open-order")
        await form.get_by_test_id("order-element").fill("water/link:P12")
        await form.get_by_test_id("order-reason").fill("valve")
        await form.get_by_test_id("order-scope").fill("East Court")
        await form.get_by_test_id("open").click()
        await dora.stands("study")
        await dora.act("file", "planner")
        approve = dora.order.locator('[data-step="approve"]')
        await expect(approve).to_be_disabled()
        await expect(approve).to_have_attribute("title", "For leader")
        assert await values(dora.page, "role") == ["planner", "dispatcher", "crew"]
        (row,) = outages.list()
        order = row["order"]
        for name in ("gao", "vera"):
            page = pages[name]
            await page.goto(f"{url}#/orders?order={order['id']}")
            seen = page.get_by_test_id("order")
            await expect(seen.get_by_test_id("may-not")).to_contain_text("may not plan for Water")
            await expect(seen.locator("[data-step]")).to_have_count(0)
        await sun.page.goto(f"{url}#/orders?order={order['id']}")
        await sun.act("approve", "leader")
        await dora.act("publish", "dispatcher")
        await dora.look("start", "crew")
        await expect(dora.order.get_by_role("alert")).to_contain_text("has not come")
        clock.ahead = datetime.fromisoformat(order["start"]) + timedelta(minutes=5) - clock()
        await dora.act("start", "crew")
        await dora.act("work-done", "crew")
        await dora.restore_and_close()
        steps = outages.get(order["id"])["steps"]
        assert {s["action"]: s["user"] for s in steps} | {"approve": "sun"} == {
            s["action"]: "sun" if s["action"] == "approve" else "dora" for s in steps
        }
        # An order of one's own is not approved by oneself, whatever the right.
        own = outages.open(
            {
                "medium": "gas",
                "kind": "planned",
                "element": "gas/link:P12",
                "start": (clock() + timedelta(days=4)).isoformat(),
                "end": (clock() + timedelta(days=4, hours=5)).isoformat(),
                "reason": "valve",
                "scope": "East Court",
            },
            user="sun",
            role="planner",
        )["order"]
        outages.step(own["id"], "file", {}, user="sun", role="planner")
        await sun.page.goto(f"{url}#/orders?order={own['id']}")
        await sun.look("approve", "leader")
        await expect(sun.order.get_by_role("alert")).to_contain_text("does not approve it")
        # Refusals answer 403 and 409, which Chromium notes; nothing else is.
        assert [e for e in watched.errors if "409" not in e and "403" not in e] == []
