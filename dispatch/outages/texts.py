"""What each audience is told of a step, in Chinese and English, from the same facts.

Forms: a bulletin for the public, a text for the media, an SMS, a brief for the hotline, a report to
the authority, a card for the door.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo

from dispatch.outages.order import OutageOrder

SMS_LONGEST = 70
"""Characters of one Chinese SMS."""

FORMS: dict[str, tuple[str, ...]] = {
    "public": ("bulletin", "media", "sms"),
    "hotline": ("hotline-brief",),
    "authority": ("authority-report",),
    "users": ("sms", "door-card"),
}
"""The forms an audience gets."""

SUPPLY = {"water": ("供水", "water"), "gas": ("供气", "gas"), "heat": ("供热", "heat")}
STOP_ZH = {"water": "停水", "gas": "停气", "heat": "停热"}

# action: what it is called in Chinese and English
TITLES: dict[str, tuple[str, str]] = {
    "publish": ("{stop}公告", "Notice: {supply} interruption"),
    "extend": ("{stop}延时公告", "Notice: the {supply} interruption is prolonged"),
    "cancel": ("{stop}取消公告", "Notice: the {supply} interruption is cancelled"),
    "open": ("突发{stop}通知", "Unplanned {supply} interruption"),
    "start": ("{stop}开始", "The {supply} interruption has begun"),
    "restore": ("恢复{supply_zh}通知", "The {supply} supply is restored"),
    "amend": ("{stop}计划变更", "The planned {supply} interruption changes"),
}
HINTS: dict[str, tuple[str, str]] = {
    "water": (
        "请提前储水，关好水龙头；恢复初期如水质浑浊，请放水片刻后使用。",
        "Please store water and keep taps closed; let cloudy water run for a while afterwards.",
    ),
    "gas": (
        "请关闭灶前阀和角阀，恢复供气前请勿开阀点火。",
        "Please close the valves at cooker and meter, and light nothing before gas is back.",
    ),
    "heat": (
        "请注意保暖，不要私自放水；恢复后室温需数小时回升。",
        "Please keep warm and drain no radiator; rooms take some hours to warm up again.",
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """One message: for whom, in which form, in both languages."""

    audience: str
    form: str
    title_zh: str
    title_en: str
    zh: str
    en: str

    def as_dict(self) -> dict[str, str]:
        """JSON-ready values."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


def texts_of(
    order: OutageOrder,
    action: str,
    tells: tuple[str, ...],
    zone: tzinfo,
    site: tuple[str, str],
) -> tuple[Text, ...]:
    """The messages of a step: one a form of each audience; times in the site's zone.

    `site` is the supplier's name in Chinese and English.
    """
    found = []
    for audience in tells:
        for form in FORMS[audience]:
            title_zh, title_en = _titles(order, action)
            zh, en = _body(order, action, form, zone, site)
            found.append(
                Text(
                    audience=audience,
                    form=form,
                    title_zh=title_zh,
                    title_en=title_en,
                    zh=zh,
                    en=en,
                )
            )
    return tuple(found)


def _titles(order: OutageOrder, action: str) -> tuple[str, str]:
    zh, en = TITLES.get(action, TITLES["publish"])
    supply_zh, supply = SUPPLY[order.medium]
    words: Mapping[str, str] = {
        "stop": STOP_ZH[order.medium] if order.work != "pressure-reduction" else "降压",
        "supply": supply,
        "supply_zh": supply_zh,
    }
    return zh.format(**words), en.format(**words)


def _body(
    order: OutageOrder, action: str, form: str, zone: tzinfo, site: tuple[str, str]
) -> tuple[str, str]:
    title_zh, title_en = _titles(order, action)
    start, end = order.start.astimezone(zone), order.end.astimezone(zone)
    until_zh, until_en = f"{_zh(start)}至{_zh(end)}", f"from {_en(start)} to {_en(end)}"
    if form == "sms":
        return _sms(f"【{site[0]}】{order.scope}{title_zh}：{until_zh}。", SMS_LONGEST), (
            f"{site[1]}: {title_en}, {order.scope}, {until_en}."
        )
    rows: list[tuple[str, str, str | tuple[str, str]]] = [
        ("原因", "Reason", order.reason),
        ("范围", "Scope", order.scope),
        ("开始时间", "Start", (_zh(start), _en(start))),
        ("恢复时间", "Supply is back", (_zh(end), _en(end))),
    ]
    if action == "cancel":
        rows = rows[1:3]
    if form in {"hotline-brief", "authority-report"}:
        rows += [
            ("工单", "Order", order.id),
            ("影响户数", "Households", str(order.households)),
            ("影响人口", "People", str(order.people)),
        ]
    if form == "authority-report":
        trucks = {True: ("已编制", "made"), None: ("无需", "none needed")}
        rows += [
            ("批准文号", "Approval", order.authority or "-"),
            ("送水方案", "Delivery plan", trucks.get(order.delivery_plan, ("无", "none"))),
        ]
    zh = [f"{site[0]}{title_zh}", *(f"{name}：{_pick(text, 0)}" for name, _, text in rows)]
    en = [f"{site[1]}: {title_en}", *(f"{name}: {_pick(text, 1)}" for _, name, text in rows)]
    if form in {"bulletin", "media", "door-card"} and action in {"publish", "extend", "open"}:
        hint = HINTS[order.medium]
        zh.append(hint[0])
        en.append(hint[1])
    if form == "hotline-brief" and action == "publish":
        zh.append("预计话务高峰：请提前准备，开通全部线路。")
        en.append("A peak of calls is expected: open all lines.")
    return "\n".join(zh), "\n".join(en)


def _pick(text: str | tuple[str, str], which: int) -> str:
    return text if isinstance(text, str) else text[which]


def _sms(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[: longest - 1] + "…"


def _zh(moment: datetime) -> str:
    return f"{moment.month}月{moment.day}日{moment:%H:%M}"


def _en(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M}"
