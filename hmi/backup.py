"""A site in one file while it runs, and back: its folder, its history and its records.

The file is a tar with a list of what it holds (`ringmain-backup.json`: SHA-256 of every file). The
databases are copied as of one moment each, history first, so that no alarm in the records is newer
than the file says.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import sqlite3
import tarfile
import tempfile
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

from hmi.storing import HISTORY_FILE, RECORDS_FILE, open_snapshot
from network_models.problems import InputError, Problem
from scenarios.site import Site, load_site

LIST = "ringmain-backup.json"
SCHEMA = "ringmain/backup/1"
KEPT_DATA = ("audit.key",)
"""Small files of the data folder without which the records cannot be checked."""


def back_up(site: Site, file: Path, now: datetime) -> dict[str, Any]:
    """Write the backup aside and rename it; what it holds. Others may go on writing."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=file.parent, prefix=".backup-") as name:
        folder = Path(name)
        stores = folder / "stores"
        stores.mkdir()
        samples = _copy_history(site, stores / HISTORY_FILE)
        _copy_records(site, stores / RECORDS_FILE)
        for kept in KEPT_DATA:
            if (site.data / kept).is_file():
                shutil.copy2(site.data / kept, stores / kept)
        content = {f"site/{p.relative_to(site.path)}": p for p in _site_files(site)}
        content |= {f"stores/{p.name}": p for p in sorted(stores.iterdir())}
        held = {
            "schema": SCHEMA,
            "made": now.isoformat(timespec="seconds"),
            "name_en": site.name_en,
            "samples": samples,
            "files": {name: _digest(path) for name, path in content.items()},
        }
        (folder / LIST).write_text(json.dumps(held, indent=1), encoding="utf-8")
        aside = folder / "backup.tar"
        aside.touch(mode=0o600)  # it holds the accounts and the key of the audit trail
        with tarfile.open(aside, "w") as tar:
            tar.add(folder / LIST, LIST)
            for inside, path in content.items():
                tar.add(path, inside)
        aside.replace(file)
    return held


def restore(file: Path, folder: Path) -> dict[str, Any]:
    """Make a site folder from a backup; InputError when the folder exists or the file is not whole.

    Databases on a server are filled from the backup; they must be empty.
    """
    if folder.exists() and any(folder.iterdir()):
        raise _refused(folder, "a folder that is not empty", "a new folder")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".restore-") as name:
        aside = Path(name)
        try:
            with tarfile.open(file) as tar:
                tar.extractall(aside, filter="data")
            held = json.loads((aside / LIST).read_text("utf-8"))
            files = dict(held["files"])
        except (OSError, tarfile.TarError, ValueError, KeyError, TypeError) as error:
            raise _refused(file, str(error)[:200], "a backup made by `ringmain backup`") from error
        wrong = [n for n, digest in files.items() if _digest(aside / n) != digest]
        if wrong or held.get("schema") != SCHEMA:
            raise _refused(file, ", ".join(wrong) or str(held.get("schema")), "a whole backup")
        site_folder = aside / "site"
        site = load_site(site_folder)
        _fill_servers(site, aside / "stores")
        data = site.data
        if site_folder.resolve() not in data.parents and any(
            (data / name).exists() for name in (HISTORY_FILE, RECORDS_FILE)
        ):
            raise _refused(data, "a data folder that is in use", "an empty data folder")
        data.mkdir(parents=True, exist_ok=True)
        for path in (aside / "stores").iterdir():
            on_server = {HISTORY_FILE: site.history_url, RECORDS_FILE: site.records_url}
            if not on_server.get(path.name):
                shutil.move(path, data / path.name)
        if folder.exists():
            folder.rmdir()
        site_folder.replace(folder)
    return dict(held)


def _copy_history(site: Site, to: Path) -> int:
    from scada.store.copy import copy_history
    from scada.store.sql_store import SqlStore
    from scada.store.sqlite import SqliteDatabase

    if not site.history_url and not (site.data / HISTORY_FILE).exists():
        return 0
    source = open_snapshot(site)
    try:
        if isinstance(source, SqliteDatabase):
            source.backup(to)
            return SqlStore(source).rows()
        target = SqliteDatabase(to)
        samples = copy_history(source, target)
        target.close()
        return samples
    finally:
        source.close()


def _copy_records(site: Site, to: Path) -> None:
    if site.records_url:
        from hmi.records import engine, migrate
        from hmi.records.copy import copy_records

        target = engine(to)
        migrate(target)
        source = engine(site.records_url)
        copy_records(source, target)
        target.dispose()
        source.dispose()
        _one_file(to)
    elif (site.data / RECORDS_FILE).exists():
        with (
            closing(sqlite3.connect(site.data / RECORDS_FILE, timeout=30.0)) as source_file,
            closing(sqlite3.connect(to)) as copy,
        ):
            source_file.backup(copy)


def _fill_servers(site: Site, stores: Path) -> None:
    if site.history_url and (stores / HISTORY_FILE).exists():
        from scada.store.copy import copy_history
        from scada.store.postgres import PostgresDatabase
        from scada.store.sqlite import SqliteDatabase

        source, target = SqliteDatabase(stores / HISTORY_FILE), PostgresDatabase(site.history_url)
        copy_history(source, target)
        source.close()
        target.close()
    if site.records_url and (stores / RECORDS_FILE).exists():
        from hmi.records import engine, migrate
        from hmi.records.copy import copy_records

        records = engine(site.records_url)
        migrate(records)
        kept = engine(stores / RECORDS_FILE)
        migrate(kept)
        copy_records(kept, records)
        kept.dispose()
        records.dispose()


def _one_file(path: Path) -> None:
    with closing(sqlite3.connect(path)) as sql:
        sql.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        sql.execute("PRAGMA journal_mode=DELETE")


def _site_files(site: Site) -> list[Path]:
    found = []
    for path in sorted(site.path.rglob("*")):
        inside = site.data in path.parents or path == site.data
        hidden = any(part.startswith(".") for part in path.relative_to(site.path).parts)
        if path.is_file() and not path.is_symlink() and not inside and not hidden:
            found.append(path)
    return found


def _digest(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""


def _refused(file: Path, found: str, expected: str) -> InputError:
    return InputError(
        [Problem(file=str(file), line=None, field="backup", found=found, expected=expected)]
    )
