"""`kill -9` of gateway and core at random moments: `python benchmarks/kill_nine.py [--kills 50]`.

Prints what was acknowledged, lost and stored twice (see tests/scada/kill_room.py), and how long a
killed gateway took until it acquired again. Exit code 1 when anything was lost or doubled.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests" / "scada"))

from kill_room import run


def main() -> int:
    """Print the figures; 1 if a sample is missing or there twice."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        verdict = asyncio.run(run(Path(folder), chosen.kills, chosen.seed, longest_s=1.5))
    again = sorted(verdict.recoveries_s)
    print(
        f"{chosen.kills} kills: {verdict.acknowledged} samples acknowledged, {verdict.lost} lost, "
        f"{verdict.twice} stored twice, in order: {verdict.in_order}; a gateway acquires again "
        f"after {statistics.median(again):.2f} s (most {again[-1]:.2f} s)"
    )
    return int(bool(verdict.lost or verdict.twice or not verdict.in_order))


if __name__ == "__main__":
    raise SystemExit(main())
