"""Values of GasLib files in SI; each value names its own unit."""

from __future__ import annotations

from typing import Literal

from network_models.physics import NORMAL_PRESSURE_PA

Kind = Literal[
    "length",
    "pressure",
    "drop",
    "flow",
    "temperature",
    "density",
    "heating",
    "molar mass",
    "transfer",
    "number",
]

_BAR, _HOUR = 1e5, 3600.0
UNITS: dict[Kind, dict[str, tuple[float, float]]] = {
    "length": {
        "m": (1.0, 0.0),
        "meter": (1.0, 0.0),
        "km": (1e3, 0.0),
        "cm": (1e-2, 0.0),
        "mm": (1e-3, 0.0),
    },
    # Absolute in the file unless the unit says gauge; gauge here.
    "pressure": {
        "bar": (_BAR, -NORMAL_PRESSURE_PA),
        "barg": (_BAR, 0.0),
        "Pa": (1.0, -NORMAL_PRESSURE_PA),
        "kPa": (1e3, -NORMAL_PRESSURE_PA),
        "MPa": (1e6, -NORMAL_PRESSURE_PA),
    },
    "drop": {
        "bar": (_BAR, 0.0),
        "barg": (_BAR, 0.0),
        "Pa": (1.0, 0.0),
        "kPa": (1e3, 0.0),
        "MPa": (1e6, 0.0),
    },
    # Normal cubic metres (0 C, 1.01325 bar) a second; the reader makes kg/s of them.
    "flow": {
        "1000m_cube_per_hour": (1e3 / _HOUR, 0.0),
        "m_cube_per_hour": (1.0 / _HOUR, 0.0),
        "m_cube_per_s": (1.0, 0.0),
    },
    "temperature": {"K": (1.0, 0.0), "C": (1.0, 273.15), "Celsius": (1.0, 273.15)},
    "density": {"kg_per_m_cube": (1.0, 0.0)},
    "heating": {
        "MJ_per_m_cube": (1e6, 0.0),
        "kJ_per_m_cube": (1e3, 0.0),
        "kWh_per_m_cube": (3.6e6, 0.0),
    },
    "molar mass": {"kg_per_kmol": (1e-3, 0.0), "g_per_mol": (1e-3, 0.0)},
    "transfer": {"W_per_m_square_per_K": (1.0, 0.0)},
    "number": {"": (1.0, 0.0)},
}
"""SI = value * factor + offset, by the unit's name."""

MASS_FLOWS: dict[str, float] = {"kg_per_s": 1.0, "kg_per_hour": 1.0 / _HOUR}
"""Flow units that are mass flows already."""
