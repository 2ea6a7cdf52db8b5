"""A trial run of a room: start it, watch it over the bus as any process would, count, stop.

The model is judged at nodes that carry no point, against the plant's own state, which only the
simulated field can know (`truth.npz`).
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from hmi.busing import join_bus
from hmi.live.frames import StateFrame
from hmi.room import Room
from hmi.state_layout import LAYOUTS
from hmi.trial_media import MediumWatch
from network_models.elements import Junction
from scada.ports import Bus, BusError

JUDGE_EVERY_S = 5.0


async def run_trial(
    folder: Path, roles: Sequence[str], seconds: float, *, say: Callable[[str], None]
) -> dict[str, Any]:
    """Run the room of a site for `seconds` after its first good value; its figures."""
    room = Room(folder, roles, lab=True, say=say)
    began = time.monotonic()
    await room.start()
    try:
        await room.wait_ready()
        ready_s = time.monotonic() - began
        say(f"First values after {ready_s:.1f} s; running for {seconds:g} s ...")
        bus = await join_bus(room.data, room.site.bus_url, room.site.bus_space)
        watch = _Watch(bus, room)
        await watch.run(seconds)
        figures = await watch.figures()
        await bus.close()
    finally:
        await room.stop()
    return {"ready_s": round(ready_s, 1), "seconds": seconds, **figures}


class _Watch:
    def __init__(self, bus: Bus, room: Room) -> None:
        self._bus = bus
        self._room = room
        self._links: dict[str, dict[str, Any]] = {}
        self._frame: StateFrame | None = None
        self._solves = 0
        self._solve_ms: list[float] = []
        self._errors: list[float] = []
        self._worst: list[dict[str, Any]] = []
        self._media = {
            utility: MediumWatch(utility, room.site)
            for utility in LAYOUTS
            if utility in room.site.networks
        }

    async def run(self, seconds: float) -> None:
        listen = asyncio.create_task(self._listen())
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            await asyncio.sleep(min(JUDGE_EVERY_S, max(0.0, end - time.monotonic())))
            self._judge()
        listen.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await listen

    async def _listen(self) -> None:
        topics = ["links", "state.water", *(f"state.{utility}" for utility in self._media)]
        messages = await self._bus.subscribe(*topics)
        async for message in messages:
            if message.topic == "links":
                self._links.update({link["name"]: link for link in message.header["links"]})
            elif message.topic != "state.water":
                self._media[message.topic.removeprefix("state.")].take(message)
            else:
                self._frame = StateFrame.from_message(message.header, message.payload)
                self._solves += 1
                self._solve_ms.append(float(message.header["solve_ms"]))
                self._worst = message.header.get("worst_residuals", [])

    def _judge(self) -> None:
        for medium in self._media.values():
            medium.judge()
        self._judge_water()

    def _judge_water(self) -> None:
        """RMSE of the model's head at junctions without a point, against the plant, now."""
        path = self._room.data / "truth.npz"
        net = self._room.site.networks.get("water")
        if self._frame is None or net is None or not path.exists():
            return
        with np.load(path) as truth:
            true_head = truth["head_m"]
        measured = {
            p.element.removeprefix("node:")
            for p in self._room.site.points.points
            if p.utility == "water" and p.driver != "model" and p.element.startswith("node:")
        }
        unseen = np.array(
            [isinstance(n, Junction) and id_ not in measured for id_, n in net.nodes.items()]
        )
        error = (self._frame.head_m - true_head)[unseen]
        error = error[np.isfinite(error)]
        if len(error):
            self._errors.append(float(np.sqrt(np.mean(error**2))))

    async def figures(self) -> dict[str, Any]:
        core, _ = await self._bus.call("core.status", {})
        alarms, _ = await self._bus.call("core.alarms", {})
        samples: dict[str, int] = {}
        for link in self._links.values():
            samples[link["kind"]] = samples.get(link["kind"], 0) + int(link.get("samples", 0))
        model: dict[str, Any] = {}
        with contextlib.suppress(BusError):
            model, _ = await self._bus.call("model.status", {})
        return {
            "points": {k: core.get(k) for k in ("points", "good", "uncertain", "bad")},
            "samples_by_protocol": samples,
            "samples_stored": core.get("samples_received"),
            "history_rows": core.get("history_rows"),
            "alarms_raised": core.get("alarms_raised"),
            "alarms_standing": alarms.get("counts"),
            "solves": self._solves,
            "solve_ms_median": _round(np.median(self._solve_ms) if self._solve_ms else None),
            "worst_residual": self._worst[0] if self._worst else None,
            "rmse_unmeasured_m": _round(np.mean(self._errors) if self._errors else None),
            "rmse_samples": len(self._errors),
            "solve_failures": model.get("failures"),
            "media": {
                utility: watch.figures(model.get("media", {}).get(utility, {}))
                for utility, watch in self._media.items()
            },
        }


def _round(value: float | np.floating[Any] | None) -> float | None:
    return None if value is None else round(float(value), 4)
