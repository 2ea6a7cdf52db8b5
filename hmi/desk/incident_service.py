"""Incidents in the book: opened, moved by steps, excused; read with their clocks and report."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from threading import Lock
from typing import Any

import msgspec

from dispatch.element import check_medium
from dispatch.incidents import Incident, evaluation_report, take, timer_points, timers
from dispatch.incidents.clocks import UTILITY, Timer
from dispatch.incidents.incident import excuse
from dispatch.rulebook import RuleBook, RuleSet
from hmi.desk.moments import read_moment, to_ns
from hmi.desk.outage_service import DeskSettings
from hmi.records.order_book import Entry, SqlOrderBook
from network_models.problems import InputError, Problem

BOOK = "incident"
MOST = 1_000_000
CRITERIA = "facility-std"
"""The profile whose level criteria are used where the site's has none."""
_ESTIMATES = {"people", "households", "priority_users", "expected_h", "cause", "crew", "dn_mm"}
_FOUND = {"script", "site_measures", "pressure_pa", "room_c", "liable", "texts"}
_CHANGES = frozenset(_ESTIMATES | _FOUND)
_OPEN = _CHANGES | {"kind", "element", "reported", "source", "hotline_at", "place"}
_OPEN |= {"planned_outage"}


class IncidentService:
    """Incidents in a migrated database, judged by the site's rules."""

    def __init__(
        self,
        book: SqlOrderBook,
        rules: RuleBook,
        settings: DeskSettings,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._book, self._rules, self._settings, self._clock = book, rules, settings, clock
        self._open: dict[str, tuple[int, Incident]] | None = None
        """Incidents with clocks that may run, and their versions; None until they are read."""
        self._reading = Lock()

    def open(self, record: Mapping[str, Any], *, user: str, role: str) -> dict[str, Any]:
        """A new incident of JSON values. InputError for a value that is none."""
        now = self._clock()
        incident_id = f"INC-{now.astimezone(self._settings.zone):%Y%m%d}-{secrets.token_hex(4)}"
        values = {"reported": now.isoformat(), **self._moments(record)}
        self._known(values, _OPEN)
        incident = _read({**values, "id": incident_id})
        check_medium(incident.element, UTILITY[incident.kind])
        if incident.reported > now:
            raise InputError([_problem("reported", str(record.get("reported")), "no future time")])
        entry = self._entry(incident, 1, "open", incident.reported, user, role, record)
        self._book.take(incident_id, lambda _before: entry, entered_ns=to_ns(now))
        self._note(entry)
        return self.get(incident_id)

    def step(
        self, incident_id: str, action: str, record: Mapping[str, Any], *, user: str, role: str
    ) -> dict[str, Any]:
        """A step (its name), or `excuse` {clock, reason, evidence}, or `note` of new estimates.

        KeyError without the incident, InputError for what may not be.
        """
        now = self._clock()
        values = dict(self._moments(record))
        at = datetime.fromisoformat(values.pop("at", now.isoformat()))

        def work(before: Mapping[str, Any] | None) -> Entry:
            if before is None:
                raise KeyError(incident_id)
            incident, version = _read(before["incident"]), int(before["version"])
            if action == "excuse":
                names = ("clock", "reason", "evidence")
                self._known(values, frozenset(names))
                clock, reason, evidence = (str(values.get(name, "")) for name in names)
                after = excuse(incident, clock, reason, evidence, user, now)
            else:
                self._known(values, _CHANGES)
                changed = _read({**msgspec.to_builtins(incident), **values})
                after = changed
                if action != "note":
                    after = take(changed, action, at, user, now=now)
            return self._entry(after, version + 1, action, at, user, role, record)

        self._note(self._book.take(incident_id, work, entered_ns=to_ns(now)))
        return self.get(incident_id)

    def get(self, incident_id: str) -> dict[str, Any]:
        """An incident with its report, its running clocks as points, and every step entered."""
        kept = self._book.get(incident_id)
        incident, now = _read(kept["incident"]), self._clock()
        law = self._law(incident)
        criteria = self._rules.on(incident.reported.date(), CRITERIA)
        return {
            "id": incident_id,
            "incident": kept["incident"],
            "report": evaluation_report(incident, law, now, criteria=criteria),
            "points": timer_points(incident, law, now),
            "steps": self._book.steps(incident_id),
        }

    def list(self) -> list[Any]:
        """Incidents, the last changed first."""
        return self._book.orders(BOOK)

    def _note(self, entry: Entry) -> None:
        """Keep what `running` looks at as the book has it."""
        with self._reading:
            if self._open is not None:
                before = self._open.get(entry.order_id)
                if before is None or before[0] < entry.number:
                    self._open[entry.order_id] = (entry.number, _read(entry.order["incident"]))

    def running(self) -> dict[str, tuple[str, Timer]]:
        """The clocks that run, by point id (`INC.<incident>.<clock>`), each with its utility."""
        now = self._clock()
        with self._reading:
            if self._open is None:
                kept = [
                    (int(o["version"]), o["incident"]) for o in self._book.orders(BOOK, limit=MOST)
                ]
                self._open = {one["id"]: (version, _read(one)) for version, one in kept}
            known = list(self._open.values())
        found: dict[str, tuple[str, Timer]] = {}
        for version, incident in known:
            going = [timer for timer in timers(incident, self._law(incident), now) if timer.runs]
            for timer in going:
                found[f"INC.{incident.id}.{timer.clock}"] = (UTILITY[incident.kind], timer)
            if not going and "restored" in incident.steps:
                # Nothing of it runs any more; a step on it brings it back.
                with self._reading:
                    if self._open.get(incident.id) == (version, incident):
                        del self._open[incident.id]
        return found

    def _law(self, incident: Incident) -> RuleSet:
        day = incident.reported.astimezone(self._settings.zone).date()
        return self._rules.on(day, self._settings.profile)

    def _moments(self, record: Mapping[str, Any]) -> dict[str, Any]:
        found = dict(record)
        problems = []
        for name in ("reported", "hotline_at", "at"):
            if found.get(name) is not None:
                try:
                    found[name] = read_moment(found[name], self._settings.zone).isoformat()
                except ValueError as error:
                    problems.append(_problem(name, str(found[name]), str(error)))
        if problems:
            raise InputError(problems)
        return found

    def _known(self, values: Mapping[str, Any], names: frozenset[str]) -> None:
        problems = [
            _problem(name, "an unknown field", "one of " + ", ".join(sorted(names)))
            for name in sorted(set(values) - names)
        ]
        if problems:
            raise InputError(problems)

    def _entry(
        self,
        incident: Incident,
        version: int,
        action: str,
        at: datetime,
        user: str,
        role: str,
        record: Mapping[str, Any],
    ) -> Entry:
        return Entry(
            order_id=incident.id,
            book=BOOK,
            number=version,
            state="restored" if "restored" in incident.steps else "open",
            action=action,
            at_ns=to_ns(at),
            user=user,
            role=role,
            order={"incident": msgspec.to_builtins(incident), "version": version},
            details=record,
        )


def _read(values: Mapping[str, Any]) -> Incident:
    try:
        return msgspec.convert(dict(values), Incident)
    except msgspec.ValidationError as error:
        raise InputError([_problem("record", str(error), "sound values")]) from error


def _problem(field: str, found: str, expected: str) -> Problem:
    return Problem(file="incident", line=None, field=field, found=found, expected=expected)
