"""Samples in memory: the twin of the stores on a database, gone with its process."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from scada.point import Origin
from scada.samples import U32, SampleBatch, joined, latest
from scada.store.blocks import Series
from scada.store.hours import no_hours
from scada.store.port import ORIGINS, Mark, StoreFullError
from scada.store.recent import Recent, series_of

_NONE = SampleBatch(
    np.zeros(0, dtype=np.uint32),
    np.zeros(0),
    np.zeros(0, dtype=np.uint32),
    np.zeros(0, dtype=np.int64),
    np.zeros(0, dtype=np.int64),
)


class MemoryStore:
    """`SampleStore` without a file; `full` makes it refuse samples."""

    def __init__(self) -> None:
        self.full = False
        self.doors: Mapping[int, float] = {}
        self._handles: dict[str, int] = {}
        self._marks: dict[tuple[str, int], int] = {}
        self._recent = Recent()

    def handles(self, ids: Sequence[str]) -> U32:
        """The stored handle of each point id."""
        for point_id in ids:
            self._handles.setdefault(point_id, len(self._handles) + 1)
        return np.array([self._handles[i] for i in ids], dtype=np.uint32)

    def marks(self) -> list[Mark]:
        """The highest number stored for each gateway and boot."""
        return [Mark(gateway=g, epoch=e, number=n) for (g, e), n in self._marks.items()]

    def append(self, batch: SampleBatch, origin: Origin, mark: Mark | None) -> None:
        """Store samples and their mark; StoreFullError when told to be full."""
        if self.full:
            raise StoreFullError("the store is full")
        if mark is not None:
            key = (mark.gateway, mark.epoch)
            if self._marks.get(key, mark.number - 1) >= mark.number:
                return
            self._marks[key] = mark.number
        self._recent.add(ORIGINS.index(origin), batch)

    def last(self, origin: Origin) -> SampleBatch:
        """The latest stored sample of every point of an origin."""
        number = ORIGINS.index(origin)
        chunks = [c.batch for c in self._recent.chunks() if c.origin == number]
        return latest(joined([_NONE, *chunks]))

    def spans(self, handle: int, origin: Origin, from_ns: int, to_ns: int) -> MemorySpans:
        """What there is of one point with from <= source time < to."""
        chunks = self._recent.chunks()
        return MemorySpans(series_of(chunks, handle, ORIGINS.index(origin), from_ns, to_ns))

    def seal(self, before_ns: int | None) -> Iterator[None]:
        """Nothing to do: there are no blocks."""
        yield from ()

    def compact(self, before_ns: int) -> Iterator[None]:
        """Nothing to do: there are no pages."""
        yield from ()

    def prune(
        self, before_ns: int, max_bytes: int | None, hours_before_ns: int | None = None
    ) -> int:
        """Nothing is deleted."""
        return 0

    def recent(self) -> int:
        """Nothing waits to be sealed."""
        return 0

    def rows(self) -> int:
        """How many samples are stored."""
        return len(self._recent)

    def size_bytes(self) -> int:
        """The size of the samples in memory."""
        return len(self._recent) * SampleBatch.ITEM_BYTES

    def close(self) -> None:
        """Nothing to close."""


class MemorySpans:
    """One point's samples: all of them recent."""

    def __init__(self, recent: Series) -> None:
        self.hours = no_hours()
        self.thin = np.zeros(0, dtype=bool)
        self.recent = recent

    def open(self, chosen: NDArray[np.bool_]) -> list[Series]:
        """There are no pages."""
        return []
