"""Kill the core with `kill -9` at random moments, and count alarms and actions that are lost.

python benchmarks/alarm_kills.py [KILLS] [SEED]
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.scada.alarm_kill import study


def main() -> None:
    kills = int(sys.argv[1]) if len(sys.argv) > 1 else 25
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    with tempfile.TemporaryDirectory(prefix="ringmain-kills-") as folder:
        losses = asyncio.run(study(Path(folder), kills, seed))
    for name, value in asdict(losses).items():
        print(f"{name:<18} {value if isinstance(value, int) else round(value, 2)}")


if __name__ == "__main__":
    main()
