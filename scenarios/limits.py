"""Alarm limits that come from rules: the numbers are the rule data's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from dispatch.heat_rooms import LIMIT_RULES
from dispatch.rulebook import RuleBook
from network_models.units import UNITS

END_RULE = "WATER-PRESSURE-END-MIN"
GAS_RULE = "GAS-PRESSURE-NG"
END_DP_RULE = "HEAT-END-DP"


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleLimits:
    """Limits: `end_mpa` at network ends, `gas_pa` at gas users, `room_c` of heated rooms (by the
    rule `room_rule`); empty without a rule."""

    end_mpa: Mapping[str, float]
    gas_pa: Mapping[str, float]
    room_c: Mapping[str, float] = field(default_factory=dict)
    room_rule: str = ""


def rule_limits(profile: str, on: date) -> RuleLimits:
    """The limits that a profile's rules give on a day."""
    rules = RuleBook.load().on(on, profile)
    end = rules.limit_si(END_RULE)
    band = rules.rule(GAS_RULE)
    gas: dict[str, float] = {}
    if band is not None and isinstance(band.value, tuple):
        low, high = (UNITS[band.unit].to_si(float(part)) for part in band.value)
        gas = {"low": low, "high": high}
    room = next((name for name in LIMIT_RULES if rules.rule(name) is not None), "")
    kelvin = rules.limit_si(room) if room else None
    return RuleLimits(
        end_mpa={} if end is None else {"low": UNITS["MPa"].from_si(end)},
        gas_pa=gas,
        room_c={} if kelvin is None else {"low": UNITS["degC"].from_si(kelvin)},
        room_rule=room,
    )
