"""Too little gas: who gets how much, residents first, and what pressures that leaves."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import numpy as np

from dispatch.gas_compliance import band_pa, gas_kind, gas_users
from dispatch.pattern_time import pattern_time_s
from dispatch.request import PlanningContext
from network_models.changes import Change, ScaleDemand
from network_models.elements import GasJunction

SCHEMA = "ringmain/advise-gas/1"


def gas_allocation(context: PlanningContext, at: datetime, available_kgs: float) -> dict[str, Any]:
    """Share `available_kgs`: users of low pressure first, the others alike in what is left.

    JSON-ready, schema `ringmain/advise-gas/1`. Raises SolveError.
    """
    net, zone = context.network, context.timezone
    rules = context.rulebook.on(at.astimezone(zone).date(), context.settings.profile)
    band = band_pa(rules, gas_kind(net))
    residents = frozenset(gas_users(net))
    others = tuple(
        node.id
        for node in net.nodes.values()
        if isinstance(node, GasJunction) and node.demand_kgs > 0.0 and node.id not in residents
    )
    time_s = pattern_time_s(at, zone, net.times)
    limit = None if band is None else band[0]
    state = _State(context, time_s, tuple(residents), others, limit)
    wanted = state.solved(())
    homes, rest = wanted["residents_kgs"], wanted["others_kgs"]
    home_share = 1.0 if homes <= 0.0 else min(1.0, available_kgs / homes)
    left = max(0.0, available_kgs - homes)
    rest_share = 1.0 if rest <= 0.0 else min(1.0, left / rest)
    changes: list[Change] = []
    if home_share < 1.0:
        changes.append(ScaleDemand(home_share, tuple(sorted(residents))))
    if rest_share < 1.0:
        changes.append(ScaleDemand(rest_share, others))
    return {
        "schema": SCHEMA,
        "at": at.astimezone(zone).isoformat(),
        "available_kgs": available_kgs,
        "wanted_kgs": homes + rest,
        "short_kgs": max(0.0, homes + rest - available_kgs),
        "limit_pa": limit,
        "share": {"residents": home_share, "others": rest_share},
        "others": [
            {"node": name, "wanted_kgs": kgs, "given_kgs": kgs * rest_share}
            for name, kgs in state.demand(others)
        ],
        "now": wanted,
        "effect": state.solved(changes),
        "text_zh": (
            f"可供 {available_kgs:.3f} kg/s，需求 {homes + rest:.3f} kg/s："
            f"居民 {home_share:.0%}，其他用户 {rest_share:.0%}"
        ),
        "text_en": (
            f"{available_kgs:.3f} kg/s for a demand of {homes + rest:.3f} kg/s: "
            f"residents {home_share:.0%}, others {rest_share:.0%}"
        ),
    }


class _State:
    """Solves the network with changes and sums what the two groups take."""

    def __init__(
        self,
        context: PlanningContext,
        time_s: float,
        residents: tuple[str, ...],
        others: tuple[str, ...],
        limit_pa: float | None,
    ) -> None:
        from hydraulics.gas.run import solve

        self._solve, self._net, self._time_s = solve, context.network, time_s
        self._residents, self._others, self._limit_pa = residents, others, limit_pa
        self._plain = solve(self._net, time_s=time_s)
        self._place = {name: i for i, name in enumerate(self._plain.node_ids)}

    def demand(self, nodes: tuple[str, ...]) -> list[tuple[str, float]]:
        """What nodes take before anything is cut, kg/s."""
        return [(name, float(self._plain.demand_kgs[self._place[name]])) for name in nodes]

    def solved(self, changes: Any) -> dict[str, Any]:
        """What each group takes, and the low-pressure users below their band."""
        found = self._solve(self._net, time_s=self._time_s, changes=tuple(changes))
        homes = [self._place[name] for name in self._residents]
        rest = [self._place[name] for name in self._others]
        pressure = found.pressure_pa[homes]
        known = pressure[~np.isnan(pressure)]
        limit = -np.inf if self._limit_pa is None else self._limit_pa
        return {
            "residents_kgs": float(found.demand_kgs[homes].sum()),
            "others_kgs": float(found.demand_kgs[rest].sum()),
            "lowest_resident_pa": float(known.min()) if len(known) else None,
            "residents_below": int((np.nan_to_num(pressure, nan=-np.inf) < limit).sum()),
            "converged": bool(found.report.converged),
        }
