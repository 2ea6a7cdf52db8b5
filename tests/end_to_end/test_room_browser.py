"""A dispatcher at the real room: live values without login, an alarm acknowledged, a plan made."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import expect

import hmi
from network_models.elements import Junction
from scenarios.site import load_site
from tests.end_to_end.browser import browser_page, shot
from tests.end_to_end.conftest import RunningRoom, wait_for

STATIC = Path(hmi.__file__).parent / "static"

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not (STATIC / "index.html").is_file(), reason="the page is not built"),
]


async def test_watch_acknowledge_and_plan(room: RunningRoom) -> None:
    site = load_site(room.folder)
    net = site.networks["water"]
    node = next(n.id for n in net.nodes.values() if isinstance(n, Junction) and n.demands)
    room.kill("field")
    wait_for(
        lambda: any(
            a["state"] in ("unacknowledged", "returned") for a in room.get("api/alarms")["alarms"]
        ),
        "losing the field raised no alarm",
    )
    async with browser_page() as watched:
        page = watched.page
        await page.add_init_script("localStorage.setItem('ringmain.language', 'en')")
        await page.goto(room.url)
        await expect(page.locator("h1")).to_have_text(site.name_en)
        await expect(page.get_by_test_id("map").locator("canvas").first).to_be_visible()
        await expect(page.get_by_test_id("stale")).to_have_count(0, timeout=90_000)

        await page.goto(room.url + "#/alarms")
        row = page.locator('[data-alarm][data-state="unacknowledged"], [data-state="returned"]')
        await expect(row.first).to_be_visible(timeout=60_000)
        alarm = await row.first.get_attribute("data-alarm")
        mine = page.locator(f'[data-alarm="{alarm}"]')
        await mine.get_by_role("checkbox").check()
        await page.get_by_placeholder("Your name").fill("Li Wei")
        await page.get_by_placeholder("Comment").fill("crew sent")
        await page.get_by_test_id("acknowledge").click()
        wait_for(
            lambda: any(
                e["id"] == alarm and e.get("user") == "Li Wei"
                for e in room.get("api/events")["events"]
            ),
            "the acknowledgement was not stored",
            30,
        )

        await page.goto(room.url + f"#/outages?element=water/node:{node}")
        await page.get_by_test_id("reason").fill("valve replacement")
        await page.get_by_test_id("plan").click()
        proposal = page.get_by_test_id("proposal")
        await expect(proposal).to_contain_text("WATER-OUTAGE-NOTICE-LARGE", timeout=240_000)
        await expect(proposal).to_contain_text("valve replacement")
        kept = room.get("api/outages")["proposals"]
        assert kept[0]["element"].endswith(node)

        assert watched.hosts == {"127.0.0.1"}
        # The gap while the field was killed may be told; nothing else.
        assert [e for e in watched.errors if "WebSocket" not in e] == []


async def test_gas_and_heat_stand_beside_their_models(room: RunningRoom) -> None:
    wait_for(
        lambda: {"gas", "heat"} <= set(room.get("api/status")["states"]), "gas or heat not solved"
    )
    band = room.get("api/status")["states"]["gas"]["band_pa"]
    async with browser_page() as watched:
        page = watched.page
        await page.add_init_script("localStorage.setItem('ringmain.language', 'en')")
        await page.goto(room.url)
        await page.get_by_role("button", name="Gas", exact=True).click()
        await expect(page.get_by_test_id("tile-gas")).to_have_count(2)
        await expect(page.get_by_test_id("tile-gas").last).to_contain_text("Pa")
        await expect(page.get_by_test_id("tile-gas").first).to_contain_text("by the model: 0")
        legend = page.get_by_label("Legend")
        await expect(legend).to_contain_text(f"< {band[0]:.0f}, > {band[1]:.0f}")
        await page.get_by_role("button", name="Heat", exact=True).click()
        await expect(page.get_by_test_id("tile-heat")).to_have_count(3)
        await expect(page.get_by_test_id("tile-heat").last).to_contain_text("°C")
        await page.goto(room.url + "#/system")
        await expect(page.get_by_text("Live model: Heat")).to_be_visible()
        assert [e for e in watched.errors if "WebSocket" not in e] == []


async def test_a_value_is_set_by_hand_and_released(room: RunningRoom) -> None:
    point = next(p for p in load_site(room.folder).points if p.quantity == "pressure")
    async with browser_page() as watched:
        page = watched.page
        await page.add_init_script(
            "localStorage.setItem('ringmain.language', 'en');"
            "localStorage.setItem('ringmain.operator', 'Li Wei');"
        )
        await page.goto(room.url)
        find = page.get_by_role("combobox", name="Find a point or element")
        await find.fill(point.id)
        await find.press("Enter")
        form = page.get_by_test_id("substitute")
        await form.locator("summary").click()
        await form.get_by_test_id("substitute-value").fill("0.321")
        await form.get_by_test_id("substitute-hours").fill("2")
        await form.get_by_test_id("substitute-reason").fill("sensor away")
        await form.get_by_test_id("substitute-set").click()
        await expect(form.get_by_test_id("substituted")).to_contain_text("Li Wei: sensor away")
        await expect(form.get_by_test_id("substituted")).to_contain_text("0.321 MPa")
        (kept,) = room.get("api/substitutes")["substitutes"]
        assert (kept["point"], kept["user"]) == (point.id, "Li Wei")
        await shot(page, "substitute")
        await form.get_by_test_id("release").click()
        await expect(form.locator("summary")).to_be_visible()
        assert room.get("api/substitutes")["substitutes"] == []
        assert watched.errors == []
