"""Who asks, at the door of the web service: a lab lets everybody in, a login asks for proof."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from typing import Protocol, cast

from hmi.records.accounts import digest_of
from hmi.security.passwords import decoy, hashed, matches, outdated
from hmi.security.roles import LAB, Identity, read_grants
from scada.ports import Bus

KNOWN_FOR_S = 5.0
"""How long an answer of core is believed: so long a session that was ended elsewhere lives on."""
KNOWN_MOST = 2000
COOKIE = "ringmain_session"


@dataclass(frozen=True, slots=True)
class Proof:
    """What a request brings to say who it is: a session's cookie or a program's token."""

    digest: str
    kind: str


class Access(Protocol):
    """Tells who asks."""

    lab: bool

    async def identify(self, headers: Mapping[str, str], port: int) -> Identity | None:
        """The identity of a request by its headers (lower case names), None when unknown."""
        ...


class LabAccess:
    """Everybody may do everything; names are taken as they are given."""

    lab = True

    async def identify(self, _headers: Mapping[str, str], _port: int) -> Identity | None:
        """The lab's identity."""
        return LAB


class LoginAccess:
    """Sessions and tokens, asked of core and believed for a few seconds."""

    lab = False

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._known: OrderedDict[Proof, tuple[float, Identity | None]] = OrderedDict()
        # Hashing takes 64 MiB and a processor: one at a time, whoever asks.
        self._hashing = asyncio.Semaphore(1)

    async def identify(self, headers: Mapping[str, str], port: int) -> Identity | None:
        """The identity a request proves; BusError when core does not answer."""
        proof = proof_of(headers, port)
        if proof is None:
            return None
        known = self._known.get(proof)
        if known is not None and known[0] > time.monotonic():
            return known[1]
        ask = {"digest": proof.digest, "kind": proof.kind}
        found = (await self._bus.call("security.who", ask))[0]["found"]
        identity = None
        if found is not None:
            identity = Identity(
                name=str(found["name"]),
                grants=read_grants(found["grants"]),
                kind="token" if proof.kind == "token" else "session",
                must_change=bool(found["must_change"]),
            )
        self._known[proof] = (time.monotonic() + KNOWN_FOR_S, identity)
        while len(self._known) > KNOWN_MOST:
            self._known.popitem(last=False)
        return identity

    def forget(self) -> None:
        """Ask again: accounts or sessions were changed here."""
        self._known.clear()

    async def login(self, name: str, password: str, address: str) -> tuple[str, int]:
        """(token of the new session, seconds to wait): one of them is empty or both are."""
        who = {"name": name, "address": address}
        tried = (await self._bus.call("security.attempt", who))[0]
        if tried["wait_s"]:
            return "", int(tried["wait_s"])
        stored = cast("str | None", tried["hash"])
        async with self._hashing:
            right = await asyncio.to_thread(_right, stored, password)
            if right and stored is not None and outdated(stored):
                who["rehashed"] = await asyncio.to_thread(hashed, password)
        if not right:
            await self._bus.call("security.failed", who)
            return "", 0
        return str((await self._bus.call("security.enter", who))[0]["token"]), 0

    async def check(self, name: str, password: str, address: str) -> bool:
        """Whether the password of somebody already inside is right; counted like a login."""
        who = {"name": name, "address": address}
        tried = (await self._bus.call("security.attempt", who))[0]
        if tried["wait_s"]:
            return False
        async with self._hashing:
            return await asyncio.to_thread(_right, tried["hash"], password)

    async def hash(self, password: str) -> str:
        """The hash to store of a new password."""
        async with self._hashing:
            return await asyncio.to_thread(hashed, password)


def _right(stored: str | None, password: str) -> bool:
    """Compare; an unknown name costs the same time."""
    right = matches(stored or decoy(), password)
    return right and stored is not None


def proof_of(headers: Mapping[str, str], port: int) -> Proof | None:
    """What a request brings; a token in the header goes before a cookie."""
    scheme, _, token = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token.strip():
        return Proof(digest_of(token.strip()), "token")
    try:
        cookies = SimpleCookie(headers.get("cookie", ""))
    except CookieError:
        return None
    for name in (cookie_name(port, secure=True), cookie_name(port, secure=False)):
        if name in cookies and cookies[name].value:
            return Proof(digest_of(cookies[name].value), "session")
    return None


def cookie_name(port: int, *, secure: bool) -> str:
    """Cookies know no ports: rooms on one machine must not log each other out."""
    return f"{'__Host-' if secure else ''}{COOKIE}_{port}"
