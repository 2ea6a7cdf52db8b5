"""What the historian needs of a store of samples, and the words all stores share."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from scada.point import Origin
from scada.samples import U32, SampleBatch
from scada.store.blocks import Series, Summary

ORIGINS: tuple[Origin, ...] = ("measured", "model", "manual", "replay", "drill")
"""The stored number of an origin is its place here; never change the order."""

BLOCK_NS = 3600 * 1_000_000_000
"""A block holds samples of one hour (UTC, by source time)."""


class StoreError(RuntimeError):
    """The store could not be read or written."""


class StoreFullError(StoreError):
    """There is no room for more samples; nothing of the batch was stored."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """The number of a batch from one gateway in one of its boots; numbers only grow."""

    gateway: str
    epoch: int
    number: int


@dataclass(frozen=True, slots=True)
class BlockSpan:
    """A sealed block of one point: its summary, and where its samples are."""

    hour: int
    part: int
    summary: Summary


class SampleStore(Protocol):
    """Samples by stored handle. One thread writes; reading is allowed from any thread."""

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

    def prune(self, before_ns: int, max_bytes: int | None) -> int:
        """Delete blocks of hours before a time, and the oldest beyond a size; rows deleted."""
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
    """One point's samples as a consistent view: sealed blocks to be opened, and the recent."""

    @property
    def blocks(self) -> Sequence[BlockSpan]:
        """The sealed blocks of the span, unopened."""
        ...

    @property
    def recent(self) -> Series:
        """The samples that are not sealed yet."""
        ...

    def open(self, blocks: Sequence[BlockSpan]) -> list[Series]:
        """The samples of some of the blocks."""
        ...
