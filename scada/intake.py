"""What core has of each gateway's samples, so that none is taken twice.

Numbers count samples within one start of a gateway. Samples that are sent again may be parcelled
differently than before, when their gateway was killed and another goes on: what is known of a
parcel is left out, the rest is new.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence

import numpy as np

from scada.point_table import digest_of
from scada.ports import BusError, Header
from scada.samples import NO_POINT, SampleBatch, taken
from scada.store.port import Mark


class Intake:
    """The highest number committed of each gateway and epoch, and one turn a gateway at a time."""

    def __init__(self, marks: Iterable[Mark], ids: Sequence[str]) -> None:
        """`marks`: what the store holds already; `ids`: the point list, by handle."""
        self.digest = digest_of(ids)
        self._committed = {(m.gateway, m.epoch): m.number for m in marks}
        self._turns: dict[str, asyncio.Lock] = {}
        self._points = len(ids)

    def check_list(self, header: Header) -> None:
        """BusError when the sender's handles belong to another point list than ours.

        It keeps its samples and sends them again when both have the same list.
        """
        theirs = header.get("points", self.digest)
        if theirs != self.digest:
            raise BusError(f"another point list: {theirs} there, {self.digest} here")

    def turn(self, gateway: str) -> asyncio.Lock:
        """To be held from `fresh` to `done`: a repeated parcel waits for the first to be stored."""
        return self._turns.setdefault(gateway, asyncio.Lock())

    def fresh(self, mark: Mark, first: int, batch: SampleBatch) -> SampleBatch:
        """The samples of a parcel that are not committed yet and whose points are known.

        `first`: the number of its first sample; that of the last is `mark`'s. ValueError as in
        `known`.
        """
        known = self._committed.get((mark.gateway, mark.epoch), 0)
        skip = len(batch) if known >= mark.number else max(known - first + 1, 0)
        return self.known(taken(batch, np.arange(min(skip, len(batch)), len(batch))))

    def known(self, batch: SampleBatch) -> SampleBatch:
        """The samples whose points are in the list; ValueError for a handle that never was."""
        there = batch.point < self._points
        strange = ~there & (batch.point != NO_POINT)
        if strange.any():
            raise ValueError(f"no point has the handle {int(batch.point[strange][0])}")
        return batch if there.all() else taken(batch, np.flatnonzero(there))

    def done(self, mark: Mark) -> None:
        """The parcel is committed."""
        key = (mark.gateway, mark.epoch)
        self._committed[key] = max(mark.number, self._committed.get(key, 0))
