"""Failed logins in a migrated database: counted before a password is judged, so none slips by."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Engine, delete, select

from hmi.records.database import alone, upsert
from hmi.records.tables import login_failure
from hmi.security.lockout import (
    ANYWHERE,
    FORGOTTEN_S,
    FREE_FROM_ANYWHERE,
    FREE_FROM_ONE,
    NS_PER_S,
    Failures,
    one_more,
    wait_s,
)

_LOCK = 0x4C4F434B  # of whoever counts: two tries at once must be two


class LoginFailures:
    """Failures by account and address."""

    def __init__(self, records: Engine) -> None:
        self._records = records

    def begin(self, name: str, address: str, now_ns: int) -> tuple[int, bool]:
        """Count a try as failed until `forget`: (seconds to wait when it is not let in, whether
        this very try, should it fail, closes the door). Old rows are forgotten.
        """
        free = {address: FREE_FROM_ONE, ANYWHERE: FREE_FROM_ANYWHERE}
        with alone(self._records, _LOCK) as connection:
            known = {place: _read(connection, name, place) for place in free}
            wait = max(wait_s(failures, now_ns) for failures in known.values())
            if wait:
                return wait, False
            old = login_failure.c.last_ns < now_ns - FORGOTTEN_S * NS_PER_S
            gone = delete(login_failure).where(old & (login_failure.c.locked_until_ns < now_ns))
            connection.execute(gone)
            rows: list[dict[str, Any]] = []
            for place, failures in known.items():
                after = one_more(failures, free[place], now_ns)
                rows.append(
                    {
                        "account": name,
                        "address": place,
                        "count": after.count,
                        "last_ns": after.last_ns,
                        "locked_until_ns": after.locked_until_ns,
                    }
                )
            upsert(connection, login_failure, rows)
        return 0, any(row["locked_until_ns"] > now_ns for row in rows)

    def forget(self, name: str, address: str | None = None) -> None:
        """A login succeeded from an address, or an administrator unlocks the account (None)."""
        gone = delete(login_failure).where(login_failure.c.account == name)
        if address is not None:
            gone = gone.where(login_failure.c.address.in_([address, ANYWHERE]))
        with self._records.begin() as connection:
            connection.execute(gone)


def _read(connection: Connection, name: str, address: str) -> Failures:
    query = select(login_failure).where(
        login_failure.c.account == name, login_failure.c.address == address
    )
    row = connection.execute(query).one_or_none()
    if row is None:
        return Failures()
    seen = row._mapping  # `count` is also a method of rows
    return Failures(seen["count"], seen["last_ns"], seen["locked_until_ns"])
