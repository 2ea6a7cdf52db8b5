"""The web process: the application of a site on a server of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Generator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

import uvicorn

from hmi.api.site_view import SiteView
from hmi.app import SERVER_OPTIONS, create_app
from hmi.live.judge import END_LIMIT_RULE, rules_today
from scada.ports import Bus
from scenarios.site import Site

STATIC = Path(__file__).parent / "static"


def view_of(site: Site) -> SiteView:
    """A site as its pages see it."""
    limit_pa = rules_today(site.profile).limit_si(END_LIMIT_RULE)
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
        end_rule=END_LIMIT_RULE if limit_pa is not None else "",
        drivers=[d.name for d in site.drivers],
    )


async def serve_web(site: Site, bus: Bus, port: int) -> None:
    """Serve the page until cancelled."""
    app = create_app(bus, view_of(site), STATIC, hosts=[site.web_host])
    server_options: dict[str, Any] = dict(SERVER_OPTIONS)
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
