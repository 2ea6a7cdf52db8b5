"""The peer of `scada_scale.py`: a plain pymodbus loop a link, reading the same points each second.

    python scale_peer.py PORT LINKS POINTS SECONDS

Nothing is checked, stored, shown or alarmed; values are decoded by pymodbus. Prints one line of
JSON: reads, late scans, processor seconds.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time

from pymodbus.client import AsyncModbusTcpClient

MOST = 124


async def link(port: int, points: int, seconds: float, found: dict[str, int]) -> None:
    client = AsyncModbusTcpClient("127.0.0.1", port=port, timeout=1)
    await client.connect()
    end = time.monotonic() + seconds
    due = time.monotonic()
    words = 2 * points
    while due < end:
        for start in range(0, words, MOST):
            reply = await client.read_holding_registers(
                start, count=min(MOST, words - start), device_id=1
            )
            values = client.convert_from_registers(reply.registers, client.DATATYPE.FLOAT32)
            found["values"] += len(values) if isinstance(values, list) else 1
            found["reads"] += 1
        due += 1.0
        wait = due - time.monotonic()
        found["late"] += wait < 0
        await asyncio.sleep(max(wait, 0.0))
    client.close()


async def main(port: int, links: int, points: int, seconds: float) -> None:
    found = {"reads": 0, "values": 0, "late": 0}
    cpu = time.process_time()
    await asyncio.gather(*(link(port + k, points, seconds, found) for k in range(links)))
    print(json.dumps({**found, "cpu_s": time.process_time() - cpu}), flush=True)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])))
