"""The pages of incidents and hotline orders, on the desk's real services: clocks, steps, calls."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from playwright.async_api import Route, expect

import hmi
from dispatch.crews import Crew
from dispatch.roads import Road, RoadGraph
from dispatch.rulebook import RuleBook
from hmi.desk.bus import serve_orders
from hmi.desk.call_map import CallMap
from hmi.desk.crew_service import CrewService
from hmi.desk.incident_service import IncidentService
from hmi.desk.outage_service import DeskSettings, OutageService
from hmi.desk.work_service import WorkService
from hmi.records import SqlOrderBook, SqlOutbox, engine, migrate
from tests.end_to_end.browser import browser_page, shot
from tests.end_to_end.test_browser import room
from tests.hmi.feeder import Feeder

STATIC = Path(hmi.__file__).parent / "static"
NAMED = (
    "localStorage.setItem('ringmain.language', 'en');"
    "localStorage.setItem('ringmain.operator', 'Li Wei');"
)

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not (STATIC / "index.html").is_file(), reason="the page is not built"),
]


def street(k: int) -> Road:
    """Its `k`th piece, along the south of the made-up city."""
    return Road(
        id=f"S{k}",
        start=f"X{k}",
        end=f"X{k + 1}",
        x1=100.0 * k,
        y1=0.0,
        x2=100.0 * (k + 1),
        y2=0.0,
        length_m=100.0,
        speed_ms=10.0,
    )


async def desk_on(
    feeder: Feeder, folder: Path, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
) -> tuple[OutageService, IncidentService]:
    """The desk's services on a feeder's bus; `clock` is that of the outages."""
    records = engine(folder / "records.db")
    migrate(records)
    settings = DeskSettings(
        zone=ZoneInfo("Asia/Shanghai"), profile="jinan", name_zh="示范", name_en="Model"
    )
    book, rules = SqlOrderBook(records), RuleBook.load()
    outages, incidents = (
        OutageService(book, rules, settings, clock=clock),
        IncidentService(book, rules, settings),
    )
    calls = CallMap(feeder.view.networks, feeder.view.valves)
    works = WorkService(book, rules, settings, calls=calls)
    nets, media = feeder.view.networks, {"C1": "water", "C2": "water", "G1": "gas"}
    crews = CrewService(
        book,
        rules,
        settings,
        crews=[
            Crew(id=name, x=900.0 * k, y=0.0, media=frozenset({medium}))
            for k, (name, medium) in enumerate(media.items())
        ],
        roads=RoadGraph([street(k) for k in range(20)]),
        networks=nets,
        incidents=incidents,
    )
    box = SqlOutbox(records)
    await serve_orders(feeder.bus, outages, box, incidents=incidents, works=works, crews=crews)
    return outages, incidents


async def test_an_incident_from_the_call_to_its_report(tmp_path: Path) -> None:
    async with room() as (url, feeder), browser_page() as watched:
        _, incidents = await desk_on(feeder, tmp_path)
        page = watched.page
        await page.add_init_script(NAMED)
        await page.goto(url + "#/incidents")
        await expect(page.get_by_test_id("incidents")).to_contain_text("No incidents")
        await page.get_by_test_id("element").fill("water/link:P12")
        await page.get_by_test_id("diameter").fill("300")
        await page.get_by_test_id("open").click()
        file = page.get_by_test_id("incident")
        arrival = file.locator('[data-clock="arrival"]')
        await expect(arrival).to_have_attribute("data-state", "running")
        await expect(arrival).to_contain_text("left")
        await file.locator('[data-step="arrived"]').click()
        await expect(arrival).to_have_attribute("data-state", "met")
        await expect(file.locator('[data-step="arrived"]')).to_have_count(0)
        await file.get_by_test_id("evidence").fill("photo 12")
        await file.get_by_label("Clocks").select_option("repair")
        await file.get_by_test_id("excuse").click()
        await expect(file.locator('[data-clock="repair"]')).to_have_attribute(
            "data-state", "excused"
        )
        await file.get_by_test_id("text-cause").fill("age")
        await file.get_by_test_id("save-report").click()
        await expect(file.locator("table")).to_contain_text("Note")
        await shot(page, "incident")
        (kept,) = incidents.list()
        assert kept["incident"]["texts"]["cause"] == "age"
        assert kept["incident"]["by"]["arrived"] == "Li Wei"

        async def overtaken(route: Route) -> None:
            incidents.step(kept["incident"]["id"], "stopped", {}, user="du", role="dispatcher")
            await route.continue_()

        # A step that came first from somewhere else, while this one is on its way, is refused, and
        # said.
        await page.route("**/steps", overtaken)
        await file.locator('[data-step="stopped"]').click()
        await expect(file.get_by_role("alert")).to_contain_text("a step that was not taken yet")
        assert watched.hosts == {"localhost"}


async def test_hotline_orders_and_the_calls_on_the_map(tmp_path: Path) -> None:
    async with room() as (url, feeder), browser_page() as watched:
        await desk_on(feeder, tmp_path)
        page = watched.page
        await page.add_init_script(NAMED)
        await page.goto(url + "#/hotline")
        await expect(page.get_by_test_id("works")).to_contain_text("No orders")
        await expect(page.get_by_test_id("work")).to_contain_text("No calls with a place")
        node = next(iter(feeder.view.networks["water"].nodes))
        for number in range(3):
            await page.get_by_test_id("text").fill(f"no water {number}")
            await page.get_by_test_id("node").fill(node)
            await page.get_by_test_id("open").click()
            await expect(page.get_by_test_id("work")).to_contain_text(f"no water {number}")
        work = page.get_by_test_id("work")
        await expect(work.locator('[data-pin="cluster"]')).to_have_count(3)
        await expect(work.get_by_test_id("call-map").locator("circle")).to_have_count(3)
        dispatch = work.locator('[data-clock="dispatch"]')
        await expect(dispatch).to_have_attribute("data-state", "running")
        for step in ("dispatch", "confirm"):
            await work.locator(f'[data-step="{step}"]').click()
        await expect(dispatch).to_have_attribute("data-state", "met")
        # An extension without a new limit is refused with its reason.
        await work.locator('[data-step="extend"]').click()
        await expect(work.get_by_role("alert")).to_contain_text("an extension names a later limit")
        await shot(page, "hotline")
        await work.locator('[data-step="handled"]').click()
        await work.locator('[data-step="close"]').click()
        await expect(work.locator('[data-pin="cluster"]')).to_have_count(0)
        await page.get_by_role("button", name="中", exact=False).first.click()
        await expect(work).to_contain_text("已办结")
        assert watched.hosts == {"localhost"}
