"""Alarms as OPC UA conditions (Part 9): events of the Server object, acknowledge, refresh.

A condition's id is `ns=2;s=alarm:<alarm id>`. It is not shown in the address space, as Part 9
allows; clients call the methods of its type with its id. An EventId names an alarm and the event
of it, so that only what a client saw last can be acknowledged.
"""

from __future__ import annotations

import asyncio
import contextlib
from datetime import UTC, datetime, timedelta
from typing import Any

from asyncua import Server, ua
from asyncua.common.event_objects import AlarmCondition, RefreshEndEvent, RefreshStartEvent
from asyncua.server.address_space import NodeData

from scada.faces.opcua_guard import CALLER
from scada.ports import Bus, BusError

SEVERITY = {"low": 200, "medium": 500, "high": 700, "urgent": 900}
ACTIVE = frozenset({"unacknowledged", "acknowledged"})
UNSEEN = frozenset({"unacknowledged", "returned", "latched-unacknowledged"})
RETRY_S = 1.0
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_BAD_EVENT_ID = ua.StatusCodes.BadEventIdUnknown


class Conditions:
    """Follows the alarms on the bus and answers for them."""

    def __init__(self, server: Server, bus: Bus, index: int) -> None:
        self._server = server
        self._bus = bus
        self._index = index
        self._last: dict[str, dict[str, Any]] = {}
        self._event_id: dict[str, bytes] = {}

    async def prepare(self) -> None:
        """Let the Server object tell events, and answer the methods of the condition types."""
        node = self._server.nodes.server
        await node.set_event_notifier([ua.EventNotifier.SubscribeToEvents])
        methods = {
            ua.ObjectIds.AcknowledgeableConditionType_Acknowledge: self._acknowledge,
            ua.ObjectIds.ConditionType_ConditionRefresh: self._refresh,
            ua.ObjectIds.ConditionType_ConditionRefresh2: self._refresh,
        }
        for number, work in methods.items():
            self._server.link_method(self._server.get_node(ua.NodeId(number)), work)

    async def run(self) -> None:
        """Follow the alarms until cancelled."""
        messages = await self._bus.subscribe("alarm", size=10_000)
        await self._catch_up()
        async for message in messages:
            if message.header.get("kind") != "command":
                await self._changed(message.header, int(message.header.get("sequence", 0)))

    async def _catch_up(self) -> None:
        """What stands already."""
        while True:
            with contextlib.suppress(BusError):
                answer, _ = await self._bus.call("core.alarms", {})
                for alarm in answer["alarms"]:
                    if alarm["id"] not in self._last:
                        await self._changed(alarm, 0)
                return
            await asyncio.sleep(RETRY_S)

    async def _changed(self, alarm: dict[str, Any], sequence: int) -> None:
        alarm_id = str(alarm["id"])
        node_id = self._node_id(alarm_id)
        if node_id not in self._server.iserver.aspace:
            # There to be named in calls; nothing refers to it, so no browse finds it.
            self._server.iserver.aspace[node_id] = NodeData(node_id)
        self._last[alarm_id] = alarm
        number = sequence or int(alarm.get("changed_ns") or 0)
        self._event_id[alarm_id] = f"{number}:{alarm_id}".encode()
        await self._send(self._event(alarm))

    def _node_id(self, alarm_id: str) -> ua.NodeId:
        return ua.NodeId(f"alarm:{alarm_id}", self._index)

    def _event(self, alarm: dict[str, Any]) -> Any:
        state = str(alarm["state"])
        text = str(alarm.get("text_en") or alarm.get("text_zh") or alarm["id"])
        active, seen = state in ACTIVE, state not in UNSEEN
        at = _time(int(alarm.get("time_ns") or alarm.get("changed_ns") or 0))
        event = AlarmCondition()
        event.EventId = self._event_id[str(alarm["id"])]
        event.SourceNode = ua.NodeId(str(alarm.get("source", "")), self._index)
        event.SourceName = str(alarm.get("source", ""))
        event.Time = event.ReceiveTime = at
        event.Message = ua.LocalizedText(text)
        event.Severity = SEVERITY.get(str(alarm.get("priority")), 500)
        event.add_property("NodeId", self._node_id(str(alarm["id"])), ua.VariantType.NodeId)
        event.ConditionName = str(alarm["id"])
        event.ConditionClassId = ua.NodeId(ua.ObjectIds.ProcessConditionClassType)
        event.ConditionClassName = ua.LocalizedText("ProcessConditionClassType")
        event.BranchId = ua.NodeId()
        event.Retain = state != "normal"
        event.Quality = ua.StatusCode(int(alarm.get("quality") or 0))
        event.Comment = ua.LocalizedText(str(alarm.get("comment") or ""))
        event.ClientUserId = str(alarm.get("acknowledged_by") or "")
        held = bool(alarm.get("held"))
        two_state = {
            "EnabledState": (True, "Enabled", "Disabled"),
            "ActiveState": (active, "Active", "Inactive"),
            "AckedState": (seen, "Acknowledged", "Unacknowledged"),
        }
        for name, (on, yes, no) in two_state.items():
            event.add_variable(
                name, ua.LocalizedText(yes if on else no), ua.VariantType.LocalizedText
            )
            event.add_property(f"{name}/Id", on, ua.VariantType.Boolean)
        event.SuppressedOrShelved = held
        event.InputNode = event.SourceNode
        return event

    async def _send(self, event: Any, subscription: int | None = None) -> None:
        event.emitting_node = ua.NodeId(ua.ObjectIds.Server)
        service = self._server.iserver.subscription_service
        await service.trigger_event(event, subscription_id=subscription)

    async def _acknowledge(self, parent: ua.NodeId, event_id: Any, comment: Any) -> Any:
        """The standard method: (EventId, Comment) of a condition."""
        name = str(parent.Identifier)
        alarm_id = name.removeprefix("alarm:")
        current = self._event_id.get(alarm_id)
        if not name.startswith("alarm:") or current is None:
            return ua.StatusCode(ua.StatusCodes.BadNodeIdUnknown)
        if event_id.Value != current:
            return ua.StatusCode(_BAD_EVENT_ID)
        text = comment.Value.Text if comment is not None and comment.Value is not None else ""
        user = f"{CALLER.get() or 'unknown'} (OPC UA)"
        ask = {"ids": [alarm_id], "user": user, "comment": text or ""}
        try:
            answer, _ = await self._bus.call("core.acknowledge", ask)
        except BusError:
            return ua.StatusCode(ua.StatusCodes.BadResourceUnavailable)
        if alarm_id not in answer["acknowledged"]:
            return ua.StatusCode(ua.StatusCodes.BadConditionBranchAlreadyAcked)
        return []

    async def _refresh(self, _parent: ua.NodeId, subscription: Any, *_item: Any) -> Any:
        """ConditionRefresh: every retained condition once more, to one subscription."""
        number = int(subscription.Value)
        if number not in self._server.iserver.subscription_service.subscriptions:
            return ua.StatusCode(ua.StatusCodes.BadSubscriptionIdInvalid)
        await self._send(_framed(RefreshStartEvent()), number)
        for alarm in list(self._last.values()):
            if alarm["state"] != "normal":
                await self._send(self._event(alarm), number)
        await self._send(_framed(RefreshEndEvent()), number)
        return []


def _framed(event: Any) -> Any:
    now = datetime.now(UTC)
    event.EventId = f"refresh:{now.timestamp()}".encode()
    event.SourceNode = ua.NodeId(ua.ObjectIds.Server)
    event.SourceName = "Server"
    event.Time = event.ReceiveTime = now
    event.Message = ua.LocalizedText("condition refresh")
    return event


def _time(ns: int) -> datetime:
    return _EPOCH + timedelta(microseconds=ns // 1000)
