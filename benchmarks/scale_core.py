"""The core of `scada_scale.py`: the ordinary process, whose store also checks the counters.

    python scale_core.py SITE REPORT

Each batch is looked at when it is committed. Of every point the last stored counter is known: one
more is right, more than one more means that values in between were missed.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np

from hmi.processes import main
from scada.exception_filter import rounds
from scada.samples import SampleBatch
from scada.store.sql_store import SqlStore

ALARM_VALUE = 900.0


class Counters:
    """What was committed of each point, by the store's handle."""

    def __init__(self) -> None:
        self.last: np.ndarray = np.full(1_000_000, np.nan)
        self.samples = self.changes = self.missed = self.backward = self.bad = 0

    def take(self, batch: SampleBatch) -> None:
        """Compare a batch with what was there."""
        self.samples += len(batch)
        for places in rounds(batch.point):
            point, value = batch.point[places], batch.value[places]
            bad = batch.quality[places] >> 31 == 1
            self.bad += int(bad.sum())
            usual = ~bad & (value < ALARM_VALUE)
            point, value = point[usual], value[usual]
            step = value - self.last[point]
            known = ~np.isnan(step)
            self.changes += int(np.count_nonzero(step[known] > 0))
            self.missed += int(np.maximum(step[known] - 1, 0).sum())
            self.backward += int(np.count_nonzero(step[known] < 0))
            self.last[point] = value


if __name__ == "__main__":
    counters = Counters()
    append = SqlStore.append
    ids: dict[str, int] = {}
    handles = SqlStore.handles

    def known_handles(self, names):  # type: ignore[no-untyped-def]
        found = handles(self, names)
        ids.update(zip(names, found.tolist(), strict=True))
        return found

    def counted(self, batch, origin, mark):  # type: ignore[no-untyped-def]
        append(self, batch, origin, mark)
        if origin == "measured":
            counters.take(batch)

    SqlStore.handles = known_handles  # type: ignore[method-assign]
    SqlStore.append = counted  # type: ignore[method-assign]
    main("core", sys.argv[1])
    found = {
        "samples": counters.samples,
        "changes": counters.changes,
        "missed": counters.missed,
        "backward": counters.backward,
        "bad": counters.bad,
        "last": {name: counters.last[handle] for name, handle in ids.items()},
    }
    Path(sys.argv[2]).write_text(json.dumps(found))
