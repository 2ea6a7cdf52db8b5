"""Cases dealt to threads, or one after the other; answers in the cases' order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

Case = TypeVar("Case")
Answer = TypeVar("Answer")
Progress = Callable[[int], None]
CHUNK = 64
"""Cases a thread takes at once: so many answers stand in memory."""


def in_turn(
    cases: Iterable[Case], run: Callable[[Case], Answer], progress: Progress | None = None
) -> Iterator[tuple[int, Answer]]:
    """(case number, answer), each when it is asked for."""
    for number, case in enumerate(cases):
        yield number, run(case)
        if progress is not None:
            progress(number + 1)


def spread(
    cases: Iterable[Case],
    workers: Sequence[Callable[[Case], Answer]],
    progress: Progress | None = None,
) -> Iterator[tuple[int, Answer]]:
    """(case number, answer) in order; `cases` may be endless. Each worker has a thread of its own
    and must give a case the same answer as any other would."""
    waiting, done, count = iter(cases), 0, len(workers)
    with ThreadPoolExecutor(count) as pool:
        while chunk := list(islice(waiting, CHUNK * count)):
            parts = [chunk[i::count] for i in range(count)]
            found = list(pool.map(lambda work, part: [work(case) for case in part], workers, parts))
            for i in range(len(chunk)):
                yield done, found[i % count][i // count]
                done += 1
                if progress is not None:
                    progress(done)
