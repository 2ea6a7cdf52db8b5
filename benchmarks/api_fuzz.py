"""Requests made from the API's own description, as many as asked for: none may break the service.

python benchmarks/api_fuzz.py [EXAMPLES OF EACH OPERATION]
"""

from __future__ import annotations

import asyncio
import resource
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.hmi.login_room import login_room
from tests.hmi.test_api_fuzz import attack


async def fuzz(examples: int) -> int:
    with tempfile.TemporaryDirectory(prefix="ringmain-fuzz-") as folder:
        async with login_room(Path(folder)) as room:
            room.person("boss", "administrator")
            client = await room.login("boss")
            await attack(room, client, 10)
            before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            began = time.process_time()
            asked, faults = await attack(room, client, examples)
            took = time.process_time() - began
            grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
            alive = (await client.get("/api/points")).status_code
    print(f"{asked} requests, {took:.0f} s of processor, memory grew {grown:.0f} MB")
    print(f"faults: {len(faults)}; the service answers {alive} afterwards")
    for fault in faults[:20]:
        print(f"  {fault}")
    return 1 if faults or alive != 200 else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(fuzz(int(sys.argv[1]) if len(sys.argv) > 1 else 100)))
