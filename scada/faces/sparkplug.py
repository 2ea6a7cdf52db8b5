"""The room as a Sparkplug B edge node on an MQTT broker. Needs the extra `mqtt`."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

import numpy as np

from scada.faces.feed import Feed
from scada.faces.sparkplug_codec import rebirth_asked
from scada.faces.sparkplug_node import NAMESPACE, EdgeNode, Message
from scada.point import Point
from scada.ports import Bus, Clock

log = logging.getLogger(__name__)

RETRY_S = 2.0
PERIOD_S = 0.5
"""Changes are gathered so long before they are told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SparkplugConfig:
    """`url`: `mqtt://user:password@host:port` or `mqtts://...`; `ca_file` of the broker's
    certificate. With a `host` (a primary application) nothing is told while it is not online."""

    url: str
    group: str
    node: str = "ringmain"
    host: str = ""
    ca_file: str = ""


class SparkplugFace:
    """The publisher; `run` until cancelled, through any loss of the broker."""

    def __init__(
        self, points: Sequence[Point], bus: Bus, clock: Clock, config: SparkplugConfig
    ) -> None:
        """Without the driver: RuntimeError that names the extra."""
        self.config = config
        self.problem = ""
        self.feed = Feed(points, bus)
        self.node = EdgeNode(points, config.group, config.node)
        self._mqtt = _driver()
        self._clock = clock
        self._all = np.arange(len(points))
        self._online = asyncio.Event()
        self._lock = asyncio.Lock()

    async def run(self) -> None:
        """Publish until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.feed.run(), name="values")
            tasks.create_task(self._connections(), name="broker")

    async def _connections(self) -> None:
        while True:
            try:
                await self._connection()
            except (self._mqtt.MqttError, ExceptionGroup) as error:
                self.problem = str(error)
                log.warning("Sparkplug: %s", error)
            await self._clock.sleep(RETRY_S)

    async def _connection(self) -> None:
        topic, payload = self.node.death(self._now_ms())
        where = urlsplit(self.config.url)
        secure = where.scheme == "mqtts"
        async with self._mqtt.Client(
            hostname=where.hostname or "localhost",
            port=where.port or (8883 if secure else 1883),
            username=unquote(where.username) if where.username else None,
            password=unquote(where.password) if where.password else None,
            will=self._mqtt.Will(topic, payload, qos=1, retain=False),
            tls_params=self._mqtt.TLSParameters(ca_certs=self.config.ca_file or None)
            if secure
            else None,
            clean_session=True,
        ) as client:
            self._online.clear()
            await client.subscribe(self.node.commands, qos=1)
            if self.config.host:
                await client.subscribe(self._state_topic, qos=1)
            else:
                self._online.set()
            self.problem = ""
            try:
                async with asyncio.TaskGroup() as tasks:
                    tasks.create_task(self._listen(client, (topic, payload)), name="listen")
                    tasks.create_task(self._talk(client), name="talk")
            except asyncio.CancelledError:
                # The broker sends a will only for who leaves without a word.
                await self._publish(client, [(topic, payload)], qos=1)
                raise

    @property
    def _state_topic(self) -> str:
        return f"{NAMESPACE}/STATE/{self.config.host}"

    async def _listen(self, client: Any, death: Message) -> None:
        async for message in client.messages:
            payload = bytes(message.payload)
            try:
                if str(message.topic) == self.node.commands:
                    if rebirth_asked(payload) and self._online.is_set():
                        await self._give_birth(client)
                elif str(message.topic) == self._state_topic:
                    online = bool(json.loads(payload)["online"])
                    if not online and self._online.is_set():
                        # Who reads nothing is told that nothing will come, and a new birth later.
                        self._online.clear()
                        await self._publish(client, [death])
                        raise self._mqtt.MqttError(f"{self.config.host} went offline")
                    if online:
                        self._online.set()
            except (ValueError, KeyError, TypeError) as error:
                log.warning(
                    "Sparkplug: a message on %s is not understood: %s", message.topic, error
                )

    async def _talk(self, client: Any) -> None:
        await self._online.wait()
        await self.feed.filled.wait()
        await self._give_birth(client)
        while True:
            await self._clock.sleep(PERIOD_S)
            handles = await self.feed.changes()
            feed = self.feed
            async with self._lock:
                await self._publish(
                    client,
                    self.node.data(
                        self._now_ms(),
                        handles,
                        feed.shown(handles),
                        feed.quality[handles],
                        feed.time_ns[handles],
                    ),
                )

    async def _give_birth(self, client: Any) -> None:
        feed = self.feed
        async with self._lock:
            value = feed.shown(self._all)
            births = self.node.births(self._now_ms(), value, feed.quality, feed.time_ns)
            await self._publish(client, births)

    @staticmethod
    async def _publish(client: Any, messages: list[Message], qos: int = 0) -> None:
        for topic, payload in messages:
            await client.publish(topic, payload, qos=qos, retain=False)

    def _now_ms(self) -> int:
        return self._clock.now_ns() // 1_000_000


def _driver() -> Any:
    try:
        import aiomqtt
    except ImportError as problem:
        raise RuntimeError("Sparkplug needs the extra: pip install 'ringmain[mqtt]'") from problem
    return aiomqtt
