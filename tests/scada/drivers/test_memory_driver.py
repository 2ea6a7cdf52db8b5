"""The in-memory twin behaves as a link does: changes once, losses once, writes seen."""

import asyncio

import pytest

from scada.clock import SimulatedClock
from scada.drivers.config import DriverConfig
from scada.drivers.link import DriverJob, WriteError
from scada.drivers.memory import MemoryDriver
from scada.drivers.table import DRIVERS
from scada.point import Point
from scada.quality import BAD_NO_COMMUNICATION, GOOD, UNCERTAIN_LAST_USABLE


async def _turns():
    for _ in range(5):
        await asyncio.sleep(0)


async def test_a_twin_shows_changes_losses_and_writes():
    points = {h: Point(id=f"P{h}", utility="water", quantity="level", unit="m") for h in (3, 8)}
    config = DriverConfig(name="twin", kind="memory")
    driver = DRIVERS["memory"].make(
        DriverJob(config=config, points=points, scan={}, clock=SimulatedClock())
    )
    assert isinstance(driver, MemoryDriver)
    seen = []
    task = asyncio.create_task(
        driver.run(lambda s: seen.append((s.point.tolist(), s.value.tolist(), s.quality.tolist())))
    )
    driver.set(3, 1.5)
    await _turns()
    driver.set(3, 1.5)
    await _turns()
    assert seen == [([3], [1.5], [GOOD])]
    driver.set(8, 2.0, UNCERTAIN_LAST_USABLE)
    await _turns()
    assert seen[-1] == ([8], [2.0], [UNCERTAIN_LAST_USABLE])
    driver.cut()
    await _turns()
    assert seen[-1] == ([3, 8], [1.5, 2.0], [BAD_NO_COMMUNICATION] * 2)
    with pytest.raises(WriteError, match="down"):
        await driver.write(3, 9.0)
    driver.mend()
    await _turns()
    assert await driver.write(3, 9.0) == 9.0
    await _turns()
    assert seen[-1] == ([3], [9.0], [GOOD])
    assert driver.stats.state == "up"
    task.cancel()
