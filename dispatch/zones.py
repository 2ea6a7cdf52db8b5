"""Zone balance: inflow, night flow and leakage of a metered area, by zone and by km."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, tzinfo

import numpy as np
from numpy.typing import NDArray

from dispatch.indicators import Indicator, unit_leakage
from dispatch.rulebook import RuleSet
from network_models.units import UNITS

NIGHT = (time(2), time(4))
"""Hours in which people use least; a habit of leakage work, not a rule."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Zone:
    """A metered area: its meters with the sign of their flow into it, its pipes (km of DN100 and
    more), and what its users take at night (m3/s); None: nobody said, all counts as leakage."""

    id: str
    meters: Mapping[str, int]
    length_km: float
    night_use_m3s: float | None = None
    name_zh: str = ""
    name_en: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneBalance:
    """A zone over a period. Flows in m3/s; `covered` is the share of hours with every meter good,
    `nights` are those whose every hour is.

    Leakage is the night flow less the users' own night use, never below nothing.
    """

    zone: str
    inflow_m3s: float
    night_flow_m3s: float
    leakage_m3s: float
    covered: float
    nights: int
    indicator: Indicator | None


def balance(
    zone: Zone,
    times: Sequence[datetime],
    flows_m3s: Mapping[str, NDArray[np.float64]],
    rules: RuleSet,
    *,
    zone_of_day: tzinfo,
    night: tuple[time, time] = NIGHT,
) -> ZoneBalance:
    """The balance of a zone from its meters' flows (each (T,), NaN where bad) at `times`.

    Hours in which a meter is bad count for nothing. KeyError names a meter without flows.
    """
    missing = [name for name in zone.meters if name not in flows_m3s]
    if missing:
        raise KeyError(f"no flows of meter {', '.join(missing)}")
    total = np.zeros(len(times))
    for name, sign in zone.meters.items():
        total = total + sign * flows_m3s[name]
    good = np.isfinite(total)
    clock = [moment.astimezone(zone_of_day).time() for moment in times]
    dark = np.array([night[0] <= at < night[1] for at in clock], dtype=np.bool_)
    asleep = dark & good
    days = [moment.astimezone(zone_of_day).date() for moment in times]
    nights = {days[k] for k in np.flatnonzero(asleep)} - {
        days[k] for k in np.flatnonzero(dark & ~good)
    }
    if not good.any() or not asleep.any():
        nan = float("nan")
        return ZoneBalance(
            zone=zone.id,
            inflow_m3s=float(total[good].mean()) if good.any() else nan,
            night_flow_m3s=nan,
            leakage_m3s=nan,
            covered=float(good.mean()) if len(good) else 0.0,
            nights=len(nights),
            indicator=None,
        )
    night_flow = float(total[asleep].mean())
    leakage = max(night_flow - (zone.night_use_m3s or 0.0), 0.0)
    per_hour = UNITS["m3/h"].from_si(leakage)
    return ZoneBalance(
        zone=zone.id,
        inflow_m3s=float(total[good].mean()),
        night_flow_m3s=night_flow,
        leakage_m3s=leakage,
        covered=float(good.mean()),
        nights=len(nights),
        indicator=unit_leakage(per_hour, zone.length_km, rules),
    )
