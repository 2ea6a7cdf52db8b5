"""The web process: the application of a site on a server of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Generator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

import uvicorn

from dispatch.check import END_PRESSURE
from hmi.api.site_view import SiteView
from hmi.app import SERVER_OPTIONS, create_app
from hmi.rules_today import rules_today
from hmi.security.access import Access, LabAccess, LoginAccess
from hmi.security.first import FIRST_NAME, forget_first_password
from hmi.security.tls import certificate_of
from scada.ports import Bus
from scenarios.site import Site

STATIC = Path(__file__).parent / "static"


def view_of(site: Site) -> SiteView:
    """A site as its pages see it."""
    limit_pa = rules_today(site.profile).limit_si(END_PRESSURE)
    return SiteView(
        name_zh=site.name_zh,
        name_en=site.name_en,
        language=site.language,
        timezone=site.timezone,
        version=version("ringmain"),
        points=site.points.points,
        networks=site.networks,
        valves=site.valves,
        customers=site.customers,
        end_limit_pa=limit_pa,
        end_rule=END_PRESSURE if limit_pa is not None else "",
        alarms=site.alarms,
        drivers=[d.name for d in site.drivers],
        folder=site.path,
    )


async def serve_web(site: Site, bus: Bus, port: int, *, lab: bool = False) -> None:
    """Serve the page until cancelled; `lab`: without login."""

    def password_changed(name: str) -> None:
        if name == FIRST_NAME:
            forget_first_password(site.data)

    access: Access = LabAccess() if lab else LoginAccess(bus)
    app = create_app(
        bus,
        view_of(site),
        STATIC,
        access=access,
        hosts=[site.web_host, *site.web_names],
        password_changed=password_changed,
    )
    server_options: dict[str, Any] = dict(SERVER_OPTIONS)
    certificate = certificate_of(site)
    if certificate is not None:
        server_options |= {"ssl_certfile": certificate[0], "ssl_keyfile": certificate[1]}
    config = uvicorn.Config(
        app,
        host=site.web_host,
        port=port,
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=2,
        **server_options,
    )
    server = _Server(config)
    serving = asyncio.create_task(server.serve())
    try:
        await asyncio.shield(serving)
    except asyncio.CancelledError:
        server.should_exit = True
        await serving
        raise


class _Server(uvicorn.Server):
    """Leaves signals to the process, which also has a bus to close."""

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield
