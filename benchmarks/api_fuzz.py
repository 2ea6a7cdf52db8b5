"""Requests by and against the API's own description, as every role: none may break the service.

python benchmarks/api_fuzz.py [EXAMPLES OF EACH OPERATION]
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from schemathesis.generation import GenerationMode

from hmi.security.roles import ROLES
from tests.hmi.login_room import login_room
from tests.hmi.test_api_fuzz import attack, cases_of, operations
from tests.scada.opcua_fuzz import memory_mb


async def fuzz(examples: int) -> int:
    asked, faults = 0, []
    with tempfile.TemporaryDirectory(prefix="ringmain-fuzz-") as folder:
        async with login_room(Path(folder)) as room:
            clients = {}
            for role in ROLES:
                room.person(f"a-{role}", role)
                clients[role] = await room.login(f"a-{role}")
            memory: list[float] = []
            longest: dict[str, float] = {}
            began = time.process_time()
            for mode in GenerationMode:
                for operation in operations(room.app.openapi()):
                    cases = cases_of(operation, examples, mode)
                    name = f"{operation.method.upper()} {operation.path}"
                    for role, client in clients.items():
                        for case in cases:
                            start = time.perf_counter()
                            found = await attack(client, [case])
                            took_s = time.perf_counter() - start
                            longest[name] = max(longest.get(name, 0.0), took_s)
                            faults += [f"{role}: {fault}" for fault in found]
                        asked += len(cases)
                    memory.append(memory_mb(os.getpid()))
            took = time.process_time() - began
            alive = (await clients["viewer"].get("/api/points")).status_code
    half = len(memory) // 2
    print(
        f"{asked} requests as {len(ROLES)} roles, {took:.0f} s of processor; "
        f"memory {max(memory[:half]):.0f} MB in the first half, "
        f"{max(memory[half:]):.0f} MB in the second"
    )
    slowest = sorted(((took_s, name) for name, took_s in longest.items()), reverse=True)[:5]
    print("the longest: " + "; ".join(f"{took_s:.2f} s {name}" for took_s, name in slowest))
    print(f"faults: {len(faults)}; the service answers {alive} afterwards")
    for fault in faults[:20]:
        print(f"  {fault}")
    return 1 if faults or alive != 200 else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(fuzz(int(sys.argv[1]) if len(sys.argv) > 1 else 100)))
