"""x**e for x >= 0 as straight-line arithmetic, which compilers turn into vector instructions.

The library's `pow` is a call an element. Here x = 2**n m with m between sqrt(1/2) and sqrt(2);
log2 m is an odd series in (m - 1) / (m + 1) and the power of two of e (n + log2 m) is a whole part,
written into the exponent bits, times a polynomial. Both polynomials were interpolated at Chebyshev
points; their errors are 9e-17 and 3e-16. Products and sums are fused by name, not by the compiler's
leave. No table, no branch: an element gives the same bits alone and in any vector.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numba import types
from numba.extending import intrinsic

from hydraulics.compiled import lean_kernel

LEAST = 2.0**-1022
GREATEST = 1.7976931348623157e308
TOP_EXPONENT = 1022.5
"""Results beyond 2**+-TOP_EXPONENT stop there."""
ROOT_HALF = np.int64(0x3FE6A09E667F3BCD)
"""The bits of sqrt(1/2)."""
ONE_HALF_UP = np.int64(0x3FF0000000000000) - ROOT_HALF
MANTISSA = np.int64(0x000FFFFFFFFFFFFF)
WHOLE = np.int64(0x4330000000000000)
"""The bits of 2**52: or-ed onto a small whole number they make the float 2**52 + number."""
WHOLE_OFFSET = 2.0**52 + 1023.0
ROUND = 1.5 * 2.0**52
"""Added and taken away again it rounds a float to a whole number, which stands in its low bits."""
BIAS = np.int64(1023)
SHIFT = np.int64(52)

L0, L1, L2, L3 = 2.885390081777927, 0.9617966939243348, 0.5770780172462815, 0.41219840205383124
L4, L5, L6 = 0.3206163877791511, 0.26144426044714764, 0.2429159517980245
P1, P2, P3 = 0.69314718055995, 0.24022650695910097, 0.055504108664447695
P4, P5, P6 = 0.0096181291076069, 0.0013333558230168296, 0.00015403530441735424
P7, P8, P9 = 1.5252657258554393e-05, 1.3215442586966806e-06, 1.0208690571348675e-07
P10 = 7.072585985243863e-09


@intrinsic  # type: ignore[untyped-decorator]
def _fma(_: Any, a: Any, b: Any, c: Any) -> Any:
    def make(__: Any, builder: Any, ___: Any, args: Any) -> Any:
        return builder.fma(*args)

    return types.float64(types.float64, types.float64, types.float64), make


if TYPE_CHECKING:

    def fma(a: float, b: float, c: float) -> float:
        """a b + c, rounded once; inside kernels only."""
else:
    fma = _fma


@lean_kernel
def power(x: float, exponent: float) -> float:
    """x**exponent for x >= 0 and exponent > 0, to a relative 1e-13 where |log2 of it| < 400.

    Zero and subnormal x give 0, infinity gives infinity, what is not a number stays so. A result
    above 2**1022.5 or below 2**-1022.5 is that bound.
    """
    bits = np.float64(x).view(np.int64)
    moved = bits + ONE_HALF_UP
    n = np.int64((moved >> SHIFT) | WHOLE).view(np.float64) - WHOLE_OFFSET
    m = float(np.int64((moved & MANTISSA) + ROOT_HALF).view(np.float64))
    f = (m - 1.0) / (m + 1.0)
    s = f * f
    high = fma(s, fma(s, fma(s, L6, L5), L4), L3)
    series = fma(s, fma(s, fma(s, high, L2), L1), L0)
    y = float(exponent * fma(f, series, n))
    y = min(max(y, -TOP_EXPONENT), TOP_EXPONENT)
    shifted = y + ROUND
    r = y - (shifted - ROUND)
    tail = fma(r, fma(r, fma(r, P10, P9), P8), P7)
    tail = fma(r, fma(r, fma(r, tail, P6), P5), P4)
    fraction = fma(r, fma(r, fma(r, fma(r, tail, P3), P2), P1), 1.0)
    up = np.int64((np.float64(shifted).view(np.int64) + BIAS) << SHIFT)
    scale = up.view(np.float64)
    value = float(fraction * scale)
    value = value if x >= LEAST else 0.0
    return value if x <= GREATEST else x
