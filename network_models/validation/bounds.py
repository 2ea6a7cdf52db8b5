"""Faults that gas and heat elements share: lower limits above upper ones, impossible pressures."""

from __future__ import annotations

from collections.abc import Iterator

from network_models.elements import Link, Node
from network_models.network import Network
from network_models.validation.fault import Fault, FaultKind, out_of_range

_POSITIVE = (
    "length_m",
    "diameter_m",
    "roughness_m",
    "outer_diameter_m",
    "inlet_diameter_m",
    "outlet_diameter_m",
    "capacity_kgs_pa",
    "kv_m3h",
    "exchanger_w_k",
    "temperature_drop_k",
    "temperature_k",
    "supply_temperature_k",
    "return_temperature_k",
    "ambient_temperature_k",
    "secondary_return_k",
    "secondary_flow_kgs",
    "ratio",
    "ratio_max",
    "power_max_w",
    "heat_max_w",
    "sections",
)
_NOT_NEGATIVE = (
    "minor_loss",
    "loss_w_mk",
    "heat_transfer_w_m2k",
    "wall_capacity_j_mk",
    "drag_factor",
    "loss_pa",
    "inlet_drag",
    "outlet_drag",
    "inlet_loss_pa",
    "outlet_loss_pa",
    "drop_min_pa",
    "lift_pa",
    "available_head_pa",
    "volume_m3",
    "speed",
)
_PRESSURES = (
    "pressure_pa",
    "return_pressure_pa",
    "setting_pa",
    "outlet_pa",
    "pressure_min_pa",
    "pressure_max_pa",
    "inlet_min_pa",
    "outlet_max_pa",
    "lock_up_pa",
    "slam_shut_high_pa",
)
_PAIRS = (
    ("pressure_min_pa", "pressure_max_pa"),
    ("flow_min_kgs", "flow_max_kgs"),
    ("drop_min_pa", "drop_max_pa"),
    ("setting_pa", "lock_up_pa"),
    ("setting_pa", "slam_shut_high_pa"),
    ("slam_shut_low_pa", "setting_pa"),
    ("setting_pa", "outlet_max_pa"),
    ("outlet_pa", "outlet_max_pa"),
    ("diameter_m", "outer_diameter_m"),
)


def size_faults(net: Network, kind: FaultKind, element: Node | Link) -> Iterator[Fault]:
    """Sizes that are not above 0, amounts below 0, pressures below vacuum, limits crossed."""
    for name in _POSITIVE:
        value = _number(element, name)
        if value is not None:
            yield from out_of_range(kind, element.id, name, value, above=0.0)
    for name in _NOT_NEGATIVE:
        value = _number(element, name)
        if value is not None:
            yield from out_of_range(kind, element.id, name, value)
    vacuum = -net.physics.ambient_pressure_pa
    for name in _PRESSURES:
        value = _number(element, name)
        if value is not None and not value > vacuum:
            expected = f"more than {vacuum:g} Pa gauge, which is vacuum"
            yield Fault(kind, element.id, name, f"{value:g} Pa", expected)
    for low, high in _PAIRS:
        least, most = _number(element, low), _number(element, high)
        if least is not None and most is not None and not least <= most:
            yield Fault(kind, element.id, low, f"{least:g}", f"at most {most:g}, its {high}")
    stored = getattr(element, "stored", None)
    if stored is not None:
        most = stored.maximum_kg
        if not stored.minimum_kg <= stored.mass_kg <= (float("inf") if most is None else most):
            found, expected = f"{stored.mass_kg:g} kg", "between its smallest and largest mass"
            yield Fault(kind, element.id, "stored mass", found, expected)


def _number(element: Node | Link, name: str) -> float | None:
    value = getattr(element, name, None)
    return value if isinstance(value, int | float) else None
