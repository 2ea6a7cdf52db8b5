"""WIDTH cases side by side in one processor register: the same arithmetic on all of them.

Arrays of the lane engine have a last axis of WIDTH lanes. `load` takes a row of one as a vector,
`store` puts it back; vectors add, subtract, multiply and divide. Compilers see one instruction
where a loop over lanes would make them prove first that no two rows overlap. Each lane's numbers
are those it would have alone: nothing is summed across lanes.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from llvmlite import ir  # type: ignore[import-untyped]
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic, models, overload, register_model

from hydraulics.types import F64

WIDTH = 8
"""Lanes of a block: a vector of this many doubles fills one 512-bit register, or two of 256."""

_VECTOR = ir.VectorType(ir.DoubleType(), WIDTH)
_ZERO = ir.Constant(_VECTOR, [0.0] * WIDTH)
_ONE = ir.Constant(_VECTOR, [1.0] * WIDTH)


class VectorType(types.Type):  # type: ignore[misc]
    """numba's name for a vector."""

    def __init__(self) -> None:
        super().__init__(name=f"lanes{WIDTH}")


vector_type = VectorType()


@register_model(VectorType)
class _VectorModel(models.PrimitiveModel):  # type: ignore[misc]
    def __init__(self, manager: Any, kind: VectorType) -> None:
        super().__init__(manager, kind, _VECTOR)


def _place(context: Any, builder: Any, kind: Any, array: Any, row: Any) -> Any:
    data = context.make_array(kind)(context, builder, array).data
    offset = builder.mul(row, ir.Constant(row.type, WIDTH))
    return builder.bitcast(builder.gep(data, [offset]), _VECTOR.as_pointer())


@intrinsic  # type: ignore[untyped-decorator]
def _load(_: Any, array: Any, row: Any) -> Any:
    def make(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        value = builder.load(_place(context, builder, signature.args[0], *args))
        value.align = 8
        return value

    return vector_type(array, types.intp), make


@intrinsic  # type: ignore[untyped-decorator]
def _store(_: Any, array: Any, row: Any, value: Any) -> Any:
    def make(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        place = _place(context, builder, signature.args[0], *args[:2])
        builder.store(args[2], place).align = 8
        return context.get_dummy_value()

    return types.void(array, types.intp, vector_type), make


@intrinsic  # type: ignore[untyped-decorator]
def _same(_: Any, value: Any) -> Any:
    def make(__: Any, builder: Any, ___: Any, args: Any) -> Any:
        where = ir.IntType(32)
        empty = ir.Constant(_VECTOR, ir.Undefined)
        one = builder.insert_element(empty, args[0], ir.Constant(where, 0))
        zeros = ir.Constant(ir.VectorType(where, WIDTH), [0] * WIDTH)
        return builder.shuffle_vector(one, empty, zeros)

    return vector_type(types.float64), make


@intrinsic  # type: ignore[untyped-decorator]
def _size(_: Any, value: Any) -> Any:
    def make(__: Any, builder: Any, ___: Any, args: Any) -> Any:
        return builder.select(
            builder.fcmp_ordered(">=", args[0], _ZERO), args[0], builder.fsub(_ZERO, args[0])
        )

    return vector_type(vector_type), make


@intrinsic  # type: ignore[untyped-decorator]
def _larger(_: Any, one: Any, other: Any) -> Any:
    def make(__: Any, builder: Any, ___: Any, args: Any) -> Any:
        return builder.select(builder.fcmp_ordered(">", args[1], args[0]), args[1], args[0])

    return vector_type(vector_type, vector_type), make


@intrinsic  # type: ignore[untyped-decorator]
def _positive(_: Any, value: Any) -> Any:
    def make(__: Any, builder: Any, ___: Any, args: Any) -> Any:
        above = builder.fcmp_ordered(">", args[0], _ZERO)
        bits = builder.bitcast(above, ir.IntType(WIDTH))
        return builder.icmp_unsigned("==", bits, ir.Constant(ir.IntType(WIDTH), 2**WIDTH - 1))

    return types.boolean(vector_type), make


@intrinsic  # type: ignore[untyped-decorator]
def _or_one(_: Any, value: Any) -> Any:
    def make(__: Any, builder: Any, ___: Any, args: Any) -> Any:
        return builder.select(builder.fcmp_ordered(">", args[0], _ZERO), args[0], _ONE)

    return vector_type(vector_type), make


@intrinsic  # type: ignore[untyped-decorator]
def _root(_: Any, value: Any) -> Any:
    def make(__: Any, builder: Any, ___: Any, args: Any) -> Any:
        kind = ir.FunctionType(_VECTOR, [_VECTOR])
        name = f"llvm.sqrt.v{WIDTH}f64"
        call = cgutils.get_or_insert_function(builder.module, kind, name)
        return builder.call(call, [args[0]])

    return vector_type(vector_type), make


@intrinsic  # type: ignore[untyped-decorator]
def _if_less(_: Any, one: Any, other: Any, then: Any, otherwise: Any) -> Any:
    def make(__: Any, builder: Any, ___: Any, args: Any) -> Any:
        return builder.select(builder.fcmp_ordered("<", args[0], args[1]), args[2], args[3])

    return vector_type(vector_type, vector_type, vector_type, vector_type), make


def _arithmetic(instruction: str) -> Any:
    @intrinsic  # type: ignore[untyped-decorator]
    def both(_: Any, one: Any, other: Any) -> Any:
        def make(__: Any, builder: Any, ___: Any, args: Any) -> Any:
            return getattr(builder, instruction)(*args)

        return vector_type(vector_type, vector_type), make

    return both


def _overload(name: Any, instruction: str) -> None:
    both = _arithmetic(instruction)

    @overload(name)  # type: ignore[untyped-decorator]
    def chosen(one: Any, other: Any) -> Callable[[Any, Any], Any] | None:
        def together(one: Any, other: Any) -> Any:
            return both(one, other)

        return together if vector_type == one == other else None


for _name, _instruction in (
    (operator.add, "fadd"),
    (operator.sub, "fsub"),
    (operator.mul, "fmul"),
    (operator.truediv, "fdiv"),
):
    _overload(_name, _instruction)


if TYPE_CHECKING:

    class Vector:
        """What `load` gives, inside kernels only."""

        def __add__(self, other: Vector) -> Vector: ...
        def __sub__(self, other: Vector) -> Vector: ...
        def __mul__(self, other: Vector) -> Vector: ...
        def __truediv__(self, other: Vector) -> Vector: ...

    def load(array: F64, row: int) -> Vector:
        """Row `row` of a contiguous (n, WIDTH) array."""

    def store(array: F64, row: int, value: Vector) -> None:
        """Put a vector into a row."""

    def same(value: float) -> Vector:
        """One number in every lane."""

    def size(value: Vector) -> Vector:
        """Absolute values."""

    def larger(one: Vector, other: Vector) -> Vector:
        """The larger one in each lane; `one` where `other` is no number."""

    def root(value: Vector) -> Vector:
        """Square roots."""

    def if_less(one: Vector, other: Vector, then: Vector, otherwise: Vector) -> Vector:
        """`then` in lanes where `one` < `other`, else `otherwise`."""

    def all_positive(value: Vector) -> bool:
        """Whether every lane is above zero."""

    def or_one(value: Vector) -> Vector:
        """1 in lanes that are not above zero."""
else:
    load, store, same, size, larger = _load, _store, _same, _size, _larger
    root, if_less, all_positive, or_one = _root, _if_less, _positive, _or_one
