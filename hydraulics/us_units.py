"""Between SI outside and the feet and cubic feet a second inside the water kernels.

EPANET rounds its factors (448.831 gpm a cfs, 28.317 L/s a cfs ...). A file is parity-true when its
flows are converted from the file's own unit by the rounded factor, so the factor between m3/s and
cfs depends on the file's unit; it differs from the exact one by 6e-6 at most.
"""

from __future__ import annotations

from network_models.operation import FlowUnit

FOOT_M = 0.3048
FOOT3_M3 = FOOT_M**3
WATT_PER_HP = 745.7
VISCOSITY_FT2S = 1.1e-5

_M3S: dict[FlowUnit, float] = {
    "CFS": FOOT3_M3,
    "GPM": 3.785411784e-3 / 60.0,
    "MGD": 3785.411784 / 86400.0,
    "IMGD": 4546.09 / 86400.0,
    "AFD": 43560.0 * FOOT3_M3 / 86400.0,
    "LPS": 1e-3,
    "LPM": 1e-3 / 60.0,
    "MLD": 1e3 / 86400.0,
    "CMH": 1.0 / 3600.0,
    "CMD": 1.0 / 86400.0,
    "CMS": 1.0,
}
PER_CFS: dict[FlowUnit, float] = {
    "CFS": 1.0,
    "GPM": 448.831,
    "MGD": 0.64632,
    "IMGD": 0.5382,
    "AFD": 1.9837,
    "LPS": 28.317,
    "LPM": 1699.0,
    "MLD": 2.4466,
    "CMH": 101.94,
    "CMD": 2446.6,
    "CMS": 0.028317,
}


def m3s_per_cfs(unit: FlowUnit) -> float:
    """m3/s of one cubic foot a second, as EPANET rounds it for a file in `unit`."""
    return _M3S[unit] * PER_CFS[unit]
