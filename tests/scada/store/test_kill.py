"""`kill -9` at any instant - writing, sealing, packing days - loses nothing acknowledged."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from scada.store.sqlite import SqliteStore
from scada.trend import read_trend

WRITER = """
import sys
from pathlib import Path
import numpy as np
from scada.samples import SampleBatch
from scada.store.port import BLOCK_NS, Mark
from scada.store.sqlite import SqliteStore

store = SqliteStore(Path(sys.argv[1]))
number = max((m.number for m in store.marks()), default=-1)
while True:
    number += 1
    n = 200
    time = number * (BLOCK_NS // 4) + np.arange(n)
    batch = SampleBatch(np.arange(1, n + 1, dtype=np.uint32), np.full(n, float(number)),
                        np.zeros(n, dtype=np.uint32), time, time)
    store.append(batch, "measured", Mark(gateway="g", epoch=1, number=number))
    print(number, flush=True)
    if number % 10 == 0:
        for _ in store.seal(int(time[0])):
            pass
        for _ in store.compact(int(time[0])):
            pass
        store.prune(0, None)
"""


@pytest.mark.parametrize("after_s", [0.15, 0.4, 0.7])
def test_acknowledged_batches_survive_kill_9(tmp_path: Path, after_s: float) -> None:
    path = tmp_path / "history.db"
    acknowledged = -1
    for _ in range(2):
        process = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        first = process.stdout.readline()
        time.sleep(after_s)
        process.send_signal(signal.SIGKILL)
        rest = process.stdout.read().splitlines()
        process.wait()
        process.stdout.close()
        assert process.returncode == -signal.SIGKILL
        last = [line for line in [first.strip(), *rest] if line][-1]
        acknowledged = max(acknowledged, int(last))
        store = SqliteStore(path)
        (mark,) = store.marks()
        # The mark and its samples are one transaction: all up to it are there, none beyond.
        assert mark.number >= acknowledged
        for handle in (1, 200):
            series = read_trend(store, handle, "measured", 0, 2**62, 10**9)
            assert series.value.tolist() == [float(n) for n in range(mark.number + 1)]
        assert store.rows() == 200 * (mark.number + 1)
        assert store.last("measured").value.tolist() == [float(mark.number)] * 200
        store.close()
    assert acknowledged > 0
