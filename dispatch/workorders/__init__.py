"""Hotline orders: their life, the limits on it, the rates at the end of a month."""

from dispatch.workorders.order import WorkOrder, WorkRefusedError, open_order, take
from dispatch.workorders.rates import rates

__all__ = ["WorkOrder", "WorkRefusedError", "open_order", "rates", "take"]
