"""A supervisor that is killed leaves nothing running, and its successor finds everything free."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from hmi.busing import join_bus
from hmi.left_behind import until_gone
from scada.ports import BusError
from scenarios.init_site import init_site

SUPERVISOR = """
import asyncio, sys
from pathlib import Path
from hmi.supervisor import Supervisor

async def main():
    folder = Path(sys.argv[1])
    print("starting", flush=True)
    await Supervisor(folder, folder / "data", ["core"], say=print).start()
    await asyncio.Event().wait()

asyncio.run(main())
"""
PATIENCE_S = 60.0


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "site"
    init_site(folder, example="empty", network_file=None, seed=1, elements=200)
    (folder / "data").mkdir(exist_ok=True)
    (folder / "data" / "run.json").write_text(json.dumps({"web_port": 0, "lab": True}))
    yield folder
    for pid in pids(folder):  # a test that fails leaves nothing running either
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def supervise(folder: Path) -> subprocess.Popen[bytes]:
    words = [sys.executable, "-c", SUPERVISOR, str(folder)]
    return subprocess.Popen(words, stdout=subprocess.PIPE)


def rows(folder: Path) -> list[dict[str, Any]]:
    with contextlib.suppress(OSError, ValueError):
        found: list[dict[str, Any]] = json.loads(
            (folder / "data" / "processes.json").read_text("utf-8")
        )["processes"]
        return found
    return []


def pids(folder: Path) -> list[int]:
    return [row["pid"] for row in rows(folder)]


def wait_for(true: Callable[[], Any]) -> None:
    end = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.005)


def alive(pid: int) -> bool:
    """Whether it runs; one that has ended and was not asked for is none."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    return False


def core_started_ns(folder: Path) -> int:
    """When the core that answers on the site's bus was started; 0: none does."""

    async def ask() -> int:
        bus = await join_bus(folder / "data")
        try:
            return int((await bus.call("core.status", {}, timeout_s=2.0))[0]["started_ns"])
        finally:
            await bus.close()

    with contextlib.suppress(BusError, OSError, TimeoutError):
        return asyncio.run(ask())
    return 0


def test_a_process_that_was_still_starting_ends_with_its_supervisor(site: Path) -> None:
    supervisor = supervise(site)
    wait_for(lambda: pids(site))
    (pid,) = pids(site)
    supervisor.kill()
    supervisor.wait()
    wait_for(lambda: not alive(pid))


def test_the_next_supervisor_waits_for_what_the_killed_one_left(site: Path) -> None:
    supervisor = supervise(site)
    wait_for(lambda: core_started_ns(site))
    (before,) = pids(site)
    os.kill(before, signal.SIGSTOP)  # it is slow to end
    killed_ns = time.time_ns()
    supervisor.kill()
    supervisor.wait()
    after = supervise(site)
    assert after.stdout is not None
    assert after.stdout.readline() == b"starting\n"
    end = time.monotonic() + 1.0
    while time.monotonic() < end:
        assert pids(site) == [before], "started beside what was left"
        time.sleep(0.02)
    os.kill(before, signal.SIGCONT)
    try:
        wait_for(lambda: core_started_ns(site) > killed_ns)
        assert not alive(before)
        assert [row["restarts"] for row in rows(site)] == [0]
    finally:
        after.kill()
        after.wait()


def test_what_does_not_end_is_killed_and_a_stranger_is_left_alone(site: Path) -> None:
    stubborn = "import signal, time; signal.signal(15, signal.SIG_IGN); time.sleep(600)"
    words = [sys.executable, "-c", stubborn, "hmi.processes"]
    ours = subprocess.Popen([*words, "core", "site"], cwd=site.parent)
    other = subprocess.Popen([*words, "core", "elsewhere"], cwd=site.parent)
    listed = site / "data" / "processes.json"
    try:
        found = [{"role": "core", "pid": one.pid, "restarts": 0} for one in (ours, other)]
        listed.write_text(json.dumps({"supervisor": 1, "processes": found}))
        assert asyncio.run(until_gone(site, listed, 0.2)) == ["core"]
        assert ours.wait(30) == -signal.SIGKILL
        assert other.poll() is None
    finally:
        listed.unlink()
        for one in (ours, other):
            one.kill()
            one.wait()


def test_a_site_that_ran_never_or_whose_list_is_torn_waits_for_nothing(site: Path) -> None:
    listed = site / "data" / "processes.json"
    assert asyncio.run(until_gone(site, listed, 60.0)) == []
    listed.write_text('{"processes": [{"role')
    assert asyncio.run(until_gone(site, listed, 60.0)) == []
