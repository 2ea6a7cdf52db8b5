"""Requests under way when the server is told to stop: answered in the one shape, without a trace.

The server waits a moment for them and then cancels those that take longer, such as a large plan.
"""

from __future__ import annotations

import asyncio
import logging

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hmi.api.guard import RefusedError, refuse

log = logging.getLogger(__name__)

STOPPING = RefusedError(
    503, "unavailable", "the room's page is being stopped; look whether it was done"
)


class Ending:
    """Middleware: nothing but a server that stops cancels a request."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on; when cancelled before an answer has begun, answer 503."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = False

        async def noted(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, receive, noted)
        except asyncio.CancelledError:
            if begun:
                raise
            log.info("%s %s was under way when told to stop", scope["method"], scope["path"])
            await refuse(scope, receive, send, STOPPING)
