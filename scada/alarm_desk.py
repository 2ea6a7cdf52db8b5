"""The alarms as the core serves them: every event is stored, then published.

All changes of the book go through one lock, so that the order of events in the journal, on the
bus and in the book is the same.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scada.alarm_actions import Action, Change
from scada.alarm_book import AlarmBook
from scada.alarm_derived import DerivedWatch, Values
from scada.alarm_flood import Flood
from scada.alarm_links import LinkWatch
from scada.alarm_outlook import Outlook, Outlooks
from scada.alarm_record import DEADLINE, AlarmEvent, Subject, stored_subject
from scada.alarm_setting import Settings
from scada.point import Point
from scada.ports import AlarmJournal, AuditTrail, Bus, BusError, Clock
from scada.samples import SampleBatch

log = logging.getLogger(__name__)

MAX_UNSAVED = 100_000
SPAN_PAGE = 5000
BEFORE_NS = 7 * 86_400 * 1_000_000_000
"""So far back a report looks for what stood already when its span began."""


class AlarmDesk:
    """Book, link watch and journal together."""

    def __init__(
        self,
        points: Sequence[Point],
        journal: AlarmJournal,
        bus: Bus,
        clock: Clock,
        *,
        again_s: float = 0.0,
        settings: Settings | None = None,
        live: Values | None = None,
        audit: AuditTrail | None = None,
    ) -> None:
        """`audit`: where what operators do to alarms, beside acknowledging, is noted first;
        `settings`: what the site decides of its alarms; `live`: present values, for those of
        rates, deviations and for suppression by design."""
        self.settings = settings or {}
        self.book = AlarmBook(points, again_s=again_s, settings=self.settings)
        self.links = LinkWatch(points, self.book, clock.now_ns())
        self.derived = DerivedWatch(points, self.settings, self.book)
        self.flood = Flood()
        self.outlooks = Outlooks(points)
        self._live = live
        self._hiding = np.zeros(len(points), dtype=bool)
        self._hiding[list(self.derived.hiding_points)] = True
        self.problem = ""
        self.lost = 0
        self._journal = journal
        self._audit = audit
        self._bus = bus
        self._clock = clock
        self._lock = asyncio.Lock()
        self._unsaved: list[AlarmEvent] = []

    async def restore(self) -> list[AlarmEvent]:
        """Take up the alarms the journal holds; commands left open end as unknown, and are told."""
        async with self._lock:
            stored = await asyncio.to_thread(self._journal.states)
            now_ns = self._clock.now_ns()
            self.outlooks.note(stored)
            commands = [record for record in stored if record.get("kind") == "command"]
            alarms = [record for record in stored if record.get("kind") != "command"]
            events = [
                {
                    **{k: v for k, v in record.items() if k != "sequence"},
                    "event": "unknown",
                    "state": "normal",
                    "time_ns": now_ns,
                    "comment": "the core stopped while the command was under way",
                }
                for record in commands
            ]
            unknown = list(events)
            others = self.links.subjects(alarms)
            others |= {str(r["id"]): stored_subject(r) for r in alarms if r.get("kind") == DEADLINE}
            events += self.book.restore(alarms, others, now_ns)
            events += self.derived.show_orphans(now_ns)
            await self._tell(events)
            return unknown

    async def step(self, batch: SampleBatch) -> None:
        """Take live samples."""
        async with self._lock:
            now_ns = self._clock.now_ns()
            events: list[AlarmEvent] = []
            if self._live is not None and self._hiding[batch.point].any():
                # A pump that stops hides its low pressure before the pressure is judged.
                events = self.derived.hide(self._live, now_ns)
            await self._tell(events + self.book.step(batch, now_ns))

    async def tick(self, quality: NDArray[np.uint32], storage_fails: bool) -> None:
        """Let time pass: delays, links, qualities of all points, and events not yet stored."""
        async with self._lock:
            now_ns = self._clock.now_ns()
            events = self.book.tick(now_ns)
            events += self.links.check(quality, now_ns)
            events += self.links.storage(storage_fails, now_ns)
            if self._live is not None:
                events += self.derived.check(self._live, now_ns)
            await self._tell(events)

    async def foresee(self, utility: str, at_ns: int, said: Outlook | None) -> None:
        """Take what the model says will come of a utility's present state."""
        async with self._lock:
            now_ns = self._clock.now_ns()
            self.outlooks.take(utility, at_ns, said)
            news = self.outlooks.news(self.book.alarms(), now_ns) if said else []
            alarms = [alarm for id_ in news if (alarm := self.book.get(id_)) is not None]
            await self._tell([alarm.event("foreseen", now_ns) for alarm in alarms])

    async def acknowledge(
        self, ids: Iterable[str] | None, user: str, comment: str
    ) -> tuple[list[str], list[dict[str, str]]]:
        """Acknowledge alarms (None: all); (acknowledged, refused). BusError if not stored."""
        async with self._lock:
            return await self._make_so(
                self.book.acknowledge(ids, user, comment, self._clock.now_ns())
            )

    async def act(
        self,
        ids: Iterable[str],
        action: Action,
        user: str,
        note: tuple[str, Mapping[str, Any]] | None = None,
    ) -> tuple[list[str], list[dict[str, str]]]:
        """Do an operator's action to alarms; (done, refused). BusError if not stored.

        `note`: what it is called in the audit trail, and its details.
        """
        async with self._lock:
            now_ns = self._clock.now_ns()
            change = self.book.act(ids, action, user, now_ns)
            if change.alarms and note is not None:
                await self._note(note, user, now_ns)
            return await self._make_so(change)

    async def _note(self, note: tuple[str, Mapping[str, Any]], user: str, now_ns: int) -> None:
        """Into the audit trail, before it is done. BusError if that fails: then it is not done."""
        if self._audit is None:
            return
        name, details = note
        try:
            await asyncio.to_thread(
                self._audit.append,
                time_ns=now_ns,
                user=user,
                action=name,
                origin="manual",
                details=details,
            )
        except Exception as problem:  # a database has its own errors
            raise BusError(f"the audit trail cannot be written: {problem}") from problem

    async def _make_so(self, change: Change) -> tuple[list[str], list[dict[str, str]]]:
        await self._tell([])  # what happened before it stands before it
        now_ns = self._clock.now_ns()
        events = [self.outlooks.shown(event, now_ns) for event in change.events]
        await self._store_and_publish(events)
        self.outlooks.note(events)
        self.book.adopt(change)
        return [alarm.subject.id for alarm in change.alarms], change.refused

    async def watch(self, subject: Subject, told: bool | None) -> None:
        """Take the condition of an alarm that somebody else looks after."""
        if self.book.get(subject.id) is None and not told:
            return
        async with self._lock:
            await self._tell(self.book.watch(subject, told, self._clock.now_ns()))

    async def record(self, event: AlarmEvent) -> None:
        """Store and publish an event that is no alarm's (a command). BusError if not stored."""
        async with self._lock:
            await self._tell([])
            await self._store_and_publish([event])

    async def events(
        self, from_ns: int, to_ns: int | None, limit: int, before: int
    ) -> list[Mapping[str, Any]]:
        """Stored events, newest first."""
        return await asyncio.to_thread(
            lambda: self._journal.events(from_ns=from_ns, to_ns=to_ns, limit=limit, before=before)
        )

    async def span(self, from_ns: int, to_ns: int) -> list[Mapping[str, Any]]:
        """All stored events of a span and what stood at its start, in the order of storing."""
        found: list[Mapping[str, Any]] = []
        before = 0
        while True:
            page = await self.events(max(0, from_ns - BEFORE_NS), to_ns, SPAN_PAGE, before)
            found += page
            if len(page) < SPAN_PAGE:
                return found[::-1]
            before = int(page[-1]["sequence"])

    async def _tell(self, events: list[AlarmEvent]) -> None:
        """Store and publish events; those that cannot be stored wait and are tried again."""
        now_ns = self._clock.now_ns()
        events = [self.outlooks.shown(event, now_ns) for event in events]
        self.outlooks.note(events)
        self._unsaved += events
        self._unsaved += self.flood.take(events, now_ns)
        if not self._unsaved:
            return
        with contextlib.suppress(BusError):
            await self._store_and_publish(self._unsaved)
            self._unsaved = []
        if len(self._unsaved) > MAX_UNSAVED:
            self.lost += len(self._unsaved) - MAX_UNSAVED
            del self._unsaved[:-MAX_UNSAVED]

    async def _store_and_publish(self, events: list[AlarmEvent]) -> None:
        if not events:
            return
        try:
            numbers = await asyncio.to_thread(self._journal.append, list(events))
        except Exception as problem:  # a journal has its own errors; none may stop the alarms
            self.problem = f"alarm events cannot be stored: {problem}"
            log.error("%s", self.problem)
            raise BusError(self.problem) from problem
        self.problem = ""
        for number, event in zip(numbers, events, strict=True):
            # Who missed it (a bus that is away) finds it in the journal.
            with contextlib.suppress(BusError):
                await self._bus.publish("alarm", {**event, "sequence": number})
