"""The desk on the bus: in the process that owns the records, beside a loop that empties the outbox.

`<book>.open` {record, user, role}, `<book>.step` {id, action, record, user, role},
`<book>.get` {id}, `<book>.list`, for the books outages, incidents and works; `outages.list` takes
{state}; `outages.trial` takes what a step does, and tells what it would do; `outages.messages`
{id}; `outages.beside` {start, end}: footprints of orders
in those hours; `incidents.timers` {}; `works.calls` {}; `works.rates` {start, end, statistics_day,
utility}; `crews.list` {}; `crews.jobs` {}; `crews.options` {job | element, skill, at};
`crews.medium` {id}; `crews.assign` {crew, id, user, role}; `crews.release` {crew, user, role}.
Each answers `{"answer"}`, or `{"refused": [reasons]}`, `{"problems": [...]}`, `{"missing": id}`.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import Engine

from dispatch.outages import RefusedStepError
from hmi.desk.crew_service import CrewService
from hmi.desk.deadlines import timers_now
from hmi.desk.incident_service import IncidentService
from hmi.desk.outage_service import OutageService
from hmi.desk.work_service import WorkRefusedError, WorkService
from hmi.records.order_book import ChangedMeanwhileError
from hmi.records.outbox import Adapter, SqlOutbox, send_due
from network_models.problems import InputError
from scada.ports import Bus, Header

log = logging.getLogger("ringmain")

IDLE_S = 1.0


async def serve_orders(
    bus: Bus,
    outages: OutageService,
    box: SqlOutbox,
    *,
    incidents: IncidentService | None = None,
    works: WorkService | None = None,
    crews: CrewService | None = None,
) -> None:
    """Answer the desk's services."""
    await _serve_book(bus, "outages", outages)
    for name, book in (("incidents", incidents), ("works", works)):
        if book is not None:
            await _serve_book(bus, name, book)
    more: dict[str, Callable[[Header], Any]] = {
        "outages.list": lambda ask: outages.list(state=ask.get("state")),
        "outages.beside": lambda ask: outages.beside(str(ask["start"]), str(ask["end"])),
        "outages.trial": lambda ask: outages.trial(
            str(ask["id"]),
            str(ask["action"]),
            ask["record"],
            user=str(ask["user"]),
            role=str(ask["role"]),
        ),
        "outages.messages": lambda ask: box.of_order(str(ask["id"])),
    }
    if incidents is not None:
        more["incidents.timers"] = lambda _ask: timers_now(incidents.running())
    if works is not None:
        names = ("start", "end", "statistics_day", "utility")
        more["works.calls"] = lambda _ask: works.calls()
        more["works.rates"] = lambda ask: works.rates(*(str(ask[name]) for name in names))
    if crews is not None:
        more |= _crew_services(crews)
    for service, work in more.items():
        await bus.serve(service, _answering(work))


def _by(ask: Header) -> dict[str, Any]:
    return {"user": str(ask["user"]), "role": str(ask["role"])}


def _crew_services(crews: CrewService) -> dict[str, Callable[[Header], Any]]:
    return {
        "crews.list": lambda _ask: crews.all(),
        "crews.jobs": lambda _ask: crews.jobs(),
        "crews.options": crews.options,
        "crews.medium": lambda ask: crews.medium_of(str(ask["id"])),
        "crews.assign": lambda ask: crews.assign(str(ask["crew"]), str(ask["id"]), **_by(ask)),
        "crews.release": lambda ask: crews.release(str(ask["crew"]), **_by(ask)),
    }


async def _serve_book(
    bus: Bus, name: str, book: OutageService | IncidentService | WorkService
) -> None:
    works: dict[str, Callable[[Header], Any]] = {
        "open": lambda ask: book.open(ask["record"], **_by(ask)),
        "step": lambda ask: book.step(
            str(ask["id"]), str(ask["action"]), ask["record"], **_by(ask)
        ),
        "get": lambda ask: book.get(str(ask["id"])),
    }
    if name != "outages":
        works["list"] = lambda _ask: book.list()
    for action, work in works.items():
        await bus.serve(f"{name}.{action}", _answering(work))


def _answering(work: Callable[[Header], Any]) -> Any:
    async def answer(header: Header, _payload: bytes) -> tuple[Header, bytes]:
        return await asyncio.to_thread(_answer, work, header), b""

    return answer


def _answer(work: Callable[[Header], Any], header: Header) -> dict[str, Any]:
    try:
        return {"answer": work(header)}
    except RefusedStepError as refusal:
        return {"refused": [reason.as_dict() for reason in refusal.reasons]}
    except WorkRefusedError as refusal:
        rule = refusal.finding
        reason = {"gate": "work-order", "text_en": str(refusal), "text_zh": "不能进行此操作"}
        return {"refused": [reason if rule is None else {**reason, "rule": rule.rule}]}
    except InputError as error:
        return {"problems": [problem.as_dict() for problem in error.problems]}
    except KeyError:
        return {"missing": str(header.get("id") or header.get("job"))}
    except ChangedMeanwhileError:
        reason = {
            "gate": "version",
            "text_en": "somebody else took a step meanwhile: look again",
            "text_zh": "其他人刚刚操作了此工单，请刷新",
        }
        return {"refused": [reason]}


async def empty_outbox(records: Engine, adapters: Mapping[str, Adapter]) -> None:
    """Send what is due, for ever; a failure of the database is logged and tried again."""
    box = SqlOutbox(records)
    while True:
        try:
            await asyncio.to_thread(send_due, box, adapters, time.time_ns())
        except Exception:
            log.exception("the outbox could not be read")
        await asyncio.sleep(IDLE_S)
