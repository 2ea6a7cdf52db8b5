"""The Modbus TCP driver: one task a link that polls, judges, reports and mends itself.

pymodbus (`drivers/modbus_client`) carries requests; the codec, the read planner and the judgement
of replies are ours. Rules, each learned from somebody's lost night:

- A lost connection makes every point bad once, after the backup routes failed too; attempts to
  reconnect are at most `backoff_s` apart and jittered.
- Scans of different links do not begin at the same instant: each has its own place in the period.
- A unit that stays silent twice in a row is left alone for growing times, so that the other units
  of a shared line keep their pace.
- A read refused as illegal address is cut in two, again and again; the cuts are remembered, and a
  value refused on its own is a configuration fault of that point alone.
"""

from __future__ import annotations

import struct
from collections import deque
from collections.abc import Sequence
from itertools import chain, zip_longest

import numpy as np
from numpy.typing import NDArray

from scada.address import BIT_AREAS, parse_hole, parse_modbus
from scada.drivers.config import DriverConfig
from scada.drivers.link import (
    READBACK_WAITS_S,
    DriverJob,
    Emit,
    LinkStats,
    WriteError,
    batch,
)
from scada.drivers.modbus_client import (
    LinkLost,
    ModbusError,
    ModbusLink,
    NoReply,
    Refused,
    WrongReply,
)
from scada.drivers.modbus_points import (
    CompiledRead,
    build_write,
    compile_reads,
    group_by_scan,
    place_of,
    read_request,
)
from scada.drivers.modbus_routes import BackToFirst, Routes
from scada.poll_plan import MAX_REGISTERS, Cut, Item, Read, split
from scada.poller import Backoff, ChangeFilter, ScanSchedule, place_in_period
from scada.quality import BAD_CONFIGURATION, BAD_NO_COMMUNICATION, BAD_SENSOR_FAILURE, GOOD
from scada.samples import SampleBatch

MISSES = 2
"""Failures in a row before values turn bad: one lost reply alarms nobody."""

RETRY_REFUSED_S = 60.0
"""How long a value that its unit does not know is left alone."""

_ILLEGAL = frozenset({2, 3})
_BEHIND_GATEWAY = frozenset({10, 11})
_BROKEN = frozenset({4, 8})


class _Unit:
    """What is known about one unit of the link."""

    __slots__ = ("backoff", "cuts", "misses", "places", "retry_at", "silent")

    def __init__(self, name: str, number: int, cap_s: float) -> None:
        self.places: NDArray[np.intp] = np.empty(0, dtype=np.intp)
        self.cuts: set[Cut] = set()
        self.misses = 0
        self.silent = False
        self.retry_at = 0.0
        self.backoff = Backoff(cap_s, first_s=1.0, seed=f"{name}/{number}")


class ModbusTcpDriver:
    """A link to one Modbus TCP server with one or more units behind it."""

    def __init__(self, job: DriverJob) -> None:
        self.config: DriverConfig = job.config
        self.stats = LinkStats(job.config.name, job.config.kind, job.config.endpoint)
        self._clock = job.clock
        self._points = list(job.points.values())
        self._handles = np.array(list(job.points), dtype=np.uint32)
        self._number = {handle: i for i, handle in enumerate(job.points)}
        self._places = [place_of(p, i, job.config.unit) for i, p in enumerate(self._points)]
        self._filter = ChangeFilter(len(self._points), job.config.heartbeat_s)
        self._groups = group_by_scan(
            dict(enumerate(self._places)), {i: p.scan for i, p in enumerate(self._points)}
        )
        self._periods = {name: job.scan[name] for name in self._groups}
        self._units: dict[int, _Unit] = {}
        for number in sorted({place.unit for place in self._places}):
            unit = _Unit(job.config.name, number, job.config.backoff_s)
            unit.places = np.array(
                [i for i, p in enumerate(self._places) if p.unit == number], dtype=np.intp
            )
            unit.cuts.update(
                (hole.area, hole.number)  # no read may hold what is before a hole and what is after
                for hole, _ in map(parse_hole, job.config.holes)
                if number == (job.config.unit if hole.unit is None else hole.unit)
            )
            self._units[number] = unit
        self._reads = {name: self._compile(name) for name in self._groups}
        self._link: ModbusLink | None = None
        self._routes: Routes
        self._emit: Emit = _nobody

    # ---- acquiring --------------------------------------------------------------------------

    async def run(self, emit: Emit) -> None:
        """Poll for ever; returns only by cancellation."""
        self._emit = emit
        backoff = Backoff(self.config.backoff_s, seed=self.config.name)
        routes = self._routes = Routes(self.config)
        try:
            while True:
                try:
                    link = await routes.connect(self._clock.monotonic_s())
                    self._link, self.stats.route = link, routes.name
                    await self._session(link, backoff)
                except BackToFirst:
                    continue
                except LinkLost as error:
                    self.stats.fault(str(error))
                    routes.failed()
                    if not routes.exhausted:
                        self.stats.failovers += 1
                        continue
                    self._send_lost()
                finally:
                    self._link = None
                await self._clock.sleep(backoff.next_s())
                self.stats.reconnects += 1
        finally:
            routes.close()
            self.stats.enter("down", self._clock.now_ns())

    def renumber(self, handles: Sequence[int]) -> None:
        """Use other handles from now on, in the order of the job's points."""
        self._handles = np.array(handles, dtype=np.uint32)
        self._number = {handle: i for i, handle in enumerate(handles)}

    def lost(self) -> SampleBatch:
        """Mark all points as without communication; the samples that say so."""
        everything = np.arange(len(self._points), dtype=np.intp)
        return self._failed(everything, BAD_NO_COMMUNICATION)

    async def _session(self, link: ModbusLink, backoff: Backoff) -> None:
        """Scan over one connection until it is lost."""
        for unit in self._units.values():
            unit.misses, unit.retry_at = 0, 0.0
            unit.backoff.reset()
        schedule = ScanSchedule(
            self._periods, self._clock.monotonic_s(), place=place_in_period(self.config.name)
        )
        before = self.stats.overruns
        while True:
            await self._routes.try_first(self._clock.monotonic_s())
            name, due = schedule.next()
            wait = due - self._clock.monotonic_s()
            if wait > 0.0:
                await self._clock.sleep(wait)
            began = self._clock.monotonic_s()
            if await self._scan(name, link):
                backoff.reset()
            ended = self._clock.monotonic_s()
            self.stats.took(ended - began)
            schedule.done(name, ended)
            self.stats.overruns = before + schedule.overruns

    async def _scan(self, name: str, link: ModbusLink) -> bool:
        """Read a scan class once; whether anything answered."""
        todo = deque(self._reads[name])
        answered = learned = False
        while todo:
            read = todo.popleft()
            unit = self._units[read.unit]
            now = self._clock.monotonic_s()
            if now < unit.retry_at or now < read.skip_until:
                continue
            try:
                data = await link.ask(read.request(), 1 + read.data_bytes)
                if data[0] != read.data_bytes:
                    raise WrongReply(f"a byte count of {data[0]}, not {read.data_bytes}")
            except LinkLost:
                raise
            except NoReply as error:
                self._missed(unit, str(error))
            except Refused as error:
                self._heard(unit)
                answered = True
                if error.code in _ILLEGAL:
                    halves = self._cut(unit, read)
                    todo.extendleft(reversed(halves))
                    learned = learned or bool(halves)
                elif error.code in _BEHIND_GATEWAY:
                    self._missed(unit, f"unit {read.unit}: {error}")
                else:
                    bad = BAD_SENSOR_FAILURE if error.code in _BROKEN else BAD_NO_COMMUNICATION
                    self._read_failed(read, bad, f"unit {read.unit}: {error}")
            except WrongReply as error:
                self.stats.rejected_replies += 1
                self._read_failed(read, BAD_NO_COMMUNICATION, f"unit {read.unit}: {error}")
            else:
                self._heard(unit)
                answered = True
                read.failures = 0
                self.stats.reads += 1
                self._deliver(read.places, read.values(data[1:]))
        if learned:
            self._reads[name] = self._compile(name)
        return answered

    def _deliver(self, places: NDArray[np.intp], value: NDArray[np.float64]) -> None:
        quality = np.where(np.isfinite(value), np.uint32(GOOD), np.uint32(BAD_SENSOR_FAILURE))
        send = self._filter.changed(places, value, quality, self._clock.monotonic_s())
        if send.any():
            self._send(
                batch(self._handles[places[send]], value[send], quality[send], self._clock.now_ns())
            )

    # ---- what goes wrong --------------------------------------------------------------------

    def _heard(self, unit: _Unit) -> None:
        self._routes.heard()
        unit.misses, unit.retry_at = 0, 0.0
        if unit.silent:
            unit.silent = False
            unit.backoff.reset()
        self.stats.enter("up", self._clock.now_ns())

    def _missed(self, unit: _Unit, text: str) -> None:
        """A unit did not answer; the second time in a row it is left alone for a while."""
        self.stats.fault(text)
        unit.misses += 1
        if unit.misses < MISSES:
            return
        unit.silent = True
        unit.retry_at = self._clock.monotonic_s() + unit.backoff.next_s()
        if all(u.silent for u in self._units.values()):
            if len(self._routes) > 1:
                raise LinkLost(f"nobody answers at {self._routes.name}")
            self._send_lost()
        else:
            self._send(self._failed(unit.places, BAD_NO_COMMUNICATION))

    def _read_failed(self, read: CompiledRead, quality: int, text: str) -> None:
        self.stats.fault(text)
        read.failures += 1
        if read.failures >= MISSES:
            self._send(self._failed(read.places, quality))

    def _cut(self, unit: _Unit, read: CompiledRead) -> list[CompiledRead]:
        """Learn from an illegal address: the smaller reads to try, none if it is one value."""
        cut = split(read.read)
        if cut is None:
            read.skip_until = self._clock.monotonic_s() + RETRY_REFUSED_S
            names = ", ".join(self._points[i].id for i in read.places)
            self.stats.fault(
                f"unit {read.unit} has no {read.read.area}:{read.read.start} ({names})"
            )
            self._send(self._failed(read.places, BAD_CONFIGURATION))
            return []
        unit.cuts.add(cut)
        return self._compile_unit(read.unit, [int(i) for i in read.places])

    def _failed(self, places: NDArray[np.intp], quality: int) -> SampleBatch:
        fresh, value = self._filter.fail(places, quality, self._clock.monotonic_s())
        return batch(self._handles[fresh], value, quality, self._clock.now_ns())

    def _send_lost(self) -> None:
        self.stats.enter("down", self._clock.now_ns())
        self._send(self.lost())

    def _send(self, samples: SampleBatch) -> None:
        self.stats.bad_points = int(np.count_nonzero(self._filter.quality >> 31))
        if len(samples):
            self.stats.samples += len(samples)
            self._emit(samples)

    # ---- plans ------------------------------------------------------------------------------

    def _compile(self, name: str) -> list[CompiledRead]:
        """The reads of a scan class, the units taking turns."""
        by_unit = [self._compile_unit(u, numbers) for u, numbers in self._groups[name].items()]
        turns = chain.from_iterable(zip_longest(*by_unit))
        return [read for read in turns if read is not None]

    def _compile_unit(self, unit: int, numbers: list[int]) -> list[CompiledRead]:
        return compile_reads(
            unit,
            self._places,
            numbers,
            max_gap=self.config.max_gap,
            max_registers=self.config.max_registers,
            cuts=self._units[unit].cuts,
        )

    # ---- writing ----------------------------------------------------------------------------

    async def write(self, handle: int, value: float) -> float:
        """Write an SI value and read it back (SI); WriteError when that does not succeed.

        A request without an answer is not sent again: whether it was carried out is unknown.
        """
        number = self._number[handle]
        place, point = self._places[number], self._points[number]
        wanted = build_write(place, point, value)
        link = self._link
        if link is None:
            raise WriteError(f"{point.id}: the link {self.config.name} is down")
        read = self._compile_unit(place.unit, [number])[0]
        try:
            if await link.ask(wanted.request, len(wanted.echo)) != wanted.echo:
                raise WriteError(f"{point.id}: the device confirmed something else")
            self.stats.writes += 1
            for wait in READBACK_WAITS_S:
                await self._clock.sleep(wait)
                data = await link.ask(read.request(), 1 + read.data_bytes)
                back = read.values(data[1:])
                self._deliver(read.places, back)
                if back[0] == wanted.expected:
                    return float(back[0])
        except ModbusError as error:
            raise WriteError(f"{point.id}: {error}") from error
        raise WriteError(f"{point.id}: wrote {value:g}, read back {back[0]:g} (SI)")

    async def read_words(self, address: str, count: int) -> list[int]:
        """Registers as they are on the wire, for a preview; ValueError or WriteError when not."""
        place = parse_modbus(address)
        if place.area in BIT_AREAS or not 1 <= count <= MAX_REGISTERS:
            raise ValueError(f"1 to {MAX_REGISTERS} registers of hr or ir")
        link = self._link
        if link is None:
            raise WriteError(f"the link {self.config.name} is down")
        unit = self.config.unit if place.unit is None else place.unit
        item = Item(place.area, place.number, count, 0)
        request = read_request(unit, Read(place.area, place.number, count, (item,)))
        try:
            data = await link.ask(request, 1 + 2 * count)
        except ModbusError as error:
            raise WriteError(str(error)) from error
        return list(struct.unpack(f">{count}H", data[1:]))


def _nobody(samples: SampleBatch) -> None:
    """Takes samples before the driver runs; there are none."""
