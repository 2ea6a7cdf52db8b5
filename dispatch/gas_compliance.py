"""The gas bands over a whole run: every low-pressure user judged by the band of its gas.

A user is a node of the low level with a demand. Which band applies follows from the gas: piped LPG
is heavier than air by half, manufactured gas burns with less than 25 MJ a normal m3, the rest is
natural gas (our reading of the families; the rules give bands by name only).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from dispatch.finding import Finding
from dispatch.quantity import Quantity, exact
from dispatch.rulebook import RuleSet
from network_models.elements import GasJunction
from network_models.gas_mixture import AIR_DENSITY_KGM3, completed
from network_models.network import Network

F64 = NDArray[np.float64]
GasKind = Literal["natural", "manufactured", "lpg"]
RULES: dict[GasKind, str] = {
    "natural": "GAS-PRESSURE-NG",
    "manufactured": "GAS-PRESSURE-MG",
    "lpg": "GAS-PRESSURE-LPG",
}
Outcome = Literal["violation", "unsupplied", "advice", "gap", "pass", "no-rule"]
_ORDER: tuple[Outcome, ...] = ("violation", "unsupplied", "advice", "gap", "pass")
HEAVY = 1.5 * AIR_DENSITY_KGM3
POOR_JM3 = 25e6


@dataclass(frozen=True, slots=True, kw_only=True)
class GasFinding:
    """A user's lowest and highest pressure over the run (gauge, Pa), and the band's verdict.

    `outside_s` is for how long the pressure was outside the band; a report time stands for the time
    until the next one, the last for none.
    """

    node: str
    lowest_pa: float
    lowest_time_s: float
    highest_pa: float
    highest_time_s: float
    outside_s: float
    finding: Finding

    def as_dict(self) -> dict[str, Any]:
        """The record as JSON-ready values."""
        record = self.finding.as_dict()
        return {
            "node": self.node,
            "lowest_pa": self.lowest_pa,
            "lowest_time_s": self.lowest_time_s,
            "highest_pa": self.highest_pa,
            "highest_time_s": self.highest_time_s,
            "outside_s": self.outside_s,
            **{k: record[k] for k in ("rule", "verdict", "clause", "text_zh", "text_en")},
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class GasCompliance:
    """What the gas bands say of a run; `findings` one a user that had pressure, worst first."""

    profile: str
    kind: GasKind
    rule: str
    band_pa: tuple[float, float] | None
    verdict: Outcome
    users: int
    findings: tuple[GasFinding, ...]
    unsupplied: tuple[str, ...]
    note_zh: str = ""
    note_en: str = ""

    @property
    def violated(self) -> bool:
        """Whether a mandatory band is broken, or a user is left without gas."""
        return self.verdict in {"violation", "unsupplied"}

    def as_dict(self) -> dict[str, Any]:
        """The record as JSON-ready values."""
        return {
            "kind": self.kind,
            "rule": self.rule,
            "band_pa": None if self.band_pa is None else list(self.band_pa),
            "verdict": self.verdict,
            "users": self.users,
            "outside": sum(f.finding.verdict != "pass" for f in self.findings),
            "findings": [f.as_dict() for f in self.findings],
            "unsupplied": list(self.unsupplied),
            "note_zh": self.note_zh,
            "note_en": self.note_en,
        }


def gas_kind(net: Network) -> GasKind:
    """The family of the gas that fills a network; natural where the file does not say."""
    name = net.physics.fluid or next(iter(net.fluids), None)
    if name is None:
        return "natural"
    gas = completed(net.fluids[name])
    density = gas.normal_density_kgm3
    if density is None and gas.density is not None:
        density = gas.density.y[0]
    if density is not None and density > HEAVY:
        return "lpg"
    heating = gas.upper_heating_value_jm3
    return "manufactured" if heating is not None and heating < POOR_JM3 else "natural"


def gas_users(net: Network) -> tuple[str, ...]:
    """The users whose pressure the bands are about: low-pressure nodes with a demand."""
    return tuple(
        n.id
        for n in net.nodes.values()
        if isinstance(n, GasJunction) and n.level == "low" and n.demand_kgs > 0.0
    )


def judge_gas(
    net: Network, rules: RuleSet, times_s: F64, pressure_pa: F64, kind: GasKind | None = None
) -> GasCompliance:
    """Judge gauge pressures (T, N) in the network's node order at `times_s` (T,)."""
    kind = gas_kind(net) if kind is None else kind
    rule = rules.rule(RULES[kind])
    users = gas_users(net)
    note_zh, note_en = _note(rules, users, known=rule is not None)
    if rule is None or not users:
        return GasCompliance(
            profile=rules.profile.id,
            kind=kind,
            rule=RULES[kind],
            band_pa=None,
            verdict="no-rule",
            users=len(users),
            findings=(),
            unsupplied=(),
            note_zh=note_zh,
            note_en=note_en,
        )
    low, high = band_pa(rules, kind) or (-np.inf, np.inf)
    place = {id_: i for i, id_ in enumerate(net.nodes)}
    span = np.append(np.diff(times_s), 0.0)
    findings, dry = [], []
    for id_ in users:
        series = pressure_pa[:, place[id_]]
        if np.isnan(series).any():
            dry.append(id_)
        if np.isnan(series).all():
            continue
        pascals = np.round(series)  # compared in whole pascals, as people read them
        at, top = int(np.nanargmin(series)), int(np.nanargmax(series))
        worst = pascals[at] if low - pascals[at] >= pascals[top] - high else pascals[top]
        outside = (pascals < low) | (pascals > high)
        findings.append(
            GasFinding(
                node=id_,
                lowest_pa=float(series[at]),
                lowest_time_s=float(times_s[at]),
                highest_pa=float(series[top]),
                highest_time_s=float(times_s[top]),
                outside_s=float(span[outside].sum()),
                finding=rules.evaluate(rule.id, Quantity("number", exact(float(worst)), "Pa")),
            )
        )
    findings.sort(key=lambda f: (f.finding.verdict == "pass", f.lowest_pa, f.node))
    found = {f.finding.verdict for f in findings} | ({"unsupplied"} if dry else set())
    return GasCompliance(
        profile=rules.profile.id,
        kind=kind,
        rule=rule.id,
        band_pa=(float(low), float(high)),
        verdict=next((o for o in _ORDER if o in found), "no-rule"),
        users=len(users),
        findings=tuple(findings),
        unsupplied=tuple(dry),
    )


def band_pa(rules: RuleSet, kind: GasKind) -> tuple[float, float] | None:
    """The band of a gas in pascals, None without a rule."""
    rule = rules.rule(RULES[kind])
    if rule is None or not isinstance(rule.value, tuple):
        return None
    low, high = (
        float(Quantity("number", exact(float(v)), rule.unit).in_unit("Pa")) for v in rule.value
    )
    return low, high


def _note(rules: RuleSet, users: Sequence[str], *, known: bool) -> tuple[str, str]:
    if not known:
        return (
            f"规则集“{rules.profile.name_zh}”没有用户供气压力的规定：未作判断，不等于合格。",
            (
                f"The profile “{rules.profile.name_en}” has no rule on gas pressure at users: "
                "nothing was judged, which is not a pass."
            ),
        )
    if users:
        return "", ""
    return (
        "模型中没有低压用户：未作判断，不等于合格。",
        "The network has no low-pressure user: nothing was judged, which is not a pass.",
    )
