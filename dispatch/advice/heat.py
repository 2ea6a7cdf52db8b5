"""The heat curve: for each outdoor temperature the lowest supply temperature that heats everybody.

Loads go with the difference between rooms and weather, and are the network's own at the design
temperature. Supply that is warmer than needed only loses heat on the way.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from dispatch.request import PlanningContext
from network_models.changes import ScaleDemand
from network_models.elements import HeatSource
from network_models.network import Network
from network_models.physics import ZERO_C_K

SCHEMA = "ringmain/advise-heat/1"
INDOOR_C = 20.0
STEP_C = 5.0
CLOSE_K = 0.25
MET = 1e-3
"""A load is met when less than a thousandth is missing: below that solvers differ."""


def heat_curve(context: PlanningContext, *, design_c: float = -10.0) -> dict[str, Any]:
    """The curve from the design temperature to 15 C, beside what the plants do now.

    JSON-ready, schema `ringmain/advise-heat/1`. Raises SolveError.
    """
    rows = []
    outdoor = design_c
    while outdoor <= 15.0 + 1e-9:
        rows.append(_row(context.network, outdoor, (INDOOR_C - outdoor) / (INDOOR_C - design_c)))
        outdoor += STEP_C
    return {
        "schema": SCHEMA,
        "design_c": design_c,
        "indoor_c": INDOOR_C,
        "plants": [k.id for k in context.network.links.values() if isinstance(k, HeatSource)],
        "curve": rows,
    }


def _row(net: Network, outdoor_c: float, load: float) -> dict[str, Any]:
    now = _tried(net, None, outdoor_c, load)
    plants = [k for k in net.links.values() if isinstance(k, HeatSource)]
    high = max(k.supply_temperature_k for k in plants) + 30.0
    low = ZERO_C_K + INDOOR_C + 20.0
    best = _tried(net, high, outdoor_c, load)
    reaches = bool(best["met"])
    if reaches:
        while high - low > CLOSE_K:
            middle = 0.5 * (low + high)
            tried = _tried(net, middle, outdoor_c, load)
            if tried["met"]:
                high, best = middle, tried
            else:
                low = middle
    saved = now["lost_w"] - best["lost_w"]
    return {
        "outdoor_c": outdoor_c,
        "load": load,
        "supply_c": high - ZERO_C_K,
        "reaches": reaches,
        "now": now,
        "effect": best,
        "saved_w": saved,
        "text_zh": (
            f"室外 {outdoor_c:g} ℃：供水 {high - ZERO_C_K:.1f} ℃，少损失 {saved / 1e3:.0f} kW"
        ),
        "text_en": (
            f"{outdoor_c:g} C outside: supply at {high - ZERO_C_K:.1f} C, "
            f"{saved / 1e3:.0f} kW less lost"
        ),
    }


def _tried(net: Network, supply_k: float | None, outdoor_c: float, load: float) -> dict[str, Any]:
    """The network at a load, with all plants at one temperature (None: as the file has them)."""
    from hydraulics.heat.run import solve

    if supply_k is not None:
        links = {
            name: replace(link, supply_temperature_k=supply_k, temperature_curve=None)
            if isinstance(link, HeatSource)
            else link
            for name, link in net.links.items()
        }
        net = replace(net, links=links)
    found = solve(net, outdoor_k=outdoor_c + ZERO_C_K, changes=(ScaleDemand(load),))
    report = found.report
    wanted = float(found.wanted_w[found.wanted_w > 0.0].sum())
    unmet = sum(short.unmet_w for short in report.shortfalls)
    return {
        "supply_c": None if supply_k is None else supply_k - ZERO_C_K,
        "wanted_w": wanted,
        "unmet_w": unmet,
        "lost_w": report.lost_w,
        "stations_short": len(report.shortfalls),
        "met": bool(report.converged and unmet <= MET * max(wanted, 1.0)),
        "converged": bool(report.converged),
    }
