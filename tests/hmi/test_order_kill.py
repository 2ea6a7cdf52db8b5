"""`kill -9` between any two steps of an outage order, and in the middle of them: nothing is lost,
nothing is published twice. Real processes, a real web hook, SQLite and PostgreSQL."""

from __future__ import annotations

import http.server
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.hmi.killed_desk import STEPS, Desk
from tests.postgres import PostgresServer

ALL = len(STEPS) + 1
PATIENCE_S = 60.0


class Receiver:
    """A web hook that notes the key and the content of every request."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, Any]] = []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                outer.seen.append((self.headers["idempotency-key"], json.loads(body)))
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                """Not on the terminal."""

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}/"


class Killed:
    """Desks that are started and killed one after another."""

    def __init__(self, url: str, folder: Path) -> None:
        command = [sys.executable, "-m", "tests.hmi.killed_desk", url, str(folder)]
        self._mother = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self._until("loaded")

    def run(self, *, after: int | None = None, within_s: float | None = None) -> set[int]:
        """Run a desk, kill it once step `after` is answered, or after a while; the steps it
        answered."""
        assert self._mother.stdin is not None
        self._mother.stdin.write("go\n")
        self._mother.stdin.flush()
        pid = int(self._line().split()[1])
        answered: set[int] = set()
        if within_s is not None:
            time.sleep(within_s)
            os.kill(pid, signal.SIGKILL)
        while (line := self._line()) not in {"dead", "all"}:
            answered.add(int(line.split()[1]))
            if after in answered:
                os.kill(pid, signal.SIGKILL)
                after = None
        if line == "all":
            os.kill(pid, signal.SIGKILL)
            assert self._until("dead")
        return answered

    def end(self) -> None:
        assert self._mother.stdin is not None
        assert self._mother.stdout is not None
        self._mother.stdin.close()
        self._mother.wait(PATIENCE_S)
        self._mother.stdout.close()

    def _until(self, word: str) -> bool:
        while self._line() != word:
            pass
        return True

    def _line(self) -> str:
        assert self._mother.stdout is not None
        line = self._mother.stdout.readline()
        assert line, "the desks' mother has ended"
        return line.strip()


@contextmanager
def desks(url: str, folder: Path) -> Iterator[tuple[Killed, Receiver]]:
    receiver = Receiver()
    (folder / "hook").write_text(receiver.url)
    killed = Killed(url, folder)
    try:
        yield killed, receiver
    finally:
        killed.end()
        receiver.server.shutdown()
        receiver.server.server_close()


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return str(tmp_path / "records.db")
    server: PostgresServer = request.getfixturevalue("server")
    return server.url()


def check(url: str, folder: Path, receiver: Receiver, answered: set[int]) -> None:
    """The whole order once, and every message of it once."""
    desk = Desk(url, folder)
    end = time.monotonic() + PATIENCE_S
    there = desk.order()
    assert there is not None
    while any(m["state"] != "sent" for m in desk.box.of_order(there[0])):
        desk.send_once()
        assert time.monotonic() < end, "messages wait for ever"
    steps = desk.book.steps(there[0])
    assert answered <= {step["number"] for step in steps}
    assert [step["action"] for step in steps] == ["open", *(action for _, action, _, _ in STEPS)]
    order = desk.service.get(there[0])["order"]
    assert order["state"] == "closed"
    assert len(order["publications"]) == 2
    messages = desk.box.of_order(there[0])
    forms = Counter(m["audience"] for m in messages if m["channel"] == "file")
    assert forms["public/bulletin"] == 3  # publish, extend, restore
    assert max(Counter(m["id"] for m in messages).values()) == 1
    # A file a message; a hook may hear one again, with the same key and the same content.
    files = list((folder / "sent").glob("*.json"))
    assert len(files) == sum(m["channel"] == "file" for m in messages)
    assert not list((folder / "sent").glob("*.part"))
    by_key: dict[str, Any] = {}
    for key, content in receiver.seen:
        assert by_key.setdefault(key, content) == content
    assert set(by_key) == {m["id"] for m in messages if m["channel"] == "hook"}
    desk.records.dispose()


def test_killed_between_any_two_steps(url: str, tmp_path: Path) -> None:
    with desks(url, tmp_path) as (killed, receiver):
        answered: set[int] = set()
        for number in range(1, ALL + 1):
            answered |= killed.run(after=number)
        assert ALL in answered | killed.run()
        check(url, tmp_path, receiver, answered)


def test_killed_at_any_moment(url: str, tmp_path: Path) -> None:
    chance = random.Random(7)
    with desks(url, tmp_path) as (killed, receiver):
        answered: set[int] = set()
        for _ in range(25):
            answered |= killed.run(within_s=chance.uniform(0.0, 0.04))
        answered |= killed.run()
        check(url, tmp_path, receiver, answered)
