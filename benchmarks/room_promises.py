"""What a room under fire promised an observer, and what its stores lack of it.

The observer reads alarms and events as a page does, lets pressures fall, acknowledges the alarms
and lets them rise again; `watch_device` knows which numbers the gateway has taken.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import sqlite3
from collections import Counter
from itertools import pairwise

import numpy as np
from room_under_fire import POLL_S, RoomUnderFire, until

from hmi.storing import RECORDS_FILE, open_snapshot
from scada.store.sql_store import SqlStore

SHOWN_WITHIN_S = 600.0
"""Longer than any room is down: hardly a minute passes without a kill of what an alarm needs."""
ARRIVES_WITHIN_S = 300.0


class Promises:
    """Kept while the room is under fire."""

    def __init__(self, room: RoomUnderFire) -> None:
        self.room = room
        self.seen: dict[int, tuple[str, str]] = {}
        self.acknowledged: list[tuple[str, str]] = []
        self.excursions = 0
        self.never_shown: list[str] = []
        self._alarms: dict[str, str] = {}

    async def look(self) -> None:
        """Keep what the page shows of alarms and events."""
        while True:
            with contextlib.suppress(OSError, ValueError):
                found = (await self.room.ask("api/alarms"))["alarms"]
                self._alarms = {a["id"]: a["state"] for a in found}
                for event in (await self.room.ask("api/events?limit=300"))["events"]:
                    self.seen[event["sequence"]] = (event["id"], event["event"])
            await asyncio.sleep(POLL_S)

    async def excite(self, place: int, dice: random.Random) -> None:
        """Raise an alarm, see it, acknowledge it, let it go, see that; again and again."""
        alarm = f"WATCH-P{place}.low"
        while True:
            await asyncio.sleep(dice.uniform(0.0, 5.0))
            self.room.device.pressure_kpa[place] = 100
            self.excursions += 1
            if not await self._shows(alarm, {"unacknowledged"}):
                self.never_shown.append(f"{alarm} did not rise")
            comment = f"{alarm} {self.excursions}"
            while not await self._acknowledge(alarm, comment):  # noqa: ASYNC110
                await asyncio.sleep(0.1)
            self.room.device.pressure_kpa[place] = 300
            if not await self._shows(alarm, {"normal"}):
                self.never_shown.append(f"{alarm} did not clear")

    async def _acknowledge(self, alarm: str, comment: str) -> bool:
        """Whether there was an answer; what it promised is noted."""
        with contextlib.suppress(OSError, ValueError):
            ask = {"ids": [alarm], "user": "observer", "comment": comment}
            answer = await self.room.ask("api/alarms/acknowledge", ask)
            if alarm in answer["acknowledged"]:
                self.acknowledged.append((alarm, comment))
            return True
        return False

    async def _shows(self, alarm: str, states: set[str]) -> bool:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(SHOWN_WITHIN_S):
                while self._alarms.get(alarm, "normal") not in states:  # noqa: ASYNC110
                    await asyncio.sleep(0.1)
            return True
        return False

    async def audit(self) -> dict[str, int]:
        """What is missing, once the last number taken until now has arrived (or never does)."""
        taken = list(self.room.device.taken)

        async def arrived() -> bool:
            return taken[-1] in await asyncio.to_thread(self._numbers)

        with contextlib.suppress(AssertionError):
            await until(arrived, "not all arrived", ARRIVES_WITHIN_S)
        seen, acknowledged = dict(self.seen), list(self.acknowledged)
        return await asyncio.to_thread(self._missing, taken, seen, acknowledged)

    def _numbers(self) -> list[int]:
        """Every number of the history, in its order."""
        database = open_snapshot(self.room.site)
        try:
            handle = database.ids()["WATCH-N"]
            spans = SqlStore(database).spans(handle, "measured", 0, 2**62)
            parts = [*spans.open(np.ones(len(spans.hours), dtype=bool)), spans.recent]
            return [int(v) for part in parts for v in part.value[part.quality == 0]]
        finally:
            database.close()

    def _missing(
        self, taken: list[int], seen: dict[int, tuple[str, str]], acked: list[tuple[str, str]]
    ) -> dict[str, int]:
        numbers = self._numbers()
        counts = Counter(numbers)
        device = self.room.device
        lost = [n for n in taken if n not in counts]
        given_up = [n for n in device.doubtful if n not in counts]
        for n in lost + given_up:
            print(f"absent: {n}, told {device.after_s[n]:.3f} s after the one before")
        sql = sqlite3.connect(self.room.site.data / RECORDS_FILE)
        rows = sql.execute("SELECT sequence, alarm, event, comment FROM alarm_event").fetchall()
        sql.close()
        stored = {int(row[0]): (row[1], row[2]) for row in rows}
        comments = {(row[1], row[3]) for row in rows if row[2] == "acknowledged"}
        return {
            "samples taken": len(taken),
            "samples lost": len(lost),
            "samples told late": len(device.doubtful),
            "of them absent": len(given_up),
            "samples stored twice": sum(1 for n in counts.values() if n > 1),
            "samples out of order": sum(a > b for a, b in pairwise(numbers)),
            "excursions": self.excursions,
            "alarms never shown": len(self.never_shown),
            "events seen": len(seen),
            "events lost": sum(stored.get(n) != event for n, event in seen.items()),
            "acknowledgements answered": len(acked),
            "acknowledgements lost": sum(a not in comments for a in acked),
        }


BAD = ("lost", "twice", "order", "shown")
"""Last words of the figures that must be zero."""
