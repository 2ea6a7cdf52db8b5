"""The spool on disk: what a gateway acquired survives its own death and the absence of core.

Every batch is in a file when `put` returns. Files (`spool_segment`) are deleted when core has
confirmed all of them; what a killed gateway left is sent by the next one, in order and before its
own, under the epoch and the numbers it was given at first, so that core stores it once.

When the disk takes nothing more, samples wait in memory and `problem` says so; when the quota is
reached the oldest file goes and `dropped` counts its samples. Handles in a file belong to the
point list it was written under; they are turned into the present ones when it is sent.
"""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from scada.point_table import digest_of
from scada.samples import NO_POINT, U32, SampleBatch, joined, renumbered
from scada.spool import PARCEL_SAMPLES, Parcel
from scada.spool_segment import SUFFIX, Segment, SegmentError

log = logging.getLogger(__name__)

QUOTA_BYTES = 2 * 2**30
"""67 million samples: over three hours at 5,000 a second."""
SEGMENT_BYTES = 4 * 2**20
HELD_SAMPLES = 2_000_000
"""What is kept in memory (64 MB) while the disk takes nothing."""


class SpoolInUseError(RuntimeError):
    """Another gateway keeps its samples in this folder."""


@dataclass(frozen=True, slots=True)
class _Held:
    """A batch in memory: the number of its first sample, its point list, its bytes."""

    first: int
    points: str
    payload: bytes

    @property
    def samples(self) -> int:
        return len(self.payload) // SampleBatch.ITEM_BYTES


class DiskSpool:
    """A spool in a folder of its own; see `SampleSpool`."""

    def __init__(
        self,
        folder: Path,
        ids: Sequence[str],
        now_ns: int,
        *,
        quota_bytes: int = QUOTA_BYTES,
        segment_bytes: int = SEGMENT_BYTES,
        held_samples: int = HELD_SAMPLES,
        parcel: int = PARCEL_SAMPLES,
    ) -> None:
        """`ids`: the point list, by handle. SpoolInUseError, or OSError for a useless folder."""
        self.dropped = self.damaged = 0
        self.problem = ""
        self._folder = folder
        self._quota = quota_bytes
        self._segment_bytes = min(segment_bytes, max(quota_bytes // 8, 1))
        self._most_held = held_samples
        self._parcel = parcel
        folder.mkdir(parents=True, exist_ok=True)
        self._lock = _lock(folder / "spool.lock")
        self._points = _keep_list(folder, ids)
        self._place = {id_: place for place, id_ in enumerate(ids)}
        self._translations: dict[str, U32] = {}
        self._segments: deque[Segment] = deque()
        self._active: Segment | None = None
        self._held: deque[_Held] = deque()
        """What came while the disk takes nothing."""
        self._held_samples = 0
        self._current: tuple[Parcel, Segment | _Held] | None = None
        self._next = 1
        self._open_all()
        last = max((s.epoch for s in self._segments), default=0)
        self.epoch = _next_epoch(folder / "epoch", last, now_ns)

    # ---- taking ---------------------------------------------------------------------------------

    def put(self, samples: SampleBatch) -> None:
        """Take samples; they are in a file when this returns, if the disk takes them."""
        payload = samples.to_bytes()
        first = self._next
        self._next += len(samples)
        try:
            while self._held:
                self._append(self._held[0])
                self._held_samples -= self._held.popleft().samples
            self._append(_Held(first, self._points, payload))
            self.problem = ""
        except OSError as error:
            self._hold(_Held(first, self._points, payload), error)

    def _append(self, held: _Held) -> None:
        active = self._active
        if active is not None and (
            active.size >= self._segment_bytes
            or active.first + active.samples != held.first
            or active.points != held.points
        ):
            active = self._active = None
        if active is None:
            active = Segment.create(self._folder, self.epoch, held.first, held.points)
            try:
                active.append(held.payload)
            except OSError:
                active.delete()
                raise
            self._segments.append(active)
            self._active = active
            while len(self._segments) > 1 and self._bytes() + self._segment_bytes > self._quota:
                self._drop_oldest()
        else:
            active.append(held.payload)

    def _hold(self, held: _Held, error: OSError) -> None:
        if not self.problem:
            log.error("samples wait in memory, the disk does not take them: %s", error)
        self.problem = f"samples wait in memory: {error}"
        self._held.append(held)
        self._held_samples += held.samples
        while self._held_samples > self._most_held and len(self._held) > 1:
            lost = self._held.popleft().samples
            self._held_samples -= lost
            self.dropped += lost

    def _drop_oldest(self) -> None:
        segment = self._segments.popleft()
        on_its_way = self._current is not None and self._current[1] is segment
        lost = segment.samples - (segment.given if on_its_way else segment.confirmed)
        self.dropped += lost
        log.error("the spool is full: %d samples were given up", lost)
        segment.delete()

    # ---- giving ---------------------------------------------------------------------------------

    def peek(self) -> Parcel | None:
        """The parcel to send next, the same until it is confirmed; None when all is sent."""
        if self._current is None:
            self._current = self._next_from_disk() or self._next_from_memory()
        return None if self._current is None else self._current[0]

    def _next_from_disk(self) -> tuple[Parcel, Segment] | None:
        for segment in list(self._segments):
            damaged = segment.damaged
            piece = segment.read(self._parcel)
            self.damaged += segment.damaged - damaged
            if piece is not None:
                payload = self._present(segment.points, piece.payloads)
                return Parcel(segment.epoch, piece.number, piece.samples, payload), segment
            self._forget_if_done(segment)
        return None

    def _next_from_memory(self) -> tuple[Parcel, _Held] | None:
        if not self._held:
            return None
        held = self._held.popleft()
        self._held_samples -= held.samples
        payload = self._present(held.points, [held.payload])
        last = held.first + held.samples - 1
        return Parcel(self.epoch, last, held.samples, payload), held

    def _present(self, points: str, payloads: list[bytes]) -> bytes:
        """Records as one payload with the handles of the present point list."""
        same = points == self._points
        if same and len(payloads) == 1:
            return payloads[0]
        samples = joined([SampleBatch.from_bytes(payload) for payload in payloads])
        if not same:
            samples = renumbered(samples, self._translation(points))
        return samples.to_bytes()

    def _translation(self, points: str) -> U32:
        """The present handle of each handle of an earlier list; `NO_POINT` where it is gone."""
        if points not in self._translations:
            ids = _read_list(self._folder, points)
            places = [self._place.get(id_, NO_POINT) for id_ in ids]
            self._translations[points] = np.array(places, dtype=np.uint32)
        return self._translations[points]

    def confirm(self, number: int) -> None:
        """Core has committed the parcel on its way, if that goes up to `number`."""
        if self._current is None or self._current[0].number > number:
            return
        parcel, segment = self._current
        self._current = None
        if isinstance(segment, Segment):
            segment.confirmed += parcel.samples
            self._forget_if_done(segment)

    def _forget_if_done(self, segment: Segment) -> None:
        """Delete a file of which everything is confirmed; a small one that grows stays."""
        if not segment.done or segment not in self._segments:
            return
        if segment is self._active:
            if segment.size < self._segment_bytes // 4:
                return
            self._active = None
        self._segments.remove(segment)
        segment.delete()

    def use_list(self, ids: Sequence[str]) -> None:
        """Later samples belong to another list; what waits is turned into it when it is sent."""
        self._points = _keep_list(self._folder, ids)
        self._place = {id_: place for place, id_ in enumerate(ids)}
        self._translations.clear()
        self._active = None
        if self._current is not None:  # it goes again, in the new handles
            _, origin = self._current
            self._current = None
            if isinstance(origin, Segment):
                origin.rewind()
            else:
                self._held.appendleft(origin)
                self._held_samples += origin.samples

    # ---- about itself ---------------------------------------------------------------------------

    def __len__(self) -> int:
        """How many samples are not confirmed."""
        on_disk = sum(segment.samples - segment.confirmed for segment in self._segments)
        current = self._current
        apart = current is not None and current[1] not in self._segments
        return on_disk + self._held_samples + (current[0].samples if current and apart else 0)

    def figures(self) -> dict[str, Any]:
        """How full it is, and what goes wrong."""
        problem = self.problem
        if not problem and self.dropped:
            problem = f"{self.dropped} samples were given up: the spool was full"
        return {
            "waiting": len(self),
            "dropped": self.dropped,
            "damaged": self.damaged,
            "bytes": self._bytes(),
            "quota_bytes": self._quota,
            "problem": problem,
        }

    def sync(self) -> None:
        """Make what waits outlive a loss of power; blocks until the disk has it."""
        for segment in list(self._segments):
            if not segment.done:
                with contextlib.suppress(OSError):  # given up or confirmed meanwhile
                    segment.sync()

    def close(self) -> None:
        """Let go of the folder; an empty spool leaves no samples behind."""
        for segment in self._segments:
            if segment.done:
                segment.delete()
            else:
                segment.close()
        self._segments.clear()
        self._active = None
        os.close(self._lock)

    def _bytes(self) -> int:
        return sum(segment.size for segment in self._segments)

    def _open_all(self) -> None:
        for path in sorted(self._folder.glob(f"*{SUFFIX}")):
            try:
                segment = Segment.open(path)
            except SegmentError as error:
                log.error("%s; it is set aside", error)
                path.rename(path.with_suffix(".damaged"))
                continue
            if segment.samples and (segment.points == self._points or self._known(segment.points)):
                self._segments.append(segment)
            elif not segment.samples:
                segment.delete()
            else:
                log.error("%s: its point list is lost; it is set aside", path.name)
                segment.close()
                path.rename(path.with_suffix(".damaged"))
        lists = {segment.points for segment in self._segments} | {self._points}
        for path in self._folder.glob("points-*.txt"):
            if path.stem.removeprefix("points-") not in lists:
                path.unlink()

    def _known(self, points: str) -> bool:
        return (self._folder / f"points-{points}.txt").is_file()


def _keep_list(folder: Path, ids: Sequence[str]) -> str:
    """Write the ids beside the samples, once; the list's name."""
    name = digest_of(ids)
    path = folder / f"points-{name}.txt"
    if not path.is_file():
        _replace(path, "\n".join(ids))
    return name


def _read_list(folder: Path, name: str) -> list[str]:
    return (folder / f"points-{name}.txt").read_text("utf-8").split("\n")


def _next_epoch(path: Path, last: int, now_ns: int) -> int:
    """An epoch above every earlier one, even when the clock was set back or the file is lost."""
    with contextlib.suppress(OSError, ValueError):
        last = max(last, int(path.read_text("ascii")))
    epoch = max(last + 1, now_ns)
    _replace(path, str(epoch))
    return epoch


def _replace(path: Path, text: str) -> None:
    """A file whole or not at all, whenever the process is killed."""
    beside = path.with_suffix(".new")
    with beside.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)


def _lock(path: Path) -> int:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(descriptor)
        raise SpoolInUseError(f"{path.parent}: another gateway keeps its samples here") from error
    return descriptor
