"""The desk's word on a command, asked over the bus: states, and a real order in a real book."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from dispatch.rulebook import RuleBook
from hmi.desk.bus import serve_orders
from hmi.desk.outage_service import OutageService
from hmi.interlock import OrderInterlock
from hmi.records import SqlOrderBook, SqlOutbox, engine, migrate
from scada.bus import MemoryBus
from scada.ports import BusError, Header
from tests.hmi.test_outage_service import SETTINGS, ZONE, Clock, publish


async def serve(bus: MemoryBus, orders: dict[str, dict[str, Any]]) -> None:
    async def get(header: Header, _payload: bytes) -> tuple[Header, bytes]:
        found = orders.get(header["id"])
        return ({"missing": header["id"]} if found is None else {"answer": {"order": found}}), b""

    await bus.serve("outages.get", get)


def order(state: str, **more: Any) -> dict[str, Any]:
    return {"medium": "water", "kind": "planned", "state": state, "publications": [1], **more}


ASK = {"point": "W-V-1", "utility": "water", "element": "link:P1", "value": 0.0}


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (order("underway"), ""),
        (order("restoring"), ""),
        (order("underway", kind="unplanned", publications=[]), ""),
        (order("requested"), "no approval"),
        (order("approved", publications=[]), "not published"),
        (order("published"), "not been started"),
        (order("cancelled"), "cancelled"),
        (order("underway", publications=[]), "no notice"),
        (order("underway", medium="gas"), "gas network"),
        (None, "no outage order"),
    ],
)
async def test_an_order_allows_what_its_state_allows(
    found: dict[str, Any] | None, words: str
) -> None:
    bus = MemoryBus()
    await serve(bus, {} if found is None else {"OUT-1": found})
    said = await OrderInterlock(bus.peer()).objections({**ASK, "order": "OUT-1"})
    assert bool(said) == bool(words)
    assert words in " ".join(said)


async def test_some_points_are_commanded_under_an_order_only() -> None:
    bus = MemoryBus()
    lock = OrderInterlock(bus.peer(), ["W-V-*"])
    assert "order only" in (await lock.objections({**ASK, "order": ""}))[0]
    assert await lock.objections({**ASK, "point": "W-S-1", "order": ""}) == []


async def test_a_desk_that_does_not_answer_is_no_consent() -> None:
    bus = MemoryBus()
    with pytest.raises(BusError):
        await OrderInterlock(bus.peer()).objections({**ASK, "order": "OUT-1"})


async def test_a_real_order_opens_the_valve_only_once_it_is_under_way(tmp_path: Path) -> None:
    records = engine(tmp_path / "records.db")
    migrate(records)
    clock = Clock()
    service = OutageService(SqlOrderBook(records), RuleBook.load(), SETTINGS, clock=clock)
    bus = MemoryBus()
    await serve_orders(bus, service, SqlOutbox(records))
    lock = OrderInterlock(bus.peer(), ["W-V-*"])
    order_id = publish(service)
    ask = {**ASK, "order": order_id}
    assert "not been started" in (await lock.objections(ask))[0]
    clock.now = datetime(2026, 1, 8, 9, tzinfo=ZONE)
    service.step(order_id, "start", {}, user="du", role="dispatcher")
    assert await lock.objections(ask) == []
