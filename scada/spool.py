"""Store and forward: samples wait here, in order and numbered, until core has committed them."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np

from scada.samples import SampleBatch


@dataclass(frozen=True, slots=True)
class Parcel:
    """One numbered message of samples."""

    number: int
    samples: int
    payload: bytes


class Spool:
    """A bounded queue of samples. When it is full the oldest go, and `dropped` counts them.

    Samples that wait are joined into parcels of up to `parcel` samples. A parcel gets its number
    when it is formed and keeps it until `confirm`, so a parcel sent twice is known as one. The
    parcel on its way is never dropped.
    """

    def __init__(self, limit: int, *, parcel: int = 5000) -> None:
        self._limit = limit
        self._parcel = parcel
        self._waiting: deque[SampleBatch] = deque()
        self._waiting_samples = 0
        self._current: Parcel | None = None
        self._number = 0
        self.dropped = 0

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
            taken = [self._waiting.popleft()]
            count = len(taken[0])
            while self._waiting and count + len(self._waiting[0]) <= self._parcel:
                taken.append(self._waiting.popleft())
                count += len(taken[-1])
            self._waiting_samples -= count
            self._number += 1
            self._current = Parcel(self._number, count, _joined(taken).to_bytes())
        return self._current

    def confirm(self, number: int) -> None:
        """Core has committed everything up to `number`."""
        if self._current is not None and self._current.number <= number:
            self._current = None


def _joined(batches: list[SampleBatch]) -> SampleBatch:
    if len(batches) == 1:
        return batches[0]
    return SampleBatch(
        np.concatenate([b.point for b in batches]),
        np.concatenate([b.value for b in batches]),
        np.concatenate([b.quality for b in batches]),
        np.concatenate([b.source_time_ns for b in batches]),
        np.concatenate([b.arrival_time_ns for b in batches]),
    )
