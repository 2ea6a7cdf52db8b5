"""The heating curve: supply and return temperature by outdoor temperature (quality regulation)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class HeatingCurve:
    """Design temperatures in kelvin; `exponent` b of the radiators' law, heat ~ rise**(1 + b)."""

    supply_k: float
    return_k: float
    room_k: float
    outdoor_k: float
    exponent: float = 0.3

    def share(self, outdoor_k: float) -> float:
        """The share of the design heat needed at an outdoor temperature, 0 to 1."""
        share = (self.room_k - outdoor_k) / (self.room_k - self.outdoor_k)
        return min(max(share, 0.0), 1.0)

    def at_share(self, share: float) -> tuple[float, float]:
        """Supply and return temperature (K) for a share of the design heat.

        t = t_n + (t_s' + t_r' - 2 t_n) / 2 * Q**(1 / (1 + b)) +- (t_s' - t_r') / 2 * Q
        """
        mean = self.room_k + 0.5 * (self.supply_k + self.return_k - 2.0 * self.room_k) * (
            share ** (1.0 / (1.0 + self.exponent))
        )
        half = 0.5 * (self.supply_k - self.return_k) * share
        return mean + half, mean - half

    def at_outdoor(self, outdoor_k: float) -> tuple[float, float]:
        """Supply and return temperature (K) at an outdoor temperature."""
        return self.at_share(self.share(outdoor_k))
