"""What the journal said it stored is there after `kill -9`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from hmi.records import Audit, SqlAlarmJournal, engine, migrate

WRITER = """
import sys
from hmi.records import Audit, SqlAlarmJournal, engine, migrate
records = engine(sys.argv[1])
migrate(records)
journal, audit = SqlAlarmJournal(records), Audit(records)
n = 0
while True:
    n += 1
    alarm = {"id": f"p{n}.low", "kind": "low", "time_ns": n}
    print(*journal.append([{**alarm, "event": "raised", "state": "unacknowledged"}]), flush=True)
    if n % 2 == 0:
        done = {**alarm, "event": "acknowledged", "state": "acknowledged", "user": "li"}
        print(*journal.append([done]), flush=True)
        audit.append(time_ns=n, user="li", action="acknowledge", origin="test")
        print("audit", n, flush=True)
"""


def test_nothing_reported_is_lost(tmp_path: Path) -> None:
    file = tmp_path / "records.db"
    for run in range(1, 3):
        child = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(file)], stdout=subprocess.PIPE, text=True
        )
        assert child.stdout is not None
        said = [child.stdout.readline().split() for _ in range(100)]
        child.kill()
        said += [line.split() for line in child.stdout.read().splitlines()]
        child.wait()
        child.stdout.close()
        records = engine(file)
        migrate(records)
        stored = {int(e["sequence"]): e for e in SqlAlarmJournal(records).events(limit=100_000)}
        numbers = [int(words[0]) for words in said if len(words) == 1]
        assert len(numbers) > 50
        assert set(numbers) <= set(stored)
        assert sorted(stored) == list(range(1, len(stored) + 1))
        acknowledged = [int(words[1]) for words in said if words[:1] == ["audit"] and words[1:]]
        states = {s["id"]: s["state"] for s in SqlAlarmJournal(records).states()}
        if run == 1:
            assert all(states[f"p{n}.low"] == "acknowledged" for n in acknowledged)
        trail = {e["time_ns"] for e in Audit(records).entries(limit=100_000)}
        assert set(acknowledged) <= trail
        records.dispose()
