"""What a Sparkplug B edge node says and when: births, data, death. Pure.

The room is one edge node with a device for each utility; the metrics of a device are its points,
in their own units, under the alias `handle + 1`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from scada.faces.sparkplug_codec import (
    BAD,
    BOOLEAN,
    DOUBLE,
    GOOD,
    INT32,
    INT64,
    STALE,
    STRING,
    Metric,
    encode_payload,
)
from scada.point import Point
from scada.samples import F64, I64, U32

NAMESPACE = "spBv1.0"
REBIRTH = "Node Control/Rebirth"
METRICS_AT_ONCE = 2000

Message = tuple[str, bytes]


class EdgeNode:
    """One connection's worth of messages after another."""

    def __init__(self, points: Sequence[Point], group: str, node: str) -> None:
        self.points = points
        self._group = group
        self._node = node
        self._birth = -1
        self._seq = 0
        self._devices: dict[str, list[int]] = {}
        for handle, point in enumerate(points):
            self._devices.setdefault(point.utility, []).append(handle)
        self._device_of = [point.utility for point in points]

    @property
    def commands(self) -> str:
        """The topic on which the node takes commands."""
        return self._topic("NCMD")

    def death(self, now_ms: int) -> Message:
        """The will of the next connection; to be asked for before each."""
        self._birth = (self._birth + 1) % 256
        return self._topic("NDEATH"), encode_payload(now_ms, [self._bd_seq(now_ms)], None)

    def births(self, now_ms: int, value: F64, quality: U32, time_ns: I64) -> list[Message]:
        """The birth of the node and of its devices, with every point's present value."""
        control = Metric(name=REBIRTH, time_ms=now_ms, kind=BOOLEAN, value=False)
        self._seq = 0
        payload = encode_payload(now_ms, [self._bd_seq(now_ms), control], 0)
        found = [(self._topic("NBIRTH"), payload)]
        for device, handles in self._devices.items():
            metrics = [
                self._metric(h, value[h], quality[h], time_ns[h], birth=True) for h in handles
            ]
            found.append(self._say("DBIRTH", device, now_ms, metrics))
        return found

    def data(
        self,
        now_ms: int,
        handles: NDArray[np.intp],
        value: F64,
        quality: U32,
        time_ns: I64,
    ) -> list[Message]:
        """Changes of some points; the arrays go with `handles`."""
        by_device: dict[str, list[Metric]] = {}
        for h, v, q, t in zip(handles.tolist(), value, quality, time_ns, strict=True):
            metric = self._metric(h, v, q, t, birth=False)
            by_device.setdefault(self._device_of[h], []).append(metric)
        return [
            self._say("DDATA", device, now_ms, metrics[a : a + METRICS_AT_ONCE])
            for device, metrics in by_device.items()
            for a in range(0, len(metrics), METRICS_AT_ONCE)
        ]

    def _say(self, kind: str, device: str, now_ms: int, metrics: list[Metric]) -> Message:
        self._seq = (self._seq + 1) % 256
        return f"{self._topic(kind)}/{device}", encode_payload(now_ms, metrics, self._seq)

    def _topic(self, kind: str) -> str:
        return f"{NAMESPACE}/{self._group}/{kind}/{self._node}"

    def _bd_seq(self, now_ms: int) -> Metric:
        return Metric(name="bdSeq", time_ms=now_ms, kind=INT64, value=self._birth)

    def _metric(self, handle: int, value: float, code: int, time_ns: int, *, birth: bool) -> Metric:
        point = self.points[handle]
        quality = (GOOD, STALE, BAD, BAD)[int(code) >> 30]
        properties: list[tuple[str, int, bool | int | float | str]] = [("Quality", INT32, quality)]
        if birth:
            properties.append(("engUnit", STRING, point.unit))
            properties.append(("description", STRING, point.text_en or point.text_zh))
        return Metric(
            name=f"{point.quantity}/{point.id}" if birth else "",
            alias=handle + 1,
            time_ms=int(time_ns) // 1_000_000,
            kind=DOUBLE,
            value=float(value) if np.isfinite(value) else None,
            properties=tuple(properties),
        )
