"""What the book keeps of a crew: the job it is sent to, and the one it was at before."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from dispatch.crew_places import Stay, last_stay
from hmi.desk.jobs import Job
from hmi.desk.moments import to_ns
from hmi.records.order_book import Entry

BOOK = "crew"
FREE, SENT = "free", "sent"
Kept = Mapping[str, Any]


def key_of(crew_id: str) -> str:
    """The id of a crew's entry in the book."""
    return f"CREW-{crew_id}"


def entry_of(
    crew_id: str,
    before: Kept | None,
    at: datetime,
    user: str,
    role: str,
    *,
    work: Kept | None,
    was: Kept | None,
) -> Entry:
    """The step that sends a crew to `work`, or frees it (None); `was` is where it was at last."""
    version = 1 if before is None else int(before["version"]) + 1
    state = FREE if work is None else SENT
    return Entry(
        order_id=key_of(crew_id),
        book=BOOK,
        number=version,
        state=state,
        action="assign" if state == SENT else "release",
        at_ns=to_ns(at),
        user=user,
        role=role,
        order={"crew": crew_id, "work": work, "was": was, "version": version},
        details=work or {},
    )


def stays_of(crew_id: str, kept: Kept, job: Job | None) -> list[Stay]:
    """The jobs kept of a crew, the newest first; `job` is the one it is sent to, as it stands."""
    found, was = [], kept.get("was")
    if job is not None and (place := kept["work"].get("place") or job.place) is not None:
        arrives = datetime.fromisoformat(kept["work"]["arrives"])
        if job.arrived is not None and job.crew == crew_id:
            arrives = job.arrived  # what it said itself goes before what was reckoned
        ended = None if job.open else job.ended or arrives
        found.append(Stay(job=job.id, place=(place[0], place[1]), arrives=arrives, ended=ended))
    if was:
        found.append(
            Stay(
                job=was["job"],
                place=(was["place"][0], was["place"][1]),
                arrives=datetime.fromisoformat(was["arrives"]),
                ended=datetime.fromisoformat(was["ended"]),
            )
        )
    return found


def was_of(stays: list[Stay], now: datetime) -> dict[str, Any] | None:
    """The job a crew was at last, to be kept with the step that ends it."""
    last = last_stay(stays, now)
    if last is None:
        return None
    return {
        "job": last.job,
        "place": list(last.place),
        "arrives": last.arrives.isoformat(),
        "ended": (last.ended or now).isoformat(),
    }
