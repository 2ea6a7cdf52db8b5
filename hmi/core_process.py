"""The core's process: records, bus, history, alarms and desk wired together.

All it needs is imported with this module, so that a room that stands by has it loaded before the
other one dies.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import ChainMap
from zoneinfo import ZoneInfo

from hmi.busing import join_bus, open_hub
from hmi.desk.deadlines import DeadlineWatch
from hmi.desk.desk_points import DeskPoints
from hmi.desk.start import start_desk
from hmi.interlock import OrderInterlock
from hmi.notify.adapters import adapters_of
from hmi.notify.config import read_notify
from hmi.notify.notifier import Notifier
from hmi.records import Audit, SqlAlarmJournal, SqlOutbox
from hmi.records.desk import serve_outages
from hmi.security.desk import SecurityDesk
from hmi.security.first import first_administrator
from hmi.storing import free_bytes, open_records, open_store, retention
from scada.bus_secret import make_secret, read_secret
from scada.clock import SystemClock
from scada.core import Core
from scada.own_points import FileState
from scada.point import Utility
from scenarios.site import Site


async def run_core(site: Site, epoch: int | None = None, *, lab: bool = False) -> None:
    """Work until cancelled; `epoch` as a leader of two rooms, `lab` without accounts."""
    notify = read_notify(site.path / "notify.toml")
    clock = SystemClock()
    # What waits for a disk or a server does so beside the loop, which renews a pair's lease.
    async with contextlib.AsyncExitStack() as later:
        records = await asyncio.to_thread(open_records, site, fence=epoch)
        later.callback(records.dispose)
        make_secret(site.data / "audit.key")
        trail = Audit(records, read_secret(site.data / "audit.key"))
        security = SecurityDesk(records, trail, clock, session_hours=site.session_hours)
        if not lab:
            await asyncio.to_thread(
                first_administrator, security.accounts, site.data, clock.now_ns()
            )
        if not site.bus_url:
            hub = await open_hub(site.data)
            later.push_async_callback(hub.close)
        bus = await join_bus(site.data, site.bus_url, site.bus_space)
        later.push_async_callback(bus.close)
        store = await asyncio.to_thread(open_store, site, fence=epoch)
        core = await asyncio.to_thread(
            lambda: Core(
                site.points,
                store,
                SqlAlarmJournal(records),
                bus,
                clock,
                site.scan,
                heartbeat_s={d.name: d.heartbeat_s for d in site.drivers},
                retention=retention(site),
                free_bytes=lambda: free_bytes(site.data),
                settings=site.alarms,
                audit=trail,
                interlocks=[OrderInterlock(bus, site.needs_order)],
                two_person=site.two_person,
                kept=FileState(site.data / "points.state"),
            )
        )
        later.push_async_callback(core.close)
        await serve_outages(bus, records, trail)
        await security.serve(bus)
        sending, incidents = await start_desk(
            bus, records, site, adapters_of(notify.channels), channels=notify.orders
        )
        later.callback(sending.cancel)
        timers: dict[str, Utility] = {}
        notifier = Notifier(
            core.desk,
            SqlOutbox(records),
            notify.rules,
            [channel.name for channel in notify.channels],
            ChainMap(timers, {point.id: point.utility for point in site.points}),
            clock,
        )
        deadlines = DeadlineWatch(
            incidents,
            core.desk,
            timers,
            clock,
            ZoneInfo(site.timezone),
            DeskPoints(site.points.points, bus, clock),
        )
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(core.run())
            tasks.create_task(notifier.run())
            tasks.create_task(deadlines.run())
