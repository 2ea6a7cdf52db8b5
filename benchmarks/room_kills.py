"""`kill -9` of every process of a whole room: `python benchmarks/room_kills.py [--kills 50]`.

A room runs as a user starts it (`room_under_fire`). Each process has an executioner of its own, who
sends SIGKILL at random moments whatever the others are doing: gateway, core, model, web, faces, the
field and its parts, the worker that plans an outage (while it plans), and the supervisor, after
which the room is started again. Nobody waits for the room: what is killed may still be starting,
and several are down at once. A few times the fire ceases until all works, and it is counted what
was promised and is not there (`room_promises`):

samples   numbers the gateway had taken, in the history once each and in order
alarms    excursions that never showed; events that the page showed and the journal lacks
acks      acknowledgements that were answered and that the journal lacks

Exit code 1 when anything is lost or doubled, or the room does not recover. 50 kills of each take
about an hour on two cores with other work.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import random
import statistics
import sys
import tempfile
import time
from collections import Counter, defaultdict
from pathlib import Path

from room_promises import BAD, Promises
from room_under_fire import ROLES, RoomUnderFire, free_port, until
from watch_device import PRESSURES, WatchDevice

VICTIMS = (*ROLES, "field", "field part", "planner", "supervisor")
PATIENCE_S = 300.0


class Fire:
    """The executioners."""

    def __init__(self, room: RoomUnderFire, dice: random.Random, pause_s: float) -> None:
        self.room = room
        self.kills: Counter[str] = Counter()
        self.recovery_s: defaultdict[str, list[float]] = defaultdict(list)
        self.not_awaited: Counter[str] = Counter()
        """Kills that the next one overtook before the process worked again."""
        self.never_again: list[str] = []
        self._dice = dice
        self._pause_s = pause_s
        self._watches: dict[str, asyncio.Task[None]] = {}

    async def burn(self, victims: tuple[str, ...], kills: int) -> None:
        """Kill each until it has had so many in all, and see all recover that can."""
        async with asyncio.TaskGroup() as lanes:
            for victim in victims:
                lanes.create_task(self._lane(victim, kills))
        if self._watches:
            await asyncio.wait(self._watches.values())

    async def _lane(self, victim: str, kills: int) -> None:
        while self.kills[victim] < kills:
            await asyncio.sleep(self._dice.uniform(0.0, 2 * self._pause_s))
            await self._kill(victim)

    async def _kill(self, victim: str) -> None:
        """SIGKILL to one process of those that are there."""
        planning = asyncio.create_task(self._plan()) if victim == "planner" else None
        try:
            found = await self._found(victim)
            if planning is not None:
                await asyncio.sleep(self._dice.uniform(0.0, 2.0))
                found = self.room.processes(victim) or found
            pid, parts = self._dice.choice(found), len(found)
            began, at_ns = time.monotonic(), time.time_ns()
            os.kill(pid, 9)
        except ProcessLookupError:  # another's death took it along just now
            return
        finally:
            if planning is not None:
                planning.cancel()
        self.kills[victim] += 1
        if victim == "supervisor":
            self.room.supervisor().wait()
            self.room.serve("serve")
        before = self._watches.get(victim)
        if before is not None and not before.done():
            before.cancel()
            self.not_awaited[victim] += 1
        self._watches[victim] = asyncio.create_task(
            self._recovery(victim, pid, parts, began, at_ns)
        )

    async def _found(self, victim: str) -> list[int]:
        """Its processes, as soon as there are any."""
        while not (found := self.room.processes(victim)):  # noqa: ASYNC110
            await asyncio.sleep(0.1)
        return found

    async def _plan(self) -> None:
        """Keep the planner planning."""
        while True:
            with contextlib.suppress(OSError, ValueError, KeyError):
                await self.room.plans()
            await asyncio.sleep(0.3)

    async def _recovery(self, victim: str, pid: int, parts: int, began: float, at_ns: int) -> None:
        async def again() -> bool:
            if (victim in ROLES or victim == "field") and self.room.pid(victim) in (0, pid):
                return False
            if victim == "field part" and len(self.room.processes(victim)) < parts:
                return False
            return await self.room.works(victim, began, at_ns)

        try:
            await until(again, f"{victim} does not work again", 2 * PATIENCE_S)
        except AssertionError as error:
            self.never_again.append(str(error))
            return
        self.recovery_s[victim].append(time.monotonic() - began)


async def run(
    folder: Path, victims: tuple[str, ...], chosen: argparse.Namespace
) -> tuple[Fire, Promises, list[dict[str, int]]]:
    """Start, kill, count a few times, stop."""
    dice = random.Random(chosen.seed)
    device, port = WatchDevice(), free_port()
    await device.start(port)
    room = RoomUnderFire(folder, device, port)
    promises, fire = Promises(room), Fire(room, dice, chosen.pause)
    audits: list[dict[str, int]] = []
    room.serve("field")
    room.serve("serve")
    tasks = [asyncio.create_task(room.poll()), asyncio.create_task(promises.look())]
    began = time.monotonic()
    try:
        await until(room.all_works, "the room did not start", PATIENCE_S)
        tasks += [asyncio.create_task(promises.excite(k, dice)) for k in range(PRESSURES)]
        for number in range(1, chosen.audits + 1):
            left = 60 * chosen.minutes - (time.monotonic() - began)
            in_time = False
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(left):
                    await fire.burn(victims, round(chosen.kills * number / chosen.audits))
                    in_time = True
            ceased = time.monotonic()
            await until(room.all_works, "the room did not recover", 2 * PATIENCE_S)
            whole = time.monotonic() - ceased
            audits.append(await promises.audit())
            said = {
                "after_s": round(time.monotonic() - began),
                "kills": fire.kills.total(),
                "room_whole_after_s": round(whole, 1),
                **audits[-1],
            }
            print(json.dumps(said), file=sys.stderr, flush=True)
            if not in_time:
                break
        for task in tasks:
            task.cancel()
        for result in await asyncio.gather(*tasks, return_exceptions=True):
            if result is not None and not isinstance(result, asyncio.CancelledError):
                raise result
    finally:
        room.stop()
        await device.close()
    return fire, promises, audits


def report(victims: tuple[str, ...], fire: Fire, promises: Promises, last: dict[str, int]) -> None:
    """The figures for people."""
    print(f"{'killed':12} times  overtaken   works again after: median   most")
    for victim in victims:
        took = fire.recovery_s[victim] or [float("nan")]
        print(
            f"{victim:12} {fire.kills[victim]:5} {fire.not_awaited[victim]:10} "
            f"{statistics.median(took):26.1f} s {max(took):6.1f} s"
        )
    for name, count in last.items():
        print(f"{name:28} {count}")
    for words in [*promises.never_shown, *fire.never_again]:
        print(words)
    print(f"answers to plans: {dict(promises.room.plan_answers)}")


def main() -> int:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=50, help="of each process")
    parser.add_argument("--minutes", type=float, default=240.0, help="no kill after these")
    parser.add_argument("--pause", type=float, default=40.0, help="mean s between kills of one")
    parser.add_argument("--audits", type=int, default=5, help="how often the fire ceases")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--victims", default=",".join(VICTIMS))
    parser.add_argument("--folder", type=Path, help="keep the sites and logs here")
    chosen = parser.parse_args()
    victims = tuple(chosen.victims.split(","))
    with tempfile.TemporaryDirectory(prefix="ringmain-kills-") as temporary:
        folder = chosen.folder or Path(temporary)
        fire, promises, audits = asyncio.run(run(folder, victims, chosen))
    report(victims, fire, promises, audits[-1])
    bad = (name for audit in audits for name, n in audit.items() if n and name.split()[-1] in BAD)
    return int(any(bad) or bool(fire.never_again))


if __name__ == "__main__":
    raise SystemExit(main())
