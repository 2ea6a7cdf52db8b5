"""Points from a file on the page of the real room: faults, the difference, applied, undone."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import FilePayload, expect

import hmi
from network_models.units import UNITS
from scenarios.site import load_site
from scenarios.site_versions import SiteVersions
from tests.end_to_end.browser import browser_page, shot
from tests.end_to_end.conftest import RunningRoom, wait_for
from tests.end_to_end.test_cases_page import NAMED

STATIC = Path(hmi.__file__).parent / "static"

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not (STATIC / "index.html").is_file(), reason="the page is not built"),
]


def payload(text: str) -> FilePayload:
    return {"name": "mine.csv", "mimeType": "text/csv", "buffer": text.encode()}


def shown(room: RunningRoom, name: str) -> float:
    """The upper limit that the page's service has for a point, in its unit."""
    columns = room.get("api/points")["columns"]
    k = columns["id"].index(name)
    unit = UNITS[columns["unit"][k]]
    return float(unit.from_si(columns["high"][k]))


async def test_a_point_list_is_tried_applied_and_undone(room: RunningRoom) -> None:
    table = room.folder / "points.csv"
    lines = table.read_text("utf-8").splitlines()
    head = lines[0].lstrip("\ufeff").split(",")
    # A point with an upper limit, which no text with a comma stands before.
    row = next(
        n
        for n, line in enumerate(lines[1:], 1)
        if '"' not in line and line.split(",")[head.index("high")]
    )
    cells = lines[row].split(",")
    name, old = cells[0], cells[head.index("high")]
    bad = [*lines]
    wrong = [*cells]
    wrong[head.index("utility")], wrong[head.index("high")] = "steam", "much"
    bad[row] = ",".join(wrong)
    good = [*lines]
    cells[head.index("high")] = str(float(old) * 1.01)
    good[row] = ",".join(cells)
    async with browser_page() as watched:
        page = watched.page
        await page.add_init_script(NAMED)
        await page.goto(room.url + "#/points")
        await page.get_by_test_id("to-import").click()
        view = page.get_by_test_id("import")
        await expect(view.get_by_test_id("versions")).to_contain_text("run with the same list")
        box = view.get_by_test_id("file-points.csv")
        # Every fault with its line and field, and nothing to apply.
        await box.set_input_files(payload("\n".join(bad) + "\n"))
        faults = view.get_by_test_id("problems").locator(f'[data-line="{row + 1}"]')
        await expect(faults).to_have_count(2)
        await expect(faults.filter(has_text="steam")).to_contain_text("one of water, gas, heat")
        await expect(faults.filter(has_text="much")).to_contain_text("high")
        await expect(view.get_by_test_id("apply")).to_have_count(0)
        await shot(page, "import-problems")
        # The list that runs is told to be the same.
        await box.set_input_files(payload("\n".join(lines) + "\n"))
        await expect(view).to_contain_text("The files say what runs already")
        # A new limit is shown beside the old one before it counts.
        await box.set_input_files(payload("\n".join(good) + "\n"))
        await expect(view.locator('[data-count="points/changed"]')).to_contain_text("1")
        await expect(view.locator('[data-count="points/removed"]')).to_contain_text("0")
        await expect(view.locator(f'[data-changed="{name}"]')).to_contain_text("high")
        await shot(page, "import-difference")
        await view.get_by_test_id("comment").fill("new limit")
        await view.get_by_test_id("apply").click()
        await expect(view.get_by_test_id("versions")).to_contain_text("new limit")
        applied = SiteVersions(room.folder).current
        limit = load_site(room.folder).points.point(name).limits.high
        assert limit is not None
        # The web process listens anew with the new list, and the page loads it.
        wait_for(lambda: shown(room, name) != pytest.approx(float(old)), "the list was not taken")
        await page.reload()
        # And back, after being asked.
        await view.get_by_test_id("undo").click()
        await view.get_by_test_id("undo-sure").click()
        number = view.locator('tr[aria-current="true"] td').first
        await expect(number).to_have_text(str(applied + 1))
        await expect(view.locator('[data-agree="true"]')).to_be_visible(timeout=90_000)
        undone = load_site(room.folder).points.point(name).limits.high
        assert undone is not None
        assert undone == pytest.approx(limit / 1.01)
        assert table.read_text("utf-8").splitlines() == lines
        # While processes take the list an answer may be late; the page's own faults are none.
        gaps = ("WebSocket", "ERR_CONNECTION_REFUSED", "503")
        assert [e for e in watched.errors if not any(gap in e for gap in gaps)] == []
