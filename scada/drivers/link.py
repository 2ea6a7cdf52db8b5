"""What every driver is: a link with figures about itself, run as one task, asked to write."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from scada.drivers.config import DriverConfig
from scada.point import Point
from scada.ports import Clock
from scada.samples import SampleBatch

LinkState = Literal["starting", "up", "down"]
Emit = Callable[[SampleBatch], None]
"""Takes samples from a driver; never blocks."""


READBACK_WAITS_S = (0.0, 0.1, 0.3, 0.6)
"""A device may need a scan of its own before a written value can be read back."""


class WriteError(RuntimeError):
    """A write was refused, or it is not known to have reached the device."""


@dataclass(slots=True)
class LinkStats:
    """Figures of one link since it was started."""

    name: str
    kind: str
    endpoint: str
    state: LinkState = "starting"
    since_ns: int = 0
    reads: int = 0
    errors: int = 0
    overruns: int = 0
    samples: int = 0
    writes: int = 0
    reconnects: int = 0
    rejected_replies: int = 0
    bad_points: int = 0
    route: str = ""
    """The way in use, of a link that has several."""
    failovers: int = 0
    missed_samples: int = 0
    """How often a server said that it threw samples away before we fetched them (OPC UA)."""
    last_scan_s: float = 0.0
    longest_scan_s: float = 0.0
    time_skew_s: float = 0.0
    """How far the server's clock is ahead of ours (OPC UA)."""
    last_error: str = ""

    def as_dict(self) -> dict[str, Any]:
        """The figures as JSON-ready values."""
        return {name: getattr(self, name) for name in self.__slots__}

    def enter(self, state: LinkState, now_ns: int) -> None:
        """Note a new state and since when it holds."""
        if state != self.state or not self.since_ns:
            self.state, self.since_ns = state, now_ns

    def took(self, seconds: float) -> None:
        """Note how long a scan took."""
        self.last_scan_s = round(seconds, 4)
        self.longest_scan_s = max(self.longest_scan_s, self.last_scan_s)

    def fault(self, text: str) -> None:
        """Count an error and keep its words."""
        self.errors += 1
        self.last_error = text


class Driver(Protocol):
    """A link to field devices. `run` lasts until it is cancelled and mends its own connection."""

    @property
    def config(self) -> DriverConfig:
        """The link's configuration."""
        ...

    @property
    def stats(self) -> LinkStats:
        """The link's figures."""
        ...

    async def run(self, emit: Emit) -> None:
        """Acquire values for ever and hand them to `emit`."""
        ...

    async def write(self, handle: int, value: float) -> float:
        """Write an SI value and read it back (SI); WriteError when that does not succeed."""
        ...

    def renumber(self, handles: Sequence[int]) -> None:
        """Use other handles from now on, in the order of the job's points."""
        ...

    def lost(self) -> SampleBatch:
        """Mark all points as without communication; the samples that say so."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class DriverJob:
    """What a driver is made from: its link, its points by handle, scan periods and a clock."""

    config: DriverConfig
    points: Mapping[int, Point]
    scan: Mapping[str, float]
    clock: Clock


def batch(
    handles: NDArray[np.uint32],
    value: NDArray[np.float64],
    quality: NDArray[np.uint32] | int,
    now_ns: int,
) -> SampleBatch:
    """Samples that were read at `now_ns` from devices without a clock of their own."""
    times = np.full(len(handles), now_ns, dtype=np.int64)
    codes = np.full(len(handles), quality, dtype=np.uint32) if isinstance(quality, int) else quality
    return SampleBatch(handles, value, codes, times, times)
