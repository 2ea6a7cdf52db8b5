"""History as files: export of samples and means, backup of a running site, restore."""

from __future__ import annotations

import csv
import json
import tarfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from hmi.backup import back_up, restore
from hmi.records import Settings, SqlAlarmJournal
from hmi.storing import open_records, open_store
from network_models.problems import InputError
from scada.samples import SampleBatch
from scada.store.port import BLOCK_NS, Mark, SampleStore
from scada.trend import read_trend
from scenarios.init_site import init_site
from scenarios.site import Site, load_site
from tests.hmi.command import Command
from tests.postgres import PostgresServer

S = 10**9
START = 490_896 * BLOCK_NS  # 2026-01-01T00:00Z, 08:00 in Shanghai
ZONE = ZoneInfo("Asia/Shanghai")


def batch(handle: int, first_s: int, values: list[float], quality: int = 0) -> SampleBatch:
    n = len(values)
    time = START + (first_s + np.arange(n, dtype=np.int64)) * S
    return SampleBatch(
        np.full(n, handle, dtype=np.uint32),
        np.array(values),
        np.full(n, quality, dtype=np.uint32),
        time,
        time,
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    init_site(tmp_path / "town", example="water", network_file=None, seed=1, elements=200)
    return tmp_path / "town"


def fill(site: Site) -> tuple[SampleStore, list[str]]:
    """An hour sealed in pages, some samples in the journal, records of every kind."""
    store = open_store(site)
    pressures = [p.id for p in site.points if p.unit == "MPa"][:2]
    a, b = store.handles(pressures).tolist()
    store.append(batch(a, 0, [0.2e6, 0.3e6, 0.4e6]), "measured", None)
    store.append(batch(b, 0, [float("nan")], 0x80310000), "measured", None)
    for _ in store.seal(None):
        pass
    store.append(batch(a, 7200, [0.5e6]), "measured", Mark(gateway="g", epoch=1, number=9))
    records = open_records(site)
    Settings(records).put("colour", "grey", user="li", time_ns=1)
    event = {"id": "P.low", "state": "unacknowledged", "time_ns": 5, "event": "raised"}
    SqlAlarmJournal(records).append([event])
    records.dispose()
    return store, pressures


def test_samples_leave_as_csv_in_their_own_unit_while_the_store_is_written(
    folder: Path, tmp_path: Path, ringmain: Command
) -> None:
    store, (a, b) = fill(load_site(folder))
    file = tmp_path / "out.csv"
    code, out, err = ringmain(
        "history", "export", folder, file, "--points", f"{a},{b}", "--json",
        "--from", "2026-01-01T08:00", "--to", "2026-01-01T12:00",
    )  # fmt: skip
    assert code == 0, err
    assert json.loads(out) == {
        "schema": "ringmain/history-export/1", "path": str(file), "points": 2, "rows": 5,
    }  # fmt: skip
    rows = list(csv.DictReader(file.open(encoding="utf-8")))
    assert [(r["point"], float(r["value"])) for r in rows[:4]] == [
        (a, 0.2), (a, 0.3), (a, 0.4), (a, 0.5),
    ]  # fmt: skip
    assert rows[1]["time"] == "2026-01-01T08:00:01.000+08:00"
    assert (rows[4]["value"], rows[4]["quality_text"]) == ("", "no communication")
    assert {r["unit"] for r in rows} == {"MPa"}
    assert list(tmp_path.glob("*.part")) == []
    store.append(batch(1, 9000, [1.0]), "measured", None)
    store.close()


def test_means_leave_as_parquet(folder: Path, tmp_path: Path, ringmain: Command) -> None:
    from pyarrow import parquet

    store, (a, _) = fill(load_site(folder))
    store.close()
    file = tmp_path / "out.parquet"
    code, _, err = ringmain(
        "history", "export", folder, file, "--parquet", "--points", a, "--every", 2,
        "--from", "2026-01-01T08:00", "--to", "2026-01-01T08:00:04",
    )  # fmt: skip
    assert code == 0, err
    table = parquet.read_table(file).to_pydict()
    assert table["point"] == [a, a]
    assert np.allclose(table["mean"], [0.25, 0.4])
    assert np.allclose(table["high"], [0.3, 0.4])
    assert table["samples"] == [2, 1]
    assert table["known_share"] == [1.0, 1.0]
    assert table["time"][0].isoformat() == "2026-01-01T00:00:00+00:00"


def test_what_cannot_be_exported_is_told(folder: Path, tmp_path: Path, ringmain: Command) -> None:
    for words, found in (
        (["--points", "NO-SUCH*"], "NO-SUCH*"),
        (["--from", "yesterday"], "yesterday"),
        (["--from", "2030-01-01", "--to", "2029-01-01"], "2030-01-01"),
        ([], "no such file"),
    ):
        code, out, _ = ringmain("history", "export", folder, tmp_path / "x", "--json", *words)
        assert code == 2
        assert found in json.loads(out)["problems"][0]["found"]
    assert not (tmp_path / "x").exists()


def as_read(site: Site, pressures: list[str]) -> Any:
    store = open_store(site)
    handles = store.handles(pressures).tolist()
    series = [read_trend(store, h, "measured", 0, 2**62, 1000) for h in handles]
    seen = [(s.time_ns.tolist(), [repr(v) for v in s.value.tolist()]) for s in series]
    marks = sorted((m.gateway, m.epoch, m.number) for m in store.marks())
    last = store.last("measured")
    kept = dict(zip(last.point.tolist(), last.source_time_ns.tolist(), strict=True))
    new = int(store.handles(["one more"])[0])
    store.close()
    records = open_records(site)
    colour = Settings(records).get("colour")
    journal = SqlAlarmJournal(records)
    (event,) = journal.events()
    following = journal.append([{"id": "Q", "state": "normal", "time_ns": 6, "event": "x"}])
    records.dispose()
    return seen, marks, kept, new, colour, event, following


@pytest.fixture(params=["files", "postgres"])
def kind(request: pytest.FixtureRequest) -> Iterator[str]:
    yield request.param


def on_server(folder: Path, url: str) -> None:
    toml = folder / "site.toml"
    text = toml.read_text("utf-8")
    toml.write_text(
        text.replace("[storage]", f'[storage]\nhistory = "{url}"\nrecords = "{url}"'), "utf-8"
    )


def test_a_running_site_is_backed_up_and_restored_whole(
    folder: Path, tmp_path: Path, kind: str, request: pytest.FixtureRequest
) -> None:
    server: PostgresServer | None = None
    if kind == "postgres":
        server = request.getfixturevalue("server")
        on_server(folder, server.url())
    site = load_site(folder)
    store, pressures = fill(site)
    file = tmp_path / "town.backup"
    held = back_up(site, file, datetime(2026, 1, 2, tzinfo=ZONE))
    assert held["samples"] == 5
    store.append(batch(1, 9000, [1.0]), "measured", None)  # after the backup: not in it
    store.close()
    if server is not None:
        server.url()  # empties the database
    restore(file, tmp_path / "again")
    back = load_site(tmp_path / "again")
    assert list(back.points) == list(site.points)
    seen, marks, kept, new, colour, event, following = as_read(back, pressures)
    assert list(seen[0][1]) == ["200000.0", "300000.0", "400000.0", "500000.0"]
    assert seen[1][1] == ["nan"]
    assert marks == [("g", 1, 9)]
    assert sorted(kept.values()) == [START, START + 7200 * S]
    assert new > 2
    assert colour == "grey"
    assert (event["id"], event["sequence"], following) == ("P.low", 1, [2])


def test_a_backup_that_is_not_whole_or_a_full_folder_is_refused(
    folder: Path, tmp_path: Path, ringmain: Command
) -> None:
    site = load_site(folder)
    store, _ = fill(site)
    store.close()
    file = tmp_path / "b.tar"
    assert ringmain("backup", folder, file, "--json")[0] == 0
    data = bytearray(file.read_bytes())
    with tarfile.open(file) as tar:
        at = tar.getmember("site/points.csv").offset_data + 50
    data[at] ^= 1
    (tmp_path / "bad.tar").write_bytes(data)
    (tmp_path / "none.tar").write_bytes(b"no tar")
    for name, word in (("bad.tar", "site/points.csv"), ("none.tar", ""), ("absent.tar", "")):
        with pytest.raises(InputError) as told:
            restore(tmp_path / name, tmp_path / "new")
        assert word in told.value.problems[0].found
    with pytest.raises(InputError, match="not empty"):
        restore(file, folder)
    assert not (tmp_path / "new").exists()
    code, out, _ = ringmain("restore", file, tmp_path / "new", "--json")
    assert code == 0
    assert json.loads(out)["schema"] == "ringmain/restore/1"
    assert list(tmp_path.glob(".restore-*")) == []
    assert (tmp_path / "new" / "data" / "history.db").exists()
