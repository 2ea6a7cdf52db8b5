"""Accounts, sessions, tokens and the audit trail on the bus: kept by core, asked by web.

Passwords never cross the bus: web hashes and compares, core counts tries and keeps hashes. A try
counts as failed before it is judged; `security.enter` takes that back.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable
from typing import Any

from sqlalchemy import Engine

from hmi.records.accounts import AccountError, Accounts
from hmi.records.audit import Audit
from hmi.records.failures import LoginFailures
from hmi.records.tokens import Tokens
from scada.ports import Bus, Clock, Header

NS_PER_H = 3_600_000_000_000
UNKNOWN = "?"
BUCKETS = 256
"""Tries for names that are no accounts are counted in so many heaps: as one heap they would tell
which names exist, each alone they would let the table grow at will."""


class SecurityDesk:
    """Serves `security.*`; see `serve`."""

    def __init__(
        self, records: Engine, audit: Audit, clock: Clock, *, session_hours: float = 12.0
    ) -> None:
        """`records` is migrated; a session lasts `session_hours`, used or not."""
        self.accounts = Accounts(records)
        self.tokens = Tokens(records)
        self.failures = LoginFailures(records)
        self.audit = audit
        self._clock = clock
        self._session_ns = round(session_hours * NS_PER_H)

    async def serve(self, bus: Bus) -> None:
        """Answer from now on; each call runs in a thread, for it waits for the disk."""
        services: dict[str, Callable[[Header], Header]] = {
            "attempt": self.attempt,
            "enter": self.enter,
            "failed": self.failed,
            "who": self.who,
            "leave": self.leave,
            "users": lambda _header: {"users": self.accounts.list()},
            "add_user": self.add_user,
            "change_user": self.change_user,
            "set_password": self.set_password,
            "unlock": self.unlock,
            "tokens": lambda _header: {"tokens": self.tokens.list()},
            "add_token": self.add_token,
            "revoke_token": self.revoke_token,
            "audit": self.entries,
            "note": self.note,
            "verify": self.verify,
        }
        for name, answer in services.items():
            await bus.serve(f"security.{name}", _in_thread(answer))

    # logging in and out

    def attempt(self, header: Header) -> Header:
        """{name, address} -> {wait_s, hash}: one try, counted; `hash` None for no such account."""
        found = self.accounts.get(str(header["name"]))
        known = found is not None and not found["disabled"]
        name = found["name"] if found is not None else UNKNOWN
        counted = name if found is not None else f"{UNKNOWN}{_bucket(str(header['name']))}"
        wait, closes = self.failures.begin(counted, str(header["address"]), self._now())
        if closes:
            # Once for each lock: refusals after it must not fill the trail.
            self._note(header, "login-locked", name)
        return {"wait_s": wait, "hash": found["password"] if found and known and not wait else None}

    def failed(self, header: Header) -> Header:
        """{name, address}: the password was wrong."""
        found = self.accounts.get(str(header["name"]))
        # A wrong name may be a password typed into the wrong field: it is not kept.
        self._note(header, "login-failed", found["name"] if found else UNKNOWN)
        return {}

    def enter(self, header: Header) -> Header:
        """{name, address, rehashed} -> {token, lasts_s}: the password was right."""
        name, address, now_ns = str(header["name"]), str(header["address"]), self._now()
        self.failures.forget(name, address)
        if header.get("rehashed"):
            self.accounts.change(name, now_ns, end_sessions=False, password=str(header["rehashed"]))
        token = self.accounts.open_session(name, address, now_ns, self._session_ns)
        self._note(header, "login", name)
        return {"token": token, "lasts_s": self._session_ns // 1_000_000_000}

    def who(self, header: Header) -> Header:
        """{digest, kind} -> {found: {name, grants, must_change} or None}."""
        digest, now_ns = str(header["digest"]), self._now()
        if header.get("kind") == "token":
            token = self.tokens.of_token(digest, now_ns)
            if token is None:
                return {"found": None}
            name = f"token:{token['label']}"
            return {"found": {"name": name, "grants": token["grants"], "must_change": False}}
        return {"found": self.accounts.of_session(digest, now_ns)}

    def leave(self, header: Header) -> Header:
        """{digest, by, address}: the session ends."""
        self.accounts.close_session(str(header["digest"]))
        self._note(header, "logout", str(header["by"]))
        return {}

    # administration; `by` is who asks

    def add_user(self, header: Header) -> Header:
        """{name, hash, grants, by} -> {problem}: must change the password at the first login."""
        name = str(header["name"])

        def add() -> None:
            self.accounts.add(
                name, str(header["hash"]), header["grants"], self._now(), must_change=True
            )

        return self._change(header, "user-added", {"user": name, "grants": header["grants"]}, add)

    def change_user(self, header: Header) -> Header:
        """{name, grants | disabled, by} -> {problem}; the account's sessions end."""
        name = str(header["name"])
        values = {key: header[key] for key in ("grants", "disabled") if header.get(key) is not None}

        def change() -> None:
            self.accounts.change(name, self._now(), end_sessions=True, **values)

        return self._change(header, "user-changed", {"user": name, **values}, change)

    def set_password(self, header: Header) -> Header:
        """{name, hash, must_change, by} -> {problem}; the account's sessions end."""
        name = str(header["name"])
        must_change = bool(header.get("must_change"))

        def change() -> None:
            self.accounts.change(
                name,
                self._now(),
                end_sessions=True,
                password=str(header["hash"]),
                must_change=must_change,
            )
            self.failures.forget(name)

        return self._change(header, "password-set", {"user": name}, change)

    def unlock(self, header: Header) -> Header:
        """{name, by} -> {problem}: failed logins are forgotten."""
        name = str(header["name"])
        return self._change(
            header, "user-unlocked", {"user": name}, lambda: self.failures.forget(name)
        )

    def add_token(self, header: Header) -> Header:
        """{label, grants, lasts_h, by} -> {id, token}; the token is told this once."""
        now_ns = self._now()
        expires_ns = now_ns + round(float(header["lasts_h"]) * NS_PER_H)
        label, grants = str(header["label"]), header["grants"]
        id_, token = self.tokens.add(label, grants, str(header["by"]), now_ns, expires_ns)
        self._note(
            header, "token-added", str(header["by"]), {"id": id_, "label": label, "grants": grants}
        )
        return {"id": id_, "token": token}

    def revoke_token(self, header: Header) -> Header:
        """{id, by} -> {problem}."""
        id_ = str(header["id"])
        return self._change(
            header, "token-revoked", {"id": id_}, lambda: self.tokens.revoke(id_, self._now())
        )

    # the trail

    def entries(self, header: Header) -> Header:
        """{limit, before} -> {entries}, newest first."""
        limit = min(int(header.get("limit") or 200), 1000)
        return {"entries": self.audit.entries(limit=limit, before=int(header.get("before") or 0))}

    def note(self, header: Header) -> Header:
        """{user, action, origin, details} -> {sequence}: an entry by another part of the room."""
        sequence = self.audit.append(
            time_ns=self._clock.now_ns(),
            user=str(header["user"]),
            action=str(header["action"]),
            origin=str(header.get("origin") or "web"),
            details=dict(header.get("details") or {}),
        )
        return {"sequence": sequence}

    def verify(self, header: Header) -> Header:
        """{head} -> {sound, entries, broken, head}."""
        verdict = self.audit.verify(str(header.get("head") or ""))
        return {
            "sound": verdict.sound,
            "entries": verdict.entries,
            "broken": list(verdict.broken[:100]),
            "head": verdict.head,
            "head_found": verdict.head_found,
        }

    def _change(
        self, header: Header, action: str, details: dict[str, Any], change: Callable[[], None]
    ) -> Header:
        try:
            change()
        except AccountError as problem:
            return {"problem": str(problem)}
        self._note(header, action, str(header["by"]), details)
        return {"problem": ""}

    def _note(
        self, header: Header, action: str, user: str, details: dict[str, Any] | None = None
    ) -> None:
        self.audit.append(
            time_ns=self._now(),
            user=user,
            action=action,
            origin=str(header.get("address") or "room"),
            details=details,
        )

    def _now(self) -> int:
        return self._clock.now_ns()


def _bucket(name: str) -> int:
    return hashlib.sha256(name.encode()).digest()[0] % BUCKETS


def _in_thread(answer: Callable[[Header], Header]) -> Callable[[Header, bytes], Any]:
    async def handler(header: Header, _payload: bytes) -> tuple[Header, bytes]:
        return await asyncio.to_thread(answer, header), b""

    return handler
