"""The gateway: runs the links to the field, forwards their samples, carries out writes.

A driver that fails is started again alone. Samples go to core in order, numbered within this
start of the gateway (its epoch); what core has not confirmed is kept and sent again. A command
that comes from a drill is refused here, at the last step before the wire, unless the gateway was
started for a simulated field.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from scada.drivers.config import DriverConfig
from scada.drivers.link import Driver, DriverJob, WriteError
from scada.drivers.table import DRIVERS
from scada.point_table import PointTable
from scada.poller import Backoff
from scada.ports import Bus, BusError, Clock, Header
from scada.registers import preview
from scada.samples import SampleBatch, joined, latest
from scada.spool import PARCEL_SAMPLES, SampleSpool, Spool

log = logging.getLogger(__name__)

LINKS_PERIOD_S = 2.0
LONGEST_RETRY_S = 2.0
LIVE_PERIOD_S = 0.5
BEHIND_SAMPLES = 4 * PARCEL_SAMPLES
"""With more than this waiting, present values go to core beside the backlog."""
SPOOL_SAMPLES = 2_000_000
"""What is kept while core is away: 64 MB, eleven minutes at 3,000 samples a second."""


class Gateway:
    """The links of one gateway process. `run` lasts until it is cancelled."""

    def __init__(
        self,
        name: str,
        table: PointTable,
        drivers: Iterable[DriverConfig],
        scan: Mapping[str, float],
        bus: Bus,
        clock: Clock,
        *,
        spool: SampleSpool | None = None,
        allow_drill: bool = False,
        may_act: Callable[[], bool] = lambda: True,
    ) -> None:
        """Make a driver for every link that serves points.

        `scan`: seconds between scans of each scan class. `spool` keeps samples until core has
        them (default: in memory, so they die with the gateway); its owner closes it.
        ValueError when a point's address or scan class does not fit.
        """
        self.name = name
        # an empty spool has no length, so `or` would throw it away
        self.spool: SampleSpool = (
            Spool(SPOOL_SAMPLES, epoch=clock.now_ns(), ids=[p.id for p in table])
            if spool is None
            else spool
        )
        self.drivers: dict[str, Driver] = {}
        self._table = table
        self._digest = table.digest
        self._scan = dict(scan)
        self._links: dict[str, asyncio.Task[None]] = {}
        self._tasks: asyncio.TaskGroup | None = None
        self._bus = bus
        self._clock = clock
        self._allow_drill = allow_drill
        self._may_act = may_act
        self._arrived = asyncio.Event()
        self._behind = False
        self._news: list[SampleBatch] = []
        """What came while `_behind`, for the live lane."""
        for config in drivers:
            driver = self._make(config, table, scan)
            if driver is not None:
                self.drivers[config.name] = driver

    def _make(
        self, config: DriverConfig, table: PointTable, scan: Mapping[str, float]
    ) -> Driver | None:
        """A driver for a link; None when it serves no points."""
        points = {handle: table[handle] for handle in table.of_driver(config.name)}
        unknown = sorted({p.scan for p in points.values()} - set(scan))
        if unknown:
            raise ValueError(f"{config.name}: unknown scan class {', '.join(unknown)}")
        if not points:
            return None
        job = DriverJob(config=config, points=points, scan=scan, clock=self._clock)
        return DRIVERS[config.kind].make(job)

    def links(self) -> list[dict[str, Any]]:
        """Figures of every link, as published on `links`."""
        return [driver.stats.as_dict() for driver in self.drivers.values()]

    async def run(self) -> None:
        """Serve writes, publish the links' figures, acquire and forward until cancelled."""
        await self._bus.serve("gateway.write", self._write)
        await self._bus.serve("gateway.preview", self._preview)
        async with asyncio.TaskGroup() as tasks:
            self._tasks = tasks
            for driver in self.drivers.values():
                self._start(driver)
            tasks.create_task(self._forward(), name="forward")
            tasks.create_task(self._live_lane(), name="live lane")
            tasks.create_task(self._publish_links(), name="links")
            tasks.create_task(self._sync(), name="sync")

    def _start(self, driver: Driver) -> None:
        assert self._tasks is not None
        name = driver.config.name
        self._links[name] = self._tasks.create_task(self._supervise(driver), name=f"link {name}")

    async def change(
        self, table: PointTable, drivers: Iterable[DriverConfig], scan: Mapping[str, float]
    ) -> list[str]:
        """Run with other points and links from now on; the names of the links that began anew.

        A link whose settings and points are read as before goes on undisturbed. ValueError when a
        point's address or scan class does not fit; then nothing has changed.
        """
        configs = list(drivers)
        kept = {
            config.name
            for config in configs
            if (old := self.drivers.get(config.name)) is not None
            and old.config == config
            and _reading(self._table, config.name, self._scan) == _reading(table, config.name, scan)
        }
        made = {
            config.name: driver
            for config in configs
            if config.name not in kept and (driver := self._make(config, table, scan)) is not None
        }
        stopped = [task for name, task in self._links.items() if name not in kept]
        for task in stopped:
            task.cancel()
        await asyncio.gather(*stopped, return_exceptions=True)
        # from here to the end nothing else runs: no sample gets a handle of the wrong list
        self.spool.use_list([point.id for point in table])
        self._news.clear()
        for name in kept:
            self.drivers[name].renumber(table.of_driver(name))
        self._links = {name: task for name, task in self._links.items() if name in kept}
        self.drivers = {
            config.name: made.get(config.name) or self.drivers[config.name]
            for config in configs
            if config.name in made or config.name in kept
        }
        self._table, self._scan, self._digest = table, dict(scan), table.digest
        if self._tasks is not None:
            for driver in made.values():
                self._start(driver)
        return sorted(made)

    async def _supervise(self, driver: Driver) -> None:
        """Run a driver; when it fails, say so, and start it again after a growing wait."""
        backoff = Backoff(driver.config.backoff_s, first_s=0.5, seed=driver.config.name)
        while True:
            try:
                await driver.run(self._take)
            except asyncio.CancelledError as error:
                task = asyncio.current_task()
                if task is not None and task.cancelling():
                    raise
                # a library cancelled its own future; nobody asked this link to stop
                self._failed(driver, error)
            except Exception as error:  # whatever it is, the other links go on
                log.exception("link %s failed and is started again", driver.config.name)
                self._failed(driver, error)
            await self._clock.sleep(backoff.next_s())

    def _failed(self, driver: Driver, error: BaseException) -> None:
        driver.stats.fault(f"{type(error).__name__}: {error}")
        driver.stats.enter("down", self._clock.now_ns())
        self._take(driver.lost())

    def _take(self, samples: SampleBatch) -> None:
        if len(samples):
            self.spool.put(samples)
            self._arrived.set()
            if self._behind:
                self._news.append(samples)

    async def _forward(self) -> None:
        """Send parcel after parcel; a parcel that was not confirmed is sent again."""
        backoff = Backoff(LONGEST_RETRY_S, first_s=0.1, seed=self.name)
        while True:
            parcel = self.spool.peek()
            if parcel is None:
                self._arrived.clear()
                await self._arrived.wait()
                continue
            header = {
                "gateway": self.name,
                "epoch": parcel.epoch,
                "first": parcel.number - parcel.samples + 1,
                "number": parcel.number,
                "origin": "measured",
                "points": self._digest,
            }
            try:
                answer, _ = await self._bus.call("core.samples", header, parcel.payload)
            except BusError as error:
                log.debug("parcel %d waits: %s", parcel.number, error)
                self._behind = True
                await self._clock.sleep(backoff.next_s())
                continue
            backoff.reset()
            self.spool.confirm(int(answer.get("number", parcel.number)))
            self._behind = len(self.spool) > BEHIND_SAMPLES

    async def _live_lane(self) -> None:
        """While history waits, let alarms and pages have the present at least.

        The samples are in the spool as well and are stored when their turn comes.
        """
        while True:
            await self._clock.sleep(LIVE_PERIOD_S)
            if not self._news:
                continue
            present = latest(joined(self._news))
            self._news = []
            header = {"gateway": self.name, "origin": "measured", "points": self._digest}
            try:
                await self._bus.call("core.live", header, present.to_bytes())
            except BusError:
                if self._behind:  # core is away; what is newest now still counts when it is back
                    self._news.insert(0, present)

    async def _publish_links(self) -> None:
        while True:
            header = {
                "gateway": self.name,
                "links": self.links(),
                "points": self._digest,
                "time_ns": self._clock.now_ns(),
                **self.spool.figures(),
            }
            with contextlib.suppress(BusError):  # the next figures come in two seconds
                await self._bus.publish("links", header)
            await self._clock.sleep(LINKS_PERIOD_S)

    async def _sync(self) -> None:
        """What core does not take for a while must outlive even a loss of power."""
        while True:
            await self._clock.sleep(LINKS_PERIOD_S)
            if len(self.spool):
                await asyncio.to_thread(self.spool.sync)

    async def _write(self, header: Header, _payload: bytes) -> tuple[Header, bytes]:
        """Serve `gateway.write`: {point, id, value (SI), origin} -> {ok, message, readback}."""
        try:
            readback = await self._carry_out(header)
        except WriteError as error:
            return {"ok": False, "message": str(error), "readback": None}, b""
        return {"ok": True, "message": "", "readback": readback}, b""

    async def _preview(self, header: Header, _payload: bytes) -> tuple[Header, bytes]:
        """{driver, address, count} -> {ok, message, words, rows}: what registers could mean."""
        driver = self.drivers.get(str(header.get("driver")))
        read = getattr(driver, "read_words", None)
        answer: Header = {"ok": False, "message": "", "words": [], "rows": []}
        if read is None:
            return {**answer, "message": f"no Modbus link {header.get('driver')!r} runs here"}, b""
        try:
            words = await read(str(header.get("address")), int(header.get("count") or 4))
        except (WriteError, ValueError) as error:
            return {**answer, "message": str(error)}, b""
        return {"ok": True, "message": "", "words": words, "rows": preview(words)}, b""

    async def _carry_out(self, header: Header) -> float:
        if not self._may_act():
            raise WriteError("another room has taken over")
        # The last step before the wire: a simulated field takes a drill's commands, a real one
        # takes an operator's, and neither takes what does not say where it comes from.
        origin = header.get("origin")
        if origin == "drill" and not self._allow_drill:
            raise WriteError("a drill may not write to the real field")
        if origin not in ("manual", "drill"):
            raise WriteError(f"a command of origin {origin!r} may not write to the field")
        handle, value = header.get("point"), header.get("value")
        if not isinstance(handle, int) or not 0 <= handle < len(self._table):
            raise WriteError(f"no point has the handle {handle!r}")
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise WriteError(f"{value!r} is not a number")
        if not math.isfinite(value):
            raise WriteError(f"{value} is not a finite number")
        point = self._table[handle]
        if header.get("id", point.id) != point.id:
            raise WriteError(f"{header['id']}: this gateway runs with another point list")
        if not point.writable:
            raise WriteError(f"{point.id} is not writable")
        driver = self.drivers.get(point.driver)
        if driver is None:
            raise WriteError(f"{point.id}: this gateway has no link {point.driver!r}")
        return await driver.write(handle, float(value))


def _reading(table: PointTable, driver: str, scan: Mapping[str, float]) -> list[tuple[object, ...]]:
    """What of a link's points decides how they are read and written."""
    return [
        (
            *(p.id, p.unit, p.address, p.type, p.word_order, p.scale, p.offset),
            *(p.writable, p.deadband, scan.get(p.scan)),
        )
        for p in (table[handle] for handle in table.of_driver(driver))
    ]


async def run_gateway(
    name: str,
    table: PointTable,
    drivers: Iterable[DriverConfig],
    scan: Mapping[str, float],
    bus: Bus,
    clock: Clock,
    *,
    spool: SampleSpool | None = None,
    allow_drill: bool = False,
    may_act: Callable[[], bool] = lambda: True,
) -> None:
    """Run a gateway until cancelled; see `Gateway`."""
    gateway = Gateway(
        name,
        table,
        drivers,
        scan,
        bus,
        clock,
        spool=spool,
        allow_drill=allow_drill,
        may_act=may_act,
    )
    try:
        await gateway.run()
    finally:
        gateway.spool.close()
