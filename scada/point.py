"""The point: one measured, calculated or commanded quantity, and one sample of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Utility = Literal["water", "gas", "heat"]
RegisterType = Literal[
    "bool",
    "int16",
    "uint16",
    "int32",
    "uint32",
    "int64",
    "uint64",
    "float32",
    "float64",
    "bcd16",
    "bcd32",
]
WordOrder = Literal["ABCD", "CDAB", "BADC", "DCBA"]
Origin = Literal["measured", "model", "manual", "replay", "drill"]
Compression = Literal["exception", "door"]
Priority = Literal["low", "medium", "high", "urgent"]

LIMIT_NAMES = ("low_low", "low", "high", "high_high")


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Alarm limits in SI; None means no such limit. `deadband` is in SI too."""

    low_low: float | None = None
    low: float | None = None
    high: float | None = None
    high_high: float | None = None
    deadband: float = 0.0
    on_delay_s: float = 0.0
    off_delay_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One point of the list, as configured.

    Engineering value in `unit` = raw * scale + offset; inside everything is SI.
    `element` is `node:ID` or `link:ID` of the network of `utility`, or empty.
    `driver` names a link of site.toml; `address` is `hr:100` (holding register, 0-based),
    `ir:`, `co:`, `di:`, with `hr:100.3` for bit 3 and `hr:100.4-6` for bits 4 to 6 as a number, or
    an OPC UA node id such as `ns=2;s=PLC.P1`; of the drivers `calc` and `sim` it is an expression.
    `end_point` marks a network end (0.14 MPa is judged here).
    """

    id: str
    utility: Utility
    quantity: str
    unit: str
    element: str = ""
    driver: str = ""
    address: str = ""
    type: RegisterType = "float32"
    word_order: WordOrder = "ABCD"
    scale: float = 1.0
    offset: float = 0.0
    scan: str = "normal"
    writable: bool = False
    deadband: float = 0.0
    """Historian deadband in SI: smaller changes are not stored (0 stores every change)."""
    compression: Compression = "exception"
    """How history leaves samples out: `exception` (values hold) or `door` (lines between)."""
    range_low: float | None = None
    range_high: float | None = None
    """What the instrument can show, SI; outside the value is uncertain."""
    clamp: bool = False
    """Whether a value outside the range is cut to it."""
    max_rate: float | None = None
    """A faster change (SI a second) makes the sensor doubtful."""
    frozen_s: float = 0.0
    """A value that does not move for so long makes the sensor doubtful; 0: it may stand still."""
    model_max: float | None = None
    """Further (SI) than this from the live model for a minute makes the sensor doubtful."""
    limits: Limits = Limits()
    priority: Priority = "medium"
    rule: str = ""
    """Id of the rule a limit comes from, shown with its alarms."""
    end_point: bool = False
    text_zh: str = ""
    text_en: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One value of one point. Times are int64 nanoseconds since 1970, UTC; the value is SI."""

    point: int
    value: float
    quality: int
    source_time_ns: int
    arrival_time_ns: int
    origin: Origin = "measured"
