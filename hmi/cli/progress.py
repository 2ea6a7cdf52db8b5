"""A progress bar on stderr for long commands; silent where nobody watches."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Advance = Callable[[str, float], None]


@contextmanager
def progress_bar(what: str, *, wanted: bool) -> Iterator[Advance]:
    """Gives `advance(stage, share done)`; draws only on a terminal and when `wanted`."""
    if not wanted or not sys.stderr.isatty():
        yield _silent
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=1.0)
        yield lambda stage, share: bar.update(task, description=stage or what, completed=share)


def _silent(_stage: str, _share: float) -> None:
    """Nobody watches."""


@contextmanager
def case_bar(what: str, count: int, *, wanted: bool) -> Iterator[Callable[[int], None]]:
    """Gives `done(cases finished)`; draws count, rate and time left, as `progress_bar` does."""
    if not wanted or not sys.stderr.isatty():
        yield lambda _finished: None
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=count, rate="")

        def done(finished: int) -> None:
            elapsed = bar.tasks[task].elapsed or 0.0
            rate = f"{finished / elapsed:.0f}/s" if elapsed > 0.0 else ""
            bar.update(task, completed=finished, rate=rate)

        yield done
