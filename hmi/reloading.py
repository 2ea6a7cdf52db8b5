"""A running process notices that the site's files have changed, and goes on with the new ones.

The version number in the site folder is looked at twice a second; nothing is lost by a message
that did not arrive, and a process that was away finds the new files when it starts.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path

from network_models.problems import InputError
from scenarios.site import Site, load_site
from scenarios.site_versions import SiteVersions

log = logging.getLogger("ringmain")

LOOK_S = 0.5


class Reloads:
    """Hands out the site each time its version has changed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._versions = SiteVersions(folder)
        self._version = self._versions.current

    async def next(self) -> Site:
        """Wait for another version that can be read; the site as it is then."""
        while True:
            await asyncio.sleep(LOOK_S)
            version = self._versions.current
            if version == self._version:
                continue
            self._version = version
            try:
                site = await asyncio.to_thread(load_site, self._folder)
            except InputError as error:  # it was tried before it was put there
                log.error("version %d cannot be read: %s", version, error)
                continue
            log.info("going on with version %d of the site", version)
            return site


def again_on_change(
    work: Callable[[Site], Awaitable[None]],
) -> Callable[[Site, Reloads], Awaitable[None]]:
    """A role that ends and begins anew in the same process when the site changes."""

    async def run(site: Site, reloads: Reloads) -> None:
        while True:
            running = asyncio.ensure_future(work(site))
            news = asyncio.ensure_future(reloads.next())
            try:
                await asyncio.wait({running, news}, return_when=asyncio.FIRST_COMPLETED)
                if running.done():
                    return running.result()
                site = news.result()
            finally:
                for task in (running, news):
                    task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await running

    return run
