"""Density, heating values and Wobbe index of gases, against published figures."""

from __future__ import annotations

import pytest

from network_models.gas_mixture import COMPONENTS, completed, mixture, wobbe_jm3
from network_models.physics import Fluid


def test_methane_has_its_published_values() -> None:
    methane = mixture((("methane", 1.0),))
    assert methane.density_kgm3 == pytest.approx(0.7175, abs=2e-4)
    assert methane.upper_heating_value_jm3 == pytest.approx(39.83e6, rel=1e-3)
    assert methane.lower_heating_value_jm3 == pytest.approx(35.89e6, rel=1e-3)
    assert methane.wobbe_jm3 == pytest.approx(53.47e6, rel=1e-3)


def test_hydrogen_and_nitrogen() -> None:
    hydrogen = mixture((("hydrogen", 1.0),))
    assert hydrogen.density_kgm3 == pytest.approx(0.08988, rel=1e-3)
    assert hydrogen.upper_heating_value_jm3 == pytest.approx(12.75e6, rel=1e-3)
    nitrogen = mixture((("nitrogen", 1.0),))
    assert nitrogen.density_kgm3 == pytest.approx(1.2504, rel=1e-3)
    assert nitrogen.upper_heating_value_jm3 == nitrogen.wobbe_jm3 == 0.0


def test_a_mixture_lies_between_its_parts() -> None:
    mixed = mixture((("methane", 0.9), ("nitrogen", 0.1)))
    pure = mixture((("methane", 1.0),))
    assert mixed.upper_heating_value_jm3 == pytest.approx(
        0.9 * pure.upper_heating_value_jm3, rel=1e-3
    )
    assert pure.density_kgm3 < mixed.density_kgm3 < 1.2505
    for name in COMPONENTS:
        assert mixture(((name, 1.0),)).lower_heating_value_jm3 >= 0.0


def test_what_a_file_states_goes_before_what_follows() -> None:
    gas = completed(Fluid(id="g", fractions=(("methane", 1.0),), normal_density_kgm3=0.72))
    assert gas.normal_density_kgm3 == 0.72
    assert gas.upper_heating_value_jm3 == pytest.approx(39.83e6, rel=1e-3)
    plain = Fluid(id="g")
    assert completed(plain) is plain
    assert wobbe_jm3(40e6, 1.292923) == 40e6


def test_unknown_components_are_named() -> None:
    with pytest.raises(ValueError, match="argon"):
        mixture((("argon", 1.0),))
    with pytest.raises(ValueError, match="none given"):
        mixture(())
