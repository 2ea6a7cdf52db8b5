"""The public notice of an outage, in Chinese and English, from the same facts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from dispatch.customers import PRIORITY_CLASSES
from dispatch.impact import CustomerImpact, Impact
from dispatch.request import OutageRequest, SiteNames, elapsed

_WEEKDAYS_ZH = "一二三四五六日"
_MONTHS_EN = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
_WEEKDAYS_EN = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_STORE_ZH = (
    "请相关用户提前做好储水准备，停水期间请关好水龙头。"
    "恢复供水初期如出现水质浑浊，请适当放水后再使用。"
)
_STORE_EN = (
    "Please store water in advance and keep taps closed meanwhile. "
    "Should the water be cloudy at first, let it run for a while before use."
)
_AGAIN_EN = (
    "If the interruption has to be prolonged, a further notice will be given. "
    "We apologise for the inconvenience."
)
_BLANK_ZH, _BLANK_EN = "【待填写】", "[to be filled in]"
_HOUR = timedelta(hours=1)
_PLACES_SHOWN = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeItems:
    """What a notice must say; an empty one is missing. Texts are Chinese and English."""

    reason: tuple[str, str]
    scope: tuple[str, str]
    start: str
    restoration: str

    @property
    def present(self) -> tuple[str, ...]:
        """The names of the items that are there."""
        texts = asdict(self)
        return tuple(name for name, text in texts.items() if text and text != ("", ""))

    @property
    def missing(self) -> tuple[str, ...]:
        """The names of the items that are not."""
        return tuple(name for name in asdict(self) if name not in self.present)


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """The full texts with the items they are made of."""

    zh: str
    en: str
    items: NoticeItems

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready: texts, items (each in Chinese, or ISO), and the names of missing items."""
        return {
            "zh": self.zh,
            "en": self.en,
            "items": {
                "reason": self.items.reason[0],
                "scope": self.items.scope[0],
                "start": self.items.start,
                "restoration": self.items.restoration,
            },
            "missing": list(self.items.missing),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class _Facts:
    """The facts both texts are written from; times in the site's zone."""

    request: OutageRequest
    impact: Impact
    names: SiteNames
    start: datetime
    end: datetime
    hours: float
    delivery_places: Sequence[tuple[str, str]]
    now: datetime


def write_notice(
    request: OutageRequest,
    impact: Impact,
    names: SiteNames,
    zone: ZoneInfo,
    *,
    delivery_points: Sequence[str] = (),
    customer_names: Mapping[str, tuple[str, str]] | None = None,
    now: datetime,
) -> Notice:
    """The notice dated `now`; an item without a fact stays out and is named as missing.

    `delivery_points` are the communities, or customers of `customer_names`, water is taken to.
    """
    alone = customer_names or {}
    facts = _Facts(
        request=request,
        impact=impact,
        names=names,
        start=request.start.astimezone(zone),
        end=request.end.astimezone(zone),
        hours=elapsed(request.start, request.end) / _HOUR,
        delivery_places=[alone.get(name) or names.community(name) for name in delivery_points],
        now=now.astimezone(zone),
    )
    reason_zh = request.reason.strip()
    items = NoticeItems(
        reason=(reason_zh, request.reason_en.strip() or reason_zh),
        scope=(_scope_zh(facts), _scope_en(facts)),
        start=facts.start.isoformat(),
        restoration=facts.end.isoformat(),
    )
    return Notice(zh=_text_zh(facts, items), en=_text_en(facts, items), items=items)


def _text_zh(facts: _Facts, items: NoticeItems) -> str:
    what, _ = _what(facts.impact)
    planned = "计划" if facts.request.kind == "planned" else "临时"
    reason, scope = items.reason[0] or _BLANK_ZH, items.scope[0] or _BLANK_ZH
    lines = [
        f"关于{planned}{what}的公告",
        "",
        f"因{reason}，{facts.names.zh}部分区域将{planned}{what}，现公告如下：",
        f"一、{what}原因：{reason}。",
        f"二、{what}范围：{scope}",
        f"三、{what}开始时间：{moment_zh(facts.start)}。",
        f"四、恢复正常供水时间：{moment_zh(facts.end)}（共{_hours(facts.hours)}小时）。",
    ]
    if facts.delivery_places:
        places = "、".join(place[0] for place in facts.delivery_places)
        lines.append(f"停水期间，将向以下居住区和单位派送水车临时供水：{places}。")
    lines += [
        _STORE_ZH,
        "如需延时，将再次公告。给您带来不便，敬请谅解。",
        "",
        f"{facts.names.zh}供水企业",
        _date_zh(facts.now),
    ]
    return "\n".join(lines)


def _text_en(facts: _Facts, items: NoticeItems) -> str:
    _, what = _what(facts.impact)
    planned = "planned" if facts.request.kind == "planned" else "emergency"
    reason, scope = items.reason[1] or _BLANK_EN, items.scope[1] or _BLANK_EN
    lines = [
        f"Notice of {planned} {what}",
        "",
        f"The water supply enterprise of {facts.names.en} announces:",
        f"1. Reason: {reason}.",
        f"2. Area affected: {scope}",
        f"3. Start: {moment_en(facts.start)}.",
        f"4. Normal supply resumes: {moment_en(facts.end)} ({_hours(facts.hours)} hours in all).",
    ]
    if facts.delivery_places:
        places = ", ".join(place[1] for place in facts.delivery_places)
        lines.append(f"Meanwhile water will be delivered by truck to: {places}.")
    lines += [
        _STORE_EN,
        _AGAIN_EN,
        "",
        f"Water supply enterprise of {facts.names.en}",
        _date_en(facts.now),
    ]
    return "\n".join(lines)


def _what(impact: Impact) -> tuple[str, str]:
    """A stop, a pressure reduction, or both: what the notice is called."""
    cut, low = bool(impact.hit("cut_off")), bool(impact.hit("low_pressure"))
    if cut and low:
        return "停水及降压供水", "interruption and pressure reduction of water supply"
    if low:
        return "降压供水", "pressure reduction of water supply"
    return "停水", "interruption of water supply"


def _scope_zh(facts: _Facts) -> str:
    cut, low = facts.impact.hit("cut_off"), facts.impact.hit("low_pressure")
    parts = []
    if cut:
        places = _joined(_places(cut, facts.names, 0), "、", "等")
        parts.append(f"{places}停水，涉及居民{_households(cut)}户，共{_people(cut)}人；")
    if low:
        places = _joined(_places(low, facts.names, 0), "、", "等")
        parts.append(f"{places}水压降低，涉及居民{_households(low)}户，共{_people(low)}人；")
    return "".join(parts)[:-1] + "。" if parts else "本次作业不影响用户用水。"


def _scope_en(facts: _Facts) -> str:
    cut, low = facts.impact.hit("cut_off"), facts.impact.hit("low_pressure")
    parts = []
    for hit, what in ((cut, "no water"), (low, "low pressure")):
        if hit:
            places = _joined(_places(hit, facts.names, 1), ", ", " and others")
            counts = f"{_households(hit)} households, {_people(hit)} people"
            parts.append(f"{what}: {places} ({counts})")
    return _capital("; ".join(parts)) + "." if parts else "No customers are affected."


def _places(hit: Sequence[CustomerImpact], names: SiteNames, language: int) -> list[str]:
    """Communities once each, then customers outside of any by their own names."""
    places: dict[str, None] = {}
    for item in hit:
        customer = item.customer
        if customer.community:
            places[names.community(customer.community)[language]] = None
    for item in hit:
        customer = item.customer
        # A reader looks for hospitals and schools by name, even inside a community.
        if not customer.community or customer.kind in PRIORITY_CLASSES:
            places[(customer.name_zh, customer.name_en)[language]] = None
    return list(places)


def _joined(places: Sequence[str], comma: str, more: str) -> str:
    shown = comma.join(places[:_PLACES_SHOWN])
    return shown + (more if len(places) > _PLACES_SHOWN else "")


def _households(hit: Sequence[CustomerImpact]) -> int:
    return sum(item.customer.households for item in hit)


def _people(hit: Sequence[CustomerImpact]) -> int:
    return sum(item.customer.people for item in hit)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _hours(hours: float) -> str:
    return f"{hours:.2f}".rstrip("0").rstrip(".")


def _date_zh(moment: datetime) -> str:
    return f"{moment.year}年{moment.month}月{moment.day}日"


def moment_zh(moment: datetime) -> str:
    """A moment as a Chinese notice writes it."""
    clock = f"{moment.hour}时{moment.minute:02d}分"
    if moment.second:
        clock += f"{moment.second:02d}秒"
    return f"{_date_zh(moment)}（星期{_WEEKDAYS_ZH[moment.weekday()]}）{clock}"


def _date_en(moment: datetime) -> str:
    return f"{moment.day} {_MONTHS_EN[moment.month - 1]} {moment.year}"


def moment_en(moment: datetime) -> str:
    """A moment as an English notice writes it."""
    seconds = f":{moment.second:02d}" if moment.second else ""
    offset = moment.isoformat()[-6:]
    clock = f"{moment.hour:02d}:{moment.minute:02d}{seconds} (UTC{offset})"
    return f"{_WEEKDAYS_EN[moment.weekday()]}, {_date_en(moment)}, {clock}"
