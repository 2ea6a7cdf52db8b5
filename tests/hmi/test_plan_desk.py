"""The worker that plans outages: replaced when lost, never overrun, never left behind."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any

import pytest

from hmi.live.plan_desk import MOST_WAITING, PlanDesk


def plan(_folder: str, request: Mapping[str, Any], _now_ns: int) -> dict[str, Any]:
    if request.get("die"):
        os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(request.get("seconds", 0.0))
    return {"proposal": {"worker": os.getpid()}}


async def test_a_lost_worker_is_replaced() -> None:
    desk = PlanDesk(Path("site"), work=plan)
    try:
        with pytest.raises(BrokenProcessPool):
            await desk.plan({"die": True})
        assert "proposal" in await desk.plan({})
    finally:
        desk.close()


async def test_too_many_plans_at_once_are_turned_away() -> None:
    desk = PlanDesk(Path("site"), work=plan)
    try:
        asked = [asyncio.create_task(desk.plan({"seconds": 0.2})) for _ in range(MOST_WAITING + 1)]
        answers = await asyncio.gather(*asked)
        assert sum("problems" in answer for answer in answers) == 1
        assert "proposal" in await desk.plan({})
    finally:
        desk.close()


MODEL = """
import asyncio, os, signal
from pathlib import Path
from hmi.live.plan_desk import PlanDesk
from tests.hmi.test_plan_desk import plan

async def main():
    answer = await PlanDesk(Path("site"), work=plan).plan({})
    print(answer["proposal"]["worker"], flush=True)
    os.kill(os.getpid(), signal.SIGKILL)

if __name__ == "__main__":
    asyncio.run(main())
"""


def test_a_killed_model_leaves_no_worker_behind(tmp_path: Path) -> None:
    script = tmp_path / "model.py"
    script.write_text(MODEL)
    root = str(Path(__file__).parents[2])
    done = subprocess.run(
        [sys.executable, str(script)],
        cwd=root,
        env={**os.environ, "PYTHONPATH": root},
        stdout=subprocess.PIPE,
        check=False,
        timeout=120,
    )
    assert done.returncode == -signal.SIGKILL
    worker = int(done.stdout)
    for _ in range(200):
        try:
            os.kill(worker, 0)
        except ProcessLookupError:
            return
        if "Z" in Path(f"/proc/{worker}/stat").read_text().split(")")[1][:3]:
            return
        time.sleep(0.05)
    os.kill(worker, signal.SIGKILL)
    pytest.fail("the worker outlived its model process")
