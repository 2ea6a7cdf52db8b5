"""Pages that were opened lately: the trends of neighbouring points share them."""

from __future__ import annotations

import threading
from collections import OrderedDict

from scada.samples import SampleBatch
from scada.store.hours import Hours
from scada.store.pages import PageKey

FRAME_SAMPLES = 500_000
"""About 16 MB of opened samples."""
HOUR_ROWS = 200_000
"""About 24 MB of opened hours."""
DATA_BYTES = 8_000_000
"""Pages as they are stored: of each a point opens one frame, its neighbours the others."""


class PageCache:
    """Least lately used go first. A key never names other content, so nothing goes stale."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._hours: OrderedDict[PageKey, Hours] = OrderedDict()
        self._frames: OrderedDict[tuple[PageKey, int], SampleBatch] = OrderedDict()
        self._data: OrderedDict[PageKey, bytes] = OrderedDict()
        self._rows = self._samples = self._bytes = 0

    def hours(self, key: PageKey) -> Hours | None:
        """The hours of a page, if they are here."""
        with self._lock:
            found = self._hours.get(key)
            if found is not None:
                self._hours.move_to_end(key)
            return found

    def put_hours(self, key: PageKey, rows: Hours) -> None:
        """Keep the hours of a page."""
        with self._lock:
            if key not in self._hours:
                self._rows += len(rows)
            self._hours[key] = rows
            while self._rows > HOUR_ROWS and len(self._hours) > 1:
                self._rows -= len(self._hours.popitem(last=False)[1])

    def frame(self, key: PageKey, number: int) -> SampleBatch | None:
        """A frame of a page, if it is here."""
        with self._lock:
            found = self._frames.get((key, number))
            if found is not None:
                self._frames.move_to_end((key, number))
            return found

    def put_frame(self, key: PageKey, number: int, batch: SampleBatch) -> None:
        """Keep a frame of a page."""
        with self._lock:
            if (key, number) not in self._frames:
                self._samples += len(batch)
            self._frames[(key, number)] = batch
            while self._samples > FRAME_SAMPLES and len(self._frames) > 1:
                self._samples -= len(self._frames.popitem(last=False)[1])

    def data(self, key: PageKey) -> bytes | None:
        """The samples of a page as they are stored, if they are here."""
        with self._lock:
            found = self._data.get(key)
            if found is not None:
                self._data.move_to_end(key)
            return found

    def put_data(self, key: PageKey, data: bytes) -> None:
        """Keep the samples of a page as they are stored."""
        with self._lock:
            if key not in self._data:
                self._bytes += len(data)
            self._data[key] = data
            while self._bytes > DATA_BYTES and len(self._data) > 1:
                self._bytes -= len(self._data.popitem(last=False)[1])
