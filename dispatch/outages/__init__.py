"""The life of an outage, from a request to closed, for water, gas and heat."""

from dispatch.outages.apply import Law, Outcome, open_outage, take_step
from dispatch.outages.order import OutageOrder, Step
from dispatch.outages.refusal import RefusedStepError, Unmet
from dispatch.outages.table import TRANSITIONS

__all__ = [
    "TRANSITIONS",
    "Law",
    "OutageOrder",
    "Outcome",
    "RefusedStepError",
    "Step",
    "Unmet",
    "open_outage",
    "take_step",
]
