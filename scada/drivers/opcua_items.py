"""Monitored items: created in calls a server accepts, each refusal a matter of its own item."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from asyncua import ua

from scada.drivers.config import DriverConfig
from scada.drivers.opcua_values import NO_FILTER, deadband_raw
from scada.point import Point

_LIMIT = ua.ObjectIds.Server_ServerCapabilities_OperationLimits_MaxMonitoredItemsPerCall


SPARE_SAMPLES = 10
"""What the server keeps of an item while we are slow to fetch it."""


class MonitoredItems:
    """The items of one link by the driver's numbers, which are also their client handles."""

    def __init__(
        self,
        config: DriverConfig,
        points: Sequence[Point],
        nodes: Sequence[Any],
        scan: Mapping[str, float],
    ) -> None:
        self.active: set[int] = set()
        self.refused: dict[int, int] = {}
        """Status codes of the items the server did not take."""
        self._config = config
        self._points = points
        self._nodes = nodes
        self._sampling_ms = [1000.0 * scan[point.scan] for point in points]
        self._queue = [
            math.ceil(config.publishing_s / scan[point.scan]) + SPARE_SAMPLES for point in points
        ]

    def forget(self) -> None:
        """Begin with nothing, for a new subscription."""
        self.active.clear()
        self.refused.clear()

    async def create(self, client: Any, subscription: int, numbers: Sequence[int]) -> None:
        """Ask for the items; what the server refuses is in `refused` afterwards."""
        size = await self._per_call(client)
        plain: list[int] = []
        for start in range(0, len(numbers), size):
            plain += await self._call(
                client, subscription, numbers[start : start + size], self._config.server_deadband
            )
        for start in range(0, len(plain), size):
            await self._call(client, subscription, plain[start : start + size], False)

    async def _per_call(self, client: Any) -> int:
        """Items a call: what is configured, or less if the server says so."""
        try:
            limit = await client.get_node(ua.NodeId(_LIMIT)).read_value()
        except ua.UaStatusCodeError:
            return self._config.batch  # the server does not tell
        return min(self._config.batch, limit) if limit else self._config.batch

    async def _call(
        self, client: Any, subscription: int, numbers: Sequence[int], with_deadband: bool
    ) -> list[int]:
        """One CreateMonitoredItems; the items to ask for again without a deadband."""
        request = ua.CreateMonitoredItemsParameters(
            SubscriptionId=subscription,
            TimestampsToReturn=ua.TimestampsToReturn.Both,
            ItemsToCreate=[self._item(number, with_deadband) for number in numbers],
        )
        self.active.update(numbers)  # first values may come before the answer
        results = await client.uaclient.session.create_monitored_items(request)
        again: list[int] = []
        for number, result in zip(numbers, results, strict=True):
            code = int(result.StatusCode.value)
            if result.StatusCode.is_good():
                self.refused.pop(number, None)
                continue
            self.active.discard(number)
            if with_deadband and code in NO_FILTER:
                again.append(number)
            else:
                self.refused[number] = code
        return again

    def _item(self, number: int, with_deadband: bool) -> Any:
        wanted = ua.MonitoringParameters(
            ClientHandle=number,
            SamplingInterval=self._sampling_ms[number],
            QueueSize=self._queue[number],
            DiscardOldest=True,
        )
        deadband = deadband_raw(self._points[number])
        if with_deadband and deadband > 0.0:
            wanted.Filter = ua.DataChangeFilter(
                Trigger=ua.DataChangeTrigger.StatusValue,
                DeadbandType=ua.DeadbandType.Absolute,
                DeadbandValue=deadband,
            )
        what = ua.ReadValueId(NodeId=self._nodes[number], AttributeId=ua.AttributeIds.Value)
        return ua.MonitoredItemCreateRequest(
            ItemToMonitor=what,
            MonitoringMode=ua.MonitoringMode.Reporting,
            RequestedParameters=wanted,
        )
