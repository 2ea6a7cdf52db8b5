"""The pressure law over a whole run: every network end judged, every other low node listed.

A network end is what the rulebook says it is (`dispatch.ends`). Without an end or without a rule
the verdict is `no-rule`: nothing was judged, which is not a pass. A node that no source reaches has
no pressure to judge and is named apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from dispatch.check import COMMUNITY, END_PRESSURE, in_mpa
from dispatch.customers import RESIDENTIAL, Customer
from dispatch.ends import END_RULE, end_nodes
from dispatch.finding import Finding
from dispatch.rulebook import RuleSet
from network_models.elements import Junction
from network_models.network import Network
from network_models.units import PA_PER_M_WATER, UNITS

F64 = NDArray[np.float64]
Outcome = Literal["violation", "unsupplied", "advice", "gap", "pass", "no-rule"]
_WORST_FIRST: tuple[Outcome, ...] = ("violation", "unsupplied", "advice", "gap", "pass")


@dataclass(frozen=True, slots=True, kw_only=True)
class LowSpell:
    """A node's lowest pressure over the run, when it was, and for how long it was under the limit.

    A report time stands for the time until the next one; the last stands for none.
    `takes_water`: whether the file gives the node a demand.
    """

    node: str
    worst_m: float
    worst_time_s: float
    below_s: float
    times_below: int
    takes_water: bool

    @property
    def worst_mpa(self) -> float:
        """The lowest pressure in MPa, gauge."""
        return UNITS["MPa"].from_si(self.worst_m * PA_PER_M_WATER)

    def as_dict(self) -> dict[str, Any]:
        """The record as JSON-ready values."""
        return {
            "node": self.node,
            "worst_m": self.worst_m,
            "worst_mpa": self.worst_mpa,
            "worst_time_s": self.worst_time_s,
            "below_s": self.below_s,
            "times_below": self.times_below,
            "takes_water": self.takes_water,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsupplied:
    """A junction that no source reaches for a part of the run or for all of it."""

    node: str
    is_end: bool
    first_s: float
    times: int
    always: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CommunityFinding:
    """A community with a low node, and what the rule on large communities says of it."""

    community: str
    households: int
    lowest: LowSpell
    finding: Finding


@dataclass(frozen=True, slots=True, kw_only=True)
class Compliance:
    """What the law says of a run.

    `ends` are all network ends, judged or not; `findings` one entry for every end that had
    pressure, worst first; `low` the other junctions under the same limit, which are no violations;
    `note_*` say why nothing could be judged.
    """

    profile: str
    verdict: Outcome
    limit_m: float | None
    ends: tuple[str, ...]
    findings: tuple[tuple[LowSpell, Finding], ...]
    communities: tuple[CommunityFinding, ...]
    low: tuple[LowSpell, ...]
    unsupplied: tuple[Unsupplied, ...]
    note_zh: str = ""
    note_en: str = ""

    @property
    def violations(self) -> tuple[tuple[LowSpell, Finding], ...]:
        """The ends that break a mandatory rule."""
        return tuple(pair for pair in self.findings if pair[1].verdict == "violation")

    @property
    def violated(self) -> bool:
        """Whether anything mandatory is broken, or an end is left without water."""
        return self.verdict in {"violation", "unsupplied"}


def judge_run(
    net: Network,
    rules: RuleSet,
    times_s: F64,
    pressure_m: F64,
    *,
    marked: Iterable[str] = (),
    customers: Sequence[Customer] = (),
) -> Compliance:
    """Judge pressure heads (T, N) in the network's node order at `times_s` (T,).

    `marked` nodes are ends beside those on pipes of the rule's diameter. `customers` bring in the
    rule on large communities.
    """
    ends = end_nodes(net, rules, marked)
    limit_pa = rules.limit_si(END_PRESSURE)
    limit = None if limit_pa is None else limit_pa / PA_PER_M_WATER
    spells = _Spells(net, times_s, pressure_m, limit)
    findings: list[tuple[LowSpell, Finding]] = []
    if limit is not None:
        judged = [spells.of(name) for name in ends if spells.known(name)]
        findings = [(s, rules.evaluate(END_PRESSURE, in_mpa(s.worst_m))) for s in judged]
        findings.sort(key=lambda pair: (pair[0].worst_m, pair[0].node))
    communities = _communities(rules, spells, customers) if limit is not None else ()
    unsupplied = spells.unsupplied(frozenset(ends))
    low = () if limit is None else spells.low(frozenset(ends))
    note_zh, note_en = _notes(rules, ends, limit)
    return Compliance(
        profile=rules.profile.id,
        verdict=_verdict(findings, communities, unsupplied, judged=not note_en),
        limit_m=limit,
        ends=ends,
        findings=tuple(findings),
        communities=communities,
        low=low,
        unsupplied=unsupplied,
        note_zh=note_zh,
        note_en=note_en,
    )


def _verdict(
    findings: Sequence[tuple[LowSpell, Finding]],
    communities: Sequence[CommunityFinding],
    unsupplied: Sequence[Unsupplied],
    *,
    judged: bool,
) -> Outcome:
    found = {finding.verdict for _, finding in findings}
    found |= {c.finding.verdict for c in communities}
    if not judged:
        return "violation" if "violation" in found else "no-rule"
    if any(u.is_end for u in unsupplied):
        found = {*found, "unsupplied"}  # type: ignore[arg-type]
    return next((outcome for outcome in _WORST_FIRST if outcome in found), "no-rule")


def _notes(rules: RuleSet, ends: Sequence[str], limit: float | None) -> tuple[str, str]:
    profile = rules.profile
    if limit is None:
        return (
            f"规则集“{profile.name_zh}”没有管网末梢压力的规定：未作判断，不等于合格。",
            (
                f"The profile “{profile.name_en}” has no rule on end pressure: "
                "nothing was judged, which is not a pass."
            ),
        )
    if ends:
        return "", ""
    rule = rules.rule(END_RULE)
    size = "" if rule is None else f"{rule.number:g} {rule.unit}"
    return (
        f"模型中没有管网末梢（管径{size}的配水干管上的节点，或标记的测压点）：未作判断，不等于合格。",
        (
            "The network has no end to judge (a node on a pipe of "
            f"{size or 'the rule’s diameter'}, or a marked test point): "
            "nothing was judged, which is not a pass."
        ),
    )


class _Spells:
    """Lowest values and times under the limit of every node of a run."""

    def __init__(self, net: Network, times_s: F64, pressure_m: F64, limit: float | None) -> None:
        self._net = net
        self._times = times_s
        self._ids = net.node_ids
        self._index = {name: i for i, name in enumerate(self._ids)}
        # Compared as the rulebook compares: in whole pascals.
        pascals = np.round(pressure_m * PA_PER_M_WATER)
        self._known = ~np.isnan(pascals)
        filled = np.where(self._known, pressure_m, np.inf)
        self._at = filled.argmin(axis=0)
        self._worst = filled.min(axis=0)
        limit_pa = -np.inf if limit is None else round(limit * PA_PER_M_WATER)
        with np.errstate(invalid="ignore"):
            self._below = pascals < limit_pa
        self._span = np.append(np.diff(times_s), 0.0)

    def known(self, name: str) -> bool:
        """Whether the node had a pressure at some time."""
        return bool(np.isfinite(self._worst[self._index[name]]))

    def of(self, name: str) -> LowSpell:
        """The spell of a node that had a pressure."""
        i = self._index[name]
        below = self._below[:, i]
        node = self._net.nodes[name]
        return LowSpell(
            node=name,
            worst_m=float(self._worst[i]),
            worst_time_s=float(self._times[self._at[i]]),
            below_s=float(self._span[below].sum()),
            times_below=int(below.sum()),
            takes_water=isinstance(node, Junction) and any(d.base_m3s > 0.0 for d in node.demands),
        )

    def low(self, ends: frozenset[str]) -> tuple[LowSpell, ...]:
        """The junctions under the limit that are no ends, those that take water first."""
        names = (self._ids[i] for i in np.flatnonzero(self._below.any(axis=0)))
        nodes = self._net.nodes
        found = [self.of(n) for n in names if n not in ends and isinstance(nodes[n], Junction)]
        return tuple(sorted(found, key=lambda s: (not s.takes_water, s.worst_m, s.node)))

    def unsupplied(self, ends: frozenset[str]) -> tuple[Unsupplied, ...]:
        """The junctions without a source at some time."""
        dry = ~self._known
        return tuple(
            Unsupplied(
                node=self._ids[i],
                is_end=self._ids[i] in ends,
                first_s=float(self._times[dry[:, i].argmax()]),
                times=int(dry[:, i].sum()),
                always=bool(dry[:, i].all()),
            )
            for i in np.flatnonzero(dry.any(axis=0))
            if isinstance(self._net.nodes[self._ids[i]], Junction)
        )


def _communities(
    rules: RuleSet, spells: _Spells, customers: Sequence[Customer]
) -> tuple[CommunityFinding, ...]:
    households: dict[str, int] = {}
    nodes: dict[str, set[str]] = {}
    for customer in customers:
        if customer.community:
            name = customer.community
            households[name] = households.get(name, 0) + customer.households
            if customer.kind == RESIDENTIAL and customer.node and spells.known(customer.node):
                nodes.setdefault(name, set()).add(customer.node)
    found = []
    for name, places in sorted(nodes.items()):
        lowest = min((spells.of(n) for n in places), key=lambda s: (s.worst_m, s.node))
        finding = rules.evaluate(
            COMMUNITY, households[name], minimum_pressure=in_mpa(lowest.worst_m)
        )
        if finding.verdict not in {"not-applicable", "pass", "no-rule"}:
            found.append(
                CommunityFinding(
                    community=name, households=households[name], lowest=lowest, finding=finding
                )
            )
    return tuple(found)
