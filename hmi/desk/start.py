"""The desk of a site, put together in the process that owns its records."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from zoneinfo import ZoneInfo

from sqlalchemy import Engine

from dispatch.roads import RoadGraph
from dispatch.rulebook import RuleBook
from hmi.desk.adapters import FileAdapter
from hmi.desk.bus import empty_outbox, serve_orders
from hmi.desk.call_map import CallMap
from hmi.desk.crew_service import CrewService
from hmi.desk.footprints import Footprints
from hmi.desk.incident_service import IncidentService
from hmi.desk.outage_service import DeskSettings, OutageService
from hmi.desk.work_service import WorkService
from hmi.records import SqlOrderBook, SqlOutages, SqlOutbox
from hmi.records.outbox import Adapter
from scada.ports import Bus
from scenarios.site import Site


async def start_desk(
    bus: Bus,
    records: Engine,
    site: Site,
    adapters: Mapping[str, Adapter] | None = None,
    *,
    channels: Mapping[str, tuple[str, ...]] | None = None,
) -> tuple[asyncio.Task[None], IncidentService]:
    """Answer the desk's services; the task that empties the outbox, to be cancelled at the end,
    and the incidents, whose clocks become alarms.

    Messages go to files in the site's data folder (`sent`), and to `adapters` by channel;
    `channels` are those of each form of an order's messages, files where it names none.
    """
    settings = settings_of(site, channels)
    book, rules = SqlOrderBook(records), RuleBook.load()
    incidents, proposals = IncidentService(book, rules, settings), SqlOutages(records).get
    await serve_orders(
        bus,
        OutageService(
            book,
            rules,
            settings,
            proposals=proposals,
            footprints=Footprints(site.networks, site.valves, site.customers, proposals),
        ),
        SqlOutbox(records),
        incidents=incidents,
        works=WorkService(
            book,
            rules,
            settings,
            calls=CallMap(site.networks, site.valves, proposals),
        ),
        crews=crews_of(records, site, incidents),
    )
    ways = {"file": FileAdapter(site.data / "sent"), **(adapters or {})}
    return asyncio.create_task(empty_outbox(records, ways)), incidents


def settings_of(site: Site, channels: Mapping[str, tuple[str, ...]] | None = None) -> DeskSettings:
    """What the desk knows of a site."""
    return DeskSettings(
        zone=ZoneInfo(site.timezone),
        profile=site.profile,
        name_zh=site.name_zh,
        name_en=site.name_en,
        large_scope_households=site.large_scope_households,
        night_ban=site.gas_night_ban,
        channels=channels,
    )


def crews_of(records: Engine, site: Site, incidents: IncidentService | None = None) -> CrewService:
    """The crews of a site and their work; the command line has no room behind it."""
    book, rules, settings = SqlOrderBook(records), RuleBook.load(), settings_of(site)
    return CrewService(
        book,
        rules,
        settings,
        crews=site.crews,
        roads=RoadGraph(site.roads),
        networks=site.networks,
        incidents=incidents or IncidentService(book, rules, settings),
    )
