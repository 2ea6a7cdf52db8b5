"""The web application of one site: REST, the live stream and the page.

It solves nothing and polls nothing: everything comes over the bus.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

from fastapi import FastAPI, WebSocket
from fastapi.responses import FileResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from hmi.api import (
    advice,
    alarms,
    cases,
    commands,
    config,
    crews,
    history,
    indicators,
    orders,
    outages,
    points,
    security,
    site,
    status,
)
from hmi.api.command_desk import CommandDesk
from hmi.api.ending import Ending
from hmi.api.errors import ApiError, install_error_handlers
from hmi.api.gate import Gate, still_allowed
from hmi.api.guard import Guard
from hmi.api.parts import Parts
from hmi.api.site_view import SiteView
from hmi.security.access import Access
from hmi.stream import LiveStream
from scada.ports import Bus

SERVER_OPTIONS = {"ws_per_message_deflate": False, "server_header": False}
"""Options uvicorn must be started with: compressing frames costs three times the processor."""

ROUTERS = tuple(
    part.router
    for part in (
        security,
        site,
        alarms,
        history,
        advice,
        indicators,
        outages,
        orders,
        cases,
        crews,
        commands,
        config,
        points,
        status,
    )
)


class _Assets(StaticFiles):
    """Built files carry a hash in their name, so they never change."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        if response.status_code == 200:
            response.headers["cache-control"] = "public, max-age=31536000, immutable"
        return response


def create_app(
    bus: Bus,
    view: SiteView,
    static: Path,
    *,
    access: Access,
    hosts: Collection[str] = (),
    password_changed: Callable[[str], None] | None = None,
) -> FastAPI:
    """The application of a site.

    `static` is the folder of the built page; `access` tells who asks; `hosts` are host names it
    answers for beside the local ones. Run it with `SERVER_OPTIONS`.
    """
    stream = LiveStream(bus, len(view.points), view.points_digest)

    @asynccontextmanager
    async def live(_app: FastAPI) -> AsyncIterator[None]:
        await stream.start()
        try:
            yield
        finally:
            await stream.stop()

    app = FastAPI(
        title="Ringmain",
        version=view.version,
        lifespan=live,
        openapi_url="/api/openapi",
        docs_url=None,
        redoc_url=None,
    )
    app.state.parts = Parts(
        bus=bus,
        view=view,
        stream=stream,
        desk=CommandDesk(),
        started=datetime.now(UTC),
        access=access,
        password_changed=password_changed,
        handles={point.id: handle for handle, point in enumerate(view.points)},
    )
    app.state.fixed = {}
    app.add_middleware(Gate, access=access)
    app.add_middleware(Ending)
    app.add_middleware(Guard, hosts=hosts)  # the last one added is asked first
    install_error_handlers(app)
    for router in ROUTERS:
        app.include_router(router)

    @app.websocket("/api/stream")
    async def live_stream(socket: WebSocket) -> None:
        await stream.serve(socket, still_allowed(access, socket.scope))

    _serve_page(app, static)
    return app


def _serve_page(app: FastAPI, static: Path) -> None:
    @app.get("/", include_in_schema=False)
    async def page() -> Response:
        index = static / "index.html"
        if not index.is_file():
            raise ApiError(503, "page-not-built", "the page is not built: run `make run`")
        return FileResponse(index, headers={"cache-control": "no-cache"})

    @app.get("/icon.svg", include_in_schema=False)
    async def icon() -> Response:
        return FileResponse(static / "icon.svg")

    app.mount("/assets", _Assets(directory=static / "assets", check_dir=False), name="assets")
