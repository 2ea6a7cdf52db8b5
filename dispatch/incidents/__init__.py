"""Bursts, leaks, no gas, cold rooms: the law's clocks, crews, levels and the report at the end."""

from dispatch.incidents.clocks import KINDS, Timer, timers
from dispatch.incidents.incident import Incident, take
from dispatch.incidents.report import evaluation_report, timer_points

__all__ = ["KINDS", "Incident", "Timer", "evaluation_report", "take", "timer_points", "timers"]
