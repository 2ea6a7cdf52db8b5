"""Store and forward: samples wait here, in order and numbered, until core has committed them.

Numbers count samples within one start of the gateway (its epoch): a parcel with number 700 and
100 samples holds the samples 601 to 700. So core can tell what it has of a parcel, however the
samples are parcelled when they are sent again.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np

from scada.samples import NO_POINT, SampleBatch, joined, renumbered

PARCEL_SAMPLES = 5000


@dataclass(frozen=True, slots=True)
class Parcel:
    """One message of samples; `number` is that of its last sample."""

    epoch: int
    number: int
    samples: int
    payload: bytes


class SampleSpool(Protocol):
    """What the gateway needs of a spool; its length is how many samples are not confirmed."""

    dropped: int
    """Samples that are lost because there was no room for them."""

    def __len__(self) -> int: ...

    def put(self, samples: SampleBatch) -> None:
        """Take samples; never blocks, never fails."""
        ...

    def peek(self) -> Parcel | None:
        """The parcel to send next, the same until it is confirmed; None when all is sent."""
        ...

    def confirm(self, number: int) -> None:
        """Core has committed the parcel on its way, if that goes up to `number`."""
        ...

    def use_list(self, ids: Sequence[str]) -> None:
        """From now on handles are places in another point list; what waits is turned into them."""
        ...

    def figures(self) -> dict[str, Any]:
        """waiting, dropped, bytes, quota_bytes, problem: as published with the links."""
        ...

    def sync(self) -> None:
        """Make what waits outlive a loss of power, where that can be; may block."""
        ...

    def close(self) -> None:
        """Let go of files; what waits stays in them."""
        ...


class Spool:
    """A spool in memory. When it is full the oldest samples go, and `dropped` counts them.

    Samples that wait are joined into parcels of up to `parcel` samples. A parcel gets its number
    when it is formed and keeps it until `confirm`, so a parcel sent twice is known as one. The
    parcel on its way is never dropped.
    """

    def __init__(
        self,
        limit: int,
        *,
        epoch: int = 1,
        parcel: int = PARCEL_SAMPLES,
        ids: Sequence[str] = (),
    ) -> None:
        """`ids`: the point list, by handle; needed for `use_list` alone."""
        self.dropped = 0
        self._ids = tuple(ids)
        self._epoch = epoch
        self._limit = limit
        self._parcel = parcel
        self._waiting: deque[SampleBatch] = deque()
        self._waiting_samples = 0
        self._current: Parcel | None = None
        self._number = 0

    def __len__(self) -> int:
        """How many samples are not confirmed."""
        return self._waiting_samples + (self._current.samples if self._current else 0)

    def put(self, samples: SampleBatch) -> None:
        """Take samples; the oldest are dropped beyond the limit."""
        self._waiting.append(samples)
        self._waiting_samples += len(samples)
        while self._waiting_samples > self._limit and len(self._waiting) > 1:
            oldest = self._waiting.popleft()
            self._waiting_samples -= len(oldest)
            self.dropped += len(oldest)

    def peek(self) -> Parcel | None:
        """The parcel to send next, the same until it is confirmed; None when all is sent."""
        if self._current is None and self._waiting:
            parts = [self._waiting.popleft()]
            count = len(parts[0])
            while self._waiting and count + len(self._waiting[0]) <= self._parcel:
                parts.append(self._waiting.popleft())
                count += len(parts[-1])
            self._waiting_samples -= count
            self._number += count
            self._current = Parcel(self._epoch, self._number, count, joined(parts).to_bytes())
        return self._current

    def confirm(self, number: int) -> None:
        """Core has committed the parcel on its way, if that goes up to `number`."""
        if self._current is not None and self._current.number <= number:
            self._current = None

    def use_list(self, ids: Sequence[str]) -> None:
        """Turn the handles of what waits; a parcel on its way goes again in the new list."""
        place = {id_: handle for handle, id_ in enumerate(ids)}
        handles = np.array([place.get(id_, NO_POINT) for id_ in self._ids], dtype=np.uint32)
        self._ids = tuple(ids)
        self._waiting = deque(renumbered(batch, handles) for batch in self._waiting)
        if self._current is not None:
            batch = renumbered(SampleBatch.from_bytes(self._current.payload), handles)
            self._current = replace(self._current, payload=batch.to_bytes())

    def figures(self) -> dict[str, Any]:
        """How full it is."""
        return {
            "waiting": len(self),
            "dropped": self.dropped,
            "bytes": len(self) * SampleBatch.ITEM_BYTES,
            "quota_bytes": self._limit * SampleBatch.ITEM_BYTES,
            "problem": "",
        }

    def sync(self) -> None:
        """Memory does not outlive anything."""

    def close(self) -> None:
        """There is nothing to let go of."""
