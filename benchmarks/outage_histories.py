"""Random lives of outages, many of them: `python benchmarks/outage_histories.py [how many]`.

Any step may be tried by anybody at any time; a forbidden state ends the run with its history.
Prints how many histories reached each state, so that one sees that they go far.
"""

from __future__ import annotations

import sys
import time
from collections import Counter

from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.dispatch.outage_histories import OutageHistory

REACHED: Counter[str] = Counter()
STEPS: Counter[str] = Counter()


class Counted(OutageHistory):
    """A history that tells where it ended."""

    def teardown(self) -> None:
        if hasattr(self, "order"):
            REACHED[self.order.state] += 1
            STEPS["taken"] += self.order.version


def main(count: int) -> None:
    """Run the histories."""
    began = time.process_time()
    run_state_machine_as_test(
        Counted,
        settings=settings(
            max_examples=count,
            stateful_step_count=30,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
    took = time.process_time() - began
    print(f"{sum(REACHED.values())} histories, {STEPS['taken']} steps taken, {took:.0f} s CPU")
    print("ended in: " + ", ".join(f"{name} {n}" for name, n in REACHED.most_common()))
    print("no forbidden state reached")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
