"""Every workflow by its name."""

from __future__ import annotations

from collections.abc import Callable

from tools.walk import cases, hotline, outages
from tools.walk.town import Town
from tools.walk.walk import Walk

WORKFLOWS: dict[str, Callable[[Walk, Town], None]] = {
    "D1 planned water stop": outages.d1_water_stop,
    "D1 notice and delay": outages.d1_lead_times,
    "D2 planned gas stop": outages.d2_gas_stop,
    "D3 planned heat stop": outages.d3_heat_stop,
    "D4 burst": cases.d4_burst,
    "D5 gas leak": cases.d5_gas_leak,
    "D6 no gas": cases.d6_no_gas,
    "D7 low pressure": cases.d7_low_pressure,
    "D8 heat out, cold room": cases.d8_heat_out,
    "D10 rates of a month": hotline.d10_rates,
    "D11 hotline order": hotline.d11_order,
    "D12 general response": cases.d12_response,
    "D14 who is told": outages.d14_who_is_told,
}
