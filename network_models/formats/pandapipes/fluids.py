"""The fluid of a pandapipes file, and its options as laws."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any, get_args

from network_models.elements import GasFriction
from network_models.formats.pandapipes.draft import Draft
from network_models.physics import Fluid, Physics, Property

GRAVITY_MS2 = 9.81
"""What pandapipes calculates with."""
_AMBIENT_K = 293.15
_PROPERTIES = {
    "density": "density",
    "viscosity": "viscosity",
    "heat_capacity": "heat_capacity",
    "compressibility": "compressibility",
    "der_compressibility": "compressibility_slope",
}


def read_fluid(draft: Draft) -> Fluid | None:
    """The network's fluid, or None after noting why it cannot be read."""
    entry = draft.entries.get("fluid")
    if not isinstance(entry, dict) or entry.get("fluid_type") not in ("gas", "liquid"):
        found = "none" if entry is None else repr(entry)[:60]
        draft.problem("fluid", found, "a fluid of the type gas or liquid")
        return None
    values: dict[str, Any] = {"id": str(entry.get("name") or "fluid"), "phase": entry["fluid_type"]}
    properties = entry.get("all_properties")
    for name, given in (properties if isinstance(properties, dict) else {}).items():
        field = _PROPERTIES.get(name)
        value = _property(given)
        if value is None:
            draft.problem(f"fluid.{name}", repr(given)[:60], "a property table, line or constant")
        elif field is not None:
            values[field] = value
        elif name == "molar_mass" and value.kind == "constant":
            values["molar_mass_kgmol"] = value.y[0] * 1e-3  # kg/kmol in the file
        else:
            draft.notes.append(f"fluid: its {name} is left out")
    for name in ("density", "viscosity", *(("heat_capacity",) * (values["phase"] == "liquid"))):
        if name not in values:
            draft.problem(f"fluid.{name}", "none", "this property")
    return Fluid(**values)


def _property(given: Any) -> Property | None:
    if not isinstance(given, dict):
        return None
    name = str(given.get("_class", ""))
    try:
        if name == "FluidPropertyConstant":
            return Property(kind="constant", y=_numbers([given["value"]]))
        if name == "FluidPropertyLinear":
            return Property(kind="linear", y=_numbers([given["offset"], given["slope"]]))
        if name == "FluidPropertyInterExtra":
            getter = given.get("prop_getter", given)
            beyond = given.get("_fill_value_orig", "extrapolate") == "extrapolate"
            x, y = _numbers(getter["x"]), _numbers(getter["y"])
            if len(x) != len(y) or len(x) < 2 or any(b <= a for a, b in pairwise(x)):
                return None
            return Property(kind="table", x=x, y=y, extrapolate=beyond)
        if name == "FluidPropertyPolynominal":
            getter = given.get("prop_getter", given)
            coefficients = getter.get("coeffs", getter.get("_coeffs")) if getter else None
            return Property(kind="polynomial", y=_numbers(coefficients))
        if name == "FluidPropertySutherland":
            y = _numbers([given[part] for part in ("eta0", "t0", "t_sutherland")])
            return Property(kind="sutherland", y=y)
    except (KeyError, TypeError, ValueError, AttributeError):
        return None
    return None


def _numbers(values: Any) -> tuple[float, ...]:
    return tuple(float(value) for value in values)


def read_physics(draft: Draft, fluid: Fluid) -> Physics:
    """pandapipes' own laws with the options of the file; defaults are pandapipes' (0.16)."""
    options = draft.entries.get("user_pf_options")
    given: dict[str, Any] = options if isinstance(options, dict) else {}
    friction = given.get("friction_model", "nikuradse")
    if friction not in get_args(GasFriction):
        expected = "one of " + ", ".join(get_args(GasFriction))
        draft.problem("user_pf_options.friction_model", repr(friction), expected)
        friction = "nikuradse"
    ambient = given.get("ambient_temperature", _AMBIENT_K)
    if isinstance(ambient, bool) or not isinstance(ambient, int | float):
        draft.problem("user_pf_options.ambient_temperature", repr(ambient), "a temperature in K")
        ambient = _AMBIENT_K
    temperatures = [p.temperature_k for p in draft.places.values() if p.temperature_k is not None]
    return Physics(
        laws="pandapipes",
        fluid=fluid.id,
        friction=friction,
        ambient_by_height=True,
        ambient_temperature_k=float(ambient),
        gravity_ms2=GRAVITY_MS2,
        gas_temperature_k=sum(temperatures) / len(temperatures) if temperatures else _AMBIENT_K,
        other=tuple((str(key), json.dumps(value, default=str)) for key, value in given.items()),
    )
