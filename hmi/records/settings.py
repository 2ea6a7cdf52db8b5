"""Settings changed at run time, each with its version."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Engine, select
from sqlalchemy.dialects import postgresql, sqlite

from hmi.records.tables import setting


class Settings:
    """JSON values by key in a migrated database."""

    def __init__(self, records: Engine) -> None:
        self._records = records

    def put(self, key: str, value: Any, *, user: str, time_ns: int) -> int:
        """Store a value; its version: 1 the first time, then one more each time."""
        make = postgresql.insert if self._records.dialect.name == "postgresql" else sqlite.insert
        statement = make(setting).values(key=key, version=1, time_ns=time_ns, user=user, json=value)
        statement = statement.on_conflict_do_update(
            index_elements=["key"],
            set_={
                "version": setting.c.version + 1,
                "time_ns": time_ns,
                "user": user,
                "json": statement.excluded.json,
            },
        )
        with self._records.begin() as connection:
            result = connection.execute(statement.returning(setting.c.version))
            return int(result.scalar_one())

    def get(self, key: str, default: Any = None) -> Any:
        """The value stored last, or `default`."""
        with self._records.connect() as connection:
            row = connection.execute(select(setting.c.json).where(setting.c.key == key)).first()
        return default if row is None else row.json

    def version(self, key: str) -> int:
        """How often the key was stored; 0 when never."""
        with self._records.connect() as connection:
            found = connection.execute(
                select(setting.c.version).where(setting.c.key == key)
            ).scalar()
        return found or 0
