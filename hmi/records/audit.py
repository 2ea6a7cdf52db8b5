"""The audit trail: who did what, when and from where. Rows are added, never changed.

Each row carries a digest over itself and the digest before it, keyed with a secret that is not in
the database: a changed, inserted or removed row breaks the chain from there on. Removal of the
newest rows shows against a head that was noted elsewhere.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine, insert, select

from hmi.records.database import alone, plain
from hmi.records.tables import audit

_LOCK = 0x41554454  # of whoever appends: each digest needs the one before
_PAGE = 5000


@dataclass(frozen=True, slots=True)
class Verdict:
    """What checking the trail found; `broken` are the sequence numbers that do not fit."""

    entries: int
    broken: tuple[int, ...]
    head: str
    head_found: bool

    @property
    def sound(self) -> bool:
        """Nothing was changed, and the noted head is there."""
        return not self.broken and self.head_found


class Audit:
    """Appends to and reads the audit table of a migrated database."""

    def __init__(self, records: Engine, key: bytes = b"") -> None:
        """`key`: the secret of the chain; without it anybody could make a chain of his own."""
        self._records = records
        self._key = key

    def append(
        self,
        *,
        time_ns: int,
        user: str,
        action: str,
        origin: str,
        details: Mapping[str, Any] | None = None,
    ) -> int:
        """Store one entry; its sequence number, given after the commit.

        `origin` is where the action came from (`web`, `cli`, `drill`, an address); `details` is
        anything JSON can hold.
        """
        row = {
            "time_ns": time_ns,
            "user": user,
            "action": action,
            "origin": origin,
            # As it will be read back: what JSON makes of it is what the digest is over.
            "json": json.loads(json.dumps(plain(dict(details or {})))),
        }
        with alone(self._records, _LOCK) as connection:
            last = connection.execute(
                select(audit.c.sequence, audit.c.digest).order_by(audit.c.sequence.desc()).limit(1)
            ).one_or_none()
            previous = last.digest if last else ""
            row["digest"] = self._digest(previous, row)
            added = connection.execute(insert(audit).returning(audit.c.sequence), row)
            return int(added.scalar_one())

    def entries(self, *, limit: int = 1000, before: int = 0) -> list[dict[str, Any]]:
        """Entries newest first; `before` is a sequence number for the next page (0: newest)."""
        query = select(audit).order_by(audit.c.sequence.desc()).limit(limit)
        if before:
            query = query.where(audit.c.sequence < before)
        with self._records.connect() as connection:
            rows = connection.execute(query).mappings().all()
        return [
            {**{k: v for k, v in row.items() if k != "json"}, "details": row["json"]}
            for row in rows
        ]

    def verify(self, head: str = "") -> Verdict:
        """Check the whole trail; `head` is a digest noted before, which must still be in it."""
        broken: list[int] = []
        previous, count, found = "", 0, not head
        for row in self._all():
            count += 1
            right = self._digest(previous, row)
            if not hmac.compare_digest(right, row["digest"]):
                broken.append(int(row["sequence"]))
            # Go on from what is stored, so that one changed row is one finding.
            previous = row["digest"]
            found = found or previous == head
        return Verdict(count, tuple(broken), previous, found)

    def _all(self) -> Iterator[dict[str, Any]]:
        after = 0
        with self._records.connect() as connection:
            while True:
                query = select(audit).where(audit.c.sequence > after)
                rows = connection.execute(query.order_by(audit.c.sequence).limit(_PAGE))
                page = [dict(row) for row in rows.mappings()]
                if not page:
                    return
                yield from page
                after = page[-1]["sequence"]

    def _digest(self, previous: str, row: Mapping[str, Any]) -> str:
        said = [row[name] for name in ("time_ns", "user", "action", "origin", "json")]
        body = json.dumps([previous, *said], ensure_ascii=True, sort_keys=True)
        return hmac.new(self._key, body.encode(), hashlib.sha256).hexdigest()
