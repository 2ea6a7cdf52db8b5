"""`python -m tools.walk URL`: workflows, a line a step, and a summary; exit code 1 on faults."""

from __future__ import annotations

import argparse
import sys
import time
import urllib.error
from pathlib import Path

from tools.walk.room import ClockStandsError, OffsetClock, Room, WallClock
from tools.walk.town import Town, town_of
from tools.walk.walk import BrokenWalkError, Walk
from tools.walk.workflows import WORKFLOWS


def main() -> int:
    """Walk what is asked for."""
    parser = argparse.ArgumentParser(prog="python -m tools.walk", description=__doc__)
    parser.add_argument("url", help="address of a running room with login")
    parser.add_argument("--admin", default="admin", help="an administrator's account")
    parser.add_argument("--password-file", type=Path, required=True, help="with its password")
    parser.add_argument("--clock", type=Path, help="the FAKETIME_TIMESTAMP_FILE of the room")
    parser.add_argument("--pipe", default="", help="the water pipe of D1, as water/link:ID")
    parser.add_argument("--only", nargs="*", default=[], metavar="D1", help="workflows")
    parser.add_argument("--brief", action="store_true", help="the summary and faults only")
    asked = parser.parse_args()
    clock = OffsetClock(asked.clock) if asked.clock else WallClock()
    password = asked.password_file.read_text().strip()
    room = Room(asked.url.rstrip("/") + "/", clock, asked.admin, password)
    try:
        room.people()
        town = town_of(room, asked.pipe)
    except (urllib.error.URLError, RuntimeError) as error:
        print(f"{asked.url}: {error}", file=sys.stderr)
        return 2
    rows = [
        _walked(name, room, town, brief=asked.brief)
        for name in WORKFLOWS
        if not asked.only or name.split()[0] in asked.only
    ]
    print(f"\n{'workflow':<28} {'steps':>5} {'wrong':>5} {'seconds':>8}  result")
    for name, steps, wrong, seconds, result in rows:
        print(f"{name:<28} {steps:>5} {wrong:>5} {seconds:>8.1f}  {result}")
    return int(any(row[2] for row in rows))


def _walked(name: str, room: Room, town: Town, *, brief: bool) -> tuple[str, int, int, float, str]:
    walk, began, result = Walk(room), time.monotonic(), "walked to its end"
    wrong = 0
    try:
        WORKFLOWS[name](walk, town)
    except ClockStandsError as stands:
        result = f"walked until {stands} would have to come"
    except BrokenWalkError as broken:
        result = str(broken)
    except (KeyError, IndexError, TypeError, urllib.error.URLError) as error:
        wrong, result = 1, f"{type(error).__name__}: {error}"
    print(f"\n{name}")
    for line in walk.lines:
        if not (brief and line.good):
            print(f"  {'ok   ' if line.good else 'WRONG'} {line.text}")
    wrong += sum(not line.good for line in walk.lines)
    return name, len(walk.lines), wrong, time.monotonic() - began, result


sys.exit(main())
