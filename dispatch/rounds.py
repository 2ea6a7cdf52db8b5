"""What a day's plan of water trucks is made of, whoever finds it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Load:
    """A part of a point's demand that one truck leaves in one stop."""

    point: int
    volume_m3: float


@dataclass(frozen=True, slots=True)
class Trip:
    """A filling and what is unloaded after it; `fill` is the number of the fill point."""

    fill: int
    loads: tuple[Load, ...]


@dataclass(frozen=True, slots=True)
class Round:
    """A truck's day: the number of its type and its trips."""

    kind: int
    trips: tuple[Trip, ...]


@dataclass(frozen=True, slots=True)
class RoundPlan:
    """The rounds, and the loads no truck could take."""

    rounds: tuple[Round, ...]
    undelivered: tuple[Load, ...]

    @property
    def undelivered_m3(self) -> float:
        """Water a day that does not arrive."""
        return sum(load.volume_m3 for load in self.undelivered)

    @property
    def rank(self) -> tuple[float, int]:
        """Less is better: undelivered water, then trucks."""
        return round(self.undelivered_m3, 6), len(self.rounds)
