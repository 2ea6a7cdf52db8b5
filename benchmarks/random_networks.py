"""Random networks beside EPANET: how often the two agree, and who is right where they do not.

    python benchmarks/random_networks.py [--cases 10000] [--first 0]

Every case is a small network of random elements, solved over six hours by both; a judge with
formulas of its own tells who satisfies the physics (see tests/reference/random_networks.py). The
cases "open" - both proved, yet different - and "crash" must be none.
"""

from __future__ import annotations

import argparse
import collections
import random
import sys
import time
import warnings
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests" / "reference"))

from random_networks import OUTCOMES, random_network, study


def main(cases: int, first: int) -> int:
    """Print counts; 1 if a case is open or crashed."""
    warnings.simplefilter("ignore")
    counts: collections.Counter[str] = collections.Counter()
    begin = time.process_time()
    for done, seed in enumerate(range(first, first + cases), 1):
        try:
            outcome, what = study(random_network(random.Random(seed)))
        except Exception as error:
            outcome, what = "crash", repr(error)  # type: ignore[assignment]
        counts[outcome] += 1
        if outcome in ("open", "crash", "EPANET proved, ours flagged", "refused by us"):
            print(f"seed {seed}: {outcome}: {what[:160]}", flush=True)
        if done % 500 == 0:
            print(f"{done} of {cases}, {time.process_time() - begin:.0f} s CPU", flush=True)
    for name in (*OUTCOMES, "crash"):
        print(f"{name:<30}{counts[name]:>8}{100.0 * counts[name] / cases:>8.2f} %")
    return int(counts["open"] + counts["crash"] > 0)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=10000)
    parser.add_argument("--first", type=int, default=0)
    given = parser.parse_args()
    sys.exit(main(given.cases, given.first))
