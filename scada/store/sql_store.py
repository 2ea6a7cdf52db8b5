"""Samples in a database: a journal of recent batches, sealed pages, last values.

A batch is one row of the journal until its hour is sealed; the journal's samples are kept in
memory too, for reading. What can go wrong on the way to a commit is answered by asking the
database again what it holds.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

import numpy as np

from scada.point import Origin
from scada.samples import U32, SampleBatch, joined, latest
from scada.store.blocks import Series
from scada.store.database import Change, Database, journal_batch, journal_row, last_batch
from scada.store.hours import BLOCK_NS, Hours, decode_hours, join_hours, no_hours
from scada.store.page_cache import PageCache
from scada.store.pages import (
    DAY_HOURS,
    DAY_POINTS,
    HOUR_POINTS,
    Page,
    PageKey,
    decode_frame,
    decode_page,
    frame_of,
)
from scada.store.port import ORIGINS, Mark, MovedError, StoreError
from scada.store.recent import Chunk, Recent, series_of
from scada.store.sealing import day_pages, hour_pages, split


class SqlStore:
    """`SampleStore` on a `Database`."""

    def __init__(self, database: Database) -> None:
        """Blocking: reads the journal. StoreError when it cannot be read."""
        self.database = database
        self.doors: Mapping[int, float] = {}
        self._write_lock = threading.RLock()
        self._swap = threading.Lock()
        self._recent = Recent()
        self._cache = PageCache()
        self._journal_end = 0
        self._doubtful = True
        self._settle()

    # writing

    def handles(self, ids: Sequence[str]) -> U32:
        """The stored handle of each point id, given when first asked for and never reused."""
        with self._write_lock:
            known = self.database.handles(ids)
        return np.array([known[i] for i in ids], dtype=np.uint32)

    def append(self, batch: SampleBatch, origin: Origin, mark: Mark | None) -> None:
        """Store samples and their mark in one transaction; StoreError when nothing was stored."""
        number = ORIGINS.index(origin)
        rows = [journal_row(batch, number)] if len(batch) else []
        with self._write_lock:
            done, _ = self._apply(Change(journal=rows, mark=mark))
            if done and rows:
                with self._swap:
                    self._recent.add(number, batch)

    def seal(self, before_ns: int | None) -> Iterator[None]:
        """Turn recent samples of hours before a time (None: all) into pages, bit by bit."""
        with self._write_lock:
            self._settle()
            recent = self._recent
            frozen, end = recent.freeze(), self._journal_end
        pages: list[Page] = []
        keep: list[Chunk] = []
        for origin in sorted({chunk.origin for chunk in frozen}):
            batch = joined([c.batch for c in frozen if c.origin == origin])
            past, present = split(batch, before_ns)
            if len(present):
                keep.append(Chunk(origin, present))
            for page in hour_pages(past, origin, end, self.doors):
                pages.append(page)
                yield
        if not pages:
            with self._swap:
                recent.thaw(keep)
            return
        origins = {chunk.origin for chunk in frozen}
        change = Change(
            drop_journal_to=end,
            journal=[journal_row(chunk.batch, chunk.origin) for chunk in keep],
            pages=pages,
            last=[(o, latest(joined([c.batch for c in frozen if c.origin == o]))) for o in origins],
        )
        # Readers take what is recent and their view of the database under the same lock.
        with self._write_lock, self._swap:
            self._apply(change)
            recent.thaw(keep)
            if recent is not self._recent:  # a failure meanwhile had the journal read again
                self._doubtful = True
                self._settle()

    def compact(self, before_ns: int) -> Iterator[None]:
        """Join the pages of hours of each day that ended before a time, bit by bit."""
        last_day = before_ns // BLOCK_NS // DAY_HOURS
        spans = self.database.spans()
        for day in sorted({s.hour // DAY_HOURS for s in spans if s.hours == 1}):
            if day >= last_day:
                return
            first = day * DAY_HOURS
            keys = self.database.pages_between(1, first, first + DAY_HOURS)
            days = self.database.pages_between(DAY_HOURS, first, first + 1)
            keys.sort(key=_group_of)
            for (origin, bucket), group in groupby(keys, key=_group_of):
                self._compact(day, origin, bucket, list(group), days)
                yield

    def _compact(
        self, day: int, origin: int, bucket: int, hours: list[PageKey], days: list[PageKey]
    ) -> None:
        mine = range(bucket * HOUR_POINTS // DAY_POINTS, (bucket + 1) * HOUR_POINTS // DAY_POINTS)
        touched = hours + [k for k in days if k.origin == origin and k.bucket in mine]
        found = [self.database.page_of(key) for key in touched]
        # A page without samples is past its retention: late company stays beside it.
        full = [page for page in found if page is not None and page.data]
        if not full:
            return
        batches = [decode_page(p.key, decode_hours(p.hours), p.data) for p in full]
        part = max(p.key.part for p in full)
        pages = list(day_pages(batches, day, origin, part, self.doors))
        with self._write_lock, self._swap:
            self._apply(Change(drop_pages=[p.key for p in full], pages=pages))

    def prune(
        self, before_ns: int, max_bytes: int | None, hours_before_ns: int | None = None
    ) -> int:
        """Delete what is older than a time, and the oldest beyond a size; pages changed.

        With `hours_before_ns` the hourly aggregates of deleted samples stay until that time.
        """
        changed = 0
        before, hours_before = before_ns // BLOCK_NS, (hours_before_ns or before_ns) // BLOCK_NS
        with self._write_lock:
            for span in self.database.spans():
                end = span.hour + span.hours
                too_big = max_bytes is not None and self.size_bytes() > max_bytes
                if end > before and not too_big:
                    break
                if end <= hours_before or too_big:
                    changed += self.database.drop_span(span)
                elif span.samples:
                    changed += self.database.thin_span(span)
            if changed:
                self.database.give_back()
        return changed

    def close(self) -> None:
        """Write what is pending and close."""
        with self._write_lock, self._swap:
            self.database.close()

    # reading

    def marks(self) -> list[Mark]:
        """The highest number committed for each gateway and boot."""
        return self.database.marks()

    def last(self, origin: Origin) -> SampleBatch:
        """The latest stored sample of every point of an origin."""
        number = ORIGINS.index(origin)
        with self._swap:
            chunks = self._recent.chunks()
            rows = self.database.last(number)
        return latest(joined([last_batch(rows), *(c.batch for c in chunks if c.origin == number)]))

    def spans(self, handle: int, origin: Origin, from_ns: int, to_ns: int) -> SqlSpans:
        """What there is of one point with from <= source time < to, as of one moment."""
        number = ORIGINS.index(origin)
        hours = (from_ns // BLOCK_NS, to_ns // BLOCK_NS)
        with self._swap:
            pages = self.database.page_rows(handle, number, *hours)
            chunks = self._recent.chunks()
        recent = series_of(chunks, handle, number, from_ns, to_ns)
        return SqlSpans(self.database, self._cache, handle, pages, recent, from_ns, to_ns)

    def recent(self) -> int:
        """How many samples wait to be sealed."""
        with self._swap:
            return len(self._recent)

    def rows(self) -> int:
        """How many samples are stored."""
        with self._swap:
            return sum(s.samples for s in self.database.spans()) + len(self._recent)

    def size_bytes(self) -> int:
        """The size of what is stored, without room that can be used again."""
        return self.database.size_bytes()

    # inside

    def _apply(self, change: Change) -> tuple[bool, list[int]]:
        self._settle()
        try:
            done, numbers = self.database.apply(change)
        except StoreError:
            # Whether a commit that failed on its way was done, only the database knows.
            self._doubtful = True
            raise
        self._journal_end = max(self._journal_end, *numbers, 0)
        return done, numbers

    def _settle(self) -> None:
        """After a failure: take up what the database holds."""
        if not self._doubtful:
            return
        fresh = Recent()
        end = 0
        for number, origin, data in self.database.journal():
            end = number
            fresh.add(origin, journal_batch(data))
        self._recent = fresh
        self._journal_end = max(end, self._journal_end)
        self._doubtful = False


class SqlSpans:
    """One point's samples as of one moment; its pages are opened later."""

    def __init__(
        self,
        database: Database,
        cache: PageCache,
        handle: int,
        pages: list[tuple[PageKey, bytes, bool]],
        recent: Series,
        from_ns: int,
        to_ns: int,
    ) -> None:
        self.recent = recent
        self._database = database
        self._cache = cache
        self._handle = handle
        self._pages: list[tuple[PageKey, Hours]] = []
        mine: list[Hours] = []
        thin: list[bool] = []
        number: list[int] = []
        for key, data, full in pages:
            rows = cache.hours(key)
            if rows is None:
                rows = decode_hours(data)
                cache.put_hours(key, rows)
            own = rows.of(handle)
            if len(own):
                number += [len(self._pages)] * len(own)
                self._pages.append((key, rows))
                mine.append(own)
                thin += [not full] * len(own)
        hours = join_hours(mine) if mine else no_hours()
        inside = (hours.last_ns >= from_ns) & (hours.first_ns < to_ns)
        self.hours = hours.take(inside)
        self.thin = np.array(thin, dtype=bool)[inside]
        self._number = np.array(number, dtype=np.intp)[inside]

    def open(self, chosen: np.ndarray) -> list[Series]:
        """The samples of some rows of `hours`; MovedError when their page was replaced."""
        found: list[Series] = []
        numbers = np.unique(self._number[chosen & ~self.thin]).tolist()
        for number, frame in zip(numbers, self._frames(numbers), strict=True):
            a, b = np.searchsorted(frame.point, [self._handle, self._handle + 1])
            series = Series(
                frame.source_time_ns[a:b],
                frame.value[a:b],
                frame.quality[a:b],
                frame.arrival_time_ns[a:b],
            )
            mine = chosen & (self._number == number)
            if int(self.hours.n[mine].sum()) < b - a:  # not all of the point's hours
                keep = np.isin(series.time_ns // BLOCK_NS, self.hours.hour[mine])
                series = Series(*(getattr(series, c)[keep] for c in Series.__slots__))
            found.append(series)
        return found

    def _frames(self, numbers: list[int]) -> list[SampleBatch]:
        """The frames of pages that hold the point."""
        wanted = [(key, rows, frame_of(rows, self._handle)) for key, rows in self._of(numbers)]
        there = [self._cache.frame(key, number) for key, _, number in wanted]
        missing = [w for w, frame in zip(wanted, there, strict=True) if frame is None]
        fresh: dict[PageKey, SampleBatch] = {}
        stored = self._stored([key for key, _, _ in missing])
        for (key, rows, number), data in zip(missing, stored, strict=True):
            fresh[key] = decode_frame(key, rows, data, number)
            self._cache.put_frame(key, number, fresh[key])
        return [
            fresh[key] if frame is None else frame
            for (key, _, _), frame in zip(wanted, there, strict=True)
        ]

    def _stored(self, keys: list[PageKey]) -> list[bytes]:
        """The samples of pages as they are stored; MovedError when one was replaced."""
        found = {key: self._cache.data(key) for key in keys}
        absent = [key for key, data in found.items() if data is None]
        for key, data in zip(absent, self._database.page_data(absent), strict=True):
            if not data:
                raise MovedError(f"the page {key} was replaced")
            self._cache.put_data(key, data)
            found[key] = data
        return [data for data in found.values() if data is not None]

    def _of(self, numbers: list[int]) -> list[tuple[PageKey, Hours]]:
        return [self._pages[n] for n in numbers]


def _group_of(key: PageKey) -> tuple[int, int]:
    return key.origin, key.bucket
