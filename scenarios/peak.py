"""When a network's own file asks for the most water."""

from __future__ import annotations

import numpy as np

from network_models.elements import Junction
from network_models.network import Network

MOST_STEPS = 10_000


def peak_time_s(net: Network) -> float:
    """The start of the pattern step of the run in which the demands add up to most, s; the first of
    equals. Negative demands (inflows) are left out."""
    base: dict[str | None, float] = {}
    for node in net.nodes.values():
        if isinstance(node, Junction):
            for demand in node.demands:
                if demand.base_m3s > 0.0:
                    name = demand.pattern or net.options.default_pattern
                    name = name if name in net.patterns else None
                    base[name] = base.get(name, 0.0) + demand.base_m3s
    times = net.times
    step = times.pattern_step_s
    count = min(MOST_STEPS, max(1, int(times.duration_s // step))) if step > 0 else 1
    first = times.pattern_start_s // step if step > 0 else 0
    total = np.zeros(count)
    for name, amount in base.items():
        factors = net.patterns[name].multipliers if name is not None else ()
        if not factors:
            total += amount
        else:
            total += amount * np.array(factors)[(first + np.arange(count)) % len(factors)]
    return float(np.argmax(total) * step) if step > 0 else 0.0
