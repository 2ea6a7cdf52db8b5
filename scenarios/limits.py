"""Alarm limits that come from rules: the numbers are the rule data's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from dispatch.rulebook import RuleBook
from network_models.units import UNITS

END_RULE = "WATER-PRESSURE-END-MIN"
GAS_RULE = "GAS-PRESSURE-NG"


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleLimits:
    """Limits: `end_mpa` at network ends, `gas_pa` at gas users; empty without a rule."""

    end_mpa: Mapping[str, float]
    gas_pa: Mapping[str, float]


def rule_limits(profile: str, on: date) -> RuleLimits:
    """The limits that a profile's rules give on a day."""
    rules = RuleBook.load().on(on, profile)
    end = rules.limit_si(END_RULE)
    band = rules.rule(GAS_RULE)
    gas: dict[str, float] = {}
    if band is not None and isinstance(band.value, tuple):
        low, high = (UNITS[band.unit].to_si(float(part)) for part in band.value)
        gas = {"low": low, "high": high}
    return RuleLimits(
        end_mpa={} if end is None else {"low": UNITS["MPa"].from_si(end)},
        gas_pa=gas,
    )
