"""Who may pass: every path under `/api` asks for an identity, but for the few that let people in.

Plain ASGI behind `Guard`, so that a route that forgot to ask is closed, and WebSockets too.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import Depends, Request
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from hmi.api.errors import ApiError
from hmi.api.guard import RefusedError, refuse
from hmi.security.access import Access
from hmi.security.roles import Action, Identity
from scada.ports import BusError

OPEN = frozenset({"/api/me", "/api/login", "/api/ready"})
"""Answered to anybody; none of them tells anything of the site."""
OPEN_TO_NEW = frozenset({"/api/password", "/api/logout"})
"""Answered to who must still change the first password."""


class Gate:
    """Middleware that puts the identity into the request's state, or refuses."""

    def __init__(self, app: ASGIApp, access: Access) -> None:
        self._app = app
        self._access = access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, or answer 401, 403 or 503."""
        if scope["type"] == "lifespan" or not scope["path"].startswith("/api"):
            await self._app(scope, receive, send)
            return
        try:
            identity = await self.identity(scope)
            scope.setdefault("state", {})["identity"] = identity
            _check(scope["path"], identity)
        except RefusedError as refusal:
            await refuse(scope, receive, send, refusal)
            return
        await self._app(scope, receive, send)

    async def identity(self, scope: Scope) -> Identity | None:
        """Who asks; RefusedError 503 while core cannot tell."""
        try:
            return await self._access.identify(Headers(scope=scope), port_of(scope))
        except BusError as error:
            if scope["path"] in OPEN:
                return None
            raise RefusedError(503, "unavailable", str(error)) from error


def _check(path: str, identity: Identity | None) -> None:
    if path in OPEN:
        return
    if identity is None:
        raise RefusedError(401, "login-required", "log in first")
    if path in OPEN_TO_NEW:
        return
    if identity.must_change:
        raise RefusedError(403, "password-first", "change the first password first")
    if not identity.may("view"):
        raise RefusedError(403, "not-allowed", "this role may not look")


def port_of(scope: Scope) -> int:
    """The port a request came to."""
    server = scope.get("server")
    return int(server[1] or 0) if server else 0


def still_allowed(access: Access, scope: Scope) -> Callable[[], Awaitable[bool]]:
    """Asks again whether an open connection may stay; a core that is away ends nothing."""

    async def allowed() -> bool:
        try:
            found = await access.identify(Headers(scope=scope), port_of(scope))
        except BusError:
            return True
        return found is not None and found.may("view")

    return allowed


def identity_of(request: Request) -> Identity:
    """The identity the gate found; 401 on a path that is open to anybody."""
    identity: Identity | None = request.state.identity
    if identity is None:
        raise ApiError(401, "login-required", "log in first")
    return identity


IdentityDep = Annotated[Identity, Depends(identity_of)]


class Needs:
    """A dependency: the identity, when it may do the action for at least one utility."""

    def __init__(self, action: Action) -> None:
        self.action: Action = action

    def __call__(self, identity: IdentityDep) -> Identity:
        """403 when it may not."""
        require(identity, self.action)
        return identity


def require(identity: Identity, action: Action, utility: str = "") -> None:
    """403 unless the identity may do the action there."""
    if not identity.may(action, utility):
        where = f" for {utility}" if utility else ""
        raise ApiError(403, "not-allowed", f"{identity.name} may not {action}{where}")


def acting(identity: Identity, given: str | None) -> str:
    """The name an action is noted under: the account's; in a lab the name given, which it needs."""
    if identity.kind != "lab":
        return identity.name
    if not given:
        problem = {"field": "user", "found": "nothing", "expected": "a name"}
        raise ApiError(422, "invalid", "1 fault(s) in the request", [problem])
    return given
