"""The simulated clock wakes sleepers in the order of time; the system clock agrees with it."""

import asyncio

from scada.clock import NS_PER_S, SimulatedClock, SystemClock


async def test_sleepers_wake_when_their_time_comes():
    clock = SimulatedClock(start_ns=5 * NS_PER_S)
    woken = []

    async def sleeper(name, seconds):
        await clock.sleep(seconds)
        woken.append((name, clock.monotonic_s()))

    tasks = [asyncio.create_task(sleeper(n, s)) for n, s in (("b", 2.0), ("a", 1.0), ("c", 9.0))]
    await clock.advance(1.5)
    assert woken == [("a", 1.0)]
    await clock.advance(1.5)
    assert woken == [("a", 1.0), ("b", 2.0)]
    assert clock.now_ns() == 8 * NS_PER_S
    tasks[2].cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await clock.advance(10.0)
    assert len(woken) == 2


async def test_a_task_that_sleeps_again_wakes_again_within_one_step():
    clock = SimulatedClock()
    ticks = []

    async def ticker():
        while True:
            await clock.sleep(1.0)
            ticks.append(clock.monotonic_s())

    task = asyncio.create_task(ticker())
    await clock.advance(3.5)
    assert ticks == [1.0, 2.0, 3.0]
    task.cancel()


async def test_sleeping_no_time_lets_others_run():
    for clock in (SimulatedClock(), SystemClock()):
        before = clock.now_ns(), clock.monotonic_s()
        await clock.sleep(0.0)
        await clock.sleep(-1.0)
        assert (clock.now_ns(), clock.monotonic_s()) >= before
