"""A room without a field: serves the bus services of core and model for a small made-up city.

For the tests of the web process and for working on the page:
`python -m tests.hmi.feeder --port 8090`.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import secrets
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from hmi.records import Audit, engine, migrate
from hmi.records.desk import serve_outages
from scada import quality
from scada.bus import MemoryBus
from scada.command_selection import SELECTED_FOR_S, Selection, SelectionError, Selections
from scada.ports import Header
from scada.samples import SampleBatch
from tests.hmi.feeder_city import city, pressures
from tests.hmi.feeder_plan import proposal

NS = 1_000_000_000


class Feeder:
    """Plays core, gateway and model on a bus."""

    def __init__(self, bus: MemoryBus, *, side: int = 14) -> None:
        self.bus = bus
        self.view = city(side)
        self.points = self.view.points
        self.alarms: dict[str, dict[str, Any]] = {}
        self.journal: list[dict[str, Any]] = []
        self.writes: list[Header] = []
        self.selections = Selections()
        self.two_person: set[str] = set()
        self.plan_delay_s = 0.0
        self.net = self.view.networks["water"]
        self.fields = {u: pressures(net) for u, net in self.view.networks.items()}
        self.link_flow = 0.02 + 0.015 * np.sin(np.arange(len(self.net.links)))
        self.base = np.array([self._base(p) for p in self.points])
        self.seq = 0
        self._folder = tempfile.TemporaryDirectory(prefix="ringmain-feeder-")
        self._task: asyncio.Task[None] | None = None

    def _base(self, point: Any) -> float:
        kind, _, id_ = point.element.partition(":")
        if point.quantity == "pressure" and kind == "node":
            return float(self.fields[point.utility][id_])
        return {
            "flow": 0.05,
            "level": 3.4,
            "status": 1.0,
            "pressure": 1.2e5,
            "temperature": 362.0,
            "setting": 3.2e5,
        }[point.quantity]

    def batch(self, now_ns: int, *, model: bool = False) -> SampleBatch:
        """Values of every point at a time; a few are bad, uncertain or missing on purpose."""
        handle = np.arange(len(self.points), dtype=np.uint32)
        t = now_ns / 1e9
        wave = 1.0 + 0.012 * np.sin(t / 300.0 + handle)
        value = self.base * np.where(self.base > 2.0, wave, 1.0)
        code = np.zeros(len(handle), dtype=np.uint32)
        if model:
            shown = [i for i, p in enumerate(self.points) if p.utility == "water"]
            value = value * (1.0 + 0.01 * np.cos(handle * 1.7))
            keep = np.array(shown)
            handle, value, code = handle[keep], value[keep], code[keep]
        else:
            code[7], value[7] = quality.BAD_NO_COMMUNICATION, math.nan
            code[19] = quality.UNCERTAIN_LAST_USABLE
            code[9] = quality.BAD_SENSOR_FAILURE
        times = np.full(len(handle), now_ns, dtype=np.int64)
        return SampleBatch(handle, value, code, times, times)

    async def start(self, *, live: bool = True) -> None:
        """Serve; with `live`, publish values, links and states too."""
        for name in (
            "snapshot",
            "alarms",
            "acknowledge",
            "events",
            "history",
            "select",
            "approve",
            "cancel",
            "operate",
            "selections",
            "status",
            "substitutes",
        ):
            await self.bus.serve(f"core.{name}", getattr(self, f"_{name}"))
        await self.bus.serve("model.plan_outage", self._plan)
        await self.bus.serve("outages.beside", self._beside)
        await self.bus.serve("model.status", self._model_status)
        records = engine(Path(self._folder.name) / "records.db")
        migrate(records)
        await serve_outages(self.bus, records, Audit(records))
        low = [p for p in self.points if p.end_point and p.limits.low is not None][:2]
        others = [p for p in self.points if p.limits.high is not None][:3]
        for k, point in enumerate([*low, *others]):
            await self.raise_alarm(point, ("urgent", "urgent", "high", "medium", "low")[k])
        if live:
            self._task = asyncio.create_task(self._publish())

    async def stop(self) -> None:
        """Stop publishing."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        self._folder.cleanup()

    async def raise_alarm(self, point: Any, priority: str) -> None:
        """An unacknowledged alarm of a point."""
        now = time.time_ns()
        kind = "low" if point.limits.low is not None else "high"
        alarm = {
            "id": f"{point.id}.{kind}",
            "source": point.id,
            "kind": kind,
            "state": "unacknowledged",
            "priority": priority,
            "value": 0.93 * float(getattr(point.limits, kind)),
            "limit": float(getattr(point.limits, kind)),
            "unit": point.unit,
            "raised_ns": now - 300 * NS,
            "changed_ns": now - 300 * NS,
            "acknowledged_by": "",
            "comment": "",
            "rule": point.rule,
            "text_zh": point.text_zh,
            "text_en": point.text_en,
            "occurrences": 1,
        }
        self.alarms[alarm["id"]] = alarm
        await self._event(alarm, "raised")

    async def _event(self, alarm: dict[str, Any], event: str, **more: Any) -> None:
        entry = {**alarm, "event": event, "time_ns": time.time_ns(), **more}
        entry["sequence"] = len(self.journal) + 1
        self.journal.append(entry)
        await self.bus.publish("alarm", entry)

    async def _publish(self) -> None:
        while True:
            now = time.time_ns()
            self.seq += 1
            part = self.batch(now)
            await self.bus.publish(
                "values", {"seq": self.seq, "origin": "measured"}, part.to_bytes()
            )
            if self.seq % 4 == 1:
                model = self.batch(now, model=True).to_bytes()
                await self.bus.publish("values", {"seq": self.seq, "origin": "model"}, model)
                await self._publish_state(now)
                await self.bus.publish("links", {"links": self._links(now)})
            await asyncio.sleep(0.5)

    async def _publish_state(self, now_ns: int) -> None:
        pa = np.array(list(self.fields["water"].values()))
        pa = pa * (1.0 + 0.02 * math.sin(now_ns / 60e9))
        pressure = pa / 9806.65
        elevation = np.array([n.elevation_m for n in self.net.nodes.values()])
        n, m = len(pressure), len(self.net.links)
        arrays = (elevation + pressure, pressure, np.full(n, 1e-3), self.link_flow, np.ones(m))
        low = [id_ for id_, p in zip(self.net.nodes, pa, strict=True) if p < 1.4e5]
        header = {
            "network_version": 1,
            "time_ns": now_ns,
            "n_nodes": n,
            "n_links": m,
            "solve_ms": 12.4,
            "report": {"converged": True, "iterations": 5},
            "low_end_nodes": low,
        }
        payload = b"".join(np.asarray(a, "<f8").tobytes() for a in arrays)
        await self.bus.publish("state.water", header, payload)

    def _links(self, now_ns: int) -> list[dict[str, Any]]:
        rows = []
        for k, name in enumerate(self.view.drivers):
            down = k == 2
            rows.append(
                {
                    "name": name,
                    "kind": "opcua" if name.startswith("plc") else "modbus_tcp",
                    "endpoint": f"127.0.0.1:{15020 + k}",
                    "state": "down" if down else "up",
                    "since_ns": now_ns - (90 if down else 5400) * NS,
                    "reads": 10_000 + self.seq * (k + 1),
                    "errors": 12 if down else 0,
                    "overruns": k,
                    "last_error": "connection refused" if down else "",
                }
            )
        return rows

    # ---- services ---------------------------------------------------------------------------

    async def _snapshot(self, _header: Header, _payload: bytes) -> tuple[Header, bytes]:
        now = time.time_ns()
        measured = self.batch(now).to_bytes()
        model = self.batch(now, model=True).to_bytes()
        return {"measured_bytes": len(measured), "model_bytes": len(model)}, measured + model

    async def _alarms(self, _header: Header, _payload: bytes) -> tuple[Header, bytes]:
        rows = list(self.alarms.values())
        counts = {
            p: sum(a["priority"] == p for a in rows) for p in ("urgent", "high", "medium", "low")
        }
        counts["unacknowledged"] = sum(a["state"] == "unacknowledged" for a in rows)
        return {"alarms": rows, "counts": counts}, b""

    async def _substitutes(self, _header: Header, _payload: bytes) -> tuple[Header, bytes]:
        return {"substitutes": []}, b""

    async def _acknowledge(self, header: Header, _payload: bytes) -> tuple[Header, bytes]:
        done, refused = [], []
        for id_ in header["ids"]:
            alarm = self.alarms.get(id_)
            if alarm is None or alarm["state"] != "unacknowledged":
                refused.append({"id": id_, "reason": "not waiting for an acknowledgement"})
                continue
            alarm.update(
                state="acknowledged",
                acknowledged_by=header["user"],
                comment=header["comment"],
                changed_ns=time.time_ns(),
            )
            await self._event(alarm, "acknowledged", user=header["user"])
            done.append(id_)
        return {"acknowledged": done, "refused": refused}, b""

    async def _events(self, header: Header, _payload: bytes) -> tuple[Header, bytes]:
        before = header["before"] or len(self.journal) + 1
        rows = [e for e in reversed(self.journal) if e["sequence"] < before]
        return {"events": rows[: header["limit"]]}, b""

    async def _history(self, header: Header, _payload: bytes) -> tuple[Header, bytes]:
        k = next(i for i, p in enumerate(self.points) if p.id == header["point"])
        n = min(header["max_points"], 600)
        t = np.linspace(header["from_ns"], header["to_ns"], n).astype("<i8")
        value = self.base[k] * (1 + 0.03 * np.sin(t / 1e9 / 900.0 + k))
        code = np.zeros(n, dtype="<u4")
        if header["origin"] == "measured":
            code[n // 3 : n // 3 + n // 20] = quality.BAD_NO_COMMUNICATION
            value = value + self.base[k] * 0.004 * np.sin(np.arange(n) * 1.3)
        return {"n": n}, t.tobytes() + value.astype("<f8").tobytes() + code.tobytes()

    async def _select(self, header: Header, _payload: bytes) -> tuple[Header, bytes]:
        now_s = time.monotonic()
        k = next(i for i, p in enumerate(self.points) if p.id == header["point"])
        selection = Selection(
            token=secrets.token_hex(8),
            handle=k,
            value=header["value"],
            user=header["user"],
            origin="manual",
            order=header["order"],
            until_s=now_s + SELECTED_FOR_S,
            two_person=header["point"] in self.two_person,
        )
        try:
            self.selections.add(selection, now_s)
        except SelectionError as problem:
            return {"token": "", "message": str(problem)}, b""
        answer = {"token": selection.token, "message": "", "expires_s": SELECTED_FOR_S}
        return {**answer, "two_person": selection.two_person}, b""

    async def _selections(self, _header: Header, _payload: bytes) -> tuple[Header, bytes]:
        now_s = time.monotonic()
        kept = self.selections.all(now_s)
        return {"selections": [s.as_dict(self.points[s.handle].id, now_s) for s in kept]}, b""

    async def _approve(self, header: Header, _payload: bytes) -> tuple[Header, bytes]:
        try:
            self.selections.approve(header["token"], header["user"], time.monotonic())
        except SelectionError as problem:
            return {"message": str(problem)}, b""
        return {"message": ""}, b""

    async def _cancel(self, header: Header, _payload: bytes) -> tuple[Header, bytes]:
        try:
            self.selections.cancel(header["token"], header["user"], time.monotonic())
        except SelectionError as problem:
            return {"message": str(problem)}, b""
        return {"message": ""}, b""

    async def _operate(self, header: Header, _payload: bytes) -> tuple[Header, bytes]:
        try:
            chosen = self.selections.take(header["token"], header["user"], time.monotonic())
        except SelectionError as problem:
            return {"state": "not-selected", "message": str(problem), "readback": None}, b""
        written = {"point": self.points[chosen.handle].id, "value": chosen.value}
        self.writes.append({**written, "user": header["user"], "reason": header["reason"]})
        self.base[chosen.handle] = chosen.value
        return {"state": "confirmed", "message": "", "readback": chosen.value}, b""

    async def _status(self, _header: Header, _payload: bytes) -> tuple[Header, bytes]:
        n = len(self.points)
        return {
            "points": n,
            "good": n - 3,
            "uncertain": 1,
            "bad": 2,
            "samples_received": 1000 * self.seq,
            "samples_per_s": 2.0 * n,
            "history_rows": 523_412,
            "alarms_raised": len(self.journal),
            "started_ns": time.time_ns() - 5400 * NS,
        }, b""

    async def _model_status(self, _header: Header, _payload: bytes) -> tuple[Header, bytes]:
        return {"solves": self.seq // 4, "failures": 0, "last_error": "", "groups": 6}, b""

    async def _beside(self, _header: Header, _payload: bytes) -> tuple[Header, bytes]:
        return {"answer": []}, b""

    async def _plan(self, header: Header, _payload: bytes) -> tuple[Header, bytes]:
        await asyncio.sleep(self.plan_delay_s)
        link = header["element"].rpartition(":")[2]
        if link not in self.net.links:
            found = {"field": "element", "found": header["element"], "expected": "a known element"}
            return {"problems": [{"file": "request", "line": None, **found}]}, b""
        return {"proposal": proposal(self.view, link, header)}, b""


async def _serve(port: int, side: int) -> None:
    import uvicorn

    import hmi
    from hmi.app import SERVER_OPTIONS, create_app
    from hmi.security.access import LabAccess

    bus = MemoryBus()
    feeder = Feeder(bus, side=side)
    feeder.plan_delay_s = 2.0
    await feeder.start()
    static = Path(str(hmi.__file__)).parent / "static"
    app = create_app(bus.peer(), feeder.view, static, access=LabAccess())
    config = uvicorn.Config(app, port=port, log_level="warning", **SERVER_OPTIONS)
    await uvicorn.Server(config).serve()
    await feeder.stop()


if __name__ == "__main__":
    import argparse

    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=8090)
    parser.add_argument("--side", type=int, default=14)
    args = parser.parse_args()
    asyncio.run(_serve(args.port, args.side))
