"""What core itself makes of the points: calculated, substituted and doubted values, kept together.

Totals, counters and substitutes outlive a restart in a small state (`State`); totals are written
every half minute and when core ends, substitutes at once.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from scada.calc_book import CalcBook, is_calculated
from scada.live_table import LiveTable
from scada.model_quality import ModelQuality
from scada.point import Point
from scada.point_quality import PointQuality
from scada.quality import UNCERTAIN_SENSOR_NOT_ACCURATE
from scada.samples import SampleBatch, joined
from scada.substitutes import Substitute, Substitutes

log = logging.getLogger(__name__)


class State(Protocol):
    """A small JSON state that outlives its process."""

    def load(self) -> dict[str, Any]:
        """What was saved last; empty when nothing was."""
        ...

    def save(self, state: dict[str, Any]) -> None:
        """Put it in place of what was saved; OSError when that fails."""
        ...


class MemoryState:
    """A state that dies with its process: the twin for tests."""

    def __init__(self) -> None:
        self.saved: dict[str, Any] = {}

    def load(self) -> dict[str, Any]:
        """What was saved last."""
        return self.saved

    def save(self, state: dict[str, Any]) -> None:
        """Keep it."""
        self.saved = state


class FileState:
    """A state in a file, whole or as before whenever the process is killed."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def load(self) -> dict[str, Any]:
        """What was saved last; empty when nothing was or it cannot be read."""
        try:
            found = json.loads(self._path.read_text("utf-8"))
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            log.error("%s cannot be read: %s", self._path, error)
            return {}
        return found if isinstance(found, dict) else {}

    def save(self, state: dict[str, Any]) -> None:
        """Write it beside and put it in place."""
        beside = self._path.with_suffix(".new")
        with beside.open("w", encoding="utf-8") as file:
            json.dump(state, file)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(self._path)


class OwnPoints:
    """The points of a list whose values core makes or changes."""

    def __init__(self, points: Sequence[Point], state: State) -> None:
        self.calc = CalcBook(points)
        self.substitutes = Substitutes(points)
        self.names = sorted({p.driver for p in points if is_calculated(p)})
        """Driver names that stand for core itself."""
        self._doubts = PointQuality(points)
        self._apart = ModelQuality(points)
        self._state = state
        self._kept: dict[str, Any] = {}

    def restore(self) -> None:
        """Go on from what the last run kept."""
        kept = self._state.load()
        self.calc.restore(kept.get("calc", {}))
        self.substitutes.restore(kept.get("substitutes", []))
        self._kept = self._present()

    def keep(self) -> None:
        """Save what has changed; a disk that does not take it is told in the log."""
        present = self._present()
        if present == self._kept:
            return
        try:
            self._state.save(present)
        except OSError as error:
            log.error("totals and substitutes are not saved: %s", error)
            return
        self._kept = present

    def _present(self) -> dict[str, Any]:
        return {"calc": self.calc.state(), "substitutes": self.substitutes.state()}

    def judged(self, batch: SampleBatch) -> SampleBatch:
        """Samples of the field as they are shown and stored."""
        return self.substitutes.apply(self._apart.judge(self._doubts.judge(batch)))

    def substitute(self, handle: int, wanted: Substitute, real: tuple[float, int, int]) -> None:
        """Substitute from now on, also after a restart."""
        self.substitutes.begin(handle, wanted, real)
        self.keep()

    def release(self, point: str) -> tuple[int, Substitute]:
        """End a substitution; SubstituteError when there is none."""
        ended = self.substitutes.end(point)
        self.keep()
        return ended

    def expired(self, now_ns: int) -> list[tuple[int, Substitute]]:
        """End what has run out."""
        over = self.substitutes.expired(now_ns)
        if over:
            self.keep()
        return over

    def step(self, now_ns: int, live: LiveTable, moved: NDArray[np.bool_]) -> SampleBatch:
        """New samples of calculated points, and of points that have frozen."""
        frozen = self._doubts.frozen(now_ns, live.value, live.quality)
        apart = self._apart.doubtful(now_ns, live)
        doubted = np.union1d(frozen, apart).astype(np.intp)
        parts = []
        if len(doubted):
            still = live.measured(doubted)
            doubtful = np.full(len(doubted), UNCERTAIN_SENSOR_NOT_ACCURATE, dtype=np.uint32)
            now = np.full(len(doubted), now_ns, dtype=np.int64)
            parts.append(replace(still, quality=doubtful, arrival_time_ns=now))
        if len(self.calc):
            computed = self.calc.step(now_ns, live.value, live.quality, live.source_time_ns, moved)
            parts.append(self.substitutes.apply(computed))
        return joined(parts) if parts else live.measured(np.empty(0, dtype=np.intp))
