"""What a planner reads on the page of the real room: impact, windows, trucks, advice, figures."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, expect

import hmi
from scenarios.site import load_site
from tests.end_to_end.browser import browser_page, shot
from tests.end_to_end.conftest import RunningRoom
from tests.end_to_end.test_cases_page import NAMED

STATIC = Path(hmi.__file__).parent / "static"
HOUR = timedelta(hours=1)
PLANNED_MS = 240_000

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not (STATIC / "index.html").is_file(), reason="the page is not built"),
]


def moment(ahead_h: float) -> str:
    return (datetime.now().astimezone() + ahead_h * HOUR).isoformat(timespec="seconds")


def plan(room: RunningRoom, element: str, start_h: float, hours: float) -> dict[str, Any]:
    body = {"element": element, "start": moment(start_h), "end": moment(start_h + hours)}
    found: dict[str, Any] = room.post("api/outages/plan", body)["proposal"]
    return found


def widest(room: RunningRoom, medium: str) -> list[str]:
    """The links of a network, the widest first."""
    links = room.get(f"api/network/{medium}")["links"]
    order = sorted(zip(links["diameter_mm"], links["id"], strict=True), reverse=True)
    return [f"{medium}/link:{name}" for _, name in order]


async def see(page: Page, room: RunningRoom, proposal: dict[str, Any]) -> None:
    await page.goto(room.url + f"#/outages?proposal={proposal['id']}")
    await page.reload()
    await expect(page.get_by_test_id("proposal")).to_be_visible()


async def test_gas_users_and_rooms_by_the_hour_and_the_best_start(room: RunningRoom) -> None:
    gas_plans = (plan(room, element, 60, 10) for element in widest(room, "gas"))
    gas = next(made for made in gas_plans if made["impact"]["gas"]["users"])
    heat_plans = (plan(room, element, 100, 24) for element in widest(room, "heat"))
    heat = next(made for made in heat_plans if made["impact"]["heat"]["cut_off"])
    async with browser_page() as watched:
        page = watched.page
        await page.add_init_script(NAMED)
        await see(page, room, gas)
        view = page.get_by_test_id("gas-impact")
        users = gas["impact"]["gas"]["users"]
        await expect(view.locator("[data-user]")).to_have_count(min(30, len(users)))
        first = view.locator(f'[data-user="{users[0]["id"]}"]')
        await expect(first).to_contain_text(f"{users[0]['below_h']:.1f}")
        await expect(view.get_by_role("img")).to_be_visible()
        await shot(page, "impact-gas")

        await see(page, room, heat)
        view = page.get_by_test_id("heat-impact")
        worst = heat["impact"]["heat"]["stations"][0]
        row = view.locator(f'[data-station="{worst["station"]}"]')
        for limit, hours in worst["falls_h"].items():
            shown = "–" if hours is None else f"{hours:.1f} / {worst['below_h'][limit]:.1f}"
            await expect(row.locator(f'[data-limit="{limit}"]')).to_have_text(shown)
        await shot(page, "impact-heat")

        # The best start: the one chosen goes into the form of the plan.
        form = page.get_by_test_id("best-start")
        await form.locator("summary").click()
        start = datetime.fromisoformat(await page.get_by_test_id("start").input_value())
        end = start + 8 * HOUR
        await page.get_by_test_id("end").fill(end.isoformat(timespec="minutes"))
        await form.get_by_test_id("until").fill((start + 6 * HOUR).isoformat(timespec="minutes"))
        await form.get_by_test_id("search").click()
        found = page.get_by_test_id("windows")
        rows = found.locator("[data-window]")
        await expect(rows).to_have_count(3, timeout=PLANNED_MS)
        await expect(found.locator("rect")).to_have_count(3)
        await shot(page, "windows")
        last = found.locator("tbody tr").last
        wanted = str(await last.get_attribute("data-window"))[:16]
        await last.get_by_test_id("choose-window").click()
        await expect(page.get_by_test_id("start")).to_have_value(wanted)
        taken = datetime.fromisoformat(wanted) + 8 * HOUR
        await expect(page.get_by_test_id("end")).to_have_value(taken.isoformat(timespec="minutes"))
        assert watched.errors == []


async def test_trucks_by_the_hour_on_sheets_and_planned_anew(room: RunningRoom) -> None:
    site = load_site(room.folder)
    home = max(site.customers, key=lambda customer: customer.people)
    proposal = plan(room, f"water/{home.element}", -1, 30)
    trucks = proposal["trucks"]
    assert trucks["routes"]
    async with browser_page() as watched:
        page = watched.page
        await page.add_init_script(NAMED)
        await see(page, room, proposal)
        view = page.get_by_test_id("trucks")
        await expect(view.locator("[data-truck]")).to_have_count(len(trucks["routes"]))
        await expect(view.get_by_test_id("truck-bars").get_by_role("img")).to_be_visible()
        rows = view.get_by_test_id("levers").locator("tbody tr")
        await expect(rows).to_have_count(len(trucks["levers"]))
        sheet = view.locator(f'[data-truck="{trucks["routes"][0]["truck"]}"]')
        stops = trucks["routes"][0]["stops"]
        await expect(sheet.locator("tbody tr")).to_have_count(len(stops))
        # On paper only the sheets are left.
        await page.evaluate("document.documentElement.dataset.print = 'sheets'")
        await page.emulate_media(media="print")
        await expect(sheet).to_be_visible()
        await expect(page.get_by_text("Deadlines", exact=True)).to_be_hidden()
        await expect(view.get_by_test_id("truck-bars")).to_be_hidden()
        await expect(sheet).to_contain_text(proposal["id"])
        # Paper is light, whatever the theme.
        await page.evaluate("document.documentElement.dataset.theme = 'dark'")
        await expect(sheet.locator("td").first).to_have_css("color", "rgb(31, 39, 46)")
        await page.emulate_media(media="screen")
        await expect(sheet.locator("td").first).to_have_css("color", "rgb(227, 232, 236)")
        await page.evaluate("delete document.documentElement.dataset.print")
        # A moment that has not come is refused, with what is expected.
        form = view.get_by_test_id("replan")
        await form.locator("summary").click()
        point = trucks["points"][0]["id"]
        await form.locator(f'[data-point="{point}"]').fill("0.5")
        await form.get_by_label("As of").fill("2099-01-01T00:00")
        await form.get_by_test_id("replan-go").click()
        await expect(form.get_by_role("alert")).to_contain_text("a moment that has come")
        await form.get_by_label("As of").fill("")
        await form.get_by_test_id("replan-go").click()
        await expect(view.get_by_test_id("which-plan")).to_have_value("1", timeout=PLANNED_MS)
        await shot(page, "trucks-anew")
        (kept,) = room.get(f"api/outages/{proposal['id']}")["proposal"]["truck_plans"]
        assert (kept["user"], kept["reported_m3"]) == ("Li Wei", {point: 0.5})
        await view.get_by_test_id("which-plan").select_option("0")
        await expect(view.locator("[data-truck]")).to_have_count(len(trucks["routes"]))
        assert [e for e in watched.errors if "422" not in e] == []


async def test_advice_and_indicators_show_what_the_service_says(room: RunningRoom) -> None:
    async with browser_page() as watched:
        page = watched.page
        await page.add_init_script(NAMED)
        await page.goto(room.url + "#/advice")
        view = page.get_by_test_id("advice")
        await expect(view).to_contain_text("No advice asked for yet")
        for medium in ("water", "gas", "heat"):
            await page.locator(f'[data-medium="{medium}"]').click()
            if medium == "water":
                # By the patterns of an evening: before dawn there is nothing to better.
                await page.get_by_test_id("at").fill(f"{moment(24)[:10]}T18:00")
            if medium == "gas":
                await page.get_by_test_id("available").fill("0.001")
            await page.get_by_test_id("ask").click()
            await expect(view.get_by_test_id("advice-rows")).to_be_visible(timeout=PLANNED_MS)
            await shot(page, f"advice-{medium}")
            if medium == "gas":
                await expect(view).to_contain_text("kg/s short")
        await page.goto(room.url + "#/indicators")
        figures = page.get_by_test_id("indicators")
        await expect(figures.get_by_test_id("indicator-rows")).to_be_visible()
        day = await page.get_by_test_id("day").input_value()
        for period, of in (("month", day[:7]), ("year", day[:4])):
            await figures.locator(f'[data-period="{period}"]').click()
            await expect(figures.locator("p > b").first).to_have_text(of)
            report = room.get(f"api/indicators?of={of}")["report"]
            names = {row["name"] for row in report["indicators"]}
            names |= {row["name"] for row in report["not_computed"]}
            for name in names:
                await expect(figures.locator(f'[data-indicator="{name}"]')).to_have_count(1)
            length = next(r for r in report["indicators"] if r["name"] == "burst-rate")
            row = figures.locator('[data-indicator="burst-rate"]')
            await expect(row).to_contain_text(f"{length['denominator']:.2f}")
        link = figures.get_by_role("link", name="CSV")
        address = str(await link.get_attribute("href"))
        assert address.endswith(f"of={of}&exclude_planned=false&format=csv")
        await shot(page, "indicators")
        assert [e for e in watched.errors if "WebSocket" not in e] == []
