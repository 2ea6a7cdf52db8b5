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
