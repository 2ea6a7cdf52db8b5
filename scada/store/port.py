"""What the historian needs of a store of samples, and the words all stores share."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from scada.point import Origin
from scada.samples import U32, SampleBatch
from scada.store.blocks import Series
from scada.store.hours import BLOCK_NS, Hours

__all__ = [
    "BLOCK_NS",
    "ORIGINS",
    "FencedError",
    "Mark",
    "MovedError",
    "SampleStore",
    "Spans",
    "StoreError",
    "StoreFullError",
]

ORIGINS: tuple[Origin, ...] = ("measured", "model", "manual", "replay", "drill")
"""The stored number of an origin is its place here; never change the order."""


class StoreError(RuntimeError):
    """The store could not be read or written."""


class StoreFullError(StoreError):
    """There is no room for more samples; nothing of the batch was stored."""


class FencedError(StoreError):
    """Another core has taken over; this one may write no more."""


class MovedError(StoreError):
    """What a view named was replaced or deleted meanwhile: take a new view."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """The number of a batch from one gateway in one of its boots; numbers only grow."""

    gateway: str
    epoch: int
    number: int


class SampleStore(Protocol):
    """Samples by stored handle. One thread writes; reading is allowed from any thread."""

    doors: Mapping[int, float]
    """Points compressed by the swinging door when an hour is sealed, with their error bound."""

    def handles(self, ids: Sequence[str]) -> U32:
        """The stored handle of each point id, given when first asked for and never reused."""
        ...

    def marks(self) -> list[Mark]:
        """The highest number committed for each gateway and boot."""
        ...

    def append(self, batch: SampleBatch, origin: Origin, mark: Mark | None) -> None:
        """Store samples and their mark in one transaction; StoreError when nothing was stored."""
        ...

    def last(self, origin: Origin) -> SampleBatch:
        """The latest stored sample of every point of an origin."""
        ...

    def spans(self, handle: int, origin: Origin, from_ns: int, to_ns: int) -> Spans:
        """What there is of one point with from <= source time < to, as of one moment."""
        ...

    def seal(self, before_ns: int | None) -> Iterator[None]:
        """Turn recent samples of hours before a time (None: all) into blocks, bit by bit.

        The caller runs the iterator to its end, and may append between its steps.
        """
        ...

    def compact(self, before_ns: int) -> Iterator[None]:
        """Pack the sealed hours of days that ended before a time into days, bit by bit."""
        ...

    def prune(
        self, before_ns: int, max_bytes: int | None, hours_before_ns: int | None = None
    ) -> int:
        """Delete what is older than a time, and the oldest beyond a size; pages changed.

        With `hours_before_ns` the hourly aggregates of deleted samples stay until that time.
        """
        ...

    def recent(self) -> int:
        """How many samples wait to be sealed."""
        ...

    def rows(self) -> int:
        """How many samples are stored."""
        ...

    def size_bytes(self) -> int:
        """The size of what is stored."""
        ...

    def close(self) -> None:
        """Write what is pending and close."""
        ...


class Spans(Protocol):
    """One point's samples as a consistent view: sealed hours to be opened, and the recent."""

    @property
    def hours(self) -> Hours:
        """What is known of the sealed hours of the span; several rows of an hour may be there."""
        ...

    @property
    def thin(self) -> NDArray[np.bool_]:
        """Which rows of `hours` have no samples any more."""
        ...

    @property
    def recent(self) -> Series:
        """The samples that are not sealed yet."""
        ...

    def open(self, chosen: NDArray[np.bool_]) -> list[Series]:
        """The samples of the chosen rows of `hours`; MovedError when a new view is needed."""
        ...
