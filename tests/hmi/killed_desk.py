"""A desk in processes of its own, forked from one that has everything loaded, to be killed.

`python -m tests.hmi.killed_desk URL FOLDER` forks, for every line read, a
desk that goes on where the order stands, prints `step N` once a step is answered, and empties the
outbox beside it. It prints `pid N` first, and goes on until it is killed, waiting when all is done.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from dispatch.rulebook import RuleBook
from hmi.desk.adapters import FileAdapter, WebhookAdapter
from hmi.desk.outage_service import DeskSettings, OutageService
from hmi.records import SqlOrderBook, SqlOutbox, engine, migrate
from hmi.records.outbox import send_due

FILED = datetime(2026, 1, 5, 1, tzinfo=UTC)
START = FILED + timedelta(hours=72)
HOUR = timedelta(hours=1)
SETTINGS = DeskSettings(
    zone=ZoneInfo("Asia/Shanghai"),
    profile="jinan",
    name_zh="示范公司",
    name_en="Model Co",
    channels={"media": ("file", "hook"), "bulletin": ("file", "hook")},
)
OPENING = {
    "medium": "water",
    "kind": "planned",
    "element": "water/link:M1",
    "start": START.isoformat(),
    "end": (START + 10 * HOUR).isoformat(),
    "reason": "更换管道",
    "scope": "东苑小区",
}
LATER = (START + 12 * HOUR).isoformat()
STEPS: tuple[tuple[str, str, datetime, dict[str, Any]], ...] = (
    ("planner", "file", FILED, {}),
    ("leader", "authority-approval", FILED, {"number": "1", "until": LATER}),
    ("leader", "approve", FILED, {}),
    ("dispatcher", "publish", FILED, {}),
    ("dispatcher", "start", START, {}),
    ("dispatcher", "extend", START + 8 * HOUR, {"end": LATER}),
    ("crew", "record", START + 9 * HOUR, {"fact": "flushed"}),
    ("crew", "work-done", START + 9 * HOUR, {}),
    ("crew", "record", START + 9 * HOUR, {"fact": "sample-good"}),
    ("crew", "record", START + 9 * HOUR, {"fact": "pressure-verified"}),
    ("dispatcher", "restore", START + 11 * HOUR, {}),
    ("dispatcher", "road-told", START + 12 * HOUR, {}),
    ("dispatcher", "close", START + 12 * HOUR, {}),
)


def say(*words: object) -> None:
    """A line to the test, at once."""
    sys.stdout.write(" ".join(map(str, words)) + "\n")
    sys.stdout.flush()


class Desk:
    """The desk on a database, with a clock that stands at the step being taken."""

    def __init__(self, url: str, folder: Path) -> None:
        self.records = engine(url)
        self.book, self.now = SqlOrderBook(self.records), FILED
        self.service = OutageService(
            self.book, RuleBook.load(), SETTINGS, clock=lambda: self.now, new_id=lambda: "1"
        )
        self.box = SqlOutbox(self.records)
        hook = (folder / "hook").read_text()
        self.ways = {"file": FileAdapter(folder / "sent"), "hook": WebhookAdapter(hook)}

    def order(self) -> tuple[str, int] | None:
        """The order's id and how many steps it has taken."""
        found = self.service.list()
        return (found[0]["order"]["id"], found[0]["order"]["version"]) if found else None

    def work(self) -> None:
        """Go on where the order stands, to its end."""
        while True:
            there = self.order()
            taken = 0 if there is None else there[1]
            if taken == len(STEPS) + 1:
                return
            if there is None:
                self.service.open(OPENING, user="pan", role="planner")
            else:
                role, action, self.now, record = STEPS[taken - 1]
                self.service.step(there[0], action, record, user=f"u-{role}", role=role)
            say("step", taken + 1)

    def send(self) -> None:
        """Empty the outbox, for ever."""
        while True:
            self.send_once()
            time.sleep(0.002)

    def send_once(self) -> None:
        """Try what is due."""
        send_due(self.box, self.ways, 2**62)


def main() -> None:
    """Fork a desk for every line."""
    url, folder = sys.argv[1], Path(sys.argv[2])
    first = engine(url)
    migrate(first)
    first.dispose()
    RuleBook.load()
    say("loaded")
    for _line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            desk = Desk(url, folder)
            say("pid", os.getpid())
            threading.Thread(target=desk.send, daemon=True).start()
            desk.work()
            say("all")
            time.sleep(3600)
        os.waitpid(pid, 0)
        say("dead")


if __name__ == "__main__":
    main()
