"""Logging in and out, accounts, tokens, and the audit trail."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, cast

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import Field, StringConstraints

from hmi.api.errors import ApiError
from hmi.api.gate import IdentityDep, Needs, acting, port_of
from hmi.api.parts import Body, Parts, PartsDep
from hmi.security.access import LoginAccess, cookie_name, proof_of
from hmi.security.names import Name, account_name
from hmi.security.passwords import LONGEST, fault
from hmi.security.roles import Identity, Role, read_grants
from scada.ports import BusError

router = APIRouter(prefix="/api", tags=["security"])

MOST_TOKEN_H = 24.0 * 3660


Password = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST)]
GrantTexts = Annotated[dict[str, str], Field(min_length=1, max_length=4)]
Users = Annotated[Identity, Depends(Needs("users"))]
Auditor = Annotated[Identity, Depends(Needs("audit"))]


class Login(Body):
    """Name and password."""

    name: Name
    password: Password


class NewPassword(Body):
    """One's own new password, with the old one."""

    password: Password
    new_password: Password


class NewUser(Body):
    """An account: the password is a first one."""

    name: Name
    password: Password
    grants: GrantTexts


class UserChange(Body):
    """What changes of an account; what is left out stays."""

    grants: GrantTexts | None = None
    disabled: bool | None = None
    password: Password | None = None
    unlock: bool = False


class NewToken(Body):
    """A token for a program."""

    label: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60)]
    grants: GrantTexts
    lasts_h: Annotated[float, Field(gt=0, le=MOST_TOKEN_H)] = 24.0 * 365


@router.get("/ready")
async def ready(parts: PartsDep) -> dict[str, bool]:
    """Whether values have come in: for whoever starts the room."""
    try:
        core = (await parts.bus.call("core.status", {}, timeout_s=3.0))[0]
    except BusError:
        return {"ready": False}
    return {"ready": bool(core.get("good") and core.get("samples_received"))}


@router.get("/me")
async def me(request: Request, parts: PartsDep) -> dict[str, Any]:
    """Who asks and what may be done; `identity` is null before logging in."""
    identity: Identity | None = request.state.identity
    return {"lab": parts.access.lab, "language": parts.view.language, "identity": _told(identity)}


@router.post("/login")
async def login(
    body: Login, request: Request, response: Response, parts: PartsDep
) -> dict[str, Any]:
    """Open a session; 401 when name and password do not fit, 429 while locked."""
    access = _login_access(parts)
    token, wait_s = await access.login(body.name, body.password, _address(request))
    if wait_s:
        raise ApiError(429, "locked", f"too many wrong tries: wait {wait_s} s")
    if not token:
        raise ApiError(401, "wrong-login", "name and password do not fit")
    secure = request.url.scheme == "https"
    name = cookie_name(port_of(request.scope), secure=secure)
    response.set_cookie(name, token, path="/", secure=secure, httponly=True, samesite="strict")
    headers = {"cookie": f"{name}={token}"}
    identity = await access.identify(headers, port_of(request.scope))
    return {"lab": False, "language": parts.view.language, "identity": _told(identity)}


@router.post("/logout")
async def logout(
    request: Request, response: Response, identity: IdentityDep, parts: PartsDep
) -> dict[str, bool]:
    """End the session."""
    access = _login_access(parts)
    port = port_of(request.scope)
    proof = proof_of(request.headers, port)
    if proof is not None and proof.kind == "session":
        ask = {"digest": proof.digest, "by": identity.name, "address": _address(request)}
        await parts.bus.call("security.leave", ask)
        access.forget()
    for secure in (True, False):
        response.delete_cookie(cookie_name(port, secure=secure), path="/", secure=secure)
    return {"ok": True}


@router.post("/password")
async def password(
    body: NewPassword, request: Request, identity: IdentityDep, parts: PartsDep
) -> dict[str, bool]:
    """Change one's own password; every session of the account ends, this one too."""
    access = _login_access(parts)
    if identity.kind != "session":
        raise ApiError(403, "not-allowed", "a token has no password")
    _check_password(body.new_password, identity.name, "new_password")
    if not await access.check(identity.name, body.password, _address(request)):
        raise ApiError(401, "wrong-login", "the old password does not fit")
    if body.new_password == body.password:
        problem = {"field": "new_password", "found": "the old one", "expected": "another password"}
        raise ApiError(422, "invalid", "the new password is the old one", [problem])
    ask = {
        "name": identity.name,
        "hash": await access.hash(body.new_password),
        "must_change": False,
        "by": identity.name,
        "address": _address(request),
    }
    await _change(parts, "security.set_password", ask)
    if parts.password_changed is not None:
        parts.password_changed(identity.name)
    return {"ok": True}


@router.get("/users")
async def users(_identity: Users, parts: PartsDep) -> dict[str, Any]:
    """Every account."""
    _login_access(parts)
    return (await parts.bus.call("security.users", {}))[0]


@router.post("/users", status_code=201)
async def add_user(
    body: NewUser, request: Request, identity: Users, parts: PartsDep
) -> dict[str, bool]:
    """A new account; its password must be changed at the first login."""
    access = _login_access(parts)
    _check_password(body.password, body.name, "password")
    ask = {
        "name": body.name,
        "grants": _grants(body.grants),
        "hash": await access.hash(body.password),
    }
    await _change(parts, "security.add_user", ask | _by(identity, request))
    return {"ok": True}


@router.post("/users/{name}")
async def change_user(
    name: str, body: UserChange, request: Request, identity: Users, parts: PartsDep
) -> dict[str, bool]:
    """Change roles, disable or enable, set a first password, unlock."""
    access = _login_access(parts)
    who = {"name": account_name(name)} | _by(identity, request)
    grants = None if body.grants is None else _grants(body.grants)
    if body.password is not None:
        _check_password(body.password, who["name"], "password")
    if grants is not None or body.disabled is not None:
        ask = {**who, "grants": grants, "disabled": body.disabled}
        await _change(parts, "security.change_user", ask)
    if body.password is not None:
        ask = {**who, "hash": await access.hash(body.password), "must_change": True}
        await _change(parts, "security.set_password", ask)
    if body.unlock:
        await _change(parts, "security.unlock", who)
    return {"ok": True}


@router.get("/tokens")
async def tokens(_identity: Users, parts: PartsDep) -> dict[str, Any]:
    """Every token, without itself."""
    _login_access(parts)
    return (await parts.bus.call("security.tokens", {}))[0]


@router.post("/tokens", status_code=201)
async def add_token(
    body: NewToken, request: Request, identity: Users, parts: PartsDep
) -> dict[str, Any]:
    """A new token; it is shown this once."""
    _login_access(parts)
    ask = {"label": body.label, "grants": _grants(body.grants), "lasts_h": body.lasts_h}
    return (await parts.bus.call("security.add_token", ask | _by(identity, request)))[0]


@router.post("/tokens/{token_id}/revoke")
async def revoke_token(
    token_id: str, request: Request, identity: Users, parts: PartsDep
) -> dict[str, bool]:
    """End a token."""
    _login_access(parts)
    await _change(parts, "security.revoke_token", {"id": token_id} | _by(identity, request))
    return {"ok": True}


@router.get("/audit")
async def audit(
    _identity: Auditor,
    parts: PartsDep,
    limit: Annotated[int, Query(ge=1, le=1000)] = 200,
    before: Annotated[int, Query(ge=0, le=2**63 - 1)] = 0,
) -> dict[str, Any]:
    """Who did what, newest first; `before` is a sequence number for the next page."""
    return (await parts.bus.call("security.audit", {"limit": limit, "before": before}))[0]


@router.get("/audit/verify")
async def verify(
    _identity: Auditor,
    parts: PartsDep,
    head: Annotated[str, Query(max_length=64, pattern="^[0-9a-f]*$")] = "",
) -> dict[str, Any]:
    """Check the chain of the trail; `head` is one noted before."""
    return (await parts.bus.call("security.verify", {"head": head}, timeout_s=60.0))[0]


def _login_access(parts: Parts) -> LoginAccess:
    if not isinstance(parts.access, LoginAccess):
        raise ApiError(409, "no-login", "this room runs as a lab, without login")
    return parts.access


async def _change(parts: Parts, service: str, ask: Mapping[str, Any]) -> None:
    answer = (await parts.bus.call(service, dict(ask)))[0]
    cast(LoginAccess, parts.access).forget()
    if answer["problem"]:
        raise ApiError(409, "refused", str(answer["problem"]))


def _check_password(text: str, name: str, field: str) -> None:
    expected = fault(text, name)
    if expected:
        problem = {"field": field, "found": f"{len(text)} characters", "expected": expected}
        raise ApiError(422, "invalid", "the password is not accepted", [problem])


def _grants(texts: Mapping[str, str]) -> dict[str, Role]:
    try:
        return read_grants(texts)
    except ValueError as error:
        problem = {"field": "grants", "found": str(error), "expected": "a role by utility"}
        raise ApiError(422, "invalid", str(error), [problem]) from None


def _by(identity: Identity, request: Request) -> dict[str, str]:
    return {"by": acting(identity, "lab"), "address": _address(request)}


def _address(request: Request) -> str:
    return request.client.host if request.client else "unknown"


def _told(identity: Identity | None) -> dict[str, Any] | None:
    if identity is None:
        return None
    return {
        "name": identity.name,
        "kind": identity.kind,
        "must_change": identity.must_change,
        "grants": dict(identity.grants),
        "may": {} if identity.must_change else identity.actions(),
    }
