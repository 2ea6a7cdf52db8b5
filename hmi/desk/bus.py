"""The desk on the bus: in the process that owns the records, beside a loop that empties the outbox.

`outages.open` {record, user, role}, `outages.step` {id, action, record, user, role},
`outages.get` {id}, `outages.list` {state}, `outages.messages` {id}: each answers `{"answer"}`, or
`{"refused": [reasons]}`, `{"problems": [...]}`, `{"missing": id}`.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import Engine

from dispatch.outages import RefusedStepError
from hmi.desk.outage_service import OutageService
from hmi.records.order_book import ChangedMeanwhileError
from hmi.records.outbox import Adapter, SqlOutbox, send_due
from network_models.problems import InputError
from scada.ports import Bus, Header

log = logging.getLogger("ringmain")

IDLE_S = 1.0


async def serve_orders(bus: Bus, service: OutageService, box: SqlOutbox) -> None:
    """Answer the `outages.*` services."""

    def asked(ask: Header) -> dict[str, Any]:
        return {"user": str(ask["user"]), "role": str(ask["role"])}

    works: dict[str, Callable[[Header], Any]] = {
        "open": lambda ask: service.open(ask["record"], **asked(ask)),
        "step": lambda ask: service.step(
            str(ask["id"]), str(ask["action"]), ask["record"], **asked(ask)
        ),
        "get": lambda ask: service.get(str(ask["id"])),
        "list": lambda ask: service.list(state=ask.get("state")),
        "messages": lambda ask: box.of_order(str(ask["id"])),
    }
    for name, work in works.items():
        await bus.serve(f"outages.{name}", _answering(work))


def _answering(work: Callable[[Header], Any]) -> Any:
    async def answer(header: Header, _payload: bytes) -> tuple[Header, bytes]:
        return await asyncio.to_thread(_answer, work, header), b""

    return answer


def _answer(work: Callable[[Header], Any], header: Header) -> dict[str, Any]:
    try:
        return {"answer": work(header)}
    except RefusedStepError as refusal:
        return {"refused": [reason.as_dict() for reason in refusal.reasons]}
    except InputError as error:
        return {"problems": [problem.as_dict() for problem in error.problems]}
    except KeyError:
        return {"missing": str(header.get("id"))}
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
