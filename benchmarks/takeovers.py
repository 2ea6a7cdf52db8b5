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
    both_s, in_doubt = -math.inf, set()
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
            # The last replies may not have reached a gateway that was killed.
            in_doubt |= {v for t, u, v in field.polls if u == old and began - 0.5 < t <= last}
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
        await asyncio.sleep(5.0)
        end = time.monotonic() - 2.0
        polls = list(field.polls)
        store = PostgresStore(url)
        values = read_trend(store, 1, "measured", 0, 2**62, 10**7).value.tolist()
        store.close()
    return report(took, both_s, [v for t, _, v in polls if t < end], values, in_doubt)


def report(
    took: dict[str, list[float]],
    both_s: float,
    polled: list[int],
    stored: list[float],
    in_doubt: set[int],
) -> int:
    """The figures; the exit code."""
    for how, times in took.items():
        if times:
            print(
                f"{how}: {len(times)} times, standby polls after median "
                f"{statistics.median(times):.2f} s, most {max(times):.2f} s"
            )
    kept = set(stored)
    missing = [v for v in polled if float(v) not in kept]
    lost = [v for v in missing if v not in in_doubt]
    twice = len(stored) - len(kept)
    disorder = sum(a > b for a, b in pairwise(stored))
    print(
        f"both polled: {'never' if both_s < 0 else f'for {both_s:.2f} s'}; {len(polled)} values "
        f"read, {len(lost)} lost, {len(missing) - len(lost)} in the last half second of a room "
        f"not there, {twice} twice, {disorder} out of order"
    )
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
