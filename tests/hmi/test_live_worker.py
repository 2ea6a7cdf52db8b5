"""The worker that plans outages is replaced when it is lost."""

from __future__ import annotations

import os
import signal
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any, cast

import pytest

from hmi.live import service
from hmi.live.service import LiveModel


def plan(_folder: str, request: Mapping[str, Any], _now_ns: int) -> dict[str, Any]:
    if request["die"]:
        os.kill(os.getpid(), signal.SIGKILL)
    return {"proposal": {}}


async def test_a_lost_worker_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "plan_in_worker", plan)
    model = cast("Any", object.__new__(LiveModel))
    model._workers = None
    model.site = SimpleNamespace(path="site")
    try:
        with pytest.raises(service.BrokenExecutor):
            await model._plan_outage({"die": True}, b"")
        answer, _ = await model._plan_outage({"die": False}, b"")
        assert answer == {"proposal": {}}
    finally:
        if model._workers is not None:
            model._workers.shutdown()
