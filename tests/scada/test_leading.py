"""Who leads: the same rules for any pair, whatever answers the database gives and when."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from hmi.storing import open_records
from scada.clock import SystemClock
from scada.leading import Leader, LeaseError, Terms
from scada.store.lease_postgres import PostgresLease
from scada.store.port import FencedError, StoreError
from scada.store.postgres import PostgresDatabase, PostgresStore
from tests.postgres import PostgresServer


class Row:
    """The database's row, by a clock of its own machine."""

    def __init__(self, clock: SystemClock) -> None:
        self.clock = clock
        self.epoch = 0
        self.until_s = 0.0


class FakeLease:
    """A lease on the row over a link that can be cut."""

    def __init__(self, row: Row, lease_s: float = 2.0) -> None:
        self.row = row
        self.lease_s = lease_s
        self.cut = False

    def _reach(self) -> float:
        if self.cut:
            raise LeaseError("no answer")
        return self.row.clock.monotonic_s()

    def acquire(self) -> int | None:
        now = self._reach()
        if now < self.row.until_s:
            return None
        self.row.epoch += 1
        self.row.until_s = now + self.lease_s
        return self.row.epoch

    def renew(self, epoch: int) -> bool:
        now = self._reach()
        if epoch != self.row.epoch or now >= self.row.until_s:
            return False
        self.row.until_s = now + self.lease_s
        return True

    def release(self, epoch: int) -> None:
        self._reach()
        if epoch == self.row.epoch:
            self.row.until_s = 0.0


class Pair:
    """What two leaders do."""

    def __init__(self) -> None:
        self.working: set[str] = set()
        self.most = 0
        self.epochs: list[int] = []

    async def work(self, name: str, epoch: int) -> None:
        self.working.add(name)
        self.epochs.append(epoch)
        self.most = max(self.most, len(self.working))
        try:
            await asyncio.Event().wait()
        finally:
            self.working.discard(name)


SHORT = Terms(lease_s=0.2, work_s=0.12, renew_s=0.02)


@given(st.lists(st.tuples(st.sampled_from("ab"), st.booleans()), min_size=1, max_size=4))
@settings(max_examples=5, deadline=None)
def test_never_two_whatever_link_is_cut(cuts: list[tuple[str, bool]]) -> None:
    async def story() -> None:
        clock = SystemClock()
        row = Row(clock)
        pair = Pair()
        leases = {name: FakeLease(row, SHORT.lease_s) for name in "ab"}
        tasks = [
            asyncio.create_task(
                Leader(lease, clock, SHORT).run(lambda e, n=name: pair.work(n, e))  # type: ignore[misc]
            )
            for name, lease in leases.items()
        ]
        for name, cut in cuts:
            leases[name].cut = cut
            await asyncio.sleep(0.15)
        for lease in leases.values():
            lease.cut = False
        async with asyncio.timeout(10):
            while not pair.working:  # noqa: ASYNC110  real time is what is tested
                await asyncio.sleep(0.01)
        assert pair.most == 1
        assert pair.epochs == sorted(set(pair.epochs))
        for task in tasks:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    asyncio.run(story())


async def test_work_that_fails_gives_the_lease_back() -> None:
    clock = SystemClock()
    row = Row(clock)

    async def fail(_epoch: int) -> None:
        raise RuntimeError("broken")

    with pytest.raises(RuntimeError, match="broken"):
        await Leader(FakeLease(row), clock).run(fail)
    assert FakeLease(row).acquire() == 2


def test_the_lease_on_postgres_and_the_fence_of_the_store(server: PostgresServer) -> None:
    url = server.url()
    a, b = PostgresLease(url, "a", 3.0), PostgresLease(url, "b", 30.0)
    assert a.acquire() == 1
    old = PostgresStore(url, fence=1)
    old.handles(["x"])
    assert b.acquire() is None
    assert a.renew(1)
    while (epoch := b.acquire()) is None:
        pass
    assert epoch == 2
    assert not a.renew(1)
    a.release(1)  # changes nothing: it is not ours
    assert a.acquire() is None
    with pytest.raises(StoreError):  # its session was ended
        old.handles(["y"])
    with pytest.raises(FencedError, match="another core has taken over"):
        old.handles(["y"])
    new = PostgresStore(url, fence=2)
    assert new.handles(["x"]).tolist() == [1]
    b.release(2)
    assert a.acquire() == 3
    for store in (old, new):
        store.close()
    with pytest.raises(LeaseError):
        PostgresLease("postgresql://nobody@127.0.0.1:1/none", "c", 1.0).acquire()


def test_a_long_transaction_of_a_leader_does_not_cost_it_its_lease(server: PostgresServer) -> None:
    url = server.url()
    lease = PostgresLease(url, "a", 30.0)
    assert lease.acquire() == 1
    old = PostgresDatabase(url, fence=1)
    with old._transaction():
        assert lease.renew(1)
    old.close()


def test_a_leader_cut_off_in_a_transaction_does_not_hold_up_its_successor(
    server: PostgresServer, tmp_path: Path
) -> None:
    url = server.url()
    a, b = PostgresLease(url, "a", 0.3), PostgresLease(url, "b", 30.0)
    assert a.acquire() == 1
    history = PostgresDatabase(url, fence=1)
    records = open_records(SimpleNamespace(records_url=url, data=tmp_path), fence=1)
    with pytest.raises(StoreError), history._transaction(), records.connect() as connection:
        connection.execute(text("SELECT 1"))
        while (epoch := _or_none(b.acquire)) is None:
            time.sleep(0.02)
        assert epoch == 2
        with pytest.raises(OperationalError):
            connection.execute(text("SELECT 1"))
    with pytest.raises(FencedError):
        history.handles(["y"])
    history.close()
    records.dispose()


def _or_none(acquire: Callable[[], int | None]) -> int | None:
    with contextlib.suppress(LeaseError):
        return acquire()
    return None
