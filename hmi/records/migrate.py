"""Bringing the records database to the schema of this release: alone, backed up, one way."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, text

from hmi.records.database import alone, sqlite_file

MIGRATIONS = Path(__file__).with_name("migrations")
_LOCK_KEY = 0x52494E47  # any fixed number: the advisory lock every release asks for


class SchemaError(RuntimeError):
    """The database cannot be used by this release."""


def migrate(records: Engine, *, folder: Path = MIGRATIONS) -> str:
    """Bring the database to the newest schema of `folder`; its revision afterwards.

    Only one process at a time migrates; others wait and then find the work done. Before an
    existing SQLite file is changed it is copied beside itself (`<file>.<old revision>.bak`).
    The whole step is one transaction: it happens, or nothing changed.

    Raises SchemaError when the database was written by a newer release; nothing is touched then.
    """
    config = Config()
    config.set_main_option("script_location", str(folder).replace("%", "%%"))
    scripts = ScriptDirectory.from_config(config)
    head = scripts.get_current_head()
    if head is None:
        raise SchemaError(f"no migrations in {folder}")
    with alone(records, _LOCK_KEY) as connection:
        connection.execute(text("SELECT 1"))  # begins the transaction
        current = MigrationContext.configure(connection).get_current_revision()
        known = {script.revision for script in scripts.walk_revisions()}
        if current is not None and current not in known:
            raise SchemaError(
                f"the records database {records.url.render_as_string(hide_password=True)} has "
                f"schema {current}, newer than this release knows ({head}): install the release "
                "that wrote it, or restore the backup made before it was upgraded"
            )
        if current != head:
            if current is not None:
                _back_up(records, current)
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    return head


def _back_up(records: Engine, revision: str) -> None:
    """Copy the SQLite file as it stands; a server's backup is its administrator's."""
    file = sqlite_file(records)
    if file is None:
        return
    partial = file.with_name(f"{file.name}.{revision}.bak.part")
    partial.unlink(missing_ok=True)
    with closing(sqlite3.connect(file)) as source, closing(sqlite3.connect(partial)) as copy:
        source.backup(copy)
    partial.replace(file.with_name(f"{file.name}.{revision}.bak"))
