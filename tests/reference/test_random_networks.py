"""Random small networks of all kinds of elements: EPANET's answer, a better proved one, or a flag.

`benchmarks/random_networks.py` runs the same study over as many networks as one likes.
"""

from __future__ import annotations

import random

from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st
from random_networks import random_network, study


@settings(
    max_examples=100, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
)
@given(seed=st.integers(0, 10**9))
def test_a_random_network_equals_epanet_or_the_proof_tells_who_is_right(seed: int) -> None:
    outcome, what = study(random_network(random.Random(seed)))
    event(outcome)
    assert outcome != "open", f"seed {seed}: both proved, yet different: {what}"


def test_most_random_networks_are_equal() -> None:
    outcomes = [study(random_network(random.Random(seed)))[0] for seed in range(40)]
    assert outcomes.count("agreed") >= 25
