"""Where a site keeps what it must not lose: files in its data folder, or a PostgreSQL."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from scada.historian import Retention
from scada.store.database import Database
from scada.store.port import SampleStore
from scenarios.site import Site

if TYPE_CHECKING:
    from sqlalchemy import Engine

HISTORY_FILE = "history.db"
RECORDS_FILE = "records.db"


def open_store(site: Site, *, fence: int | None = None) -> SampleStore:
    """The site's history. StoreError when it cannot be opened.

    `fence` is the epoch of a leading core, for a store that several could write.
    """
    if site.history_url:
        from scada.store.postgres import PostgresStore

        return PostgresStore(site.history_url, fence=fence)
    from scada.store.sqlite import SqliteStore

    return SqliteStore(site.data / HISTORY_FILE)


def open_snapshot(site: Site) -> Database:
    """The site's history as of now, to be read while a room goes on writing.

    StoreError when there is none.
    """
    if site.history_url:
        from scada.store.postgres import PostgresDatabase

        return PostgresDatabase(site.history_url, snapshot=True)
    from scada.store.sqlite import SqliteDatabase

    return SqliteDatabase(site.data / HISTORY_FILE, snapshot=True)


def open_records(site: Site, *, fence: int | None = None) -> Engine:
    """The site's records, brought to this release's schema; `fence` as in `open_store`."""
    from hmi.records import engine, migrate

    records = engine(site.records_url or site.data / RECORDS_FILE)
    migrate(records)
    if fence is not None:
        _fence(records, fence)
    return records


def _fence(records: Engine, epoch: int) -> None:
    """Begin no transaction under an old epoch."""
    from sqlalchemy import Connection, event

    from scada.store.port import FencedError
    from scada.store.postgres_schema import FENCE

    def begin(connection: Connection) -> None:
        found = connection.exec_driver_sql(FENCE).scalar()
        if found != epoch:
            raise FencedError(f"another core has taken over (epoch {found}, ours {epoch})")

    event.listen(records, "begin", begin)


def retention(site: Site) -> Retention:
    """How long and how much history is kept."""
    return Retention(
        days=site.keep_days,
        hours_days=site.keep_hours_days,
        max_bytes=None if site.max_gb is None else int(site.max_gb * 1e9),
    )


def free_bytes(folder: Path) -> int | None:
    """Room on the disk of a folder; None when that cannot be told."""
    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return None
