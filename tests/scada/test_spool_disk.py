"""The spool on disk: order, once, across deaths, full disks, quotas and changed point lists."""

from __future__ import annotations

import contextlib
import resource
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scada.intake import Intake
from scada.samples import NO_POINT, SampleBatch
from scada.spool_disk import DiskSpool, SpoolInUseError
from scada.store.port import Mark

IDS = ["A", "B", "C"]


def samples(*values: float, point: int = 0) -> SampleBatch:
    n = len(values)
    times = np.arange(n, dtype=np.int64)
    return SampleBatch(
        np.full(n, point, dtype=np.uint32),
        np.array(values, dtype=float),
        np.zeros(n, dtype=np.uint32),
        times,
        times,
    )


def die(spool: DiskSpool) -> None:
    """What kill -9 leaves: files as they are, the lock gone with its process."""
    import os

    os.close(spool._lock)


class Receiver:
    """Core's side of the numbers."""

    def __init__(self) -> None:
        self.intake = Intake((), IDS)
        self.values: list[float] = []
        self.points: list[int] = []

    def take(self, spool: DiskSpool, *, answer: bool = True) -> bool:
        """One parcel, if there is one; without `answer` the gateway does not hear of it."""
        parcel = spool.peek()
        if parcel is None:
            return False
        mark = Mark(gateway="g", epoch=parcel.epoch, number=parcel.number)
        first = parcel.number - parcel.samples + 1
        fresh = self.intake.fresh(mark, first, SampleBatch.from_bytes(parcel.payload))
        self.values += fresh.value.tolist()
        self.points += fresh.point.tolist()
        self.intake.done(mark)
        if answer:
            spool.confirm(parcel.number)
        return True

    def drain(self, spool: DiskSpool) -> None:
        while self.take(spool):
            pass


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(["put", "send", "unheard", "killed", "stopped"]), max_size=60))
def test_everything_comes_out_once_in_order_whatever_dies(steps: list[str]) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        made = 0.0
        core = Receiver()
        spool = DiskSpool(folder, IDS, 5, segment_bytes=400, parcel=7)
        for step in steps:
            if step == "put":
                n = 1 + int(made) % 5
                spool.put(samples(*(made + k for k in range(n))))
                made += n
            elif step in ("send", "unheard"):
                core.take(spool, answer=step == "send")
            else:
                die(spool) if step == "killed" else spool.close()
                epoch = spool.epoch
                spool = DiskSpool(folder, IDS, 5, segment_bytes=400, parcel=4)
                assert spool.epoch > epoch
        core.drain(spool)
        assert core.values == [float(v) for v in range(int(made))]
        assert len(spool) == 0
        spool.close()
        assert not list(folder.glob("*.spool"))


def test_a_record_cut_short_by_the_kill_is_left_out(tmp_path: Path) -> None:
    spool = DiskSpool(tmp_path, IDS, 1)
    spool.put(samples(1.0, 2.0))
    spool.put(samples(3.0))
    die(spool)
    (path,) = tmp_path.glob("*.spool")
    path.write_bytes(path.read_bytes()[:-5])
    spool, core = DiskSpool(tmp_path, IDS, 1), Receiver()
    core.drain(spool)
    assert core.values == [1.0, 2.0]


def test_spoiled_bytes_cost_their_record_alone_and_are_counted(tmp_path: Path) -> None:
    spool = DiskSpool(tmp_path, IDS, 1)
    for value in range(4):
        spool.put(samples(float(value)))
    die(spool)
    (path,) = tmp_path.glob("*.spool")
    data = bytearray(path.read_bytes())
    data[40 + 40 + 8 + 3] ^= 0xFF  # inside the second record's value
    path.write_bytes(data)
    spool, core = DiskSpool(tmp_path, IDS, 1), Receiver()
    core.drain(spool)
    assert core.values == [0.0, 2.0, 3.0]
    assert spool.figures()["damaged"] == 1
    assert len(spool) == 0


def test_a_file_that_is_no_segment_is_set_aside(tmp_path: Path) -> None:
    (tmp_path / "1-1.spool").write_text("hello")
    spool = DiskSpool(tmp_path, IDS, 1)
    assert spool.peek() is None
    assert (tmp_path / "1-1.damaged").exists()


def test_what_was_acquired_under_another_point_list_finds_its_points(tmp_path: Path) -> None:
    spool = DiskSpool(tmp_path, ["old", "B", "A"], 1)
    for place in range(3):
        spool.put(samples(float(place), point=place))
    die(spool)
    spool = DiskSpool(tmp_path, IDS, 1)
    parcel = spool.peek()
    assert parcel is not None
    assert SampleBatch.from_bytes(parcel.payload).point.tolist() == [NO_POINT, 1, 0]
    core = Receiver()
    core.drain(spool)
    assert (core.points, core.values) == ([1, 0], [1.0, 2.0])


def test_beyond_the_quota_the_oldest_go_and_that_is_said(tmp_path: Path) -> None:
    spool = DiskSpool(tmp_path, IDS, 1, quota_bytes=8000, segment_bytes=1000)
    for value in range(1000):
        spool.put(samples(float(value)))
    figures = spool.figures()
    assert figures["bytes"] <= 8000
    assert figures["dropped"] > 0
    assert str(figures["dropped"]) in figures["problem"]
    core = Receiver()
    core.drain(spool)
    assert len(core.values) + spool.dropped == 1000
    assert core.values == [float(v) for v in range(spool.dropped, 1000)]


def test_the_quota_never_takes_the_parcel_on_its_way(tmp_path: Path) -> None:
    spool = DiskSpool(tmp_path, IDS, 1, quota_bytes=8000, segment_bytes=1000, parcel=4)
    spool.put(samples(-1.0))
    on_its_way = spool.peek()
    for value in range(1000):
        spool.put(samples(float(value)))
    assert spool.peek() is on_its_way
    core = Receiver()
    core.drain(spool)
    assert core.values[0] == -1.0
    assert len(core.values) + spool.dropped == 1001


@contextlib.contextmanager
def full_disk(size: int) -> Iterator[None]:
    """Files may not grow beyond `size` bytes: the system's own refusal, as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_full_disk_is_said_and_costs_nothing_when_it_has_room_again(tmp_path: Path) -> None:
    spool = DiskSpool(tmp_path, IDS, 1)
    for value in range(5):
        spool.put(samples(float(value)))
    with full_disk(100):
        for value in range(5, 10):
            spool.put(samples(float(value)))
        assert "memory" in spool.problem
        assert len(spool) == 10
    spool.put(samples(10.0))
    assert spool.problem == ""
    die(spool)
    spool, core = DiskSpool(tmp_path, IDS, 1), Receiver()
    core.drain(spool)
    assert core.values == [float(v) for v in range(11)]


def test_with_the_disk_full_samples_still_go_to_core(tmp_path: Path) -> None:
    spool = DiskSpool(tmp_path, IDS, 1, held_samples=6)
    core = Receiver()
    with full_disk(10):
        for value in range(4):
            spool.put(samples(float(value)))
        core.drain(spool)
        assert core.values == [0.0, 1.0, 2.0, 3.0]
        for value in range(4, 20):
            spool.put(samples(float(value)))
        assert len(spool) == 6
        assert spool.dropped == 10
    spool.put(samples(20.0))
    core.drain(spool)
    assert core.values[4:] == [float(v) for v in range(14, 21)]


def test_one_gateway_a_folder(tmp_path: Path) -> None:
    spool = DiskSpool(tmp_path, IDS, 1)
    with pytest.raises(SpoolInUseError, match="another gateway"):
        DiskSpool(tmp_path, IDS, 1)
    spool.close()
    DiskSpool(tmp_path, IDS, 1).close()


def test_the_epoch_grows_when_the_clock_is_set_back_and_when_the_folder_is_new(
    tmp_path: Path,
) -> None:
    first = DiskSpool(tmp_path / "a", IDS, 1_000)
    first.close()
    again = DiskSpool(tmp_path / "a", IDS, 10)
    assert (first.epoch, again.epoch) == (1_000, 1_001)
    assert DiskSpool(tmp_path / "b", IDS, 2_000).epoch == 2_000


def test_a_confirmed_spool_keeps_little_on_the_disk(tmp_path: Path) -> None:
    spool, core = DiskSpool(tmp_path, IDS, 1, segment_bytes=4000), Receiver()
    for value in range(2000):
        spool.put(samples(float(value)))
        core.drain(spool)
    assert spool.figures()["bytes"] < 4000
    assert core.values == [float(v) for v in range(2000)]
