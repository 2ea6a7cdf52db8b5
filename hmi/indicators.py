"""Indicators of a site: history, records and networks read beside a running room."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import msgspec
import numpy as np

from dispatch.exclusions import read_exclusions
from dispatch.figures import read_figures
from dispatch.incidents import Incident
from dispatch.indicator_report import SAMPLE_S, Facts, Pressures, indicator_report
from dispatch.periods import period_of
from dispatch.rulebook import RuleBook
from dispatch.workorders import WorkOrder
from network_models.elements import Pipe
from network_models.network import Network
from network_models.problems import InputError

if TYPE_CHECKING:
    from dispatch.periods import Period
    from scenarios.site import Site

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NS = 1_000_000_000
EXCLUSIONS = "exclusions.csv"
FIGURES_FILE = "figures.csv"
SMALLEST_M = 0.1
MOST = 1_000_000


def site_indicators(
    site: Site, of: str, now: datetime, *, exclude_planned: bool = False
) -> dict[str, Any]:
    """The record of a period of a site. InputError for bad periods or tables, StoreError where
    the history cannot be read."""
    zone = ZoneInfo(site.timezone)
    period = period_of(of, zone)
    rules = RuleBook.load().on(period.start.date(), site.profile)
    exclusions = read_exclusions(site.path / EXCLUSIONS, zone, {p.id for p in site.points})
    figures = read_figures(site.path / FIGURES_FILE, zone)
    incidents, works = _kept(site)
    net = site.networks.get("water")
    facts = Facts(
        pressures=_pressures(site, period, now),
        exclusions=exclusions,
        incidents=incidents,
        works=works,
        length_km=0.0 if net is None else _length_km(net),
        area_km2=0.0 if net is None else _area_km2(net),
        figures=figures,
    )
    return indicator_report(period, facts, rules, now, exclude_planned=exclude_planned)


def indicators_in_worker(folder: str, request: Mapping[str, Any], now_ns: int) -> dict[str, Any]:
    """The record by JSON values in a worker; `{"report"}` or `{"problems"}`."""
    from scenarios.site import load_site

    now = EPOCH + timedelta(microseconds=now_ns // 1000)
    try:
        report = site_indicators(
            load_site(Path(folder)),
            str(request.get("of", "")),
            now,
            exclude_planned=bool(request.get("exclude_planned")),
        )
    except InputError as error:
        return {"problems": [p.as_dict() for p in error.problems]}
    return {"report": report}


def _kept(site: Site) -> tuple[list[Incident], list[WorkOrder]]:
    from hmi.records import SqlOrderBook
    from hmi.storing import open_records

    records = open_records(site)
    try:
        book = SqlOrderBook(records)
        incidents = [o["incident"] for o in book.orders("incident", limit=MOST)]
        works = [o["work"] for o in book.orders("work", limit=MOST)]
    finally:
        records.dispose()
    return (
        [msgspec.convert(one, Incident) for one in incidents],
        [msgspec.convert(one, WorkOrder) for one in works],
    )


def _pressures(site: Site, period: Period, now: datetime) -> list[Pressures]:
    """Quarter-hour means of every test point up to now; all unknown where nothing is stored."""
    from hmi.storing import open_snapshot
    from scada.aggregates import read_aggregates
    from scada.store.port import StoreError
    from scada.store.sql_store import SqlStore

    chosen = [
        p for p in site.points if p.utility == "water" and p.quantity == "pressure" and p.end_point
    ]
    end = min(period.end, max(now, period.start))
    from_ns, to_ns = int(period.start.timestamp()) * NS, int(end.timestamp()) * NS
    if not chosen or to_ns <= from_ns:
        return []
    try:
        database = open_snapshot(site)
    except StoreError:
        if site.history_url:
            raise
        return []
    store = SqlStore(database)
    try:
        handles = database.ids()
        found = []
        for point in chosen:
            if point.id not in handles:
                continue
            rows = read_aggregates(
                store, handles[point.id], "measured", from_ns, to_ns, SAMPLE_S * NS
            )
            found.append(
                Pressures(
                    point=point.id,
                    start_s=rows.start_ns / NS,
                    mean_pa=np.where(rows.held_ns > 0, rows.mean, np.nan),
                )
            )
        return found
    finally:
        store.close()


def _length_km(net: Network) -> float:
    return sum(
        link.length_m / 1000.0
        for link in net.links.values()
        if isinstance(link, Pipe) and link.diameter_m >= SMALLEST_M
    )


def _area_km2(net: Network) -> float:
    """The area that the network spans: its nodes' convex hull."""
    from scipy.spatial import ConvexHull, QhullError

    places = np.array([n.position for n in net.nodes.values() if n.position is not None], float)
    if len(places) < 3:
        return 0.0
    try:
        return float(ConvexHull(places).volume) / 1e6
    except QhullError:
        return 0.0
