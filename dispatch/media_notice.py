"""The public notice of a gas or heat outage, in Chinese and English from the same facts."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from dispatch.media_impact import GasImpact, HeatImpact
from dispatch.notice import Notice, NoticeItems, moment_en, moment_zh
from dispatch.outages.texts import HINTS, STOP_ZH, SUPPLY
from dispatch.request import OutageRequest, SiteNames

NAMED = 12
"""Users or stations a notice names; beyond that it says how many more."""
PLANNED_ZH = {"planned": "计划", "unplanned": "临时"}


def write_media_notice(
    medium: str,
    request: OutageRequest,
    impact: GasImpact | HeatImpact,
    names: SiteNames,
    zone: ZoneInfo,
    *,
    now: datetime,
) -> Notice:
    """The notice dated `now`; an item without a fact stays out and is named as missing."""
    start, end = request.start.astimezone(zone), request.end.astimezone(zone)
    reason_zh = request.reason.strip()
    items = NoticeItems(
        reason=(reason_zh, request.reason_en.strip() or reason_zh),
        scope=_scope(impact),
        start=start.isoformat(),
        restoration=end.isoformat(),
    )
    stop, supply = STOP_ZH[medium], SUPPLY[medium][1]
    hint_zh, hint_en = HINTS[medium]
    zh = [
        f"关于{PLANNED_ZH[request.kind]}{stop}的公告",
        "",
        f"一、{stop}原因：{items.reason[0] or '（待填）'}。",
        f"二、{stop}范围：{items.scope[0] or '（待填）'}。",
        f"三、{stop}开始时间：{moment_zh(start)}。",
        f"四、恢复时间：{moment_zh(end)}。",
        hint_zh,
        "",
        f"{names.zh}　{moment_zh(now.astimezone(zone))}",
    ]
    en = [
        f"Notice: {request.kind} {supply} interruption",
        "",
        f"1. Reason: {items.reason[1] or '(to be filled in)'}.",
        f"2. Area: {items.scope[1] or '(to be filled in)'}.",
        f"3. Start: {moment_en(start)}.",
        f"4. Supply back: {moment_en(end)}.",
        hint_en,
        "",
        f"{names.en}, {moment_en(now.astimezone(zone))}",
    ]
    return Notice(zh="\n".join(zh), en="\n".join(en), items=items)


def _scope(impact: GasImpact | HeatImpact) -> tuple[str, str]:
    """Whom it reaches, as the network knows them."""
    if isinstance(impact, GasImpact):
        hit = [user.id for user in impact.users]
        unit_zh, unit_en = "处用气点", "gas connections"
    else:
        hit, unit_zh, unit_en = list(impact.hit), "座换热站", "heat stations"
    if not hit:
        return "预计无用户受影响", "no user is expected to be affected"
    named, more = hit[:NAMED], len(hit) > NAMED
    return (
        f"{len(hit)}{unit_zh}：{'、'.join(named)}{' 等' if more else ''}",
        f"{len(hit)} {unit_en}: {', '.join(named)}{' and others' if more else ''}",
    )
