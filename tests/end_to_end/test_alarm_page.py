"""Shelving, figures and a command of two persons, at the page of a real core."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import uvicorn
from playwright.async_api import Page, expect

import hmi
from hmi.app import SERVER_OPTIONS, create_app
from hmi.records import Audit, SqlAlarmJournal, engine, migrate
from hmi.security.access import LabAccess
from scada.alarm_setting import AlarmSetting, Rationale
from scada.bus import MemoryBus
from scada.clock import SystemClock
from scada.core import Core
from scada.point_table import PointTable
from scada.ports import Header
from scada.samples import SampleBatch
from scada.store.memory import MemoryStore
from tests.end_to_end.browser import browser_page, shot
from tests.hmi.feeder_city import city

STATIC = Path(hmi.__file__).parent / "static"

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not (STATIC / "index.html").is_file(), reason="the page is not built"),
]

WHY = Rationale(
    cause_en="burst main or stopped pump",
    cause_zh="爆管或停泵",
    consequence_en="people above the third floor are without water",
    consequence_zh="三层以上住户断水",
    action_en="open the district's second feed",
    action_zh="开启第二水源",
    response_min=15.0,
)


@dataclasses.dataclass
class Room:
    """The room, and hands to feed it."""

    url: str
    bus: MemoryBus
    ids: list[str]
    trail: Audit
    number: int = 0

    async def send(self, **values: float) -> None:
        """Values of points whose id has `_` for `-`."""
        self.number += 1
        clock = SystemClock()
        handles = [self.ids.index(name.replace("_", "-")) for name in values]
        times = np.full(len(handles), clock.now_ns(), dtype=np.int64)
        batch = SampleBatch(
            np.array(handles, dtype=np.uint32),
            np.array(list(values.values())),
            np.zeros(len(handles), dtype=np.uint32),
            times,
            times,
        )
        mark = {"gateway": "g", "epoch": 1, "number": self.number, "origin": "measured"}
        await self.bus.call("core.samples", mark, batch.to_bytes())


@asynccontextmanager
async def real_room(folder: Path) -> AsyncIterator[Room]:
    view = city(6)
    low = next(p for p in view.points if p.end_point and p.limits.low is not None)
    chosen = AlarmSetting(point=low.id, kind="low", group="district 1", rationale=WHY)
    view = dataclasses.replace(view, alarms={chosen.id: chosen})
    records = engine(folder / "records.db")
    migrate(records)
    trail = Audit(records, b"k" * 32)
    bus = MemoryBus()
    table = PointTable(view.points)
    core = Core(
        table,
        MemoryStore(),
        SqlAlarmJournal(records),
        bus.peer(),
        SystemClock(),
        {"fast": 1.0, "normal": 2.0, "slow": 10.0},
        settings=view.alarms,
        audit=trail,
        two_person=["W-S-*"],
    )
    room = Room("", bus, [p.id for p in view.points], trail)

    async def write(header: Header, _payload: bytes) -> tuple[Header, bytes]:
        point = table[header["point"]]
        await room.send(**{point.id.replace("-", "_"): header["value"]})
        return {"ok": True, "message": ""}, b""

    running = asyncio.create_task(core.run())
    await bus.serve("gateway.write", write)
    app = create_app(bus.peer(), view, STATIC, access=LabAccess())
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", **SERVER_OPTIONS))
    task = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn offers no event to wait for
        await asyncio.sleep(0.01)
    room.url = f"http://localhost:{server.servers[0].sockets[0].getsockname()[1]}/"
    try:
        yield room
    finally:
        server.should_exit = True
        await task
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running
        await core.close()


async def opened(page: Page, url: str, name: str, language: str = "en") -> None:
    await page.add_init_script(
        f"localStorage.setItem('ringmain.language', '{language}');"
        f"localStorage.setItem('ringmain.operator', '{name}');"
    )
    await page.goto(url)


async def test_an_alarm_is_shelved_taken_back_and_counted(tmp_path: Path) -> None:
    async with real_room(tmp_path) as room, browser_page() as watched:
        ends = [p for p in city(6).points if p.end_point and p.limits.low is not None]
        low, other = ends[0], ends[1]
        await room.send(**{p.id.replace("-", "_"): 0.1e6 for p in (low, other)})
        page = watched.page
        await opened(page, room.url + "#/alarms", "Li Wei")
        row = page.locator(f'[data-alarm="{low.id}.low"]')
        await expect(row).to_have_attribute("data-state", "unacknowledged", timeout=30_000)
        await expect(row).to_contain_text("open the district's second feed · within 15 min")
        await expect(row).to_contain_text("first of its group")
        await row.get_by_text("within 15 min").click()
        await expect(row).to_contain_text("burst main or stopped pump")
        await shot(page, "alarms")

        await row.get_by_role("checkbox").check()
        await page.get_by_test_id("shelve").click()
        await page.get_by_placeholder("Reason").fill("sensor chatters")
        await shot(page, "shelve")
        await page.get_by_test_id("hold").click()
        await expect(row).to_have_count(0)
        await page.get_by_test_id("show-held").click()
        await expect(row).to_contain_text("shelved until")
        await expect(row).to_contain_text("Li Wei: sensor chatters")
        await shot(page, "held")
        await row.get_by_role("checkbox").check()
        await page.get_by_role("button", name="Take back").click()
        await page.get_by_test_id("show-acknowledged").click()
        await expect(row).to_have_attribute("data-state", "acknowledged")

        await page.get_by_test_id("show-figures").click()
        figures = page.get_by_test_id("figures")
        await expect(figures).to_contain_text("Alarms a day")
        await expect(figures).to_contain_text(f"{low.id}.low")
        await shot(page, "figures")
        await page.get_by_role("button", name="中文").click()
        await expect(figures).to_contain_text("日均报警")
        await shot(page, "figures-zh")
        assert watched.errors == []


async def test_the_journal_shows_what_was_foreseen(tmp_path: Path) -> None:
    async with real_room(tmp_path) as room, browser_page() as watched:
        low = next(p for p in city(6).points if p.end_point and p.limits.low is not None)
        await room.send(**{low.id.replace("-", "_"): 0.1e6})
        page = watched.page
        await opened(page, room.url + "#/events", "Li Wei")
        raised = page.get_by_role("row").filter(has_text="raised").filter(has_text=low.id)
        await expect(raised.first).to_be_visible(timeout=30_000)
        said = {"limit_pa": 0.14e6, "people_now": 0, "people": 4120, "in_min": 35.0}
        said |= {"tank": "T2", "tank_empty_min": 50.2, "horizon_min": 120.0}
        now_ns = SystemClock().now_ns()
        header = {"time_ns": now_ns, "utility": "water", "outlook": said}
        nothing = SampleBatch.from_bytes(b"").to_bytes()
        await room.bus.call("core.model", header, nothing)
        row = page.get_by_role("row").filter(has_text="consequence foreseen")
        await expect(row.first).to_contain_text("4,120 people below 0.14 MPa in 35 min")
        await expect(row.first).to_contain_text("T2 empty in 50 min")
        await shot(page, "foreseen")
        await page.reload()  # from the journal, not from the stream
        await expect(row.first).to_contain_text("4,120 people below 0.14 MPa in 35 min")
        await page.get_by_role("button", name="中文").click()
        await expect(page.get_by_text("预见后果").first).to_be_visible()
        assert watched.errors == []


async def test_a_command_of_two_persons(tmp_path: Path) -> None:
    async with real_room(tmp_path) as room, browser_page() as first, browser_page() as second:
        await room.send(W_S_PRV1=0.3e6)
        page, other = first.page, second.page
        await opened(page, room.url, "Li Wei")
        await opened(other, room.url, "Wang Fang")
        find = page.get_by_role("combobox", name="Find a point or element")
        await find.fill("W-S-PRV1")
        await find.press("Enter")
        detail = page.get_by_test_id("detail")
        await detail.get_by_label("New value").fill("0.35")
        await detail.get_by_test_id("select").click()
        await expect(detail).to_contain_text("A second person must approve", timeout=30_000)
        await detail.get_by_test_id("operate").click()
        await expect(detail).to_contain_text("a second person must approve it first")
        await expect(page.get_by_test_id("approval")).to_have_count(0)
        asked = other.get_by_test_id("approval")
        await expect(asked).to_contain_text("Li Wei asks for a second person", timeout=20_000)
        await shot(other, "approval")
        await asked.get_by_role("button", name="Approve").click()
        await expect(asked).to_have_count(0)
        await detail.get_by_test_id("operate").click()
        await expect(detail).to_contain_text("Confirmed; reads back 0.350 MPa", timeout=30_000)
        steps: list[Any] = [(e["user"], e["action"]) for e in reversed(room.trail.entries())]
        assert steps == [
            ("Li Wei", "command-selected"),
            ("Wang Fang", "command-approved"),
            ("Li Wei", "command-requested"),
            ("Li Wei", "command-confirmed"),
        ]
