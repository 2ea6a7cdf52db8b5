"""One behaviour, three stores: SQLite on a disk, PostgreSQL on a server, and the twin in memory."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scada.samples import SampleBatch
from scada.store.memory import MemoryStore
from scada.store.port import (
    BLOCK_NS,
    Mark,
    MovedError,
    SampleStore,
    StoreError,
    StoreFullError,
)
from scada.store.postgres import PostgresStore
from scada.store.sqlite import SqliteStore
from scada.trend import read_trend
from tests.postgres import PostgresServer

SAVED = Path(__file__).parents[2] / "saved_files"
FOREVER = 2**62
HOUR = BLOCK_NS


def batch(*rows: tuple[int, int, float], quality: int = 0) -> SampleBatch:
    """(handle, time, value)."""
    return SampleBatch(
        np.array([r[0] for r in rows], dtype=np.uint32),
        np.array([r[2] for r in rows], dtype=np.float64),
        np.full(len(rows), quality, dtype=np.uint32),
        np.array([r[1] for r in rows], dtype=np.int64),
        np.array([r[1] + 7 for r in rows], dtype=np.int64),
    )


def read(store: SampleStore, handle: int, origin: Any = "measured") -> list[tuple[int, float]]:
    series = read_trend(store, handle, origin, 0, FOREVER, 10**9)
    return list(zip(series.time_ns.tolist(), series.value.tolist(), strict=True))


def seal(store: SampleStore, before_ns: int | None = None) -> None:
    for _ in store.seal(before_ns):
        pass


def compact(store: SampleStore, before_ns: int) -> None:
    for _ in store.compact(before_ns):
        pass


Open = Callable[[], SampleStore]


@pytest.fixture(params=["sqlite", "postgres"])
def reopen(request: pytest.FixtureRequest, tmp_path: Path) -> Open:
    """Opens the store of a test, again and again."""
    if request.param == "sqlite":
        return lambda: SqliteStore(tmp_path / "history.db")
    url = request.getfixturevalue("server").url()
    return lambda: PostgresStore(url)


@pytest.fixture(params=["sqlite", "postgres", "memory"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    if request.param == "memory":
        store: SampleStore = MemoryStore()
    elif request.param == "sqlite":
        store = SqliteStore(tmp_path / "history.db")
    else:
        store = PostgresStore(request.getfixturevalue("server").url())
    yield store
    store.close()


def test_handles_are_given_once(store: SampleStore) -> None:
    first = store.handles(["a", "b", "c"])
    assert len(set(first.tolist())) == 3
    again = store.handles(["c", "d", "a"])
    assert again[0] == first[2]
    assert again[2] == first[0]
    assert again[1] not in first


def test_what_is_appended_is_read_back_in_order_of_source_time(store: SampleStore) -> None:
    store.append(batch((1, 30, 3.0), (2, 10, 9.0)), "measured", None)
    store.append(batch((1, 10, 1.0), (1, 20, 2.0)), "measured", None)
    store.append(batch((1, 15, -5.0)), "model", None)
    seal(store)
    store.append(batch((1, 25, 2.5)), "measured", None)
    assert read(store, 1) == [(10, 1.0), (20, 2.0), (25, 2.5), (30, 3.0)]
    assert read(store, 2) == [(10, 9.0)]
    assert read(store, 1, "model") == [(15, -5.0)]
    assert read(store, 77) == []
    assert store.rows() == 6


def test_a_range_has_its_first_but_not_its_last_instant(store: SampleStore) -> None:
    store.append(batch(*((1, t, float(t)) for t in range(0, 100, 10))), "measured", None)
    for _ in range(2):
        series = read_trend(store, 1, "measured", 20, 50, 100)
        assert series.time_ns.tolist() == [20, 30, 40]
        seal(store)


def test_the_last_sample_of_each_point_by_arrival(store: SampleStore) -> None:
    store.append(batch((1, 10, 1.0), (2, 10, 2.0), (1, 30, 3.0)), "measured", None)
    seal(store)
    store.append(batch((1, 20, 9.0), (3, 5, 5.0)), "measured", None)
    last = store.last("measured")
    assert dict(zip(last.point.tolist(), last.value.tolist(), strict=True)) == {
        1: 3.0,
        2: 2.0,
        3: 5.0,
    }
    assert len(store.last("model")) == 0


def test_marks_only_grow(store: SampleStore) -> None:
    for number in (1, 5, 3):
        store.append(batch((1, number, 0.0)), "measured", Mark(gateway="g", epoch=7, number=number))
    store.append(batch(), "measured", Mark(gateway="h", epoch=1, number=2))
    marks = {(m.gateway, m.epoch): m.number for m in store.marks()}
    assert marks == {("g", 7): 5, ("h", 1): 2}


steps = st.lists(
    st.one_of(
        st.lists(
            st.tuples(
                st.integers(1, 3),
                st.integers(0, 30 * 4).map(lambda q: q * HOUR // 4),
                st.floats(-1e6, 1e6),
            ),
            min_size=1,
            max_size=8,
        ),
        st.sampled_from(["seal", "seal past", "compact", "reopen"]),
    ),
    max_size=15,
)


def check_steps(reopen: Open, done: list[Any]) -> None:
    store = reopen()
    expected: dict[int, list[tuple[int, float]]] = {1: [], 2: [], 3: []}
    newest: dict[int, tuple[int, float]] = {}
    for step in done:
        if step == "seal":
            seal(store)
        elif step == "seal past":
            seal(store, 2 * HOUR)
        elif step == "compact":
            compact(store, 30 * HOUR)
        elif step == "reopen":
            store.close()
            store = reopen()
        else:
            store.append(batch(*step), "measured", None)
            for handle, t, value in step:
                expected[handle].append((t, value))
                if handle not in newest or t >= newest[handle][0]:
                    newest[handle] = (t, value)
    for handle, samples in expected.items():
        assert sorted(read(store, handle)) == sorted(samples)
    last = store.last("measured")
    assert dict(zip(last.point.tolist(), last.value.tolist(), strict=True)) == {
        handle: value for handle, (_, value) in newest.items()
    }
    assert store.rows() == sum(len(s) for s in expected.values())
    store.close()


@given(steps)
@settings(max_examples=40, deadline=None)
def test_whatever_is_sealed_packed_or_reopened_when_nothing_is_lost_or_doubled(
    tmp_path_factory: pytest.TempPathFactory, done: list[Any]
) -> None:
    path = tmp_path_factory.mktemp("store") / "history.db"
    check_steps(lambda: SqliteStore(path), done)


@given(steps)
@settings(max_examples=8, deadline=None)
def test_the_same_on_postgres(server: PostgresServer, done: list[Any]) -> None:
    url = server.url()
    check_steps(lambda: PostgresStore(url), done)


def test_batches_may_come_between_the_steps_of_sealing(reopen: Open) -> None:
    store = reopen()
    store.append(batch(*((h, h, 1.0) for h in range(1, 2001))), "measured", None)
    steps_taken = 0
    for _ in store.seal(None):
        steps_taken += 1
        store.append(batch((1, 10_000 + steps_taken, 2.0)), "measured", None)
        assert len(read(store, 1)) == 1 + steps_taken
    assert steps_taken > 2
    assert len(read(store, 1)) == 1 + steps_taken
    assert store.recent() == steps_taken
    store.close()
    store = reopen()
    assert len(read(store, 1)) == 1 + steps_taken
    store.close()


def test_the_present_hour_stays_open_and_a_wrong_clock_does_not_keep_it_so(reopen: Open) -> None:
    store = reopen()
    store.append(
        batch((1, 1 * HOUR, 1.0), (1, 5 * HOUR, 5.0), (1, 6 * HOUR, 6.0), (1, 900 * HOUR, 9.0)),
        "measured",
        None,
    )
    seal(store, 5 * HOUR)
    assert store.recent() == 2
    assert [v for _, v in read(store, 1)] == [1.0, 5.0, 6.0, 9.0]
    store.close()


def test_a_full_disk_stores_nothing_of_a_batch_and_recovers(tmp_path: Path) -> None:
    path = tmp_path / "h.db"
    rng = np.random.default_rng(1)
    store = SqliteStore(path, max_pages=60)
    stored = 0
    big = batch(*((h, h, float(v)) for h, v in enumerate(rng.normal(size=500), start=1)))
    with pytest.raises(StoreFullError, match="full"):
        for n in range(1000):
            store.append(big, "measured", Mark(gateway="g", epoch=1, number=n))
            stored += 1
    assert 0 < stored < 1000
    assert store.rows() == 500 * stored
    assert [m.number for m in store.marks()] == [stored - 1]
    with pytest.raises(StoreFullError):
        store.append(big, "measured", None)
    store.close()
    store = SqliteStore(path)
    assert store.rows() == 500 * stored
    store.append(big, "measured", Mark(gateway="g", epoch=1, number=stored))
    assert store.rows() == 500 * (stored + 1)
    store.close()


def test_a_seal_that_finds_no_room_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "h.db"
    rng = np.random.default_rng(1)
    store = SqliteStore(path)
    store.append(
        batch(*((h, h, float(v)) for h, v in enumerate(rng.normal(size=3000), start=1))),
        "measured",
        None,
    )
    store.close()
    pages = path.stat().st_size // 4096
    store = SqliteStore(path, max_pages=pages)
    with pytest.raises(StoreFullError):
        seal(store)
    assert store.rows() == 3000
    store.close()
    store = SqliteStore(path)
    seal(store)
    assert (store.rows(), store.recent()) == (3000, 0)
    store.close()


def test_old_hours_go_and_a_quota_takes_the_oldest_first(reopen: Open) -> None:
    rng = np.random.default_rng(1)
    store = reopen()
    for hour in range(10):
        values = rng.normal(size=4000)
        store.append(
            batch(*((1, hour * HOUR + n, float(v)) for n, v in enumerate(values))), "measured", None
        )
    seal(store)
    assert store.prune(2 * HOUR, None) == 2
    assert min(t for t, _ in read(store, 1)) == 2 * HOUR
    size = store.size_bytes()
    assert store.prune(0, size // 2) > 0
    assert store.size_bytes() <= size // 2
    left = sorted({t // HOUR for t, _ in read(store, 1)})
    assert left == list(range(left[0], 10))
    assert store.rows() == 4000 * len(left)
    store.close()


def test_a_file_of_a_newer_release_or_no_database_is_refused(tmp_path: Path) -> None:
    import sqlite3

    path = tmp_path / "h.db"
    SqliteStore(path).close()
    with sqlite3.connect(path) as sql:
        sql.execute("PRAGMA user_version=99")
    sql.close()
    with pytest.raises(StoreError, match="newer release"):
        SqliteStore(path)
    other = tmp_path / "other.db"
    other.write_bytes(b"this is not a database, it only looks long enough to be one" * 20)
    with pytest.raises(StoreError, match="cannot be opened"):
        SqliteStore(other)


def test_days_are_packed_and_late_samples_join_them(reopen: Open) -> None:
    store = reopen()
    values = {}
    for hour in (0, 1, 5, 23, 24, 30):
        rows = [(h, hour * HOUR + n, float(hour + n)) for h in (1, 2, 40, 90) for n in range(30)]
        store.append(batch(*rows), "measured", None)
        values[hour] = rows
    seal(store)
    compact(store, 30 * HOUR)
    keys = store.database.pages_between(24, 0, 48)  # type: ignore[attr-defined]
    assert {k.bucket for k in keys} == {0, 2, 5}
    assert {k.hour for k in store.database.pages_between(1, 0, 48)} == {24, 30}  # type: ignore[attr-defined]
    store.append(batch((2, 3 * HOUR, -7.0), (40, 3 * HOUR, -8.0)), "measured", None)
    seal(store)
    for _ in range(2):
        expected = sorted([(t, v) for r in values.values() for h, t, v in r if h == 2])
        assert read(store, 2) == sorted([*expected, (3 * HOUR, -7.0)])
        assert store.rows() == 6 * 4 * 30 + 2
        compact(store, 24 * HOUR)
        assert {k.hour for k in store.database.pages_between(1, 0, 48)} == {24, 30}  # type: ignore[attr-defined]
    store.close()


def test_a_view_whose_pages_were_packed_meanwhile_is_taken_anew(reopen: Open) -> None:
    store = reopen()
    store.append(batch((1, 5, 1.0), (1, HOUR, 2.0)), "measured", None)
    seal(store)
    spans = store.spans(1, "measured", 0, FOREVER)
    compact(store, 24 * HOUR)
    with pytest.raises(MovedError):
        spans.open(np.ones(2, dtype=bool))
    assert read(store, 1) == [(5, 1.0), (HOUR, 2.0)]
    store.close()


def test_beyond_the_retention_of_samples_the_hours_stay(reopen: Open) -> None:
    store = reopen()
    for hour in range(4):
        rows = [(1, hour * HOUR + n * 10**9, float(10 * hour + n)) for n in range(10)]
        store.append(batch(*rows), "measured", None)
    seal(store)
    assert store.prune(2 * HOUR, None, hours_before_ns=HOUR) == 2
    assert store.rows() == 20
    # Of hour 1 the extremes are left, of hours 2 and 3 every sample.
    assert [v for _, v in read(store, 1)] == [10.0, 19.0, *range(20, 30), *range(30, 40)]
    assert store.prune(2 * HOUR, None, hours_before_ns=HOUR) == 0
    store.append(batch((1, HOUR + 5, 15.0)), "measured", None)
    seal(store)
    compact(store, 24 * HOUR)
    assert [v for _, v in read(store, 1)][:3] == [10.0, 15.0, 19.0]
    assert store.prune(24 * HOUR, None) > 0
    assert read(store, 1) == []
    store.close()


def test_a_batch_whose_acknowledgement_was_lost_is_not_stored_twice(store: SampleStore) -> None:
    for _ in range(2):
        store.append(batch((1, 10, 1.0)), "measured", Mark(gateway="g", epoch=1, number=4))
    store.append(batch((1, 20, 2.0)), "measured", Mark(gateway="g", epoch=1, number=5))
    assert read(store, 1) == [(10, 1.0), (20, 2.0)]


def test_a_file_of_the_first_release_opens_with_all_it_holds(tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    shutil.copy(SAVED / "history_1.db", path)
    for _ in range(2):
        store = SqliteStore(path)
        assert store.rows() == 161
        assert store.handles(["A", "B"]).tolist() == [1, 2]
        measured = read(store, 1)
        assert len(measured) == 41
        assert measured[-1] == (480_010 * HOUR, 7.5)
        assert [v for _, v in measured[:-1]] == [100.0 + k for k in range(40)]
        assert np.isnan(dict(read(store, 2))[480_000 * HOUR + HOUR // 2])
        assert len(read(store, 2, "model")) == 40
        assert {(m.epoch, m.number) for m in store.marks()} == {(1, 12), (2, 1)}
        store.close()


def test_a_newer_database_is_refused_and_no_password_is_told(server: PostgresServer) -> None:
    import psycopg

    url = server.url()
    PostgresStore(url).close()
    with psycopg.connect(url) as sql:
        sql.execute("UPDATE ringmain_history.version SET version = 99")
    with pytest.raises(StoreError, match="newer release"):
        PostgresStore(url.replace("ringmain@", "ringmain:secret@"))
    with pytest.raises(StoreError) as told:
        PostgresStore("postgresql://me:secret@127.0.0.1:1/none")
    assert "secret" not in str(told.value)


def test_a_server_that_was_killed_is_found_again_and_nothing_is_doubled(
    server: PostgresServer,
) -> None:
    store = PostgresStore(server.url())
    store.append(batch((1, 1, 1.0)), "measured", Mark(gateway="g", epoch=1, number=1))
    server.kill()
    with pytest.raises(StoreError):
        store.append(batch((1, 2, 2.0)), "measured", Mark(gateway="g", epoch=1, number=2))
    with pytest.raises(StoreError):
        store.last("measured")
    server.start()
    for _ in range(2):
        store.append(batch((1, 2, 2.0)), "measured", Mark(gateway="g", epoch=1, number=2))
    assert read(store, 1) == [(1, 1.0), (2, 2.0)]
    seal(store)
    assert (store.rows(), store.recent()) == (2, 0)
    assert read(store, 1) == [(1, 1.0), (2, 2.0)]
    store.close()
