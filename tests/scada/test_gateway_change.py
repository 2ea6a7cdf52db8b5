"""Other points and links while the gateway runs: what stays the same is not disturbed."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from scada.bus import MemoryBus
from scada.clock import SystemClock
from scada.drivers.config import DriverConfig
from scada.gateway import Gateway
from scada.intake import Intake
from scada.point import Point
from scada.point_table import PointTable
from scada.ports import BusError
from scada.samples import SampleBatch
from scada.spool import Spool
from scada.spool_disk import DiskSpool
from scada.store.port import Mark

SCAN = {"normal": 1.0}


def point(name: str, driver: str, **fields: object) -> Point:
    return Point(id=name, utility="water", quantity="level", unit="m", driver=driver, **fields)  # type: ignore[arg-type]


OLD = PointTable([point("A", "one"), point("B", "two", writable=True)])
NEW = PointTable([point("C", "three"), point("B", "two", writable=True), point("A2", "one")])
LINKS = {name: DriverConfig(name=name, kind="memory") for name in ("one", "two", "three")}


class Core:
    """Takes samples by point id, for the list it has now."""

    def __init__(self, table: PointTable) -> None:
        self.use(table)
        self.got: list[tuple[str, float]] = []

    def use(self, table: PointTable) -> None:
        self.ids = [p.id for p in table]
        self.intake = Intake((), self.ids)

    async def take(self, header, payload):  # type: ignore[no-untyped-def]
        self.intake.check_list(header)
        mark = Mark(gateway="g", epoch=header["epoch"], number=header["number"])
        batch = self.intake.fresh(mark, header["first"], SampleBatch.from_bytes(payload))
        self.got += [
            (self.ids[p], v)
            for p, v in zip(batch.point.tolist(), batch.value.tolist(), strict=True)
        ]
        self.intake.done(mark)
        return {"number": mark.number}, b""


async def until(condition) -> None:  # type: ignore[no-untyped-def]
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110  # any condition, not one event
            await asyncio.sleep(0.005)


@asynccontextmanager
async def running(spool):  # type: ignore[no-untyped-def]
    bus, core = MemoryBus(), Core(OLD)
    await bus.serve("core.samples", core.take)
    links = [LINKS["one"], LINKS["two"]]
    gateway = Gateway("g", OLD, links, SCAN, bus.peer(), SystemClock(), spool=spool)
    task = asyncio.create_task(gateway.run())
    await asyncio.sleep(0)
    try:
        yield gateway, core, bus
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        gateway.spool.close()


@pytest.mark.parametrize("kind", ["memory", "disk"])
async def test_samples_find_their_points_across_a_change(kind: str, tmp_path: Path) -> None:
    ids = [p.id for p in OLD]
    spool = DiskSpool(tmp_path, ids, 1) if kind == "disk" else Spool(1000, ids=ids)
    async with running(spool) as (gateway, core, _):
        same = gateway.drivers["two"]
        same.set(1, 1.0)
        await until(lambda: core.got == [("B", 1.0)])
        core.use(NEW)  # core has the new list first: samples wait
        gateway.drivers["one"].set(0, 7.0)
        same.set(1, 2.0)
        await asyncio.sleep(0.1)
        assert len(core.got) == 1
        begun = await gateway.change(NEW, LINKS.values(), SCAN)
        assert begun == ["one", "three"]
        assert gateway.drivers["two"] is same
        await until(lambda: ("B", 2.0) in core.got)
        assert "A" not in {name for name, _ in core.got}  # it left the list
        same.set(1, 3.0)
        gateway.drivers["three"].set(0, 4.0)
        gateway.drivers["one"].set(2, 5.0)
        wanted = {("B", 3.0), ("C", 4.0), ("A2", 5.0)}
        await until(lambda: wanted <= set(core.got))
        assert len(core.got) == len(set(core.got))
        await until(lambda: len(gateway.spool) == 0)  # confirmed after core has it


async def test_a_change_that_does_not_fit_changes_nothing() -> None:
    async with running(Spool(1000, ids=["A", "B"])) as (gateway, core, _):
        bad = PointTable([point("A", "one"), point("X", "three", scan="never")])
        with pytest.raises(ValueError, match="unknown scan class never"):
            await gateway.change(bad, LINKS.values(), SCAN)
        gateway.drivers["one"].set(0, 7.0)
        await until(lambda: core.got == [("A", 7.0)])


async def test_a_write_for_another_point_list_never_reaches_a_device() -> None:
    async with running(Spool(1000, ids=["A", "B"])) as (gateway, _, bus):
        await gateway.change(NEW, LINKS.values(), SCAN)
        header = {"point": 1, "id": "A", "value": 1.0, "origin": "manual"}
        answer, _ = await bus.call("gateway.write", header)
        assert answer["ok"] is False
        assert "another point list" in answer["message"]
        answer, _ = await bus.call("gateway.write", {**header, "id": "B"})
        assert answer["ok"] is True


def test_core_refuses_samples_of_another_point_list() -> None:
    intake = Intake((), ["A", "B"])
    intake.check_list({})
    intake.check_list({"points": OLD.digest})
    with pytest.raises(BusError, match="another point list"):
        intake.check_list({"points": NEW.digest})
