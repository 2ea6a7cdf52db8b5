"""Figures that a site's own history and records give: leakage of zones, warm rooms, stops of heat.

Each says what it was made from and what was left out; a figure of another book takes its place.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dispatch.heat_rooms import LIMIT_RULES
from dispatch.incidents import Incident
from dispatch.incidents.clocks import accident_at
from dispatch.note import Note
from dispatch.periods import Period
from dispatch.rulebook import RuleSet
from dispatch.zones import Zone, ZoneBalance
from network_models.physics import ZERO_C_K
from network_models.units import UNITS

F64 = NDArray[np.float64]
SEASON = "HEAT-SEASON"
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """Figures of one indicator by name, where they come from, and what was left out."""

    figures: Mapping[str, float]
    source: Note
    excluded: tuple[tuple[str, float], ...] = ()
    length_km: float | None = None
    rows: Sequence[Mapping[str, Any]] = field(default=())


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomDays:
    """Daily means (D,) of one measured room, degrees Celsius, NaN where nothing was known."""

    point: str
    start: Sequence[datetime]
    mean_c: F64


def zone_leakage(
    zones: Sequence[Zone],
    balances: Sequence[ZoneBalance],
    network_km: float,
    *,
    least_nights: int,
) -> Measured | Note:
    """The leakage of the zones whose night flow is known; the others are left out by name.

    One of fewer than `least_nights` whole nights is shown and not judged: a night may be any night.
    """
    if not zones:
        return Note(
            "没有zones.csv，也没有figures.csv", "no zones.csv, and no figure in figures.csv"
        )
    rows, left_out = [], []
    leakage = length = 0.0
    for zone, found in zip(zones, balances, strict=True):
        enough = found.nights >= least_nights
        rows.append(_zone_row(zone, found, least_nights))
        if found.indicator is not None and enough:
            leakage += UNITS["m3/h"].from_si(found.leakage_m3s)
            length += zone.length_km
        elif found.nights:
            of = f"{found.nights} of {least_nights} nights"
            left_out.append((f"{zone.id}: km with {of}", zone.length_km))
        else:
            left_out.append((f"{zone.id}: km without night flow", zone.length_km))
    outside = network_km - sum(zone.length_km for zone in zones)
    if outside > 0.0:
        left_out.append(("km outside of zones", round(outside, 3)))
    most = max(found.nights for found in balances)
    if not length and most:
        return Measured(
            figures={},
            source=Note(
                f"夜间流量的天数不足：需要{least_nights}夜，最多的分区只有{most}夜",
                f"not enough nights: {least_nights} are wanted, {most} are known at most",
            ),
            excluded=tuple(left_out),
            rows=rows,
        )
    if not length:
        return Note(
            f"{len(zones)}个计量分区均无夜间流量",
            f"no night flow of any of {len(zones)} zones is known",
        )
    said = [zone.id for zone in zones if zone.night_use_m3s is None]
    measured = sum(row["value"] is not None for row in rows)
    zh, en = f"{measured}个计量分区的夜间流量", f"night flow of {measured} metered areas"
    if said:
        zh += f"；未给出夜间用水，全部计为漏失：{'、'.join(said)}"
        en += f"; no night use given, so all of it counts as leakage: {', '.join(said)}"
    return Measured(
        figures={"leakage_m3h": leakage},
        source=Note(zh, en),
        excluded=tuple(left_out),
        length_km=length,
        rows=rows,
    )


def _zone_row(zone: Zone, found: ZoneBalance, least_nights: int) -> dict[str, Any]:
    def per_hour(flow_m3s: float | None) -> float | None:
        if flow_m3s is None or not np.isfinite(flow_m3s):
            return None
        return round(UNITS["m3/h"].from_si(flow_m3s), 3)

    enough = found.nights >= least_nights
    rate = found.indicator if enough else None
    verdict = "no-rule" if enough or not found.nights else "few-nights"
    return {
        "id": zone.id,
        "name_zh": zone.name_zh,
        "name_en": zone.name_en,
        "length_km": zone.length_km,
        "inflow_m3h": per_hour(found.inflow_m3s),
        "night_flow_m3h": per_hour(found.night_flow_m3s),
        "night_use_m3h": per_hour(zone.night_use_m3s),
        "leakage_m3h": per_hour(found.leakage_m3s),
        "covered": round(found.covered, 4),
        "nights": found.nights,
        "nights_wanted": least_nights,
        "value": None if rate is None else rate.value,
        "verdict": verdict if rate is None or not rate.findings else rate.findings[0].verdict,
    }


def warm_rooms(
    rooms: Sequence[RoomDays], incidents: Sequence[Incident], period: Period, rules: RuleSet
) -> Measured | Note:
    """Rooms tested and found warm: each day in season of a measured room, each visit to a cold one.

    A day counts by its mean (ours: the source names no interval); unknown days are left out.
    """
    limit_k = next((k for rule in LIMIT_RULES if (k := rules.limit_si(rule)) is not None), None)
    if limit_k is None:
        return Note("规则集没有室温限值", "the profile has no limit of room temperature")
    limit_c = limit_k - ZERO_C_K
    warm = tested = unknown = 0
    for room in rooms:
        for start, mean in zip(room.start, room.mean_c.tolist(), strict=True):
            if not _in_season(start, rules):
                continue
            if np.isfinite(mean):
                tested += 1
                warm += mean >= limit_c
            else:
                unknown += 1
    days = tested
    visits = [
        incident.room_c
        for incident in incidents
        if incident.kind == "cold-room"
        and incident.room_c is not None
        and (at := incident.at("measured")) is not None
        and period.start <= at < period.end
    ]
    tested += len(visits)
    warm += sum(found >= limit_c for found in visits)
    if not tested:
        return Note(
            "本期没有已知的室温测点日或入户测温",
            "no day of a measured room and no visit with a room temperature in this period",
        )
    return Measured(
        figures={"rooms_warm": warm, "rooms_tested": tested},
        source=Note(
            f"{len(rooms)}个室温测点的{days}个测点日，{len(visits)}次入户测温",
            f"{days} days of {len(rooms)} measured rooms, {len(visits)} visits to cold rooms",
        ),
        excluded=(("days not known", float(unknown)),) if unknown else (),
    )


def heat_stops(
    incidents: Sequence[Incident],
    areas_m2: Mapping[str, float | None],
    heated_m2: float,
    period: Period,
    rules: RuleSet,
    now: datetime,
) -> Measured | Note:
    """Operating accidents of the period: hours times the area that was without heat.

    `areas_m2` is the area of each heat fault by its id, None where its element is not known: one
    such accident makes the sum unknown. Only hours within season and period count.
    """
    if rules.rule(SEASON) is None:
        return Note("规则集没有供热期", "the profile has no heating season")
    zone = period.start.tzinfo
    assert zone is not None, "a period is of the site's calendar"
    season_h = _season_hours(period.start, period.end, zone, rules)
    if not season_h:
        return Note("本期不在供热期", "no hour of the heating season lies in this period")
    if heated_m2 <= 0.0:
        return Note("没有供热面积", "the site has no heated area")
    lost, accidents, unknown = 0.0, 0, []
    for incident in incidents:
        began = accident_at(incident, rules) if incident.kind == "heat-fault" else None
        if began is None or began > now:
            continue
        ended = min(incident.at("restored") or now, period.end)
        hours = _season_hours(max(incident.reported, period.start), ended, zone, rules)
        if hours <= 0.0:
            continue
        area = areas_m2.get(incident.id)
        if area is None:
            unknown.append(incident.id)
        else:
            accidents += 1
            lost += hours * area
    if unknown:
        names = ", ".join(unknown)
        return Note(
            f"运行事故停热面积不明：{names}", f"nobody knows what area was without heat: {names}"
        )
    return Measured(
        figures={"stopped_m2h": lost, "season_h": season_h, "heated_m2": heated_m2},
        source=Note(
            f"记录中的{accidents}次运行事故；供热面积按热负荷估算",
            f"{accidents} operating accidents on record; areas estimated from stations' heat",
        ),
    )


def _in_season(moment: datetime, rules: RuleSet) -> bool:
    if rules.rule(SEASON) is None:
        return True
    return rules.evaluate(SEASON, moment).result == "in"


def _season_hours(start: datetime, end: datetime, zone: tzinfo, rules: RuleSet) -> float:
    """Hours of a span that lie in season; it begins and ends with days of the site's calendar."""
    hours, at = 0.0, start.astimezone(zone)
    while at < end:
        midnight = (at + DAY).replace(hour=0, minute=0, second=0, microsecond=0)
        until = min(midnight, end)
        if _in_season(at, rules):
            hours += (until.timestamp() - at.timestamp()) / HOUR.total_seconds()
        at = until
    return hours
