"""The power function of the friction laws: exactness, edges, the same bits everywhere."""

from __future__ import annotations

import math

import numpy as np
import pytest

from hydraulics.compiled import kernel
from hydraulics.laws.power import TOP_EXPONENT, power
from hydraulics.types import F64


@kernel
def powers(x: F64, exponent: float, out: F64) -> None:
    for i in range(len(x)):
        out[i] = power(x[i], exponent)


@pytest.mark.parametrize("exponent", [0.25, 0.5, 0.852, 1.0, 1.852, 2.0])
def test_it_is_exact_over_sixty_decades(exponent: float) -> None:
    x = 10.0 ** np.random.default_rng(1).uniform(-30.0, 30.0, 50_000)
    out = np.empty_like(x)
    powers(x, exponent, out)
    exact = x.astype(np.longdouble) ** np.longdouble(exponent)
    assert float(np.abs(out / exact - 1.0).max()) < 5e-14


def test_it_never_falls_on_fine_steps() -> None:
    x = np.concatenate((np.linspace(0.4, 3.0, 200_001), 2.0 ** np.arange(-40.0, 40.0)))
    x.sort()
    out = np.empty_like(x)
    powers(x, 0.852, out)
    assert (np.diff(out) >= -2e-15 * out[1:]).all()


def test_edges() -> None:
    assert power(0.0, 0.852) == 0.0
    assert power(5e-324, 0.852) == 0.0
    assert power(1.0, 0.852) == 1.0
    assert power(2.0**-1022, 0.5) == pytest.approx(2.0**-511, rel=1e-13)
    assert power(math.inf, 0.852) == math.inf
    assert math.isnan(power(math.nan, 0.852))
    assert power(1e300, 2.0) == pytest.approx(2.0**TOP_EXPONENT)
    assert power(1e-300, 2.0) == pytest.approx(2.0**-TOP_EXPONENT)


def test_an_element_gives_the_same_bits_alone_and_in_a_row() -> None:
    x = 10.0 ** np.random.default_rng(2).uniform(-12.0, 12.0, 501)
    row = np.empty_like(x)
    powers(x, 0.852, row)
    alone = np.array([power(v, 0.852) for v in x])
    assert (row == alone).all()
