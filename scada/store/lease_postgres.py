"""The lease of a pair of rooms in their shared PostgreSQL. Its clock alone counts."""

from __future__ import annotations

import contextlib
from typing import Any

from scada.leading import LeaseError
from scada.store.port import StoreError
from scada.store.postgres import PostgresDatabase
from scada.store.postgres_schema import FENCED, SCHEMA, need_psycopg

ANSWER_S = 1


class PostgresLease:
    """`Lease` in the tables of the history, which are made when missing."""

    def __init__(self, url: str, holder: str, lease_s: float) -> None:
        """`holder` names this room, for people. Nothing is asked yet."""
        self._url = url
        self._holder = holder
        self._lease_s = lease_s
        self._connection: Any = None
        self._made = False

    def acquire(self) -> int | None:
        """The new epoch; None while another holds the lease."""
        if not self._made:
            try:
                PostgresDatabase(self._url).close()
            except StoreError as problem:
                raise LeaseError(str(problem)) from problem
            self._made = True
        over = self._ask(
            f"SELECT epoch FROM {SCHEMA}.leader WHERE until < clock_timestamp()",  # noqa: S608
            (),
        )
        if over is None:
            return None
        # A room that was cut off in the middle of a transaction would keep the row for hours.
        self._ask(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
            "WHERE application_name = %s AND datname = current_database() "
            "AND usename = current_user AND pid <> pg_backend_pid()",
            (f"{FENCED}{over[0]}",),
        )
        row = self._ask(
            f"UPDATE {SCHEMA}.leader SET epoch = epoch + 1, holder = %s, "  # noqa: S608
            "until = clock_timestamp() + make_interval(secs => %s) "
            "WHERE epoch = %s AND until < clock_timestamp() RETURNING epoch",
            (self._holder, self._lease_s, over[0]),
        )
        return None if row is None else int(row[0])

    def renew(self, epoch: int) -> bool:
        """Whether the lease is ours for another term."""
        row = self._ask(
            f"UPDATE {SCHEMA}.leader SET "  # noqa: S608
            "until = clock_timestamp() + make_interval(secs => %s) "
            "WHERE epoch = %s AND until >= clock_timestamp() RETURNING epoch",
            (self._lease_s, epoch),
        )
        return row is not None

    def release(self, epoch: int) -> None:
        """Give the lease back before its end."""
        self._ask(
            f"UPDATE {SCHEMA}.leader SET until = '-infinity' WHERE epoch = %s RETURNING epoch",  # noqa: S608
            (epoch,),
        )

    def _ask(self, query: str, values: tuple[object, ...]) -> tuple[Any, ...] | None:
        psycopg = need_psycopg()
        try:
            if self._connection is None or self._connection.closed:
                self._connection = psycopg.connect(
                    self._url,
                    autocommit=True,
                    connect_timeout=ANSWER_S + 1,
                    options=f"-c statement_timeout={ANSWER_S}s",
                    tcp_user_timeout=1000 * ANSWER_S,
                )
            found: tuple[Any, ...] | None = self._connection.execute(query, values).fetchone()
        except psycopg.Error as problem:
            with contextlib.suppress(psycopg.Error):
                if self._connection is not None:
                    self._connection.close()
            self._connection = None
            raise LeaseError(str(problem)) from problem
        return found
