"""A profile as a site writes it: its name, what fills its gaps, what tightens it, open numbers.

`heat-company arrive_h=2 complaint_h=24`, `shaoxing inherit=jinan`, `jinan layer=facility-std`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from network_models.problems import InputError, Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileWords:
    """The parts of such a text; see `RuleBook.on` for what they mean."""

    profile: str
    inherit: tuple[str, ...] = ()
    layers: tuple[str, ...] = ()
    parameters: Mapping[str, float] = field(default_factory=dict)


def read_profile(text: str) -> ProfileWords:
    """The parts of a text. InputError names every word that is none of `name=value`."""
    name, *words = text.split() or [""]
    inherit: list[str] = []
    layers: list[str] = []
    parameters: dict[str, float] = {}
    problems: list[Problem] = []
    for word in words:
        key, _, value = word.partition("=")
        try:
            if key == "inherit":
                inherit.append(value)
            elif key == "layer":
                layers.append(value)
            else:
                parameters[key] = float(value)
        except ValueError:
            expected = "inherit=PROFILE, layer=PROFILE or NAME=NUMBER"
            problems.append(
                Problem(file="rules", line=None, field="profile", found=word, expected=expected)
            )
    if problems:
        raise InputError(problems)
    return ProfileWords(
        profile=name, inherit=tuple(inherit), layers=tuple(layers), parameters=parameters
    )
