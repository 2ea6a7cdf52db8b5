"""Takeover between two rooms on one PostgreSQL: `python benchmarks/takeovers.py [--takeovers 20]`.

The room that polls is killed (`kill -9` of core and gateway) or, every second time, its link to the
database is cut; the other one must go on. What each polls is seen at the device, a counter that
tells no value twice. Prints the seconds until the standby polled, for how long both did (which must
be never), how long the device went unread, and of the values that were read how many the history
lacks, has twice or has out of order; exit code 1 for any of these but a value that the killed room
was just reading.
"""

from __future__ import annotations

import argparse
import asyncio
import math
import statistics
import sys
import tempfile
import time
from itertools import pairwise
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from scada.samples import SampleBatch
from scada.spool_disk import DiskSpool
from scada.store.postgres import PostgresStore
from scada.trend import read_trend
from tests.hmi.room_pair import Field, RoomProcesses, pair, until
from tests.postgres import PostgresServer, postgres

WORKS_S = 4.0
STANDS_BY = "this one stands by"
PATIENCE_S = 90.0


def stood_by(room: RoomProcesses) -> int:
    """How often the room has said that it waits."""
    return (room.folder / "log").read_text("utf-8").count(STANDS_BY)


def first_after(field: Field, unit: int, since: float) -> float:
    """When a room first polled after a moment; 0: not yet."""
    return next((t for t, u, _ in reversed_until(field, since) if u == unit), 0.0)


def reversed_until(field: Field, since: float) -> list[tuple[float, int, int]]:
    """The polls after a moment, in their order."""
    found = []
    for poll in reversed(field.polls):
        if poll[0] <= since:
            break
        found.append(poll)
    return found[::-1]


async def run(server: PostgresServer, folder: Path, takeovers: int) -> int:
    """Print a line for each; 1 when both worked or a value is missing or doubled."""
    took: dict[str, list[float]] = {"killed": [], "cut off": []}
    both_s = -math.inf
    async with pair(folder, server) as (field, rooms, proxies, url):
        await until(lambda: stood_by(rooms[2]) > 0, rooms[2], PATIENCE_S)
        leads, waits = 1, 2
        for number in range(takeovers):
            await asyncio.sleep(WORKS_S)
            how = ("killed", "cut off")[number % 2]
            said = stood_by(rooms[leads])
            began = time.monotonic()
            if how == "killed":
                await rooms[leads].kill()
            else:
                proxies[leads].cut.set()
            since, old, new = began, leads, waits
            await until(lambda s=since, n=new: first_after(field, n, s) > 0, rooms[new], PATIENCE_S)
            first = first_after(field, new, began)
            await asyncio.sleep(2.0)
            last = field.last(old)
            took[how].append(first - began)
            both_s = max(both_s, last - first)
            print(
                f"{number + 1:2} {how:8} standby polls after {first - began:5.2f} s, "
                f"unread for {first - last:5.2f} s",
                flush=True,
            )
            if how == "killed":
                await rooms[old].start()
            else:
                proxies[old].cut.clear()
            leads, waits = new, old
            await until(lambda r=rooms[old], n=said: stood_by(r) > n, rooms[old], PATIENCE_S)
    store = PostgresStore(url)
    values = read_trend(store, 1, "measured", 0, 2**62, 10**7).value.tolist()
    store.close()
    waiting: set[float] = set()
    for room in rooms.values():
        waiting |= await asyncio.to_thread(spooled, room.folder)
    return report(took, both_s, field.taken, values, waiting)


def spooled(folder: Path) -> set[float]:
    """What a room that has ended keeps on its disk until it leads again."""
    found: set[float] = set()
    spool = DiskSpool(folder / "data" / "spool", ["C"], time.time_ns())
    while (parcel := spool.peek()) is not None:
        found |= set(SampleBatch.from_bytes(parcel.payload).value.tolist())
        spool.confirm(parcel.number)
    spool.close()
    return found


def report(
    took: dict[str, list[float]],
    both_s: float,
    taken: dict[int, tuple[float, int]],
    stored: list[float],
    waiting: set[float],
) -> int:
    """The figures; the exit code."""
    for how, times in took.items():
        if times:
            print(
                f"{how}: {len(times)} times, standby polls after median "
                f"{statistics.median(times):.2f} s, most {max(times):.2f} s"
            )
    kept = set(stored)
    missing = [v for v in taken if float(v) not in kept]
    lost = [v for v in missing if float(v) not in waiting]
    twice = len(stored) - len(kept)
    disorder = sum(a > b for a, b in pairwise(stored))
    print(
        f"both polled: {'never' if both_s < 0 else f'for {both_s:.2f} s'}; {len(taken)} values "
        f"taken, {len(missing) - len(lost)} wait on the disk of a room for its next turn, "
        f"{len(lost)} lost, {twice} twice, {disorder} out of order"
    )
    for value in lost:
        print(f"lost: {value}, taken at {taken[value][0]:.2f} s by room {taken[value][1]}")
    return int(both_s >= 0 or bool(lost or twice or disorder))


def main() -> int:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--takeovers", type=int, default=20)
    chosen = parser.parse_args()
    with postgres() as server, tempfile.TemporaryDirectory(prefix="ringmain-pair-") as name:
        return asyncio.run(run(server, Path(name), chosen.takeovers))


if __name__ == "__main__":
    raise SystemExit(main())
