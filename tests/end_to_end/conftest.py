"""A whole room on a small city: real processes, real sockets, started once for all tests here."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from scenarios.init_site import init_site

PATIENCE_S = 240.0


@dataclass(frozen=True, slots=True)
class RunningRoom:
    """A served site."""

    folder: Path
    ready: dict[str, Any]

    @property
    def url(self) -> str:
        """Address of the page, with its slash."""
        return str(self.ready["web"])

    def get(self, path: str) -> Any:
        """GET a JSON answer of the page's service."""
        with urllib.request.urlopen(self.url + path, timeout=30) as reply:
            return json.load(reply)

    def post(self, path: str, body: dict[str, Any]) -> Any:
        """POST JSON as the page does."""
        request = urllib.request.Request(
            self.url + path,
            data=json.dumps(body).encode(),
            headers={"content-type": "application/json", "origin": self.url.rstrip("/")},
        )
        with urllib.request.urlopen(request, timeout=300) as reply:
            return json.load(reply)

    def pid(self, role: str) -> int:
        """Process of a role, as the supervisor last wrote it."""
        rows = json.loads((self.folder / "data" / "processes.json").read_text())["processes"]
        return next(int(row["pid"]) for row in rows if row["role"] == role)

    def kill(self, role: str) -> None:
        """kill -9, and wait until the supervisor has started it again."""
        before = self.pid(role)
        os.kill(before, signal.SIGKILL)
        wait_for(lambda: self.pid(role) != before, f"{role} was not started again")


def wait_for(true: Callable[[], object], otherwise: str, patience_s: float = PATIENCE_S) -> None:
    """Wait until `true()`; an error of its own counts as not yet."""
    end = time.monotonic() + patience_s
    last: object = None
    while time.monotonic() < end:
        try:
            last = true()
        except (OSError, ValueError, KeyError, StopIteration) as error:
            last = error
        if last and not isinstance(last, Exception):
            return
        time.sleep(0.2)
    raise AssertionError(f"{otherwise} (last seen: {last!r})")


def serve(folder: Path, *more: str) -> subprocess.Popen[bytes]:
    """`ringmain serve` with the simulated field, its words in a file beside the site."""
    log = (folder.parent / f"{folder.name}.log").open("ab")
    command = [sys.executable, "-c", "from hmi.cli import main; main()"]
    return subprocess.Popen(
        [*command, "serve", str(folder), "--field", "--lab", *more], stdout=log, stderr=log
    )


def running(folder: Path, process: subprocess.Popen[bytes]) -> RunningRoom:
    """Wait until the room of a just started process is ready."""
    ready = folder / "data" / "ready.json"

    def there() -> bool:
        assert process.poll() is None, f"ended: see {folder.parent / (folder.name + '.log')}"
        return ready.exists()

    wait_for(there, f"the room in {folder} did not become ready")
    return RunningRoom(folder, json.loads(ready.read_text()))


def end(process: subprocess.Popen[bytes]) -> int:
    """Stop a room as Ctrl-C does; its exit code."""
    process.send_signal(signal.SIGINT)
    return process.wait(30)


@pytest.fixture(scope="session")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningRoom]:
    """A room on a city of about 600 elements."""
    folder = tmp_path_factory.mktemp("room") / "city"
    init_site(folder, example="city", network_file=None, seed=3, elements=600)
    process = serve(folder)
    try:
        yield running(folder, process)
    finally:
        end(process)
