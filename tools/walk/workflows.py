"""Every workflow by its name."""

from __future__ import annotations

from collections.abc import Callable

from tools.walk import outages
from tools.walk.town import Town
from tools.walk.walk import Walk

WORKFLOWS: dict[str, Callable[[Walk, Town], None]] = {
    "D1 planned water stop": outages.d1_water_stop,
    "D1 notice and delay": outages.d1_lead_times,
    "D2 planned gas stop": outages.d2_gas_stop,
    "D3 planned heat stop": outages.d3_heat_stop,
    "D14 who is told": outages.d14_who_is_told,
}
