"""An order's messages leave by the channels the site names, taken by real servers once."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

from hmi.desk.start import start_desk
from hmi.notify.adapters import adapters_of
from hmi.notify.config import read_notify
from hmi.records import SqlOutbox, engine, migrate
from scada.bus import MemoryBus
from scenarios.city import make_city
from scenarios.site import load_site
from tests.hmi.test_notify import http_server, mail_server

NOTIFY = """
[[channels]]
name = "web"
kind = "webhook"
url = "{url}"
[[channels]]
name = "mail"
kind = "smtp"
host = "127.0.0.1"
port = {port}
sender = "room@x"
to = ["authority@x"]
starttls = false
[orders]
bulletin = ["web", "file"]
authority-report = ["mail"]
"""
BURST = {
    "medium": "water",
    "kind": "unplanned",
    "element": "water/link:P1",
    "start": "2026-01-08T09:00",
    "end": "2026-01-08T23:00",
    "reason": "爆管",
    "scope": "东苑小区",
    "people": 4000,
}


async def test_forms_leave_by_the_channels_of_the_site(tmp_path: Path) -> None:
    site = load_site(make_site(tmp_path))
    records = engine(tmp_path / "records.db")
    migrate(records)
    async with mail_server() as (port, mails):
        with http_server() as (url, hooks):
            (site.path / "notify.toml").write_text(NOTIFY.format(url=url, port=port))
            notify = read_notify(site.path / "notify.toml")
            bus = MemoryBus()
            sending, _incidents = await start_desk(
                bus, records, site, adapters_of(notify.channels), channels=notify.orders
            )
            hooks.refuses = 1
            ask = {"record": BURST, "user": "du", "role": "dispatcher"}
            reply, _ = await bus.call("outages.open", ask)
            order_id = reply["answer"]["id"]
            box = SqlOutbox(records)
            for _ in range(400):
                if {m["state"] for m in box.of_order(order_id)} == {"sent"}:
                    break
                await asyncio.sleep(0.05)
            sending.cancel()
    told = {(m["channel"], m["audience"].partition("/")[2]) for m in box.of_order(order_id)}
    assert {("web", "bulletin"), ("file", "bulletin"), ("mail", "authority-report")} <= told
    assert ("file", "authority-report") not in told
    assert ("file", "sms") in told
    assert [json.loads(body)["id"] for _, body in hooks.taken].count(
        f"{order_id}:1:web:public/bulletin"
    ) == 1
    assert [mail["To"] for mail in mails.taken] == ["authority@x"]
    as_files = [m for m in box.of_order(order_id) if m["channel"] == "file"]
    assert len(list((site.data / "sent").glob("*.json"))) == len(as_files)


def make_site(folder: Path) -> Path:
    """A small city's folder."""
    make_city(folder / "site", seed=1, elements=200)
    return folder / "site"
