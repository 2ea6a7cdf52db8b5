"""How numba is made to compile a tree of kernels once.

numba turns every function into machine code, optimised together with all it calls: a kernel ten
calls deep is optimised and emitted ten times, and only the outermost is ever entered from Python.
Here a kernel that another kernel calls is only translated; it is optimised and emitted inside
whatever Python calls. Both the code and its results are the same, compiling takes half the time.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numba.core import types
from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import Compiler
from numba.core.registry import CPUDispatcher


class _Nowhere:
    """A code generator that leaves the environment of a function that never runs alone."""

    def __init__(self, codegen: Any) -> None:
        self._codegen = codegen

    def __getattr__(self, name: str) -> Any:
        return getattr(self._codegen, name)

    def set_env(self, name: str, environment: Any) -> None:
        pass


class _Part(JITCodeLibrary):  # type: ignore[misc]
    """Code that is linked into other code, never run as it is."""

    def _optimize_final_module(self) -> None:
        pass

    def _finalize_final_module(self) -> None:
        self._finalize_dynamic_globals()
        self._verify_declare_only_symbols()
        self._finalized = True

    @property
    def codegen(self) -> _Nowhere:
        return _Nowhere(self._codegen)

    def get_pointer_to_function(self, name: str) -> int:
        return 0


class _PartCompiler(Compiler):  # type: ignore[misc]
    def __init__(self, typing: Any, target: Any, library: Any, *rest: Any) -> None:
        super().__init__(typing, target, library, *rest)
        self.state.library = _Part(target.codegen(), "part")


class _Entry(CPUDispatcher):  # type: ignore[misc]
    """A kernel that Python calls; kernels that call it take `part`."""

    part: CPUDispatcher

    @property
    def _numba_type_(self) -> types.Dispatcher:
        return types.Dispatcher(self.part)


def part_kernel(function: Callable[..., Any], options: dict[str, Any]) -> CPUDispatcher:
    """`function` for other kernels to call, not for Python."""
    chosen = {**options, "no_cpython_wrapper": True}
    return CPUDispatcher(function, targetoptions=chosen, pipeline_class=_PartCompiler)


def entry_kernel(function: Callable[..., Any], options: dict[str, Any]) -> CPUDispatcher:
    """`function` for Python and for other kernels to call."""
    made = _Entry(function, targetoptions=options)
    made.part = part_kernel(function, options)
    return made
