"""One of two rooms works at a time: the one that holds the lease.

The lease is a row of the shared database, which alone says who leads. A room counts its own time
from before it asked, and stops before the database would give the lease to the other: so the two
never work together, whichever link is cut. Each new leader has a higher epoch; the stores refuse
whoever comes with an older one.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Protocol

from scada.ports import Clock

log = logging.getLogger(__name__)


class LeaseError(RuntimeError):
    """The database that gives the lease cannot be asked now."""


class Lease(Protocol):
    """The row. Each method blocks; LeaseError when there is no answer."""

    def acquire(self) -> int | None:
        """The new epoch; None while another holds it."""
        ...

    def renew(self, epoch: int) -> bool:
        """Whether the lease is ours for another term."""
        ...

    def release(self, epoch: int) -> None:
        """Give it back before its end."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """Seconds: the database's `lease_s`, our own shorter `work_s`, and `renew_s` between asks."""

    lease_s: float = 3.0
    work_s: float = 2.5
    renew_s: float = 0.25


class Leader:
    """Runs work while this room leads; `until_s` is the monotonic time up to which it may."""

    def __init__(
        self,
        lease: Lease,
        clock: Clock,
        terms: Terms | None = None,
        *,
        told: Callable[[float], None] = lambda _until_s: None,
    ) -> None:
        """`told` hears every new end of our term (0: we do not lead)."""
        self.until_s = 0.0
        self.epoch = 0
        self._lease = lease
        self._clock = clock
        self._terms = terms or Terms()
        self._told = told

    def leads(self) -> bool:
        """Whether this room may act at this instant."""
        return self._clock.monotonic_s() < self.until_s

    async def run(self, work: Callable[[int], Awaitable[None]]) -> None:
        """Wait for the lease, do the work of its epoch until it is lost, and so on.

        When the work itself ends or fails the lease is given back.
        """
        while True:
            epoch = await self._win()
            log.info("this room leads now (epoch %d)", epoch)
            task = asyncio.ensure_future(work(epoch))
            try:
                await self._hold(epoch, task)
            finally:
                self._until(0.0)
                await _ended(task)
                with contextlib.suppress(LeaseError):
                    await asyncio.to_thread(self._lease.release, epoch)
            if not task.cancelled():
                task.result()
                return
            log.warning("this room leads no more")

    async def _win(self) -> int:
        stands_by = False
        while True:
            asked_s = self._clock.monotonic_s()
            with contextlib.suppress(LeaseError):
                epoch = await asyncio.to_thread(self._lease.acquire)
                if epoch is not None:
                    self.epoch = epoch
                    self._until(asked_s + self._terms.work_s)
                    if self.leads():
                        return epoch
                elif not stands_by:
                    stands_by = True
                    log.info("another room leads; this one stands by")
            await self._clock.sleep(self._terms.renew_s)

    async def _hold(self, epoch: int, task: asyncio.Future[None]) -> None:
        """Renew until the work ends (returns) or the term runs out (the work is cancelled)."""
        asking: asyncio.Task[bool] | None = None
        asked_s = 0.0
        while True:
            if asking is None:
                asked_s = self._clock.monotonic_s()
                asking = asyncio.create_task(asyncio.to_thread(self._lease.renew, epoch))
                asking.add_done_callback(_looked_at)
            left_s = self.until_s - self._clock.monotonic_s()
            both: set[asyncio.Future[Any]] = {task, asking}
            await asyncio.wait(
                both,
                timeout=max(left_s, 0.0),
                return_when=asyncio.FIRST_COMPLETED,
            )
            if task.done():
                return
            if asking.done():
                renewed = False
                with contextlib.suppress(LeaseError):
                    renewed = asking.result()
                    if not renewed:
                        task.cancel()  # another leads already
                        return
                asking = None
                if renewed:
                    self._until(asked_s + self._terms.work_s)
            if not self.leads():
                task.cancel()
                return
            if asking is None:
                left_s = self.until_s - self._clock.monotonic_s()
                await asyncio.wait({task}, timeout=min(self._terms.renew_s, max(left_s, 0.0)))

    def _until(self, at_s: float) -> None:
        self.until_s = at_s
        self._told(at_s)


def _looked_at(task: asyncio.Task[bool]) -> None:
    """An answer that came too late is no error of its own."""
    if not task.cancelled():
        task.exception()


async def _ended(task: asyncio.Future[None]) -> None:
    """Stop the work and wait for it; its failure is looked at by the caller."""
    task.cancel()
    await asyncio.wait({task})
