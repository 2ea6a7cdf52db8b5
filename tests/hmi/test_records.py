"""The records database: schema, alarms, audit, outages, settings."""

from __future__ import annotations

import math
import shutil
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Engine, inspect

from hmi.records import (
    Audit,
    SchemaError,
    Settings,
    SqlAlarmJournal,
    SqlOutages,
    engine,
    migrate,
)
from hmi.records.migrate import MIGRATIONS
from hmi.records.tables import metadata

NEXT = '''"""One more column."""
import sqlalchemy as sa
from alembic import op
revision = "9999"
down_revision = "{head}"
branch_labels = None
depends_on = None
def upgrade() -> None:
    op.add_column("setting", sa.Column("note", sa.String()))
    {then}
'''

HEAD = max(file.name for file in (MIGRATIONS / "versions").glob("[0-9]*.py"))[:4]


@pytest.fixture
def file_records(tmp_path: Path) -> Engine:
    made = engine(tmp_path / "deep" / "records.db")
    migrate(made)
    return made


@pytest.fixture(params=["sqlite", "postgres"])
def records(request: pytest.FixtureRequest) -> Iterator[Engine]:
    if request.param == "sqlite":
        yield request.getfixturevalue("file_records")
        return
    made = engine(request.getfixturevalue("server").url())
    migrate(made)
    yield made
    made.dispose()


def later_release(folder: Path, then: str = "pass") -> Path:
    """The migrations with one more, as a later release would bring them."""
    copy = folder / "migrations"
    shutil.copytree(MIGRATIONS, copy, ignore=shutil.ignore_patterns("__pycache__"))
    text = NEXT.format(then=then, head=HEAD)
    (copy / "versions" / "9999_note.py").write_text(text, encoding="utf-8")
    return copy


def raised(alarm: str, time_ns: int, state: str = "unacknowledged") -> dict[str, object]:
    return {
        "id": f"{alarm}.low",
        "source": alarm,
        "kind": "low",
        "event": "raised" if state == "unacknowledged" else state,
        "state": state,
        "value": 0.12e6,
        "limit": 0.14e6,
        "quality": 0,
        "time_ns": time_ns,
        "text_zh": "压力低",
    }


def test_migrations_make_exactly_the_tables(records: Engine) -> None:
    with records.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_sqlite_is_durable(file_records: Engine) -> None:
    with file_records.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2


def test_a_url_opens_too(tmp_path: Path) -> None:
    made = engine(f"sqlite:///{tmp_path / 'r.db'}")
    assert migrate(made) == migrate(made)
    assert list(tmp_path.glob("*.bak")) == []


def test_an_older_file_is_backed_up_then_migrated(file_records: Engine, tmp_path: Path) -> None:
    Settings(file_records).put("colour", "grey", user="li", time_ns=1)
    assert migrate(file_records, folder=later_release(tmp_path)) == "9999"
    assert "note" in {c["name"] for c in inspect(file_records).get_columns("setting")}
    assert Settings(file_records).get("colour") == "grey"
    backup = tmp_path / "deep" / f"records.db.{HEAD}.bak"
    with closing(sqlite3.connect(backup)) as old:
        assert old.execute("SELECT version_num FROM alembic_version").fetchone() == (HEAD,)
        assert old.execute("SELECT json FROM setting").fetchone() == ('"grey"',)


def test_a_migration_that_fails_changes_nothing(records: Engine, tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="half way"):
        migrate(records, folder=later_release(tmp_path, 'raise RuntimeError("half way")'))
    assert "note" not in {c["name"] for c in inspect(records).get_columns("setting")}
    assert migrate(records) == HEAD


def test_a_newer_schema_is_refused_untouched(records: Engine, tmp_path: Path) -> None:
    migrate(records, folder=later_release(tmp_path))
    with pytest.raises(
        SchemaError, match=rf"schema 9999, newer than this release knows \({HEAD}\)"
    ):
        migrate(records)
    assert migrate(records, folder=tmp_path / "migrations") == "9999"


def test_only_one_of_many_migrates(tmp_path: Path) -> None:
    results: list[object] = []

    def one() -> None:
        try:
            results.append(migrate(engine(tmp_path / "records.db")))
        except Exception as error:  # the test reports whatever a thread met
            results.append(error)

    threads = [threading.Thread(target=one) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [HEAD] * 4


def test_audit_is_numbered_and_paged(records: Engine) -> None:
    audit = Audit(records)
    numbers = [
        audit.append(time_ns=n, user="王", action="write", origin="web", details={"n": n})
        for n in range(5)
    ]
    assert numbers == [1, 2, 3, 4, 5]
    first = audit.entries(limit=2)
    assert [e["sequence"] for e in first] == [5, 4]
    assert first[0]["details"] == {"n": 4}
    assert [e["sequence"] for e in audit.entries(before=first[-1]["sequence"])] == [3, 2, 1]


def test_outages_round_trip(records: Engine) -> None:
    outages = SqlOutages(records)
    proposal = {
        "id": "o1",
        "created": "2026-11-01T08:00:00+08:00",
        "element": "water/link:P12",
        "start": "2026-11-03T08:00:00+08:00",
        "end": "2026-11-03T20:00:00+08:00",
        "impact": {"people": np.int64(812), "minimum": math.nan},
    }
    assert outages.save(proposal) == "o1"
    outages.save({**proposal, "id": "o2", "start": "2026-11-02T08:00:00+08:00"})
    assert [o["id"] for o in outages.list()] == ["o1", "o2"]
    assert outages.list()[0]["start_ns"] == 1_793_664_000_000_000_000
    assert outages.get("o1")["impact"] == {"people": 812, "minimum": None}
    outages.set_status("o1", "withdrawn")
    assert outages.get("o1")["status"] == "withdrawn"
    assert outages.list(from_ns=2**62) == []
    with pytest.raises(KeyError):
        outages.get("none")
    with pytest.raises(KeyError):
        outages.set_status("none", "withdrawn")
    with pytest.raises(ValueError, match="start: found 2026-11-02T08:00:00, expected a time with"):
        outages.save({**proposal, "start": "2026-11-02T08:00:00"})


def test_settings_have_versions(records: Engine) -> None:
    settings = Settings(records)
    assert settings.get("limits", 7) == 7
    assert settings.version("limits") == 0
    assert settings.put("limits", {"a": 1}, user="li", time_ns=1) == 1
    assert settings.put("limits", None, user="li", time_ns=2) == 2
    assert settings.get("limits", 7) is None
    assert settings.version("limits") == 2


def test_values_json_cannot_hold_are_stored_as_none(records: Engine) -> None:
    journal = SqlAlarmJournal(records)
    journal.append([{**raised("p1", 1), "value": math.nan, "limit": np.float64(3)}])
    (event,) = journal.events()
    assert event["value"] is None
    assert event["limit"] == 3.0


def test_an_event_without_an_alarm_stores_none_of_its_batch(records: Engine) -> None:
    journal = SqlAlarmJournal(records)
    with pytest.raises(KeyError):
        journal.append([raised("p1", 1), {"state": "normal", "time_ns": 2}])
    assert journal.events() == []
    assert journal.states() == []


def test_the_last_event_of_a_batch_is_the_state(records: Engine) -> None:
    journal = SqlAlarmJournal(records)
    journal.append([raised("p1", 1), raised("p1", 2, "acknowledged"), raised("p2", 3)])
    assert [(s["id"], s["state"], s["sequence"]) for s in journal.states()] == [
        ("p1.low", "acknowledged", 2),
        ("p2.low", "unacknowledged", 3),
    ]
