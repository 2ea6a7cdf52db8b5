"""Hotline orders in the book: opened, moved, called again; the rates of a month."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from dispatch.outages import OutageOrder
from dispatch.rulebook import RuleBook, RuleSet
from dispatch.workorders import WorkOrder, WorkRefusedError, open_order, rates, take
from dispatch.workorders.clocks import work_timers
from dispatch.workorders.order import repeat_call
from hmi.desk.call_map import IN_FORCE, CallMap
from hmi.desk.moments import read_moment, to_ns
from hmi.desk.outage_service import DeskSettings
from hmi.records.order_book import Entry, SqlOrderBook
from network_models.problems import InputError, Problem

BOOK = "work"
MOST = 100_000
_OPEN = frozenset({"type", "utility", "text", "address", "place", "complexity", "channel", "node"})
_DETAILS = frozenset({"until", "approvals", "note", "at_once"})


class WorkService:
    """Hotline orders in a migrated database."""

    def __init__(
        self,
        book: SqlOrderBook,
        rules: RuleBook,
        settings: DeskSettings,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        calls: CallMap | None = None,
    ) -> None:
        self._book, self._rules, self._settings, self._clock = book, rules, settings, clock
        self._calls = calls or CallMap({})

    def open(self, record: Mapping[str, Any], *, user: str, role: str) -> dict[str, Any]:
        """A new order, received now. InputError for a value that is none."""
        _known(record, _OPEN)
        now = self._clock()
        order_id = f"WO-{now.astimezone(self._settings.zone):%Y%m%d}-{secrets.token_hex(4)}"
        order = open_order(_read({**record, "id": order_id, "received": now}), self._law(now))
        entry = self._entry(order, 1, "open", now, user, role, record)
        self._book.take(order_id, lambda _before: entry, entered_ns=to_ns(now))
        answer = self._calls.answer(order, self._outages(), now)
        told = None
        if answer is not None:
            told = {"outage": answer.outage, "restored": answer.restoration.isoformat()}
            told |= {"text_zh": answer.zh, "text_en": answer.en}
        return {**self.get(order_id), "answer": told}

    def step(
        self, order_id: str, action: str, record: Mapping[str, Any], *, user: str, role: str
    ) -> dict[str, Any]:
        """A step of the table, or `repeat` for another call on it.

        KeyError without the order; InputError or WorkRefusedError for what may not be.
        """
        _known(record, _DETAILS)
        now, details = self._clock(), dict(record)
        if details.get("until") is not None:
            try:
                details["until"] = read_moment(details["until"], self._settings.zone)
            except ValueError as error:
                raise InputError([_problem("until", str(details["until"]), str(error))]) from None

        def work(before: Mapping[str, Any] | None) -> Entry:
            if before is None:
                raise KeyError(order_id)
            order, version = _read(before["work"]), int(before["version"])
            law = self._law(order.received)
            if action == "repeat":
                after = repeat_call(order, now, law)
            else:
                after = take(order, action, at=now, by=user, role=role, rules=law, **details)
            return self._entry(after, version + 1, action, now, user, role, record)

        self._book.take(order_id, work, entered_ns=to_ns(now))
        return self.get(order_id)

    def get(self, order_id: str) -> dict[str, Any]:
        """An order with its clocks and every step entered. KeyError without one."""
        kept = self._told(self._book.get(order_id), self._clock())
        return {**kept, "steps": self._book.steps(order_id)}

    def list(self) -> list[Any]:
        """Orders with their clocks, the last changed first."""
        now = self._clock()
        return [self._told(kept, now) for kept in self._book.orders(BOOK)]

    def calls(self) -> dict[str, Any]:
        """Open calls with a place, what explains them, and clusters near a pipe."""
        orders = [_read(kept["work"]) for kept in self._book.orders(BOOK, limit=MOST)]
        return self._calls.pins(orders, self._outages(), self._clock())

    def _told(self, kept: Mapping[str, Any], now: datetime) -> dict[str, Any]:
        order = _read(kept["work"])
        timers = work_timers(order, self._law(order.received), now)
        return {**kept, "timers": [timer.as_dict() for timer in timers]}

    def _outages(self) -> Sequence[OutageOrder]:
        return [
            OutageOrder.from_dict(kept["order"])
            for state in sorted(IN_FORCE)
            for kept in self._book.orders("outage", state=state, limit=MOST)
        ]

    def rates(self, start: str, end: str, statistics_day: str, utility: str) -> Sequence[Any]:
        """The rates of the orders dispatched in a period; times as ISO 8601."""
        zone = self._settings.zone
        try:
            times = [read_moment(text, zone) for text in (start, end, statistics_day)]
        except ValueError as error:
            raise InputError([_problem("period", f"{start}, {end}", str(error))]) from None
        orders = [_read(kept["work"]) for kept in self._book.orders(BOOK, limit=MOST)]
        found = rates(
            orders,
            self._law(times[0]),
            start=times[0],
            end=times[1],
            statistics_day=times[2],
            utility=utility,
        )
        return [rate.as_dict() for rate in found]

    def _law(self, moment: datetime) -> RuleSet:
        day = moment.astimezone(self._settings.zone).date()
        return self._rules.on(day, self._settings.profile)

    def _entry(
        self,
        order: WorkOrder,
        version: int,
        action: str,
        at: datetime,
        user: str,
        role: str,
        record: Mapping[str, Any],
    ) -> Entry:
        return Entry(
            order_id=order.id,
            book=BOOK,
            number=version,
            state=order.state,
            action=action,
            at_ns=to_ns(at),
            user=user,
            role=role,
            order={"id": order.id, "work": msgspec.to_builtins(order), "version": version},
            details=record,
        )


def _known(record: Mapping[str, Any], names: frozenset[str]) -> None:
    problems = [
        _problem(name, "an unknown field", "one of " + ", ".join(sorted(names)))
        for name in sorted(set(record) - names)
    ]
    if problems:
        raise InputError(problems)


def _read(values: Mapping[str, Any]) -> WorkOrder:
    try:
        return msgspec.convert(dict(values), WorkOrder)
    except msgspec.ValidationError as error:
        raise InputError([_problem("record", str(error), "sound values")]) from error


def _problem(field: str, found: str, expected: str) -> Problem:
    return Problem(file="order", line=None, field=field, found=found, expected=expected)


__all__ = ["WorkRefusedError", "WorkService"]
