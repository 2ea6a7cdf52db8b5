"""Tokens of programs in a migrated database."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Engine, insert, select, update

from hmi.records.accounts import AccountError, digest_of
from hmi.records.tables import api_token

PREFIX = "ringmain_"
"""So that a token in a file or a log is known for what it is by whoever scans for secrets."""


class Tokens:
    """Tokens by id; the token itself is shown once, when it is made."""

    def __init__(self, records: Engine) -> None:
        self._records = records

    def add(
        self, label: str, grants: Mapping[str, str], by: str, now_ns: int, expires_ns: int
    ) -> tuple[str, str]:
        """A new token; (id, token)."""
        id_, token = secrets.token_hex(4), PREFIX + secrets.token_urlsafe(32)
        row = {
            "id": id_,
            "digest": digest_of(token),
            "label": label,
            "grants": dict(grants),
            "created_by": by,
            "created_ns": now_ns,
            "expires_ns": expires_ns,
        }
        with self._records.begin() as connection:
            connection.execute(insert(api_token), row)
        return id_, token

    def list(self) -> list[dict[str, Any]]:
        """Every token without its digest, the newest first."""
        query = select(api_token).order_by(api_token.c.created_ns.desc())
        with self._records.connect() as connection:
            rows = connection.execute(query).mappings().all()
        return [{k: v for k, v in row.items() if k != "digest"} for row in rows]

    def revoke(self, id_: str, now_ns: int) -> None:
        """End a token; AccountError when there is none of that id that lasts."""
        change = update(api_token).where(api_token.c.id == id_, api_token.c.revoked_ns.is_(None))
        with self._records.begin() as connection:
            if connection.execute(change.values(revoked_ns=now_ns)).rowcount == 0:
                raise AccountError(f"there is no token {id_!r}")

    def of_token(self, digest: str, now_ns: int) -> dict[str, Any] | None:
        """Id, label and grants of a token that lasts, or None."""
        query = select(api_token.c.id, api_token.c.label, api_token.c.grants).where(
            api_token.c.digest == digest,
            api_token.c.expires_ns > now_ns,
            api_token.c.revoked_ns.is_(None),
        )
        with self._records.connect() as connection:
            row = connection.execute(query).mappings().one_or_none()
        return None if row is None else dict(row)
