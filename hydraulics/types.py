"""The array types of the solvers: float64 values, uint32 indices, uint8 statuses."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

F64: TypeAlias = NDArray[np.float64]
U32: TypeAlias = NDArray[np.uint32]
U8: TypeAlias = NDArray[np.uint8]
B1: TypeAlias = NDArray[np.bool_]
I64: TypeAlias = NDArray[np.int64]
Table: TypeAlias = NDArray[Any]
"""A structured array: one row an element, named and typed columns (see `hydraulics.tables`)."""
