"""The OPC UA driver: one session, one subscription, values as the server reports them.

Each lost session is followed by a wholly new client: asyncua's own reconnect was seen to hang
when a publish request raced the activation of the session. A link counts as lost when the
library says so, when the subscription is deleted by the server, when notifications are missing,
and when for `stale_s` neither a value nor a keep-alive came.

Notifications go straight from the publish response to one batch of samples; the library's own
path would start a task a value.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Sequence
from typing import Any

import numpy as np
from asyncua import ua

from scada.drivers.config import DriverConfig
from scada.drivers.link import DriverJob, Emit, LinkStats, WriteError, batch
from scada.drivers.opcua_client import GARBLED, make_client, time_skew_s
from scada.drivers.opcua_items import MonitoredItems
from scada.drivers.opcua_values import overflowed, quality_of_refusal, read_value, time_ns
from scada.drivers.opcua_write import write_and_read_back
from scada.point_table import raw_to_si
from scada.poller import Backoff, ChangeFilter
from scada.quality import BAD_NO_COMMUNICATION
from scada.samples import SampleBatch

log = logging.getLogger(__name__)

CLOSE_S = 2.0
WATCH_S = 0.5
SKEW_PERIOD_S = 30.0
RETRY_REFUSED_S = 60.0
"""How long until a refused item is asked for again; servers get new nodes while they run."""


class BackToFirst(Exception):  # noqa: N818  # says what is to be done
    """The first server answers again: the session with a backup ends."""


class SessionLost(RuntimeError):  # noqa: N818  # says what happened
    """The session or its subscription is of no more use."""


class OpcUaDriver:
    """A link to one OPC UA server."""

    def __init__(self, job: DriverJob) -> None:
        self.config: DriverConfig = job.config
        self.stats = LinkStats(job.config.name, job.config.kind, job.config.endpoint)
        self._clock = job.clock
        self._points = list(job.points.values())
        self._handles = np.array(list(job.points), dtype=np.uint32)
        self._number = {handle: i for i, handle in enumerate(job.points)}
        self._nodes = [ua.NodeId.from_string(point.address) for point in self._points]
        lines = np.array([raw_to_si(point) for point in self._points]).reshape(-1, 2)
        self._factor, self._offset = lines[:, 0], lines[:, 1]
        self._items = MonitoredItems(job.config, self._points, self._nodes, job.scan)
        self._filter = ChangeFilter(len(self._points), job.config.heartbeat_s)
        self._types: dict[str, Any] = {}
        self._client: Any = None
        self._heard_at = 0.0
        self._silent: set[int] = set()
        """Items of which no value has come since the subscription."""
        self._sequence: int | None = None
        self._route = 0
        self._lost: asyncio.Future[str] | None = None
        self._emit: Emit = _nobody

    # ---- acquiring --------------------------------------------------------------------------

    async def run(self, emit: Emit) -> None:
        """Keep a session and its subscription; returns only by cancellation."""
        # asyncua logs each lost session with a trace of its own; callers see it in the figures
        logging.getLogger("asyncua").setLevel(logging.CRITICAL)
        self._emit = emit
        backoff = Backoff(self.config.backoff_s, seed=self.config.name)
        failures = 0
        try:
            while True:
                heard = self.stats.reads
                try:
                    await self._session(backoff)
                except BackToFirst:
                    self._route = 0
                    continue
                except (OSError, TimeoutError, SessionLost, ua.UaError, *GARBLED) as error:
                    self.stats.fault(f"{type(error).__name__}: {error}".removesuffix(": "))
                except asyncio.CancelledError:
                    if _asked_to_stop():
                        raise
                    # asyncua cancels the requests that were under way on a lost connection
                    self.stats.fault("connection lost during a request")
                failures = 1 if self.stats.reads > heard else failures + 1
                self._route = (self._route + 1) % len(self.config.routes)
                if failures < len(self.config.routes):  # another server has the same points
                    self.stats.failovers += 1
                    continue
                failures = 0
                self.stats.enter("down", self._clock.now_ns())
                self._send(self.lost())
                await self._clock.sleep(backoff.next_s())
                self.stats.reconnects += 1
        finally:
            self.stats.enter("down", self._clock.now_ns())

    def renumber(self, handles: Sequence[int]) -> None:
        """Use other handles from now on, in the order of the job's points."""
        self._handles = np.array(handles, dtype=np.uint32)
        self._number = {handle: i for i, handle in enumerate(handles)}

    def lost(self) -> SampleBatch:
        """Mark all points as without communication; the samples that say so."""
        return self._failed(list(range(len(self._points))), BAD_NO_COMMUNICATION)

    async def _session(self, backoff: Backoff) -> None:
        """One client from connecting to its loss, which is raised."""
        url = self.config.routes[self._route]
        client = await make_client(self.config, url)
        self._lost = asyncio.get_running_loop().create_future()
        self._sequence = None
        client.connection_lost_callback = self._on_lost
        try:
            await client.connect()
            subscription = await self._subscribe(client)
            self._client, self.stats.route = client, url
            self._heard()
            backoff.reset()
            await self._watch(client, subscription)
        finally:
            self._client = None
            with contextlib.suppress(Exception):  # whatever closing meets, a new client follows
                async with asyncio.timeout(CLOSE_S):
                    await client.disconnect()
            client.disconnect_socket()

    async def _watch(self, client: Any, subscription: int) -> None:
        """Stay until the session is lost; retry refused items and send heartbeats meanwhile."""
        assert self._lost is not None
        now = self._clock.monotonic_s()
        retry_at, return_at = now + RETRY_REFUSED_S, now + self.config.return_s
        skew_at, ask_at = now, now + self.config.stale_s
        while True:
            done, _ = await asyncio.wait((self._lost,), timeout=WATCH_S)
            if done:
                raise SessionLost(self._lost.result())
            if _asked_to_stop():  # a library's wait may have swallowed the request to stop
                raise asyncio.CancelledError
            now = self._clock.monotonic_s()
            if now - self._heard_at > self.config.stale_s:
                raise SessionLost(f"no word from the server for {self.config.stale_s:g} s")
            if self._items.refused and now >= retry_at:
                await self._monitor(client, subscription, list(self._items.refused))
                retry_at = now + RETRY_REFUSED_S
            self._send_heartbeats(now)
            if now >= ask_at:
                await self._ask_silent(client)
                ask_at = now + RETRY_REFUSED_S
            if now >= skew_at:
                await self._compare_clocks(client)
                skew_at = now + SKEW_PERIOD_S
            if self._route and now >= return_at:
                await self._try_first()
                return_at = now + self.config.return_s

    async def _ask_silent(self, client: Any) -> None:
        """Read what a server owes: the first value of an item comes without a change."""
        numbers = sorted(self._silent & self._items.active)
        for start in range(0, len(numbers), self.config.batch):
            some = numbers[start : start + self.config.batch]
            nodes = [self._nodes[number] for number in some]
            values = await client.uaclient.read_attributes(nodes, ua.AttributeIds.Value)
            self._deliver(
                [
                    ua.MonitoredItemNotification(ClientHandle=number, Value=value)
                    for number, value in zip(some, values, strict=True)
                ]
            )

    async def _compare_clocks(self, client: Any) -> None:
        """Note how far the server's clock is off; source times come from it."""
        skew = self.stats.time_skew_s = round(await time_skew_s(client), 3)
        if abs(skew) > self.config.skew_s:
            self.stats.fault(f"the server's clock is {skew:+.1f} s from ours")

    async def _try_first(self) -> None:
        """A backup is in use: BackToFirst if the first server is there again."""
        client = await make_client(self.config, self.config.url)
        try:
            await client.connect()
        except (OSError, TimeoutError, ua.UaError, *GARBLED):
            return
        finally:
            with contextlib.suppress(Exception):  # whatever closing meets, it was a probe
                async with asyncio.timeout(CLOSE_S):
                    await client.disconnect()
        raise BackToFirst

    # ---- the subscription -------------------------------------------------------------------

    async def _subscribe(self, client: Any) -> int:
        """Create the subscription and all monitored items; the subscription's id."""
        config = self.config
        keep_alive = max(1, int(config.stale_s / 3.0 / config.publishing_s))
        request = ua.CreateSubscriptionParameters(
            RequestedPublishingInterval=1000.0 * config.publishing_s,
            RequestedLifetimeCount=10 * keep_alive,
            RequestedMaxKeepAliveCount=keep_alive,
            MaxNotificationsPerPublish=10000,
            PublishingEnabled=True,
            Priority=0,
        )
        created = await client.uaclient.session.create_subscription(request, self._on_publish)
        self._heard_at = self._clock.monotonic_s()
        self._items.forget()
        self._silent = set(range(len(self._points)))
        await self._monitor(client, created.SubscriptionId, list(range(len(self._points))))
        return int(created.SubscriptionId)

    async def _monitor(self, client: Any, subscription: int, numbers: list[int]) -> None:
        """Ask for items; those that are refused get a bad quality, each by itself."""
        known = set(self._items.refused)
        await self._items.create(client, subscription, numbers)
        for number, code in self._items.refused.items():
            if number not in known:
                point, name = self._points[number], ua.StatusCode(code).name
                self.stats.fault(f"{point.id}: {point.address}: {name}")
            self._send(self._failed([number], quality_of_refusal(code)))

    # ---- what comes -------------------------------------------------------------------------

    def _heard(self) -> None:
        self._heard_at = self._clock.monotonic_s()
        self.stats.enter("up", self._clock.now_ns())

    async def _on_lost(self, error: Exception) -> None:
        self._give_up(f"connection lost: {type(error).__name__} {error}".rstrip())

    def _give_up(self, why: str) -> None:
        if self._lost is not None and not self._lost.done():
            self._lost.set_result(why)

    def _on_publish(self, result: Any) -> None:
        """Take a publish response. The library would swallow an error: here it ends the session."""
        try:
            self._take(result)
        except Exception as error:
            log.exception("link %s cannot take what the server sent", self.config.name)
            self._give_up(f"unusable notification: {type(error).__name__}: {error}")

    def _take(self, result: Any) -> None:
        """Values, a keep-alive, or the end of the subscription."""
        self._heard_at = self._clock.monotonic_s()
        message = result.NotificationMessage
        if not message.NotificationData:
            return
        sequence = int(message.SequenceNumber)
        if self._sequence is not None and sequence not in (self._sequence + 1, 1):
            self._give_up(f"notifications {self._sequence + 1} to {sequence - 1} are missing")
        self._sequence = sequence
        for part in message.NotificationData:
            if isinstance(part, ua.DataChangeNotification):
                self.stats.reads += 1
                self._deliver(part.MonitoredItems)
            elif isinstance(part, ua.StatusChangeNotification):
                self._give_up(f"the server ended the subscription: {part.Status.name}")

    def _deliver(self, items: list[Any]) -> None:
        now_ns = self._clock.now_ns()
        known = [item for item in items if item.ClientHandle in self._items.active]
        self.stats.missed_samples += sum(overflowed(item.Value) for item in known)
        if any(item.ClientHandle >= len(self._points) for item in items):
            self._give_up("a value of an item that was never asked for")
        places = np.array([item.ClientHandle for item in known], dtype=np.intp)
        self._silent.difference_update(places.tolist())
        read = [read_value(item.Value) for item in known]
        raw = np.array([value for value, _ in read], dtype=np.float64)
        quality = np.array([code for _, code in read], dtype=np.uint32)
        source = [
            time_ns(item.Value.SourceTimestamp) or time_ns(item.Value.ServerTimestamp) or now_ns
            for item in known
        ]
        value = raw * self._factor[places] + self._offset[places]
        self._filter.changed(places, value, quality, self._clock.monotonic_s())
        self._send(
            SampleBatch(
                self._handles[places],
                value,
                quality,
                np.array(source, dtype=np.int64),
                np.full(len(known), now_ns, dtype=np.int64),
            )
        )

    def _send_heartbeats(self, now: float) -> None:
        """Send again what did not change: the server vouches for it by its keep-alives."""
        places = self._filter.overdue(now)
        value, quality = self._filter.value[places], self._filter.quality[places]
        self._send(batch(self._handles[places], value, quality, self._clock.now_ns()))

    def _failed(self, numbers: list[int], quality: int) -> SampleBatch:
        places = np.array(numbers, dtype=np.intp)
        fresh, value = self._filter.fail(places, quality, self._clock.monotonic_s())
        return batch(self._handles[fresh], value, quality, self._clock.now_ns())

    def _send(self, samples: SampleBatch) -> None:
        if len(samples):
            self.stats.bad_points = int(np.count_nonzero(self._filter.quality >> 31))
            self.stats.samples += len(samples)
            self._emit(samples)

    # ---- writing ----------------------------------------------------------------------------

    async def write(self, handle: int, value: float) -> float:
        """Write an SI value and read it back (SI); WriteError when that does not succeed."""
        number = self._number[handle]
        point, client = self._points[number], self._client
        if client is None:
            raise WriteError(f"{point.id}: the link {self.config.name} is down")
        node = client.get_node(self._nodes[number])
        try:
            readback = await write_and_read_back(node, point, value, self._types, self._clock)
        except asyncio.CancelledError as error:
            if _asked_to_stop():
                raise
            raise WriteError(f"{point.id}: the connection was lost during the write") from error
        except GARBLED as error:
            raise WriteError(f"{point.id}: the server's answer cannot be read: {error}") from error
        self.stats.writes += 1
        return readback


def _asked_to_stop() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def _nobody(samples: SampleBatch) -> None:
    """Takes samples before the driver runs; there are none."""
