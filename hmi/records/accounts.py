"""Accounts and their sessions in a migrated database.

Tokens are 256 random bits; only their SHA-256 is stored, so a stolen database opens no door.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Engine, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from hmi.records.tables import account, session


class AccountError(ValueError):
    """A change of accounts that cannot be made."""


def digest_of(token: str) -> str:
    """What is stored of a session's or a program's token."""
    return hashlib.sha256(token.encode()).hexdigest()


class Accounts:
    """People by name; names are lower case."""

    def __init__(self, records: Engine) -> None:
        self._records = records

    def count(self) -> int:
        """How many accounts there are, disabled ones too."""
        with self._records.connect() as connection:
            return int(connection.execute(select(func.count()).select_from(account)).scalar_one())

    def add(
        self,
        name: str,
        password_hash: str,
        grants: Mapping[str, str],
        now_ns: int,
        *,
        must_change: bool,
    ) -> None:
        """A new account; AccountError when there is one of that name."""
        row = {
            "name": name,
            "password": password_hash,
            "grants": dict(grants),
            "disabled": False,
            "must_change": must_change,
            "created_ns": now_ns,
            "changed_ns": now_ns,
        }
        try:
            with self._records.begin() as connection:
                connection.execute(insert(account), row)
        except IntegrityError:
            raise AccountError(f"there is an account {name!r} already") from None

    def get(self, name: str) -> dict[str, Any] | None:
        """The account with its hash, or None."""
        with self._records.connect() as connection:
            row = connection.execute(select(account).where(account.c.name == name)).mappings()
            found = row.one_or_none()
            return None if found is None else dict(found)

    def list(self) -> list[dict[str, Any]]:
        """Every account without its hash."""
        query = select(account).order_by(account.c.name)
        with self._records.connect() as connection:
            rows = connection.execute(query).mappings().all()
        return [{k: v for k, v in row.items() if k != "password"} for row in rows]

    def change(self, name: str, now_ns: int, *, end_sessions: bool, **values: Any) -> None:
        """Change columns of an account; AccountError when it does not exist.

        The last administrator of all utilities can neither be disabled nor lose the role: nobody
        could give it back.
        """
        with self._records.begin() as connection:
            rows = [dict(r) for r in connection.execute(select(account)).mappings()]
            if name not in {row["name"] for row in rows}:
                raise AccountError(f"there is no account {name!r}")
            after = [{**row, **(values if row["name"] == name else {})} for row in rows]
            if any(map(_administrates, rows)) and not any(map(_administrates, after)):
                raise AccountError("the last administrator must stay one")
            changed = update(account).where(account.c.name == name)
            connection.execute(changed.values(changed_ns=now_ns, **values))
            if end_sessions:
                connection.execute(delete(session).where(session.c.account == name))

    # sessions

    def open_session(self, name: str, address: str, now_ns: int, lasts_ns: int) -> str:
        """Log in; the token of the session. Expired sessions of anybody are forgotten."""
        token = secrets.token_urlsafe(32)
        row = {
            "digest": digest_of(token),
            "account": name,
            "address": address,
            "created_ns": now_ns,
            "expires_ns": now_ns + lasts_ns,
        }
        with self._records.begin() as connection:
            connection.execute(delete(session).where(session.c.expires_ns <= now_ns))
            connection.execute(insert(session), row)
        return token

    def of_session(self, digest: str, now_ns: int) -> dict[str, Any] | None:
        """The account of a session that lasts and is not disabled, or None."""
        query = (
            select(account.c.name, account.c.grants, account.c.must_change)
            .join(session, session.c.account == account.c.name)
            .where(session.c.digest == digest, session.c.expires_ns > now_ns)
            .where(account.c.disabled.is_(False))
        )
        with self._records.connect() as connection:
            row = connection.execute(query).mappings().one_or_none()
        return None if row is None else dict(row)

    def close_session(self, digest: str) -> None:
        """Log out."""
        with self._records.begin() as connection:
            connection.execute(delete(session).where(session.c.digest == digest))


def _administrates(row: Mapping[str, Any]) -> bool:
    return not row["disabled"] and row["grants"].get("*") == "administrator"
