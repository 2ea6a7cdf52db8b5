"""Values set by hand in place of measured ones: with a reason, and for a limited time. Pure.

While a point is substituted its samples carry the value set by hand (quality "manual value"); the
last real sample is remembered, and shown again when the time is over or somebody releases it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from scada.point import Point
from scada.quality import BAD_WAITING_FOR_INITIAL_DATA, GOOD_LOCAL_OVERRIDE
from scada.samples import SampleBatch

LONGEST_NS = 30 * 86_400 * 1_000_000_000
"""A substitute is a stopgap: a month at most, then somebody has to decide again."""


class SubstituteError(ValueError):
    """A substitution that may not be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Substitute:
    """One substituted point; `value` is SI."""

    point: str
    value: float
    until_ns: int
    user: str
    reason: str
    since_ns: int


class Substitutes:
    """The substituted points of a list."""

    def __init__(self, points: Sequence[Point]) -> None:
        self._points = points
        self._handle = {p.id: handle for handle, p in enumerate(points)}
        self._standing: dict[int, Substitute] = {}
        self._real: dict[int, tuple[float, int, int]] = {}
        """Last real value, quality and source time of each."""

    def standing(self) -> list[Substitute]:
        """What is substituted now."""
        return list(self._standing.values())

    def check(self, wanted: Substitute, now_ns: int) -> int:
        """The handle of a substitution that may be; SubstituteError says why not."""
        handle = self._handle.get(wanted.point)
        if handle is None:
            raise SubstituteError(f"there is no point {wanted.point!r}")
        if not math.isfinite(wanted.value):
            raise SubstituteError(f"{wanted.value} is not a finite number")
        if not wanted.user or not wanted.reason:
            raise SubstituteError("a substitution needs a user and a reason")
        if not now_ns < wanted.until_ns <= now_ns + LONGEST_NS:
            raise SubstituteError("a substitution ends within 30 days, and after now")
        return handle

    def begin(self, handle: int, wanted: Substitute, real: tuple[float, int, int]) -> None:
        """Substitute from now on; `real`: value, quality and source time shown until now."""
        if handle not in self._standing:
            self._real[handle] = real
        self._standing[handle] = wanted

    def apply(self, batch: SampleBatch) -> SampleBatch:
        """The batch with substituted values; the real ones are remembered."""
        if not self._standing:
            return batch
        hit = np.flatnonzero(np.isin(batch.point, list(self._standing)))
        if not len(hit):
            return batch
        value, quality = batch.value.copy(), batch.quality.copy()
        for place in hit.tolist():
            handle = int(batch.point[place])
            self._real[handle] = (
                float(value[place]),
                int(quality[place]),
                int(batch.source_time_ns[place]),
            )
            value[place] = self._standing[handle].value
            quality[place] = GOOD_LOCAL_OVERRIDE
        return SampleBatch(batch.point, value, quality, batch.source_time_ns, batch.arrival_time_ns)

    def samples(self, handles: Sequence[int], now_ns: int) -> SampleBatch:
        """What substituted points show now."""
        shown = [
            (self._standing[h].value, GOOD_LOCAL_OVERRIDE, now_ns)
            if h in self._standing
            else self._real.pop(h, (math.nan, BAD_WAITING_FOR_INITIAL_DATA, now_ns))
            for h in handles
        ]
        return SampleBatch(
            np.array(handles, dtype=np.uint32),
            np.array([v for v, _, _ in shown], dtype=np.float64),
            np.array([q for _, q, _ in shown], dtype=np.uint32),
            np.array([t for _, _, t in shown], dtype=np.int64),
            np.full(len(shown), now_ns, dtype=np.int64),
        )

    def end(self, point: str) -> tuple[int, Substitute]:
        """Release a point; its handle and what stood. SubstituteError when nothing stands."""
        handle = self._handle.get(point, -1)
        if handle not in self._standing:
            raise SubstituteError(f"{point} is not substituted")
        return handle, self._standing.pop(handle)

    def expired(self, now_ns: int) -> list[tuple[int, Substitute]]:
        """Release what has run out."""
        over = [(h, s) for h, s in self._standing.items() if now_ns >= s.until_ns]
        for handle, _ in over:
            del self._standing[handle]
        return over

    def state(self) -> list[dict[str, Any]]:
        """What must outlive a restart, as JSON."""
        return [asdict(one) for one in self._standing.values()]

    def restore(self, state: Sequence[Mapping[str, Any]]) -> list[int]:
        """Go on with kept substitutes; their handles. Points that left the list are left out."""
        for kept in state:
            one = Substitute(**kept)
            if one.point in self._handle:
                self._standing[self._handle[one.point]] = one
        return list(self._standing)
