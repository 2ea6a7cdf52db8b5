"""The one wrapper around numba: compiled kernels, kept in the user's cache folder.

numba notices a change of the file a kernel stands in, but not of a kernel it calls in another
file. So a kernel's cache folder carries a digest of its source and of all sources of its package
and of this one that it imports, of numba's version and of the processor: a change starts a fresh
folder for what depends on it, and a stale kernel cannot be loaded. The folder does not depend on
where the sources stand, so that another installation of the same release finds its kernels
compiled.

Kernels compile at their first call (`hydraulics.warmup` calls them all). Only modules that compute
import this one; `import hydraulics` alone does not load numba.
"""

from __future__ import annotations

import hashlib
import os
import re
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, ParamSpec, TypeVar, cast

import llvmlite.binding as llvm  # type: ignore[import-untyped]
import numba
from numba.core import caching

from hydraulics.kernel_compiler import entry_kernel, part_kernel

P = ParamSpec("P")
R = TypeVar("R")
_IMPORT = re.compile(
    r"^[ \t]*(?:from[ \t]+([\w.]+)[ \t]+import[ \t]+(\([^)]*\)|.*)"
    r"|import[ \t]+([\w., \t]+)$)",
    re.MULTILINE,
)
"""Every import of a source. Parsing whole sources would cost each start a third of a second."""
_NAME = re.compile(r"[\w.]+")


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
    options = {
        "nopython": True,
        "boundscheck": None,
        "error_model": "numpy",
        "nogil": True,
        "no_cfunc_wrapper": True,
        "_nrt": counted,
    }
    if inner or (not counted and function.__name__.startswith("_")):
        return cast("Callable[P, R]", part_kernel(function, options))
    made = entry_kernel(function, options)
    if _writable(cache_folder(function.__module__)):
        made._cache = _Cache(function)
    return cast("Callable[P, R]", made)


class _Place(caching.UserProvidedCacheLocator):  # type: ignore[misc]
    """Where numba keeps a kernel: see `cache_folder`."""

    def __init__(self, function: Callable[..., Any], file: str) -> None:
        self._py_file = file
        self._lineno = function.__code__.co_firstlineno
        self._cache_path = str(cache_folder(function.__module__))

    @classmethod
    def from_function(cls, function: Callable[..., Any], file: str) -> _Place:
        return cls(function, file)


class _Results(caching.CompileResultCacheImpl):  # type: ignore[misc]
    _locator_classes = (_Place,)


class _Cache(caching.FunctionCache):  # type: ignore[misc]
    _impl_class = _Results


@cache
def cache_folder(module: str) -> Path:
    """Where the compiled kernels of a module of exactly these sources live."""
    digest = hashlib.sha256()
    for name in sorted(_closure(module)):
        digest.update(name.encode())
        digest.update(_source(name).read_bytes())
    digest.update(numba.__version__.encode())
    digest.update(llvm.get_host_cpu_name().encode())
    digest.update(llvm.get_host_cpu_features().flatten().encode())
    return _user_cache() / "ringmain" / "kernels" / digest.hexdigest()[:16]


@cache
def _writable(folder: Path) -> bool:
    """Whether kernels can be kept; without that every process compiles its own."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return False
    return os.access(folder, os.W_OK)


def _closure(module: str) -> set[str]:
    """A module and all modules of its package and of this one that it imports, also by others."""
    found: set[str] = set()
    waiting = [module]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting.extend(_imports(name))
    return found


@cache
def _imports(module: str) -> tuple[str, ...]:
    top = module.split(".", maxsplit=1)[0]
    names: set[str] = set()
    for source, listed, plain in _IMPORT.findall(_source(module).read_text("utf-8")):
        names.update((source, *(f"{source}.{name}" for name in _NAME.findall(listed))))
        names.update(_NAME.findall(plain))
    ours = (top, __name__.split(".", maxsplit=1)[0])
    return tuple(n for n in names if n.split(".", maxsplit=1)[0] in ours and _source(n).is_file())


def _source(module: str) -> Path:
    """The file of an imported module or of one of an imported package; for another name a file
    that does not exist."""
    top, *parts = module.split(".")
    file = Path(cast("str", sys.modules[top].__file__))
    if not parts:
        return file
    path = file.parent.joinpath(*parts)
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def _user_cache() -> Path:
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData" / "Local"))
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches"
    return Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))
