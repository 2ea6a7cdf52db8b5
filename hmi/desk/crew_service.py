"""Crews in the book: who is sent to what, one job a crew at a time, each step with who and when."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from dispatch.crew_places import Stay, whereabouts
from dispatch.crews import Crew, crew_options, on_duty
from dispatch.element import medium_of
from dispatch.outages import RefusedStepError, Unmet
from dispatch.places import place_of
from dispatch.roads import RoadGraph
from dispatch.rulebook import RuleBook, RuleSet
from hmi.desk.call_map import CallMap
from hmi.desk.crew_entries import BOOK, Kept, entry_of, key_of, stays_of, was_of
from hmi.desk.incident_service import IncidentService
from hmi.desk.jobs import Job, job_of
from hmi.desk.moments import read_moment, to_ns
from hmi.desk.outage_service import DeskSettings
from hmi.records.order_book import Entry, SqlOrderBook
from network_models.network import Network
from network_models.problems import InputError, Problem

MOST = 10_000
JOB_BOOKS = ("incident", "outage", "work")


class CrewService:
    """The crews of a site, their work in a migrated database, the way to it by the roads."""

    def __init__(
        self,
        book: SqlOrderBook,
        rules: RuleBook,
        settings: DeskSettings,
        *,
        crews: Sequence[Crew] = (),
        roads: RoadGraph | None = None,
        networks: Mapping[str, Network] | None = None,
        incidents: IncidentService | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._book, self._rules, self._settings, self._clock = book, rules, settings, clock
        self._crews = {crew.id: crew for crew in crews}
        self._roads = roads or RoadGraph(())
        self._networks = networks or {}
        self._calls = CallMap(self._networks)
        self._incidents = incidents

    def all(self) -> list[dict[str, Any]]:
        """Every crew of the site with what it does now and where it is (`at`)."""
        now, kept = self._clock(), self._kept()
        at_work = self._at_work(kept, now)
        return [
            {
                "id": crew.id,
                "name_zh": crew.name_zh,
                "name_en": crew.name_en,
                "media": sorted(crew.media),
                "skills": sorted(crew.skills),
                "vehicle": crew.vehicle,
                "hours": None if crew.hours is None else [f"{t:%H:%M}" for t in crew.hours],
                "x": crew.x,
                "y": crew.y,
                "available": crew.available,
                "on_duty": on_duty(crew, now, self._settings.zone),
                "work": at_work.get(crew.id),
                "at": self._whereabouts(crew, kept.get(crew.id), now),
            }
            for crew in self._crews.values()
        ]

    def jobs(self) -> list[dict[str, Any]]:
        """What a crew can be sent to now, with the crews that were: the last changed first."""
        now = self._clock()
        sent = self._at_work(self._kept(), now)
        found = []
        for book in JOB_BOOKS:
            for kept in self._book.orders(book):
                job = self._job_of(kept, now)
                if job.open:
                    found.append(
                        {
                            "id": job.id,
                            "book": book,
                            "about": job.about,
                            "medium": job.medium,
                            "skill": job.skill,
                            "place": None if job.place is None else list(job.place),
                            "due": None if job.due is None else job.due.isoformat(),
                            "crews": [name for name, work in sent.items() if work["job"] == job.id],
                        }
                    )
        return found

    def options(self, ask: Mapping[str, Any]) -> dict[str, Any]:
        """Who could be there first: for `job` (the id of an order), or for an `element` with its
        utility and a `skill`; `at` (ISO 8601) instead of now.

        KeyError without the order; InputError for what cannot be judged.
        """
        zone = self._settings.zone
        now = self._clock()
        if ask.get("at"):
            try:
                now = read_moment(ask["at"], zone)
            except ValueError as error:
                raise InputError([_problem("at", str(ask["at"]), str(error))]) from None
        job = self._job(str(ask["job"]), now) if ask.get("job") else self._errand(ask)
        return {"job": job.id, **self._options(job, now)}

    def assign(self, crew_id: str, job_id: str, *, user: str, role: str) -> dict[str, Any]:
        """Send a crew to an order. KeyError without the order; RefusedStepError with every reason.

        An incident without a crew so far is dispatched by it.
        """
        now = self._clock()
        crew, job = self._known(crew_id), self._job(job_id, now)
        place = None if job.place is None else list(job.place)
        found = [o for o in self._options(job, now)["options"] if o["crew"] == crew_id]
        reasons = self._against(crew, job, now, reached=bool(found))

        def work(before: Kept | None) -> Entry:
            kept = before or {}
            at_work = self._busy(kept, now)
            if at_work is not None:
                reasons.append(_unmet(f"已派往{at_work.id}", f"is at work on {at_work.id}"))
            if reasons:
                raise RefusedStepError(reasons)
            told: dict[str, Any] = {
                "job": job_id,
                "medium": job.medium,
                "since": now.isoformat(),
                "by": user,
            }
            told |= {name: found[0][name] for name in ("arrives", "drive_s", "drive_m")}
            told |= {"place": place}
            was = was_of(self._stays(crew_id, kept, now), now)
            return entry_of(crew_id, before, now, user, role, work=told, was=was)

        entry = self._book.take(key_of(crew_id), work, entered_ns=to_ns(now))
        self._note(job_id, crew_id, user, role)
        return {"crew": crew_id, **entry.order["work"], "late": found[0]["late"]}

    def release(self, crew_id: str, *, user: str, role: str) -> dict[str, Any]:
        """A crew is free again. RefusedStepError for one that was not sent anywhere."""
        now = self._clock()
        self._known(crew_id)

        def work(before: Mapping[str, Any] | None) -> Entry:
            if before is None or before["work"] is None:
                raise RefusedStepError([_unmet("未被派出", "was not sent anywhere")])
            was = was_of(self._stays(crew_id, before, now), now)
            return entry_of(crew_id, before, now, user, role, work=None, was=was)

        self._book.take(key_of(crew_id), work, entered_ns=to_ns(now))
        return {"crew": crew_id, "steps": self._book.steps(key_of(crew_id))}

    def medium_of(self, job_id: str) -> str:
        """The medium of an order; KeyError without it."""
        return self._job(job_id, self._clock()).medium

    def _options(self, job: Job, now: datetime) -> dict[str, Any]:
        if job.place is None:
            expected = "a place, or an element that has one"
            raise InputError([_problem("place", f"none for {job.id}", expected)])
        if not self._roads.nodes:
            raise InputError([_problem("roads.csv", "no streets", "streets to drive on")])
        if not self._crews:
            raise InputError([_problem("crews.csv", "no crews", "the crews of the site")])
        kept = self._kept()
        at_work = self._at_work(kept, now)
        busy = {
            name: None if work["until"] is None else datetime.fromisoformat(work["until"])
            for name, work in at_work.items()
        }
        found = crew_options(
            self._roads,
            [
                self._starting(crew, kept.get(crew.id), at_work, now)
                for crew in self._crews.values()
            ],
            job.place,
            now=now,
            zone=self._settings.zone,
            medium=job.medium,
            skill=job.skill,
            busy=busy,
        )
        zone = self._settings.zone

        def told(moment: datetime | None) -> str | None:
            return None if moment is None else moment.astimezone(zone).isoformat("T", "seconds")

        return {
            "medium": job.medium,
            "skill": job.skill,
            "place": list(job.place),
            "due": told(job.due),
            "options": [
                {
                    "crew": option.crew,
                    "drive_s": round(option.drive_s),
                    "drive_m": round(option.drive_m),
                    "leaves": told(option.leaves),
                    "arrives": told(option.arrives),
                    "late": None
                    if job.due is None or option.arrives is None
                    else option.arrives > job.due,
                    "works_on": at_work[option.crew]["job"] if option.crew in at_work else None,
                }
                for option in found
            ],
        }

    def _against(self, crew: Crew, job: Job, now: datetime, *, reached: bool) -> list[Unmet]:
        reasons = []
        if not job.open:
            reasons.append(_unmet(f"{job.id}已结束", f"{job.id} is over, or still a study"))
        if not crew.available:
            reasons.append(_unmet("不可用", "is not available"))
        if job.medium not in crew.media:
            reasons.append(_unmet(f"不从事{job.medium}", f"does not work on {job.medium}"))
        if job.skill not in crew.skills:
            reasons.append(_unmet(f"不具备{job.skill}", f"has not learnt {job.skill}"))
        if not on_duty(crew, now, self._settings.zone):
            reasons.append(_unmet("不在班", "is off duty"))
        if not reached and not reasons:
            reasons.append(_unmet("无路可达", "no road leads there"))
        return reasons

    def _kept(self) -> dict[str, Kept]:
        """What the book has of each crew."""
        return {str(one["crew"]): one for one in self._book.orders(BOOK, limit=MOST)}

    def _at_work(self, kept: Mapping[str, Kept], now: datetime) -> dict[str, dict[str, Any]]:
        """What each crew that was sent to an order still open does."""
        found = {}
        for name, one in kept.items():
            job = self._busy(one, now)
            if job is not None:
                until = None if job.until is None or job.until < now else job.until.isoformat()
                found[name] = {**one["work"], "until": until}
        return found

    def _stays(self, crew_id: str, kept: Kept, now: datetime) -> list[Stay]:
        work = kept.get("work")
        return stays_of(crew_id, kept, self._job(str(work["job"]), now) if work else None)

    def _whereabouts(self, crew: Crew, kept: Kept | None, now: datetime) -> dict[str, Any]:
        stays = [] if kept is None else self._stays(crew.id, kept, now)
        at = whereabouts(crew, stays, now, self._settings.zone)
        since = None if at.since is None else at.since.isoformat()
        return {"x": at.x, "y": at.y, "job": at.job, "since": since}

    def _starting(
        self, crew: Crew, kept: Kept | None, at_work: Mapping[str, Kept], now: datetime
    ) -> Crew:
        """The crew where its next drive begins: at its work, else where it is."""
        place = at_work[crew.id].get("place") if crew.id in at_work else None
        if place is not None:
            return replace(crew, x=place[0], y=place[1])
        at = self._whereabouts(crew, kept, now)
        return replace(crew, x=at["x"], y=at["y"])

    def _busy(self, kept: Kept, now: datetime) -> Job | None:
        if not kept.get("work"):
            return None
        job = self._job(str(kept["work"]["job"]), now)
        return job if job.open else None

    def _job(self, job_id: str, now: datetime) -> Job:
        kept = self._book.get(job_id)
        if "crew" in kept:  # crews stand in a book of their own; none is sent to another
            raise KeyError(job_id)
        return self._job_of(kept, now)

    def _job_of(self, kept: Kept, now: datetime) -> Job:
        return job_of(kept, self._networks, self._law, lambda work: self._calls.place(work)[1], now)

    def _errand(self, ask: Mapping[str, Any]) -> Job:
        element = str(ask.get("element") or "")
        medium = medium_of(element)
        net = self._networks.get(medium)
        place = None if net is None else place_of(net, element)
        if place is None:
            expected = "the id of an order, or an element such as water/link:P12"
            raise InputError([_problem("element", element or "nothing", expected)])
        skill = str(ask.get("skill") or "")
        return Job(id=element, medium=medium, skill=skill, place=place, open=True)

    def _known(self, crew_id: str) -> Crew:
        try:
            return self._crews[crew_id]
        except KeyError:
            expected = "one of " + ", ".join(self._crews) if self._crews else "crews in crews.csv"
            raise InputError([_problem("crew", crew_id, expected)]) from None

    def _note(self, job_id: str, crew_id: str, user: str, role: str) -> None:
        """The incident names its crew; the first one sent stops the wait for dispatch."""
        if self._incidents is None or not job_id.startswith("INC-"):
            return
        steps = self._incidents.get(job_id)["incident"]["steps"]
        action = "note" if "dispatched" in steps else "dispatched"
        self._incidents.step(job_id, action, {"crew": crew_id}, user=user, role=role)

    def _law(self, moment: datetime) -> RuleSet:
        day = moment.astimezone(self._settings.zone).date()
        return self._rules.on(day, self._settings.profile)


def _unmet(zh: str, en: str) -> Unmet:
    return Unmet(gate="crew", text_zh=f"班组{zh}", text_en=f"the crew {en}")


def _problem(field: str, found: str, expected: str) -> Problem:
    return Problem(file="request", line=None, field=field, found=found, expected=expected)
