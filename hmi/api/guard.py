"""What stands before every request: host and origin checks, size limit, security headers.

Plain ASGI, so that WebSockets pass the same checks as requests.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hmi.api.errors import error_body

LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
MAX_BODY = 256 * 1024
LARGE = {"/api/config/check": 64 * 2**20, "/api/config/apply": 64 * 2**20}
"""Paths that take whole files of a site."""
POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; font-src 'self'; worker-src 'self'; object-src 'none'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}


class RefusedError(Exception):
    """A request that does not get in."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message


class Guard:
    """Middleware around the whole application; `hosts` are names it may be asked for by."""

    def __init__(self, app: ASGIApp, hosts: Collection[str] = ()) -> None:
        self._app = app
        self._hosts = LOCAL_HOSTS | {host.lower() for host in hosts}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Check, then pass on with a bounded body and with headers added to the answer."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        try:
            self._check(scope)
        except RefusedError as refusal:
            await refuse(scope, receive, send, refusal)
            return
        if scope["type"] == "websocket":
            await self._app(scope, receive, send)
            return
        await self._app(scope, _bounded(receive, most_of(scope)), _with_headers(send))

    def _check(self, scope: Scope) -> None:
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        name = _host_name(host)
        if name not in self._hosts:
            raise RefusedError(400, "host-refused", f"this server does not answer for {host!r}")
        changes = scope["type"] == "websocket" or scope["method"] not in SAFE_METHODS
        if not changes:
            return
        origin = headers.get("origin")
        # A browser always sends Origin here; a request without one is not a page's.
        if origin is not None and _place(origin) != host.lower():
            raise RefusedError(403, "origin-refused", f"requests from {origin} are not accepted")
        if headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
            raise RefusedError(403, "origin-refused", "requests from other sites are not accepted")
        if scope["type"] == "websocket":
            return
        if not headers.get("content-type", "").startswith("application/json"):
            raise RefusedError(415, "not-json", "the body must be application/json")
        length = headers.get("content-length", "0")
        most = most_of(scope)
        if not length.isdigit() or int(length) > most:
            raise RefusedError(413, "too-large", f"a body may have at most {most} bytes")


def most_of(scope: Scope) -> int:
    """How many bytes the body of a request may have."""
    return LARGE.get(scope["path"], MAX_BODY)


def _host_name(host: str) -> str:
    try:
        return (urlsplit(f"//{host}").hostname or "").lower()
    except ValueError:
        return ""


def _place(origin: str) -> str:
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:
        return ""


def _bounded(receive: Receive, most: int) -> Receive:
    """A body without a declared length is counted as it comes."""
    taken = 0

    async def bounded() -> Message:
        nonlocal taken
        message = await receive()
        if message["type"] == "http.request":
            taken += len(message.get("body", b""))
            if taken > most:
                return {"type": "http.disconnect"}
        return message

    return bounded


def _with_headers(send: Send) -> Send:
    async def with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers[name] = value
            if "cache-control" not in headers:
                headers["cache-control"] = "no-store"
        await send(message)

    return with_headers


async def refuse(scope: Scope, receive: Receive, send: Send, refusal: RefusedError) -> None:
    """Answer a refusal: the error's JSON, or a WebSocket that is closed before it opens."""
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close", "code": 1008, "reason": refusal.message[:100]})
        return
    body = json.dumps(error_body(refusal.code, refusal.message)).encode()
    start: Message = {
        "type": "http.response.start",
        "status": refusal.status,
        "headers": [
            (b"content-type", b"application/json"),
            (b"content-length", str(len(body)).encode()),
        ],
    }
    await _with_headers(send)(start)
    await send({"type": "http.response.body", "body": body})
