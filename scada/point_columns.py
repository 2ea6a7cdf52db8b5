"""The columns of points.csv: how a cell is read, what stands there when it is empty."""

from __future__ import annotations

from typing import Any, get_args

from network_models.formats.table import Column, choice, flag, number, text
from network_models.units import UNITS, Quantity
from scada.point import Compression, Priority, RegisterType, Utility, WordOrder

REQUIRED = ("id", "utility", "quantity", "unit")
"""Columns that must be there, with a value in each row."""

LIMIT_COLUMNS = ("low_low", "low", "high", "high_high")

_COLUMNS: tuple[Column[Any], ...] = (
    text("id"),
    choice("utility", get_args(Utility)),
    choice("quantity", get_args(Quantity)),
    choice("unit", UNITS),
    text("element"),
    text("driver"),
    text("address"),
    choice("type", get_args(RegisterType)),
    choice("word_order", get_args(WordOrder)),
    number("scale"),
    number("offset"),
    text("scan"),
    flag("writable"),
    number("deadband", minimum=0.0),
    choice("compression", get_args(Compression)),
    number("range_low"),
    number("range_high"),
    flag("clamp"),
    number("max_rate", minimum=0.0),
    number("frozen_s", minimum=0.0),
    number("model_max", minimum=0.0),
    *(number(name) for name in LIMIT_COLUMNS),
    number("alarm_deadband", minimum=0.0),
    number("on_delay_s", minimum=0.0),
    number("off_delay_s", minimum=0.0),
    choice("priority", get_args(Priority)),
    text("rule"),
    flag("end_point"),
    text("text_zh"),
    text("text_en"),
)

COLUMNS = {column.name: column for column in _COLUMNS}
"""Every column a point list may have, in the order it is written."""

DEFAULTS: dict[str, Any] = {
    "element": "",
    "driver": "",
    "address": "",
    "type": "float32",
    "word_order": "ABCD",
    "scale": 1.0,
    "offset": 0.0,
    "scan": "normal",
    "writable": False,
    "deadband": 0.0,
    "compression": "exception",
    "range_low": None,
    "range_high": None,
    "clamp": False,
    "max_rate": None,
    "frozen_s": 0.0,
    "model_max": None,
    "low_low": None,
    "low": None,
    "high": None,
    "high_high": None,
    "alarm_deadband": 0.0,
    "on_delay_s": 0.0,
    "off_delay_s": 0.0,
    "priority": "medium",
    "rule": "",
    "end_point": False,
    "text_zh": "",
    "text_en": "",
}
"""What an empty cell or a missing column means. A single coil or input is a bool by nature."""
