"""The OPC UA face, asked over a real socket: points, units, history, alarms, who may come in."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from asyncua import Client, ua
from hypothesis import given, settings
from hypothesis import strategies as st

from scada.faces.opcua import FOLDER_SIZE, OpcUaFace, OpcUaFaceConfig
from scada.faces.units import UNECE, unit_id
from scada.point import Limits, Point
from scada.samples import SampleBatch
from scada.store.port import BLOCK_NS
from scada.store.sqlite import SqliteStore
from scada.trend import read_raw
from tests.scada.core_room import CoreRoom, open_room

BAD = 0x80310000
KINDS = [
    ua.ObjectIds.AlarmConditionType,
    ua.ObjectIds.RefreshStartEventType,
    ua.ObjectIds.RefreshEndEventType,
]
START = datetime(2026, 1, 1, tzinfo=UTC)


def points(n: int = 3) -> list[Point]:
    limits = Limits(low=140e3)
    return [
        Point(id=f"P{i}", utility="water", quantity="pressure", unit="MPa", limits=limits)
        for i in range(n)
    ]


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


@contextlib.asynccontextmanager
async def face(room: CoreRoom, some: list[Point], **more: Any) -> AsyncIterator[str]:
    """The address of a running face."""
    url = f"opc.tcp://127.0.0.1:{free_port()}/ringmain"
    more = {"open": True, "folder": Path(), **more}
    server = OpcUaFace(some, room.bus.peer(), OpcUaFaceConfig(url=url, **more))
    task = asyncio.create_task(server.run())
    ready = asyncio.create_task(server.ready.wait())
    done, _ = await asyncio.wait({task, ready}, return_when=asyncio.FIRST_COMPLETED)
    if task in done:
        ready.cancel()
        task.result()
    try:
        yield url
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def until(holds: Any, seconds: float = 20.0) -> None:
    async with asyncio.timeout(seconds):
        while True:
            if await holds():
                return
            await asyncio.sleep(0.02)


async def test_values_come_in_their_unit_with_range_code_and_quality() -> None:
    some = points(FOLDER_SIZE + 20)
    async with open_room(some) as room, face(room, some) as url, Client(url) as client:
        node = client.get_node("ns=2;s=P1")
        await room.send((1, 200e3))
        await room.advance(0.4)

        async def shown() -> bool:
            data = await node.read_data_value(raise_on_bad_status=False)
            return data.StatusCode.is_good() and abs(data.Value.Value - 0.2) < 1e-12

        await until(shown)
        assert (await node.read_data_value()).SourceTimestamp == START
        unit = await (await node.get_child("0:EngineeringUnits")).read_value()
        assert (unit.UnitId, unit.DisplayName.Text) == (5066817, "MPa")
        span = await (await node.get_child("0:EURange")).read_value()
        assert span.Low <= 0.14 <= span.High
        definition = await node.read_type_definition()
        assert definition == ua.NodeId(ua.ObjectIds.AnalogItemType)
        with pytest.raises(ua.UaStatusCodeError):
            await node.write_value(0.3)
        await room.send((1, float("nan"), BAD))
        await room.advance(0.4)

        async def bad() -> bool:
            data = await node.read_data_value(raise_on_bad_status=False)
            return bool(data.StatusCode.value == BAD)

        await until(bad)
        folder = await client.nodes.objects.get_child(["2:Ringmain", "2:water", "2:pressure"])
        parts = [await f.get_children() for f in await folder.get_children()]
        assert [len(p) for p in parts] == [FOLDER_SIZE, 20]


async def test_history_is_read_forwards_backwards_and_in_pieces(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("scada.faces.opcua_history.MOST", 4)
    some = points()
    async with open_room(some) as room:
        for k in range(10):
            await room.send((0, 1e5 * (k + 1)), number=k + 1)
            await room.advance(1.0)
        async with face(room, some) as url, Client(url) as client:
            node = client.get_node("ns=2;s=P0")
            end = START + timedelta(hours=1)
            whole = await node.read_raw_history(START, end)
            assert [round(v.Value.Value, 9) for v in whole] == [
                round(0.1 * (k + 1), 9) for k in range(10)
            ]
            assert whole[3].SourceTimestamp == START + timedelta(seconds=3)
            last = await node.read_raw_history(end, START, numvalues=2)
            assert [round(v.Value.Value, 9) for v in last] == [1.0, 0.9]
            part = await node.read_raw_history(
                START + timedelta(seconds=2), START + timedelta(seconds=3)
            )
            assert [round(v.Value.Value, 9) for v in part] == [0.3, 0.4]


class Heard:
    """Events of a subscription."""

    def __init__(self) -> None:
        self.events: list[Any] = []

    def event_notification(self, event: Any) -> None:
        self.events.append(event)

    def status_change_notification(self, _status: Any) -> None:
        pass


async def test_alarms_are_conditions_that_can_be_acknowledged_and_refreshed() -> None:
    some = points()
    async with open_room(some) as room, face(room, some) as url, Client(url) as client:
        heard = Heard()
        subscription = await client.create_subscription(50, heard)
        await subscription.subscribe_alarms_and_conditions(evtypes=KINDS[0])
        await room.send((2, 100e3))
        await room.advance(0.4)

        async def came() -> bool:
            return bool(heard.events)

        await until(came)
        first = heard.events[0]
        assert first.ConditionName == "P2.low"
        assert first.SourceNode == ua.NodeId("P2", 2)
        assert (getattr(first, "ActiveState/Id"), getattr(first, "AckedState/Id")) == (True, False)
        assert first.Retain
        assert first.Severity == 500
        condition = client.get_node(first.NodeId)
        method = ua.NodeId(ua.ObjectIds.AcknowledgeableConditionType_Acknowledge)
        with pytest.raises(ua.UaStatusCodeError) as told:
            await condition.call_method(method, b"another", ua.LocalizedText("no"))
        assert told.value.code == ua.StatusCodes.BadEventIdUnknown
        await condition.call_method(method, first.EventId, ua.LocalizedText("seen by partner"))
        assert await room.states() == {"P2.low": "acknowledged"}
        (alarm,) = (await room.ask("core.alarms"))["alarms"]
        assert alarm["acknowledged_by"] == "anonymous (OPC UA)"
        assert alarm["comment"] == "seen by partner"

        async def acknowledged() -> bool:
            return len(heard.events) == 2

        await until(acknowledged)
        second = heard.events[1]
        assert getattr(second, "AckedState/Id")
        assert second.EventId != first.EventId
        with pytest.raises(ua.UaStatusCodeError):
            await condition.call_method(method, second.EventId, ua.LocalizedText("again"))

        # Who comes later asks for what stands.
        late = Heard()
        other = await client.create_subscription(50, late)
        await other.subscribe_alarms_and_conditions(evtypes=KINDS)
        await client.get_node(ua.NodeId(ua.ObjectIds.ConditionType)).call_method(
            ua.NodeId(ua.ObjectIds.ConditionType_ConditionRefresh),
            ua.Variant(other.subscription_id, ua.VariantType.UInt32),
        )

        async def refreshed() -> bool:
            return len(late.events) == 3

        await until(refreshed)
        kinds = [e.EventType.Identifier for e in late.events]
        assert kinds == [
            ua.ObjectIds.RefreshStartEventType,
            ua.ObjectIds.AlarmConditionType,
            ua.ObjectIds.RefreshEndEventType,
        ]


ASKED = {
    ua.ObjectIds.BaseEventType: True,
    ua.ObjectIds.AcknowledgeableConditionType: True,
    ua.ObjectIds.AlarmConditionType: True,
    ua.ObjectIds.DialogConditionType: False,
    ua.ObjectIds.LimitAlarmType: False,
}


async def test_alarms_are_asked_for_by_their_type_or_one_above_it() -> None:
    some = points()
    async with open_room(some) as room, face(room, some) as url, Client(url) as client:
        heard = {asked: Heard() for asked in ASKED}
        field = ua.SimpleAttributeOperand(
            TypeDefinitionId=ua.NodeId(ua.ObjectIds.BaseEventType),
            BrowsePath=[ua.QualifiedName("SourceName")],
            AttributeId=ua.AttributeIds.Value,
        )
        for asked, one in heard.items():
            of_type = ua.ContentFilterElement(
                FilterOperator=ua.FilterOperator.OfType,
                FilterOperands=[ua.LiteralOperand(Value=ua.Variant(ua.NodeId(asked)))],
            )
            chosen = ua.EventFilter(
                SelectClauses=[field], WhereClause=ua.ContentFilter(Elements=[of_type])
            )
            subscription = await client.create_subscription(50, one)
            await subscription.subscribe_events(evfilter=chosen)
        await room.send((2, 100e3))
        await room.advance(0.4)

        async def came() -> bool:
            return all(heard[asked].events for asked, meant in ASKED.items() if meant)

        await until(came)
        assert {asked: bool(one.events) for asked, one in heard.items()} == ASKED


async def test_without_the_lab_switch_only_encrypted_users_come_in(tmp_path: Path) -> None:
    from argon2 import PasswordHasher
    from asyncua.crypto.cert_gen import setup_self_signed_certificate
    from asyncua.crypto.security_policies import SecurityPolicyBasic256Sha256
    from cryptography.x509.oid import ExtendedKeyUsageOID

    some = points(1)
    users = {"partner": PasswordHasher(time_cost=1, memory_cost=64).hash("right word")}
    key, cert = tmp_path / "key.pem", tmp_path / "cert.der"
    await setup_self_signed_certificate(
        key, cert, "urn:partner", "localhost", [ExtendedKeyUsageOID.CLIENT_AUTH], {}
    )
    async with (
        open_room(some) as room,
        face(room, some, open=False, users=users, folder=tmp_path / "own") as url,
    ):
        with pytest.raises((ua.UaError, TimeoutError, ConnectionError)):
            async with Client(url, timeout=2):
                pass
        for password, comes_in in (("wrong", False), ("right word", True)):
            client = Client(url)
            client.application_uri = "urn:partner"
            client.set_user("partner")
            client.set_password(password)
            await client.set_security(SecurityPolicyBasic256Sha256, str(cert), str(key))
            if comes_in:
                async with client:
                    node = client.get_node("ns=2;s=P0")
                    assert (await node.read_browse_name()).Name == "P0"
                    assert await acknowledged_by(room, client) == "partner (OPC UA)"
            else:
                with pytest.raises(ua.UaStatusCodeError):
                    async with client:
                        pass
        assert (tmp_path / "own" / "opcua.key.pem").stat().st_mode & 0o077 == 0


async def acknowledged_by(room: CoreRoom, client: Client) -> str:
    """Who has acknowledged an alarm that this client was told of."""
    heard = Heard()
    subscription = await client.create_subscription(50, heard)
    await subscription.subscribe_alarms_and_conditions(evtypes=KINDS[0])
    await room.send((0, 100e3))
    await room.advance(0.4)

    async def came() -> bool:
        return bool(heard.events)

    await until(came)
    method = ua.NodeId(ua.ObjectIds.AcknowledgeableConditionType_Acknowledge)
    condition = client.get_node(heard.events[0].NodeId)
    await condition.call_method(method, heard.events[0].EventId, ua.LocalizedText("seen"))
    return str((await room.ask("core.alarms"))["alarms"][0]["acknowledged_by"])


async def test_a_client_does_not_keep_its_session_for_longer_than_a_minute() -> None:
    some = points()
    async with open_room(some) as room, face(room, some) as url:
        client = Client(url, timeout=10)
        client.session_timeout = 3_600_000
        async with client:
            assert client.session_timeout == 60_000


def test_unit_codes_are_numbers_by_their_letters() -> None:
    assert unit_id("degC") == 0x43454C
    assert unit_id("NTU") == -1
    from network_models.units import UNITS

    assert set(UNECE) <= set(UNITS)


rows = st.lists(st.integers(0, 6 * 20), min_size=0, max_size=40)


@given(rows, st.integers(0, 130), st.integers(0, 130), st.integers(1, 12), st.booleans(), st.data())
@settings(max_examples=100, deadline=None)
def test_raw_reading_leaves_nothing_out(
    tmp_path_factory: pytest.TempPathFactory,
    times: list[int],
    a: int,
    b: int,
    limit: int,
    backwards: bool,
    data: st.DataObject,
) -> None:
    store = SqliteStore(tmp_path_factory.mktemp("s") / "h.db")
    step = BLOCK_NS // 20
    cut = data.draw(st.integers(0, len(times)))
    for part, sealed in ((times[:cut], True), (times[cut:], False)):
        if part:
            t = np.array(part, dtype=np.int64) * step
            n = len(t)
            store.append(
                SampleBatch(
                    np.ones(n, dtype=np.uint32), t / step, np.zeros(n, dtype=np.uint32), t, t
                ),
                "measured",
                None,
            )
        if sealed:
            for _ in store.seal(None):
                pass
    found = read_raw(store, 1, "measured", a * step, b * step, limit, backwards=backwards)
    store.close()
    expected = sorted((t for t in times if a <= t < b), reverse=backwards)[:limit]
    assert found.value.tolist() == expected
