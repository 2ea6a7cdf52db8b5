"""The audit trail's chain: any change of a stored line shows."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, delete, insert, select, update

from hmi.records import Audit, engine, migrate
from hmi.records.tables import audit
from tests.hmi.command import Command

KEY = b"s" * 32


@pytest.fixture
def records(tmp_path: Path) -> Engine:
    made = engine(tmp_path / "records.db")
    migrate(made)
    return made


def filled(records: Engine, n: int = 6) -> Audit:
    trail = Audit(records, KEY)
    for k in range(n):
        details = {"value": 0.1 * k, "说明": "阀门", "nan": float("nan"), "list": (1, 2)}
        trail.append(time_ns=k, user=f"u{k}", action="write", origin="web", details=details)
    return trail


def test_an_untouched_trail_is_sound(records: Engine) -> None:
    trail = filled(records)
    verdict = trail.verify()
    assert (verdict.sound, verdict.entries, verdict.broken) == (True, 6, ())
    assert trail.verify(verdict.head).sound


@pytest.mark.parametrize(
    ("column", "value"),
    [("user", "mallory"), ("time_ns", 99), ("action", "read"), ("origin", "x"), ("json", {})],
)
def test_a_changed_line_shows(records: Engine, column: str, value: Any) -> None:
    trail = filled(records)
    with records.begin() as connection:
        connection.execute(update(audit).where(audit.c.sequence == 3).values({column: value}))
    assert trail.verify().broken == (3,)


def test_a_removed_line_and_an_inserted_one_show(records: Engine) -> None:
    trail = filled(records)
    with records.begin() as connection:
        connection.execute(delete(audit).where(audit.c.sequence == 2))
    assert trail.verify().broken == (3,)
    with records.begin() as connection:
        row = dict(connection.execute(select(audit).where(audit.c.sequence == 4)).mappings().one())
        connection.execute(insert(audit), {**row, "sequence": 2})
    assert not trail.verify().sound


def test_removed_newest_lines_show_against_a_noted_head(records: Engine) -> None:
    trail = filled(records)
    head = trail.verify().head
    with records.begin() as connection:
        connection.execute(delete(audit).where(audit.c.sequence > 4))
    assert trail.verify().sound  # a shorter trail is a sound one ...
    assert not trail.verify(head).sound  # ... but not the one that was noted


def test_a_chain_made_anew_without_the_key_shows(records: Engine) -> None:
    filled(records)
    forger = Audit(records, b"guess")
    assert len(forger.verify().broken) == 6
    forger.append(time_ns=9, user="m", action="write", origin="web")
    assert Audit(records, KEY).verify().broken == (7,)


@settings(max_examples=6, deadline=None)
@given(
    st.lists(
        st.dictionaries(st.text(max_size=5), st.integers() | st.floats() | st.text()), max_size=5
    )
)
def test_whatever_json_holds_is_sound(details: list[dict[str, Any]]) -> None:
    made = engine("sqlite://")
    migrate(made)
    trail = Audit(made, KEY)
    for one in details:
        trail.append(time_ns=1, user="李", action="a", origin="o", details=one)
    assert trail.verify().sound


def test_writers_at_once_make_one_chain(records: Engine) -> None:
    def write(n: int) -> None:
        for k in range(10):
            Audit(records, KEY).append(time_ns=k, user=f"u{n}", action="a", origin="o")

    threads = [threading.Thread(target=write, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    verdict = Audit(records, KEY).verify()
    assert (verdict.entries, verdict.broken) == (40, ())


def site_folder(tmp_path: Path) -> Path:
    folder = tmp_path / "town"
    folder.mkdir()
    text = 'name_zh = "镇"\nname_en = "Town"\ntimezone = "Asia/Shanghai"\nprofile = "jinan"\n'
    (folder / "site.toml").write_text(text, encoding="utf-8")
    return folder


def test_accounts_and_trail_on_the_command_line(
    tmp_path: Path, ringmain: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    import io

    folder = site_folder(tmp_path)

    def typed(text: str) -> None:
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text.encode())))

    typed("seven grey pumps\n")
    add = ("user", "add", folder, "Boss", "--role", "administrator", "--password-stdin")
    made = ringmain.json(*add)
    assert made["grants"] == {"*": "administrator"}
    typed("seven grey pumps\n")
    assert "boss" in ringmain.problems(*add)["NAME"]["found"]
    typed("short\n")
    assert "password" in ringmain.problems("user", "password", folder, "boss", "--password-stdin")
    assert ringmain.problems("user", "change", folder, "boss", "--role", "king")["--role"]
    assert ringmain.problems("user", "change", folder, "boss", "--disable")["NAME"]
    rows = ringmain.json("user", "list", folder)["users"]
    assert [(r["name"], r["must_change"]) for r in rows] == [("boss", True)]

    verdict = ringmain.json("audit", "verify", folder)
    assert (verdict["sound"], verdict["entries"]) == (True, 1)
    records = engine(folder / "data" / "records.db")
    with records.begin() as connection:
        connection.execute(update(audit).values(user="nobody"))
    assert ringmain.json("audit", "verify", folder, code=1)["broken"] == [1]
    listed = ringmain.json("audit", "list", folder)["entries"]
    assert listed[0]["user"] == "nobody"
