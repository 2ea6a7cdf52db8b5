"""One file of the spool: samples in order, appended as they come, read while it grows.

    magic 8 | epoch i64 | number of the first sample i64 | point list 16        (little-endian)
    then records: payload bytes u32 | crc32 of the payload u32 | payload (`SampleBatch.to_bytes`)

A record is written by one call, so a process that is killed leaves whole records and at most one
cut short at the end, which nobody was promised. Numbers count samples: a record's first number is
the one after the last of the record before it.
"""

from __future__ import annotations

import os
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path

from scada.samples import SampleBatch

MAGIC = b"RMSPOOL1"
_HEAD = struct.Struct("<8sqq16s")
_RECORD = struct.Struct("<II")
MAX_RECORD = 64 * 2**20
SUFFIX = ".spool"


class SegmentError(ValueError):
    """A file that is no segment of a spool."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Consecutive whole records that were read: the number of their last sample, their bytes."""

    number: int
    samples: int
    payloads: list[bytes]


class Segment:
    """An open segment. `samples` are whole in it, `given` were read, `confirmed` are done with."""

    def __init__(self, path: Path, descriptor: int, epoch: int, first: int, points: str) -> None:
        self.path = path
        self.epoch = epoch
        self.first = first
        self.points = points
        """Which point list its handles belong to."""
        self.size = _HEAD.size
        self.samples = self.given = self.confirmed = self.damaged = 0
        self._read_at = _HEAD.size
        self._piece_at = (self._read_at, 0)
        self._descriptor = descriptor

    @classmethod
    def create(cls, folder: Path, epoch: int, first: int, points: str) -> Segment:
        """A new, empty segment; OSError when the disk does not take it."""
        path = folder / f"{epoch:020d}-{first:016d}{SUFFIX}"
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        head = _HEAD.pack(MAGIC, epoch, first, points.encode())
        try:
            _write(descriptor, head, 0)
        except OSError:
            os.close(descriptor)
            path.unlink()
            raise
        return cls(path, descriptor, epoch, first, points)

    @classmethod
    def open(cls, path: Path) -> Segment:
        """A segment that an earlier run left; SegmentError when it is none, OSError otherwise."""
        descriptor = os.open(path, os.O_RDWR)
        head = os.pread(descriptor, _HEAD.size, 0)
        if len(head) < _HEAD.size or not head.startswith(MAGIC):
            os.close(descriptor)
            raise SegmentError(f"{path.name}: not a segment of a spool")
        _, epoch, first, points = _HEAD.unpack(head)
        segment = cls(
            path, descriptor, epoch, first, points.rstrip(b"\0").decode("ascii", "replace")
        )
        end = os.fstat(descriptor).st_size
        while length := segment._record_at(segment.size, end):
            segment.size += _RECORD.size + length
            segment.samples += length // SampleBatch.ITEM_BYTES
        return segment

    def append(self, payload: bytes) -> None:
        """Add a record; OSError, and nothing added, when the disk does not take it."""
        record = _RECORD.pack(len(payload), zlib.crc32(payload)) + payload
        try:
            _write(self._descriptor, record, self.size)
        except OSError:
            os.ftruncate(self._descriptor, self.size)
            raise
        self.size += len(record)
        self.samples += len(payload) // SampleBatch.ITEM_BYTES

    def read(self, samples: int) -> Piece | None:
        """The next records, together about `samples` samples; None when all were read.

        Records whose bytes were spoiled on the disk are left out and counted as `damaged`.
        """
        payloads: list[bytes] = []
        count = 0
        while self._read_at < self.size and count < samples:
            length, checksum = _RECORD.unpack(
                os.pread(self._descriptor, _RECORD.size, self._read_at)
            )
            n = length // SampleBatch.ITEM_BYTES
            if count and count + n > samples:
                break
            payload = os.pread(self._descriptor, length, self._read_at + _RECORD.size)
            sound = zlib.crc32(payload) == checksum
            if not sound and payloads:
                break  # numbers of a piece follow one another
            if sound and not payloads:
                self._piece_at = (self._read_at, self.given)
            self._read_at += _RECORD.size + length
            self.given += n
            if not sound:
                self.damaged += n
                self.confirmed += n
                continue
            payloads.append(payload)
            count += n
        return Piece(self.first + self.given - 1, count, payloads) if payloads else None

    def rewind(self) -> None:
        """The last piece was not used: it is read again."""
        self._read_at, self.given = self._piece_at

    @property
    def done(self) -> bool:
        """Whether everything in it was confirmed."""
        return self.confirmed >= self.samples

    def sync(self) -> None:
        """Bring it to the disk itself, so that it outlives a loss of power."""
        os.fdatasync(self._descriptor)

    def close(self) -> None:
        """Let go of the file and keep it."""
        os.close(self._descriptor)

    def delete(self) -> None:
        """Let go of the file and remove it."""
        self.close()
        self.path.unlink(missing_ok=True)

    def _record_at(self, at: int, end: int) -> int:
        """Payload bytes of the whole record at a place; 0 when there is none."""
        head = os.pread(self._descriptor, _RECORD.size, at)
        if len(head) < _RECORD.size:
            return 0
        length, _ = _RECORD.unpack(head)
        whole = at + _RECORD.size + length <= end
        fits = 0 < length <= MAX_RECORD and length % SampleBatch.ITEM_BYTES == 0
        return int(length) if whole and fits else 0


def _write(descriptor: int, data: bytes, at: int) -> None:
    """All bytes or an OSError: a full disk may take a part of them."""
    view = memoryview(data)
    while view:
        taken = os.pwrite(descriptor, view, at)
        view, at = view[taken:], at + taken
