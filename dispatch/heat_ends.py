"""The pressure at the ends of a heat network: what each station has beside what its users need.

The rule names no number: what a user system needs (`Substation.available_head_pa`) stands in its
contract. A station without one is not judged, and no station with one is "no-rule", never a pass.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dispatch.finding import Finding
from dispatch.quantity import Quantity, exact
from dispatch.rulebook import RuleSet
from network_models.elements import Substation
from network_models.network import Network

F64 = NDArray[np.float64]
END_RULE = "HEAT-END-DP"


@dataclass(frozen=True, slots=True, kw_only=True)
class EndFinding:
    """A station's least pressure between supply and return over a run (Pa)."""

    station: str
    needed_pa: float
    lowest_pa: float
    lowest_time_s: float
    finding: Finding

    def as_dict(self) -> dict[str, Any]:
        """The record as JSON-ready values."""
        return {
            "station": self.station,
            "needed_pa": self.needed_pa,
            "lowest_pa": self.lowest_pa,
            "lowest_time_s": self.lowest_time_s,
            "verdict": self.finding.verdict,
            "clause": self.finding.clause,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class EndVerdict:
    """All stations whose need is known, those that miss most of it first."""

    rule: str
    verdict: str
    findings: tuple[EndFinding, ...]
    unknown: int
    """Stations whose need nobody has stated."""

    @property
    def violated(self) -> bool:
        """Whether the mandatory rule is broken."""
        return self.verdict == "violation"

    def as_dict(self) -> dict[str, Any]:
        """The record as JSON-ready values."""
        return {
            "rule": self.rule,
            "verdict": self.verdict,
            "stations": len(self.findings),
            "unknown": self.unknown,
            "findings": [found.as_dict() for found in self.findings],
        }


def judge_ends(net: Network, rules: RuleSet, times_s: F64, available_pa: F64) -> EndVerdict:
    """Judge pressures between supply and return (T, L), in the order of links, at `times_s` (T,).

    A station that is shut by hand is left out: it has nothing to deliver. One that has no pressure
    at some time, though it is open, has 0.
    """
    place = {name: k for k, name in enumerate(net.links)}
    stations = [k for k in net.links.values() if isinstance(k, Substation) and k.status != "closed"]
    judged = [k for k in stations if k.available_head_pa is not None]
    findings = []
    for station in judged:
        series = np.nan_to_num(available_pa[:, place[station.id]], nan=0.0)
        at = int(series.argmin())
        needed = station.available_head_pa or 0.0
        findings.append(
            EndFinding(
                station=station.id,
                needed_pa=needed,
                lowest_pa=float(series[at]),
                lowest_time_s=float(times_s[at]),
                finding=rules.evaluate(
                    END_RULE, _pascals(float(series[at])), needed=_pascals(needed)
                ),
            )
        )
    findings.sort(key=lambda f: (f.lowest_pa - f.needed_pa, f.station))
    verdicts = {f.finding.verdict for f in findings}
    worst = ("violation", "advice", "gap", "pass")
    return EndVerdict(
        rule=END_RULE if rules.rule(END_RULE) is not None else "",
        verdict=next((v for v in worst if v in verdicts), "no-rule"),
        findings=tuple(findings),
        unknown=len(stations) - len(judged),
    )


def _pascals(value: float) -> Quantity:
    """Compared in whole pascals, as people read them."""
    return Quantity("number", exact(float(round(value))), "Pa")
