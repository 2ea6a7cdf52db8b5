"""The gateway: order, once, store and forward, supervision, and what it refuses to write."""

from __future__ import annotations

import asyncio
import math
import subprocess
import sys
from contextlib import asynccontextmanager

import pytest

from scada.bus import MemoryBus
from scada.clock import SimulatedClock, SystemClock
from scada.drivers.config import DriverConfig
from scada.drivers.memory import MemoryDriver
from scada.gateway import Gateway, run_gateway
from scada.point import Point
from scada.point_table import PointTable
from scada.ports import BusError
from scada.quality import BAD_NO_COMMUNICATION, GOOD
from scada.samples import SampleBatch
from scada.spool import Spool

TABLE = PointTable(
    [
        Point(id="A", utility="water", quantity="level", unit="m", driver="one", writable=True),
        Point(id="B", utility="water", quantity="level", unit="m", driver="one"),
        Point(id="C", utility="water", quantity="level", unit="m", driver="two", writable=True),
        Point(id="M", utility="water", quantity="level", unit="m", driver="model", writable=True),
    ]
)
LINKS = tuple(DriverConfig(name=name, kind="memory", backoff_s=0.1) for name in ("one", "two"))
SCAN = {"normal": 1.0}


class Core:
    """Serves `core.samples` as core does: the same number twice changes nothing."""

    def __init__(self) -> None:
        self.value: dict[int, float] = {}
        self.quality: dict[int, int] = {}
        self.numbers: list[int] = []
        self.samples = 0
        self.deaf = False
        self.answers_lost = 0

    async def take(self, header, payload):
        if self.deaf:
            raise BusError("core is away")
        if header["number"] > max(self.numbers, default=0):
            self.numbers.append(header["number"])
            samples = SampleBatch.from_bytes(payload)
            self.samples += len(samples)
            for i, handle in enumerate(samples.point.tolist()):
                self.value[handle] = float(samples.value[i])
                self.quality[handle] = int(samples.quality[i])
        if self.answers_lost:
            self.answers_lost -= 1
            raise BusError("the answer was lost")
        return {"number": header["number"]}, b""


@asynccontextmanager
async def _running(**options):
    bus, core = MemoryBus(), Core()
    await bus.serve("core.samples", core.take)
    gateway = Gateway("gw", TABLE, LINKS, SCAN, bus.peer(), SystemClock(), **options)
    task = asyncio.create_task(gateway.run())
    await asyncio.sleep(0)
    try:
        yield gateway, core, bus
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def until(condition, seconds=10.0):
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110  # any condition, not one event
            await asyncio.sleep(0.005)


# ---- forwarding ---------------------------------------------------------------------------------


async def test_samples_reach_core_in_order():
    async with _running() as (gateway, core, _):
        for value in range(50):
            gateway.drivers["one"].set(0, float(value))
            await asyncio.sleep(0)
        gateway.drivers["two"].set(2, 3.0)
        await until(lambda: core.value == {0: 49.0, 2: 3.0})
        assert core.numbers == sorted(set(core.numbers))
        assert core.numbers[-1] == core.samples == 51
        assert len(gateway.spool) == 0


async def test_what_core_missed_is_sent_when_it_is_back():
    async with _running() as (gateway, core, _):
        core.deaf = True
        for value in range(20):
            gateway.drivers["one"].set(0, float(value))
            await asyncio.sleep(0.005)
        assert core.samples == 0
        core.deaf = False
        await until(lambda: core.samples == 20)
        assert gateway.spool.dropped == 0
        assert core.value[0] == 19.0


async def test_a_lost_answer_stores_nothing_twice():
    async with _running() as (gateway, core, _):
        core.answers_lost = 3
        gateway.drivers["one"].set(0, 1.0)
        await until(lambda: core.samples == 1 and len(gateway.spool) == 0)
        assert core.numbers == [1]


async def test_a_full_buffer_drops_the_oldest_and_counts_it():
    async with _running(spool=Spool(10)) as (gateway, core, _):
        core.deaf = True
        for value in range(40):
            gateway.drivers["one"].set(0, float(value))
            await asyncio.sleep(0.002)
        core.deaf = False
        await until(lambda: core.value.get(0) == 39.0)
        assert gateway.spool.dropped > 0
        assert gateway.spool.dropped + core.samples == 40


async def test_while_history_waits_the_present_goes_beside_it():
    async with _running() as (gateway, core, bus):
        shown = {}

        async def live(header, payload):
            batch = SampleBatch.from_bytes(payload)
            shown.update(zip(batch.point.tolist(), batch.value.tolist(), strict=True))
            return {}, b""

        await bus.serve("core.live", live)
        core.deaf = True  # as when core cannot store
        for value in range(30):
            gateway.drivers["one"].set(0, float(value))
            await asyncio.sleep(0.005)
        await until(lambda: shown.get(0) == 29.0)
        assert core.samples == 0
        core.deaf = False
        await until(lambda: core.samples == 30 and len(gateway.spool) == 0)


# ---- links --------------------------------------------------------------------------------------


async def test_a_lost_link_is_bad_quality_and_shown():
    async with _running() as (gateway, core, bus):
        links = await bus.subscribe("links")
        gateway.drivers["one"].set(0, 1.0)
        gateway.drivers["two"].set(2, 1.0)
        await until(lambda: len(core.value) == 2)
        gateway.drivers["one"].cut()
        await until(lambda: core.quality.get(0) == BAD_NO_COMMUNICATION)
        assert core.quality[1] == BAD_NO_COMMUNICATION
        assert core.quality[2] == GOOD
        async with asyncio.timeout(10.0):
            async for message in links:
                state = {link["name"]: link["state"] for link in message.header["links"]}
                if state == {"one": "down", "two": "up"}:
                    break
        assert set(message.header["links"][0]) >= {
            "name",
            "kind",
            "endpoint",
            "state",
            "since_ns",
            "reads",
            "errors",
            "overruns",
            "last_error",
        }


@pytest.mark.parametrize("error", [RuntimeError("fault"), asyncio.CancelledError()])
async def test_a_failing_driver_is_started_again_alone(error, monkeypatch):
    runs = []
    run = MemoryDriver.run

    async def fails_once(self, emit):
        runs.append(self.config.name)
        if runs.count("one") == 1 and self.config.name == "one":
            await asyncio.sleep(0)
            raise error
        await run(self, emit)

    monkeypatch.setattr(MemoryDriver, "run", fails_once)
    async with _running() as (gateway, core, _):
        gateway.drivers["two"].set(2, 1.0)
        await until(lambda: core.quality.get(0) == BAD_NO_COMMUNICATION)
        gateway.drivers["one"].set(0, 5.0)
        await until(lambda: core.value.get(0) == 5.0 and core.value.get(2) == 1.0)
        assert sorted(runs) == ["one", "one", "two"]
        assert gateway.drivers["one"].stats.errors == 1
        assert type(error).__name__ in gateway.drivers["one"].stats.last_error


async def test_only_links_with_points_are_started_and_strange_scan_classes_refused():
    idle = DriverConfig(name="idle", kind="memory")
    gateway = Gateway("gw", TABLE, (*LINKS, idle), SCAN, MemoryBus(), SystemClock())
    assert list(gateway.drivers) == ["one", "two"]
    with pytest.raises(ValueError, match="one: unknown scan class normal"):
        Gateway("gw", TABLE, LINKS, {"fast": 1.0}, MemoryBus(), SystemClock())


# ---- writing ------------------------------------------------------------------------------------


async def test_a_write_is_carried_out_and_read_back():
    async with _running() as (_, core, bus):
        answer, _ = await bus.call("gateway.write", {"point": 2, "value": 4, "origin": "manual"})
        assert answer == {"ok": True, "message": "", "readback": 4.0}
        await until(lambda: core.value.get(2) == 4.0)


@pytest.mark.parametrize(
    ("header", "words"),
    [
        ({"point": 1, "value": 1.0}, "B is not writable"),
        ({"point": 4, "value": 1.0}, "no point has the handle 4"),
        ({"point": -1, "value": 1.0}, "no point has the handle -1"),
        ({"point": "A", "value": 1.0}, "no point has the handle 'A'"),
        ({"value": 1.0}, "no point has the handle None"),
        ({"point": 0, "value": math.nan}, "not a finite number"),
        ({"point": 0, "value": math.inf}, "not a finite number"),
        ({"point": 0, "value": "1"}, "not a number"),
        ({"point": 0, "value": True}, "not a number"),
        ({"point": 0}, "None is not a number"),
        ({"point": 3, "value": 1.0}, "no link 'model'"),
        ({"point": 0, "value": 1.0, "origin": "drill"}, "a drill may not write"),
        ({"point": 0, "value": 1.0, "origin": None}, "of origin None"),
        ({"point": 0, "value": 1.0, "origin": "replay"}, "of origin 'replay'"),
        ({"point": 0, "value": 1.0, "origin": "Drill"}, "of origin 'Drill'"),
    ],
)
async def test_what_may_not_be_written_never_reaches_a_driver(header, words):
    bus = MemoryBus()
    gateway = Gateway("gw", TABLE, LINKS, SCAN, bus, SystemClock())
    answer, _ = await gateway._write({"origin": "manual", **header}, b"")
    assert answer["ok"] is False
    assert words in answer["message"]
    assert all(driver.stats.writes == 0 for driver in gateway.drivers.values())


async def test_a_drill_may_write_to_a_simulated_field():
    async with _running(allow_drill=True) as (gateway, _, bus):
        header = {"point": 0, "value": 2.0, "origin": "drill"}
        answer, _ = await bus.call("gateway.write", {"origin": "manual", **header})
        assert answer["ok"] is True
        assert gateway.drivers["one"].stats.writes == 1


async def test_a_write_to_a_lost_link_fails():
    async with _running() as (gateway, _, bus):
        gateway.drivers["one"].cut()
        answer, _ = await bus.call("gateway.write", {"point": 0, "value": 2.0, "origin": "manual"})
        assert answer["ok"] is False
        assert "down" in answer["message"]


async def test_a_gateway_without_core_starts_and_stops():
    clock = SimulatedClock()
    task = asyncio.create_task(run_gateway("gw", TABLE, LINKS, SCAN, MemoryBus(), clock))
    await clock.advance(10.0)
    assert not task.done()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


def test_protocol_libraries_are_imported_only_for_links_that_need_them():
    code = (
        "import sys, scada.gateway, scada.point_table; "
        "print([m for m in ('pymodbus', 'asyncua') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "[]"
