"""The one wrapper around numba: compiled kernels, kept in the user's cache folder.

numba notices a change of the file a kernel stands in, but not of a kernel it calls in another
file. So the cache folder carries a digest of every source of this package, of numba's version and
of the processor: any change starts a fresh folder, and a stale kernel cannot be loaded.

Kernels compile at their first call (`hydraulics.warmup` calls them all). Only modules that compute
import this one; `import hydraulics` alone does not load numba.
"""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import ParamSpec, TypeVar, cast

import llvmlite.binding as llvm  # type: ignore[import-untyped]
import numba

P = ParamSpec("P")
R = TypeVar("R")


def kernel(function: Callable[P, R]) -> Callable[P, R]:
    """`function` compiled to machine code: no Python objects inside, division by zero gives inf.

    Floating-point order is kept (no fastmath), so that a run repeats bit by bit.
    """
    return _compiled(function, counted=True)


def lean_kernel(function: Callable[P, R]) -> Callable[P, R]:
    """As `kernel`, for functions that make no arrays: references are not counted.

    A call from a kernel would count those of all arrays of `Tables` and `Work`, by atomic
    instructions, which costs a microsecond. Copying array to array (a[:] = b) needs `kernel`:
    write the loop. One whose name begins with _ can be called from kernels only: its way in
    from Python would take longer to compile than itself.
    """
    return _compiled(function, counted=False)


def inner_kernel(function: Callable[P, R]) -> Callable[P, R]:
    """As `lean_kernel`, for functions that only kernels call, whatever their names: without a way
    in from Python they compile in half the time."""
    return _compiled(function, counted=False, inner=True)


def _compiled(function: Callable[P, R], *, counted: bool, inner: bool = False) -> Callable[P, R]:
    before = numba.config.CACHE_DIR
    numba.config.CACHE_DIR = before or str(cache_folder())
    try:
        made = numba.njit(
            cache=True,
            error_model="numpy",
            nogil=True,
            no_cfunc_wrapper=True,
            no_cpython_wrapper=inner or (not counted and function.__name__.startswith("_")),
            _nrt=counted,
        )(function)
    finally:
        numba.config.CACHE_DIR = before
    return cast("Callable[P, R]", made)


@cache
def cache_folder() -> Path:
    """Where the compiled kernels of exactly these sources live."""
    digest = hashlib.sha256()
    here = Path(__file__).parent
    for source in sorted(here.rglob("*.py")):
        digest.update(str(source.relative_to(here)).encode())
        digest.update(source.read_bytes())
    digest.update(numba.__version__.encode())
    digest.update(llvm.get_host_cpu_name().encode())
    digest.update(llvm.get_host_cpu_features().flatten().encode())
    return _user_cache() / "ringmain" / "kernels" / digest.hexdigest()[:16]


def _user_cache() -> Path:
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData" / "Local"))
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches"
    return Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))
