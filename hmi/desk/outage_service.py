"""Outages as orders in the book: JSON in, a step taken and stored with its messages, JSON out."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from dispatch.conflicts import Footprint, conflicts, unjudged
from dispatch.element import check_medium
from dispatch.outages import (
    Law,
    OutageOrder,
    Outcome,
    RefusedStepError,
    Step,
    Unmet,
    open_outage,
    take_step,
)
from dispatch.outages.due import next_due
from dispatch.outages.gates import facts_needed
from dispatch.outages.texts import texts_of
from dispatch.rulebook import RuleBook
from hmi.desk.footprints import RUNNING, Footprints
from hmi.desk.moments import read_moment, to_ns
from hmi.records.order_book import Entry, Message, SqlOrderBook
from network_models.problems import InputError, Problem

BOOK = "outage"
MOST = 100_000
_MOMENTS = ("start", "end", "until", "at", "corrected_at")
_TEXTS = ("reason", "scope", "proposal", "number", "why", "fact", "element")
_CHOICES: dict[str, tuple[str, ...]] = {
    "medium": ("water", "gas", "heat"),
    "kind": ("planned", "unplanned"),
    "work": ("ordinary", "pressure-reduction", "secondary", "overhaul", "filling"),
    "size": ("large", "small"),
}
_COUNTS = ("people", "households", "step")
_FLAGS = ("residential", "delivery_plan")
_OPEN_NEEDS = ("medium", "kind", "element", "start", "end")
_OPEN_TAKES = frozenset(
    {
        *_OPEN_NEEDS,
        *("reason", "scope", "work", "size", "people", "households", "residential", "proposal"),
        "delivery_plan",
    }
)
_TEXT_LONGEST = 2000
COUNTED = ("requested", "approved", "published", "underway", "restoring")
"""States of orders that others must reckon with: a study tells nobody."""
TELLS_CONFLICTS = frozenset({"file", "approve", "publish"})
"""Steps that say, and keep on record, what else is planned for those hours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskSettings:
    """What the desk knows of its site; `channels` are the adapters each form goes to.

    `large_scope_households` is the site's threshold of a larger scope: unset, every stop is large.
    """

    zone: ZoneInfo
    profile: str
    name_zh: str
    name_en: str
    large_scope_households: int | None = None
    night_ban: tuple[time, time] | None = None
    channels: Mapping[str, tuple[str, ...]] | None = None


class OutageService:
    """The life of outages in a migrated database; `clock` gives the moment, with its offset.

    With `proposals` (a saved proposal by its id, KeyError without one) a delivery plan counts only
    when the proposal named has one that serves everybody. `footprints` say what orders take.
    """

    def __init__(
        self,
        book: SqlOrderBook,
        rules: RuleBook,
        settings: DeskSettings,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        new_id: Callable[[], str] = lambda: secrets.token_hex(4),
        proposals: Callable[[str], Mapping[str, Any]] | None = None,
        footprints: Footprints | None = None,
    ) -> None:
        self._book, self._rules, self._settings = book, rules, settings
        self._clock, self._new_id = clock, new_id
        self._proposals = proposals
        self._prints = footprints or Footprints(proposals=proposals)

    def open(self, record: Mapping[str, Any], *, user: str, role: str) -> dict[str, Any]:
        """A new order of JSON values.

        InputError names every bad value, RefusedStepError every reason against the order.
        """
        facts = self._values(record, needs=_OPEN_NEEDS, takes=_OPEN_TAKES | {"at"})
        now = self._clock()
        at = facts.pop("at", now)
        check_medium(facts["element"], facts["medium"])
        facts["size"] = self._size(facts, int(facts.get("households", 0)))
        self._check_delivery(facts, str(facts.get("proposal", "")), facts["element"])
        start = facts["start"].astimezone(self._settings.zone)
        order_id = f"OUT-{start:%Y%m%d}-{facts['medium']}-{self._new_id()}"
        step = _step("open", at, user, role, {})
        law = self._law(start)

        def work(before: Mapping[str, Any] | None) -> Entry:
            assert before is None, "an id is given once"
            if at > now:
                raise RefusedStepError([_future()])
            return self._entry(open_outage(order_id, step, law, **facts), step, record)

        return self._taken(self._book.take(order_id, work, entered_ns=to_ns(now)))

    def beside(self, start: str, end: str) -> list[dict[str, Any]]:
        """Footprints of orders that somebody counts on and that touch a span, as JSON values."""
        zone = self._settings.zone
        span = [read_moment(text, zone) for text in (start, end)]
        found = self._footprints(span[0], span[1])
        return [msgspec.to_builtins(one) for one in found]

    def conflicts(self, order_id: str) -> dict[str, Any]:
        """What an order meets in others of the same hours, and what could not be judged."""
        order = OutageOrder.from_dict(self._book.get(order_id)["order"])
        mine = self._prints.of(order, self._clock())
        others = self._footprints(mine.start, mine.end)
        found = conflicts(mine, others, self._prints.joint(order.medium))
        return {
            "conflicts": [conflict.as_dict() for conflict in found],
            "unjudged": unjudged(mine, others),
        }

    def _footprints(self, start: datetime, end: datetime) -> list[Footprint]:
        now = self._clock()
        kept = (e["order"] for s in COUNTED for e in self._book.orders(BOOK, state=s, limit=MOST))
        prints = (
            self._prints.of(order, now)
            for order in map(OutageOrder.from_dict, kept)
            if order.start < end and (order.end > start or order.state in RUNNING)
        )
        return [found for found in prints if found.start < end and found.end > start]

    def step(
        self, order_id: str, action: str, record: Mapping[str, Any], *, user: str, role: str
    ) -> dict[str, Any]:
        """Take a step on an order. KeyError without one; other errors as in `open`."""
        now = self._clock()
        details = self._values(record, needs=(), takes=None)
        step = _step(action, details.pop("at", now), user, role, details)
        told = self._told_conflicts(order_id, action)

        def work(before: Mapping[str, Any] | None) -> Entry:
            if before is None:
                raise KeyError(order_id)
            order = OutageOrder.from_dict(before["order"])
            return self._stepped(order, step, {**record, **told}, now)

        return {**self._taken(self._book.take(order_id, work, entered_ns=to_ns(now))), **told}

    def trial(
        self, order_id: str, action: str, record: Mapping[str, Any], *, user: str, role: str
    ) -> dict[str, Any]:
        """What `step` would lead to and tell whom, with nothing stored and nobody told.

        Errors as in `step`.
        """
        now = self._clock()
        details = self._values(record, needs=(), takes=None)
        step = _step(action, details.pop("at", now), user, role, details)
        before = OutageOrder.from_dict(self._book.get(order_id)["order"])
        entry = self._stepped(before, step, record, now)
        texts = [
            {"channel": m.channel, "audience": m.audience, "content": dict(m.content)}
            for m in entry.messages
        ]
        told = self._told_conflicts(order_id, action)
        return {"id": entry.order_id, **entry.order, "messages": texts, **told}

    def _told_conflicts(self, order_id: str, action: str) -> dict[str, Any]:
        return self.conflicts(order_id) if action in TELLS_CONFLICTS else {}

    def _stepped(
        self, order: OutageOrder, step: Step, record: Mapping[str, Any], now: datetime
    ) -> Entry:
        """The entry of a step on an order as it stands."""
        details, taken = step.details, step
        if step.action in {"amend", "extend"}:
            element = str(details.get("element", order.element))
            check_medium(element, order.medium)
            proposal = str(details.get("proposal", order.proposal))
            self._check_delivery(details, proposal, element)
        if step.action == "amend":
            households = int(details.get("households", order.households))
            taken = replace(step, details={**details, "size": self._size(details, households)})
        outcome = take_step(order, taken, self._law(order.start), now=now)
        return self._entry(outcome, step, record)

    def get(self, order_id: str) -> dict[str, Any]:
        """An order with every step it took. KeyError without one.

        `due` is what comes next and by when, `facts_needed` what restoring must have on record.
        """
        kept = self._book.get(order_id)
        order = OutageOrder.from_dict(kept["order"])
        told = self.conflicts(order_id) if order.state in COUNTED else {}
        needed = {"facts_needed": list(facts_needed(order))}
        return {**kept, **told, **needed, **self._due(order), "steps": self._book.steps(order_id)}

    def list(self, *, state: str | None = None, limit: int = 200) -> list[Any]:
        """Orders as they stand with what is `due` next, the last changed first."""
        found = self._book.orders(BOOK, state=state, limit=limit)
        return [{**kept, **self._due(OutageOrder.from_dict(kept["order"]))} for kept in found]

    def _due(self, order: OutageOrder) -> dict[str, Any]:
        due = next_due(order, self._law(order.start), self._clock())
        return {"due": None if due is None else due.as_dict()}

    def _check_delivery(self, given: Mapping[str, Any], proposal: str, element: str) -> None:
        """InputError for a delivery plan that no saved proposal for the element has."""
        if not given.get("delivery_plan") or self._proposals is None:
            return
        try:
            saved = self._proposals(proposal)
        except KeyError:
            saved = {}
        trucks = saved.get("trucks") or {"undelivered_m3": 1.0}
        if saved.get("element") != element or trucks["undelivered_m3"] > 0.0:
            expected = "the id of a saved proposal for this element whose trucks serve everybody"
            raise InputError([_problem("proposal", proposal or "nothing", expected)])

    def _size(self, given: Mapping[str, Any], households: int) -> str:
        """The scope class by the site's threshold; InputError for a claim that it is smaller.

        A number of households that is not known counts as large.
        """
        threshold = self._settings.large_scope_households
        small = threshold is not None and 0 < households < threshold
        if given.get("size") == "small" and not small:
            limit = "no threshold is set" if threshold is None else f"{threshold} households"
            expected = f"large: {households} households, larger scope from {limit}"
            raise InputError([_problem("size", "small", expected)])
        return "small" if small else "large"

    def _law(self, day: datetime) -> Law:
        settings = self._settings
        rules = self._rules.on(day.astimezone(settings.zone).date(), settings.profile)
        return Law(rules=rules, zone=settings.zone, night_ban=settings.night_ban)

    def _entry(self, outcome: Outcome, step: Step, record: Mapping[str, Any]) -> Entry:
        settings, order = self._settings, outcome.order
        names = (settings.name_zh, settings.name_en)
        texts = texts_of(order, step.action, outcome.tells, settings.zone, names)
        channels = settings.channels or {}
        findings = [finding.as_dict() for finding in outcome.findings]
        return Entry(
            order_id=order.id,
            book=BOOK,
            number=order.version,
            state=order.state,
            action=step.action,
            at_ns=to_ns(step.at),
            user=step.user,
            role=step.role,
            order={"order": order.as_dict(), "findings": findings},
            details={**record, "findings": findings},
            messages=tuple(
                Message(channel=channel, audience=f"{t.audience}/{t.form}", content=t.as_dict())
                for t in texts
                for channel in channels.get(t.form, ("file",))
            ),
        )

    def _taken(self, entry: Entry) -> dict[str, Any]:
        told = [f"{m.channel}: {m.audience}" for m in entry.messages]
        return {"id": entry.order_id, **entry.order, "told": told}

    def _values(
        self, record: Mapping[str, Any], *, needs: tuple[str, ...], takes: frozenset[str] | None
    ) -> dict[str, Any]:
        """The values of a JSON record, read; InputError with every fault."""
        problems: list[Problem] = []
        found: dict[str, Any] = {}
        known = {*_MOMENTS, *_TEXTS, *_CHOICES, *_COUNTS, *_FLAGS}
        for name in sorted(set(record) - (known if takes is None else takes)):
            problems.append(_problem(name, "an unknown field", "a known one"))
        for name in needs:
            if record.get(name) in (None, ""):
                problems.append(_problem(name, "nothing", "a value"))
        for name, value in record.items():
            if value is not None and (name in known if takes is None else name in takes):
                try:
                    found[name] = self._value(name, value)
                except ValueError as error:
                    problems.append(_problem(name, repr(value)[:60], str(error)))
        if problems:
            raise InputError(problems)
        return found

    def _value(self, name: str, value: Any) -> Any:
        if name in _MOMENTS:
            return read_moment(value, self._settings.zone)
        if name in _CHOICES:
            if value not in _CHOICES[name]:
                raise ValueError("one of " + ", ".join(_CHOICES[name]))
            return value
        if name in _FLAGS:
            if not isinstance(value, bool):
                raise ValueError("true or false")
            return value
        if name in _COUNTS:
            if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 1e9:
                raise ValueError("a whole number from 0")
            return value
        if not isinstance(value, str) or len(value) > _TEXT_LONGEST:
            raise ValueError(f"a text of at most {_TEXT_LONGEST} characters")
        return value


def _step(action: str, at: datetime, user: str, role: str, details: Mapping[str, Any]) -> Step:
    if role not in {"planner", "dispatcher", "leader", "crew"}:
        expected = "planner, dispatcher, leader or crew"
        raise InputError([_problem("role", role, expected)])
    return Step(action=action, at=at, user=user, role=role, details=details)  # type: ignore[arg-type]


def _future() -> Unmet:
    return Unmet(gate="time", text_en="the step lies in the future", text_zh="时间晚于当前时间")


def _problem(field: str, found: str, expected: str) -> Problem:
    return Problem(file="request", line=None, field=field, found=found, expected=expected)
