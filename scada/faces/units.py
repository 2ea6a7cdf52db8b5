"""Units by their UNECE code (Recommendation 20), as OPC UA and Sparkplug name them."""

from __future__ import annotations

UNECE_URI = "http://www.opcfoundation.org/UA/units/un/cefact"

UNECE = {
    "Pa": "PAL",
    "kPa": "KPA",
    "MPa": "MPA",
    "bar": "BAR",
    "mH2O": "N23",
    "m": "MTR",
    "mHead": "MTR",
    "mm": "MMT",
    "m3/s": "MQS",
    "m3/h": "MQH",
    "L/s": "G51",
    "kg/s": "KGS",
    "kg/h": "E93",
    "t/h": "E18",
    "K": "KEL",
    "degC": "CEL",
    "m/s": "MTS",
    "W": "WTT",
    "kW": "KWT",
    "MW": "MAW",
    "J": "JOU",
    "kWh": "KWH",
    "GJ": "GV",
    "m3": "MTQ",
    "mg/L": "M1",
    "%": "P1",
    "ratio": "C62",
    "pcs": "C62",
}
"""By the project's own names. Units without a code (NTU, on/off) are not here."""


def unit_id(unit: str) -> int:
    """OPC UA's number of a unit: the bytes of its code, the first the heaviest; -1 without one."""
    code = UNECE.get(unit)
    return -1 if code is None else int.from_bytes(code.encode("ascii"), "big")
