"""Indicators of a site: history, records and networks read beside a running room."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from zoneinfo import ZoneInfo

import msgspec
import numpy as np
from numpy.typing import NDArray

from dispatch.exclusions import Exclusion, read_exclusions
from dispatch.figures import Figure, read_figures
from dispatch.heat_areas import area_without_heat_m2, station_areas_m2
from dispatch.incidents import Incident
from dispatch.indicator_report import SAMPLE_S, Facts, Pressures, indicator_report
from dispatch.measured_figures import Measured, RoomDays, heat_stops, warm_rooms, zone_leakage
from dispatch.note import Note
from dispatch.periods import period_of
from dispatch.rulebook import RuleBook, RuleSet
from dispatch.workorders import WorkOrder
from dispatch.zone_file import read_zones
from dispatch.zones import Zone, ZoneBalance, balance
from network_models.elements import Pipe
from network_models.network import Network
from network_models.physics import ZERO_C_K
from network_models.problems import InputError, Problem

if TYPE_CHECKING:
    from dispatch.periods import Period
    from scada.store.sql_store import SqlStore
    from scenarios.site import Site

T = TypeVar("T")
F64 = NDArray[np.float64]
Span = tuple[int, int]

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NS = 1_000_000_000
EXCLUSIONS = "exclusions.csv"
FIGURES_FILE = "figures.csv"
ZONES_FILE = "zones.csv"
HOUR_S = 3600
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
    exclusions, figures, zones = _tables(site, zone)
    incidents, works = _kept(site)
    net = site.networks.get("water")
    length_km = 0.0 if net is None else _length_km(net)
    span = _span_ns(period, now)
    with _history(site, span) as history:
        pressures = _pressures(site, history)
        flows = {name: history.means(name, HOUR_S) for zone in zones for name in zone.meters}
        rooms = _rooms(site, history, zone)
    facts = Facts(
        pressures=pressures,
        exclusions=exclusions,
        incidents=incidents,
        works=works,
        length_km=length_km,
        area_km2=0.0 if net is None else _area_km2(net),
        figures=figures,
        measured={
            "unit-leakage": zone_leakage(
                zones,
                _balances(zones, flows, rules, zone),
                length_km,
                least_nights=site.leakage_nights,
            ),
            "room-rate": warm_rooms(rooms, incidents, period, rules),
            "accident-rate": _accidents(site, incidents, period, rules, now),
        },
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


def _tables(
    site: Site, zone: ZoneInfo
) -> tuple[Sequence[Exclusion], Sequence[Figure], Sequence[Zone]]:
    """The tables beside the site; InputError with the faults of all."""
    problems: list[Problem] = []

    def rows(read: Callable[[], tuple[T, ...]]) -> tuple[T, ...]:
        try:
            return read()
        except InputError as error:
            problems.extend(error.problems)
            return ()

    points = {point.id for point in site.points}
    exclusions = rows(lambda: tuple(read_exclusions(site.path / EXCLUSIONS, zone, points)))
    figures = rows(lambda: read_figures(site.path / FIGURES_FILE, zone))
    zones = rows(lambda: read_zones(site.path / ZONES_FILE, water_flows(site)))
    if problems:
        raise InputError(problems)
    return exclusions, figures, zones


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


def water_flows(site: Site) -> frozenset[str]:
    """Points of water flow, which meters of a zone must be."""
    return frozenset(p.id for p in site.points if p.utility == "water" and p.quantity == "flow")


class _History:
    """Means of points over the steps of a span; unknown where nothing is stored."""

    def __init__(self, store: SqlStore | None, handles: Mapping[str, int], span: Span) -> None:
        self._store, self._handles, self._span = store, handles, span

    def means(self, point: str, step_s: int) -> tuple[F64, F64] | None:
        """Starts (s since 1970) and SI means of the steps; None for a point without history."""
        from scada.aggregates import read_aggregates

        if self._store is None or point not in self._handles:
            return None
        rows = read_aggregates(
            self._store, self._handles[point], "measured", *self._span, step_s * NS
        )
        return rows.start_ns / NS, np.where(rows.held_ns > 0, rows.mean, np.nan)


def _span_ns(period: Period, now: datetime) -> Span:
    end = min(period.end, max(now, period.start))
    return int(period.start.timestamp()) * NS, int(end.timestamp()) * NS


@contextmanager
def _history(site: Site, span: Span) -> Iterator[_History]:
    """What is stored of a span; nothing for one that has not begun."""
    from hmi.storing import open_snapshot
    from scada.store.port import StoreError
    from scada.store.sql_store import SqlStore

    if span[1] <= span[0]:
        yield _History(None, {}, span)
        return
    try:
        database = open_snapshot(site)
    except StoreError:
        if site.history_url:
            raise
        yield _History(None, {}, span)
        return
    store = SqlStore(database)
    try:
        yield _History(store, database.ids(), span)
    finally:
        store.close()


def _pressures(site: Site, history: _History) -> list[Pressures]:
    """Quarter-hour means of every test point up to now."""
    found = []
    for point in site.points:
        if point.utility == "water" and point.quantity == "pressure" and point.end_point:
            means = history.means(point.id, SAMPLE_S)
            if means is not None:
                found.append(Pressures(point=point.id, start_s=means[0], mean_pa=means[1]))
    return found


def _balances(
    zones: Sequence[Zone],
    flows: Mapping[str, tuple[F64, F64] | None],
    rules: RuleSet,
    clock: ZoneInfo,
) -> list[ZoneBalance]:
    """The balance of each zone by the hourly means of its meters; unknown where one has none."""
    starts = next((means[0] for means in flows.values() if means is not None), np.empty(0))
    times = [datetime.fromtimestamp(at, UTC) for at in starts.tolist()]
    nothing = np.full(len(times), np.nan)
    known = {name: nothing if means is None else means[1] for name, means in flows.items()}
    return [balance(zone, times, known, rules, zone_of_day=clock) for zone in zones]


def _rooms(site: Site, history: _History, zone: ZoneInfo) -> list[RoomDays]:
    """Daily means of every room point, by days of the site's calendar."""
    found = []
    for point in site.points:
        if point.utility == "heat" and point.quantity == "temperature" and point.end_point:
            means = history.means(point.id, HOUR_S)
            if means is not None:
                found.append(_days(point.id, *means, zone))
    return found


def _days(point: str, start_s: F64, mean_k: F64, zone: ZoneInfo) -> RoomDays:
    days: dict[datetime, list[float]] = {}
    for at, kelvin in zip(start_s.tolist(), mean_k.tolist(), strict=True):
        midnight = datetime.fromtimestamp(at, zone).replace(hour=0, minute=0, second=0)
        days.setdefault(midnight, []).append(kelvin)
    means = [
        np.nanmean(values) if np.isfinite(values).any() else np.nan for values in days.values()
    ]
    return RoomDays(point=point, start=list(days), mean_c=np.array(means) - ZERO_C_K)


def _accidents(
    site: Site, incidents: Sequence[Incident], period: Period, rules: RuleSet, now: datetime
) -> Measured | Note:
    net = site.networks.get("heat")
    if net is None:
        return Note("没有供热管网", "the site has no heat network")
    areas = station_areas_m2(net)
    without = {
        incident.id: area_without_heat_m2(net, incident.element, areas)
        for incident in incidents
        if incident.kind == "heat-fault"
    }
    return heat_stops(incidents, without, sum(areas.values()), period, rules, now)


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
