"""Compiling the solvers ahead, on two processors where there are two."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, ProcessPoolExecutor

TOGETHER = ("the water solver", "gas", "heat")
"""Parts of `hydraulics.warming` that share no kernels; the others follow."""


def compile_solvers(say: Callable[[str], None]) -> None:
    """Compile what the cache does not hold; `say` gets a line a part, nothing if it holds all."""
    from dispatch.warming import ready_mark as trucks_ready
    from dispatch.warming import warm_trucks
    from hydraulics.warming import ready_mark

    if not ready_mark().exists():
        _compile_all(say)
    if not trucks_ready().exists():
        say("compiling the truck search")
        warm_trucks()


def _compile_all(say: Callable[[str], None]) -> None:
    from hydraulics.warming import warmup

    workers = min(2, os.cpu_count() or 1)
    if workers > 1:
        try:
            _together(workers, say)
        except (OSError, BrokenExecutor) as error:
            say(f"going on with one processor: {error}")
    warmup(say)


def _together(workers: int, say: Callable[[str], None]) -> None:
    say(f"compiling {', '.join(TOGETHER)} (minutes, once)")
    with ProcessPoolExecutor(workers, multiprocessing.get_context("spawn")) as pool:
        for name, done in [(name, pool.submit(_compile, name)) for name in TOGETHER]:
            done.result()
            say(f"{name}: compiled")


def _compile(name: str) -> None:
    from hydraulics.warming import PARTS

    PARTS[name]()
