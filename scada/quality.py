"""Quality of a value, by OPC UA status codes: the top two bits are the severity.

The substatus is kept, so that a page can say why a value is not good.
"""

from __future__ import annotations

GOOD = 0x00000000
GOOD_LOCAL_OVERRIDE = 0x00960000
UNCERTAIN_NO_COMMUNICATION_LAST_USABLE = 0x408F0000
UNCERTAIN_LAST_USABLE = 0x40900000
UNCERTAIN_SUBSTITUTE = 0x40910000
UNCERTAIN_SENSOR_NOT_ACCURATE = 0x40930000
UNCERTAIN_UNITS_EXCEEDED = 0x40940000
BAD_NO_COMMUNICATION = 0x80310000
BAD_WAITING_FOR_INITIAL_DATA = 0x80320000
BAD_OUT_OF_RANGE = 0x803C0000
BAD_CONFIGURATION = 0x80890000
BAD_SENSOR_FAILURE = 0x808C0000
BAD_OUT_OF_SERVICE = 0x808D0000

NAMES = {
    GOOD: "good",
    GOOD_LOCAL_OVERRIDE: "manual value",
    UNCERTAIN_NO_COMMUNICATION_LAST_USABLE: "no communication, last usable value",
    UNCERTAIN_LAST_USABLE: "stale, last usable value",
    UNCERTAIN_SUBSTITUTE: "substituted by the model",
    UNCERTAIN_SENSOR_NOT_ACCURATE: "sensor not accurate",
    UNCERTAIN_UNITS_EXCEEDED: "outside the engineering range",
    BAD_NO_COMMUNICATION: "no communication",
    BAD_WAITING_FOR_INITIAL_DATA: "waiting for the first value",
    BAD_OUT_OF_RANGE: "cannot be computed",
    BAD_CONFIGURATION: "configuration fault",
    BAD_SENSOR_FAILURE: "sensor failure",
    BAD_OUT_OF_SERVICE: "out of service",
}


def is_good(code: int) -> bool:
    """Whether the severity is good."""
    return code >> 30 == 0


def is_bad(code: int) -> bool:
    """Whether the severity is bad."""
    return code >> 30 >= 2


def describe(code: int) -> str:
    """The code in words."""
    return NAMES.get(code, ("good", "uncertain", "bad", "bad")[code >> 30])
