"""Advice to the dispatcher, each with its effect by the solved model before it is ordered."""

from dispatch.advice.gas import gas_allocation
from dispatch.advice.heat import heat_curve
from dispatch.advice.water import water_advice

__all__ = ["gas_allocation", "heat_curve", "water_advice"]
