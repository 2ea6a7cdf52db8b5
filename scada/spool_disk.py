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
import hashlib
import logging
import os
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from scada.samples import NO_POINT, U32, SampleBatch, joined, renumbered
from scada.spool import PARCEL_SAMPLES, Parcel
from scada.spool_segment import SUFFIX, Piece, Segment, SegmentError

log = logging.getLogger(__name__)

QUOTA_BYTES = 2 * 2**30
"""67 million samples: over three hours at 5,000 a second."""
SEGMENT_BYTES = 4 * 2**20
HELD_SAMPLES = 2_000_000
"""What is kept in memory (64 MB) while the disk takes nothing."""


class SpoolInUseError(RuntimeError):
    """Another gateway keeps its samples in this folder."""


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
        self._held: deque[tuple[int, bytes]] = deque()
        """(number of the first sample, payload), while the disk takes nothing."""
        self._held_samples = 0
        self._current: tuple[Parcel, Segment | None] | None = None
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
                self._append(*self._held[0])
                self._held_samples -= len(self._held.popleft()[1]) // SampleBatch.ITEM_BYTES
            self._append(first, payload)
            self.problem = ""
        except OSError as error:
            self._hold(first, payload, error)

    def _append(self, first: int, payload: bytes) -> None:
        active = self._active
        if active is not None and (
            active.size >= self._segment_bytes or active.first + active.samples != first
        ):
            active = self._active = None
        if active is None:
            active = Segment.create(self._folder, self.epoch, first, self._points)
            try:
                active.append(payload)
            except OSError:
                active.delete()
                raise
            self._segments.append(active)
            self._active = active
            while len(self._segments) > 1 and self._bytes() + self._segment_bytes > self._quota:
                self._drop_oldest()
        else:
            active.append(payload)

    def _hold(self, first: int, payload: bytes, error: OSError) -> None:
        if not self.problem:
            log.error("samples wait in memory, the disk does not take them: %s", error)
        self.problem = f"samples wait in memory: {error}"
        self._held.append((first, payload))
        self._held_samples += len(payload) // SampleBatch.ITEM_BYTES
        while self._held_samples > self._most_held and len(self._held) > 1:
            lost = len(self._held.popleft()[1]) // SampleBatch.ITEM_BYTES
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
                payload = self._present(segment, piece)
                return Parcel(segment.epoch, piece.number, piece.samples, payload), segment
            self._forget_if_done(segment)
        return None

    def _next_from_memory(self) -> tuple[Parcel, None] | None:
        if not self._held:
            return None
        first, payload = self._held.popleft()
        n = len(payload) // SampleBatch.ITEM_BYTES
        self._held_samples -= n
        return Parcel(self.epoch, first + n - 1, n, payload), None

    def _present(self, segment: Segment, piece: Piece) -> bytes:
        """The piece as one payload with the handles of the present point list."""
        same = segment.points == self._points
        if same and len(piece.payloads) == 1:
            return piece.payloads[0]
        samples = joined([SampleBatch.from_bytes(payload) for payload in piece.payloads])
        if not same:
            samples = renumbered(samples, self._translation(segment.points))
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
        if segment is not None:
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


def list_digest(ids: Sequence[str]) -> str:
    """A short name for a point list, by the ids in their order."""
    return hashlib.blake2b("\n".join(ids).encode(), digest_size=8).hexdigest()


def _keep_list(folder: Path, ids: Sequence[str]) -> str:
    """Write the ids beside the samples, once; the list's name."""
    name = list_digest(ids)
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
