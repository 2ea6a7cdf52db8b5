"""The processes of a room: `python -m hmi.processes ROLE FOLDER [SUPERVISOR]`.

The supervisor starts them, and tells its process id: they end with it.

Each role is one small function that wires packages together and runs until told to stop.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import signal
import sys
from collections.abc import Awaitable, Callable
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hmi.parent import end_with_parent, end_within
from hmi.reloading import Reloads, again_on_change
from hmi.supervisor import STOP_PATIENCE_S
from scenarios.site import Site, load_site
from scenarios.site_versions import SiteVersions

if TYPE_CHECKING:
    from scada.clock import SystemClock
    from scada.ports import Bus
    from scada.spool_disk import DiskSpool

log = logging.getLogger("ringmain")

AFTER_WORK_S = 3.0


async def _core(site: Site) -> None:
    # What a takeover needs is loaded before, not after the other room has died.
    from hmi.core_process import run_core

    lab = bool(_run_settings(site)["lab"])
    if not site.spare:
        await run_core(site, lab=lab)
        return
    import scada.store.postgres  # noqa: F401
    from hmi.spare import lead

    await lead(site, lambda epoch: run_core(site, epoch, lab=lab))


async def _gateway(site: Site, reloads: Reloads) -> None:
    """Unlike the others it goes on while the site changes: links that stay the same stay up."""
    if not site.spare:
        await _run_gateway(site, reloads)
        return
    # Loaded before it is needed, as in `_core`.
    import scada.gateway
    import scada.spool_disk  # noqa: F401
    from hmi.spare import while_leading
    from scada.drivers.table import DRIVERS

    for kind in {driver.kind for driver in site.drivers}:
        import_module(DRIVERS[kind].module)

    await while_leading(site, lambda: _run_gateway(site, reloads))


async def _run_gateway(site: Site, reloads: Reloads) -> None:
    from hmi.busing import join_bus
    from scada.clock import SystemClock
    from scada.spool_disk import DiskSpool

    clock = SystemClock()
    ids = [point.id for point in site.points]
    async with contextlib.AsyncExitStack() as later:
        spool = DiskSpool(site.data / "spool", ids, clock.now_ns())
        later.callback(spool.close)
        bus = await join_bus(site.data, site.bus_url, site.bus_space)
        later.push_async_callback(bus.close)
        await _links(site, reloads, spool, bus, clock)


async def _links(
    site: Site, reloads: Reloads, spool: DiskSpool, bus: Bus, clock: SystemClock
) -> None:
    """The gateway's links until cancelled; they follow changes of the site."""
    from hmi.spare import may_act
    from scada.gateway import Gateway

    gateway = Gateway(
        "gateway-1",
        site.points,
        site.drivers,
        site.scan,
        bus,
        clock,
        spool=spool,
        may_act=lambda: may_act(site),
    )

    async def follow() -> None:
        while True:
            now = await reloads.next()
            try:
                begun = await gateway.change(now.points, now.drivers, now.scan)
            except ValueError as error:  # the links that run go on
                log.error("the new points and links cannot be run: %s", error)
                continue
            log.info("links begun anew: %s", ", ".join(begun) or "none")

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(gateway.run())
        tasks.create_task(follow())


async def _model(site: Site) -> None:
    from hmi.busing import join_bus
    from hmi.live.service import LiveModel

    bus = await join_bus(site.data, site.bus_url, site.bus_space)
    try:
        await LiveModel(site, bus).run()
    finally:
        await bus.close()


async def _web(site: Site) -> None:
    from hmi.busing import join_bus
    from hmi.web_service import serve_web

    run = _run_settings(site)
    bus = await join_bus(site.data, site.bus_url, site.bus_space)
    try:
        await serve_web(site, bus, int(run["web_port"]), lab=bool(run["lab"]))
    finally:
        await bus.close()


def _run_settings(site: Site) -> dict[str, Any]:
    """What this run was started with, beside what the site says."""
    run: dict[str, Any] = {"web_port": site.web_port, "lab": site.security_mode == "lab"}
    with contextlib.suppress(OSError, ValueError):
        run |= json.loads((site.data / "run.json").read_text("utf-8"))
    return run


async def _field(site: Site) -> None:
    from scenarios.virtual_field import run_field

    await run_field(site)


async def _faces(site: Site) -> None:
    from hmi.busing import join_bus
    from hmi.faces import run_faces

    async def work() -> None:
        bus = await join_bus(site.data, site.bus_url, site.bus_space)
        try:
            await run_faces(site, bus)
        finally:
            await bus.close()

    if not site.spare:
        await work()
        return
    from hmi.spare import while_leading

    await while_leading(site, work)


ROLES: dict[str, Callable[[Site, Reloads], Awaitable[None]]] = {
    "field": again_on_change(_field),
    "core": again_on_change(_core),
    "gateway": _gateway,
    "model": again_on_change(_model),
    "web": again_on_change(_web),
    "faces": again_on_change(_faces),
}


def main(role: str, folder: str, supervisor: int | None = None) -> None:
    """Run one role until SIGTERM, SIGINT or the end of the supervisor."""
    end_with_parent(supervisor)
    logging.basicConfig(
        level=logging.INFO,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
        stream=sys.stderr,
    )
    # Their own messages a poll or a publish would fill the disk.
    for noisy in ("pymodbus", "alembic.runtime"):
        logging.getLogger(noisy).setLevel(logging.ERROR)
    # It tells each message it cannot read with a trace, and strangers may send any number.
    logging.getLogger("asyncua").setLevel(logging.CRITICAL)
    SiteVersions(Path(folder)).finish()
    try:
        asyncio.run(_until_told(ROLES[role], Path(folder)))
    finally:
        end_within(AFTER_WORK_S)


async def _until_told(work: Callable[[Site, Reloads], Awaitable[None]], folder: Path) -> None:
    loop = asyncio.get_running_loop()
    reloads = Reloads(folder)
    task = asyncio.ensure_future(work(load_site(folder), reloads))

    def stop() -> None:
        end_within(STOP_PATIENCE_S)  # as long as a supervisor waits, should there be none any more
        task.cancel()

    for sign in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(sign, stop)
    with contextlib.suppress(asyncio.CancelledError):
        await task


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]) if len(sys.argv) > 3 else None)
