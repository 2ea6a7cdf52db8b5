"""Water's properties against IAPWS-IF97, and a fluid's table."""

from __future__ import annotations

import numpy as np
import pytest

from hydraulics.heat import water_properties as water
from hydraulics.heat.fluid import enthalpy_at, fluid_of, lookup, temperature_at
from network_models.network import Network

# K, kg/m3, Pa s, J/(kg K) at 1.6 MPa, and the saturation pressure in Pa: IF97.
IF97 = (
    (278.15, 1000.7025, 0.00151604, 4198.55, 872.6),
    (293.15, 998.8906, 0.00100114, 4180.15, 2339.2),
    (313.15, 992.8790, 0.00065292, 4174.87, 7384.4),
    (333.15, 983.8629, 0.000466403, 4179.44, 19945.8),
    (353.15, 972.4718, 0.00035446, 4192.24, 47414.7),
    (363.15, 966.0018, 0.000314586, 4201.69, 70182.4),
    (383.15, 951.6522, 0.000255002, 4226.86, 143376.0),
    (403.15, 935.5217, 0.000213287, 4261.22, 270259.6),
    (423.15, 917.6443, 0.000182898, 4306.63, 476101.4),
    (443.15, 897.9641, 0.000159979, 4366.27, 792053.2),
    (458.15, 881.9341, 0.000146215, 4423.19, 1123266.9),
)


@pytest.mark.parametrize("row", IF97, ids=lambda row: f"{row[0]:g}")
def test_the_polynomials_are_those_of_if97(row: tuple[float, ...]) -> None:
    t, density, viscosity, capacity, saturation = row
    at = np.array([t])
    assert water.density_kgm3(at)[0] == pytest.approx(density, rel=2.5e-5)
    assert water.viscosity_pas(at)[0] == pytest.approx(viscosity, rel=1e-4)
    assert water.heat_capacity_jkgk(at)[0] == pytest.approx(capacity, rel=6e-5)
    assert water.saturation_pressure_pa(at)[0] == pytest.approx(saturation, rel=1e-4)


def test_enthalpy_and_temperature_are_inverse_and_the_slope_is_the_capacity() -> None:
    table = fluid_of(Network(medium="heat"))
    for t in np.linspace(274.0, 460.0, 77):
        h = enthalpy_at(table, t)
        assert temperature_at(table, h) == pytest.approx(t, abs=1e-10)
        slope = (enthalpy_at(table, t + 1e-3) - enthalpy_at(table, t - 1e-3)) / 2e-3
        assert slope == pytest.approx(lookup(table.temperature, table.capacity, t), rel=1e-6)


def test_boiling_at_sea_level() -> None:
    assert water.saturation_pressure_pa(np.array([373.124]))[0] == pytest.approx(101325.0, rel=2e-4)
